//! Tests in virtual time: the sandbox or a cassette, the network before it, and a clock in your
//! hand. No socket, no thread, no sleep.
//!
//! A token expires in the middle of a list:
//!
//! ```
//! use std::time::Duration;
//! use sanspay_core::partner::{ListPayments, NewPayment};
//! use sanspay_core::{Currency, testing::World};
//!
//! let (world, client) = World::with_client()?;
//! for reference in ["order-1", "order-2", "order-3", "order-4"] {
//!     client.call(NewPayment::new(reference, "10.00".parse()?, Currency::USD))?;
//! }
//! let mut payments = client.pages(ListPayments::new().per_page(2));
//! assert_eq!(payments.next().transpose()?.and_then(|p| p.reference().map(String::from)), Some("order-4".into()));
//! world.assert_token_requests(1);
//! world.advance(Duration::from_secs(2 * 60 * 60));
//! assert_eq!(payments.filter(Result::is_ok).count(), 3);
//! world.assert_token_requests(2);
//! world.assert_no_secret_in(&format!("{client:?} {}", world.trace()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - [`World`] is all that is outside of a client. Faults, payers and revoked tokens are its
//!   [`sandbox`](World::sandbox)'s; [`replaying`](World::replaying) puts a cassette in its place,
//!   and [`record`](World::record) makes one.
//! - [`TestClient`] is a client in this world, and [`drive`] its whole loop. The clients of the
//!   adapters take [`World::transport`] as transport and the world itself as clock.
//! - [`Trace`] is what happened, as lines to compare.

mod checks;
mod client;
mod flight;
mod trace;
mod world;

pub use client::{TestClient, TestPages, drive};
pub use flight::{Canned, Flight};
pub use trace::{Event, RequestEnd, Trace};
pub use world::World;
