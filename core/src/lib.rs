//! The sans-IO core of sanspay: everything that decides, and nothing that waits.
//!
//! It speaks the Qiaopay partner API ([`partner`]) and the yzhan pay hosted checkout
//! ([`checkout`]). It has no socket, file, clock, thread or randomness: time is an argument, IO
//! is yours or an adapter's (`sanspay-blocking`, `sanspay-async`).
//!
//! ```text
//!  partner::NewPayment, ListPayments, …     one operation each: Endpoint
//!        │ request / parse                        checkout::Checkout ──▶ signed URL
//!        ▼                                        checkout::Verifier ◀── notification, return
//!  exchange::Exchange                       token, retry, deadline, 401
//!        │ Step::Send / Wait / Done
//!        ▼
//!  a driver: sanspay-blocking, sanspay-async, or your loop
//! ```
//!
//! What the vendors document is told apart from what is assumed: grade D is documented, V was
//! seen in the vendor's public source, A is assumed, stands in one place and can be overridden
//! (see [`Wire`]). The grades, and every fact with its own, are in `docs/PROTOCOL.md`.
//!
//! # Three ways to use it
//!
//! **A client** does everything; it comes from an adapter:
//!
//! ```no_run
//! use sanspay_core::Currency;
//! use sanspay_core::partner::NewPayment;
//!
//! let client = sanspay_blocking::Client::builder()
//!     .base_url("https://api.example.com")
//!     .credentials("key-id", "key-secret")
//!     .build()?;
//! let payment = client.call(NewPayment::new("order-1", "10.00".parse()?, Currency::USD))?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **An exchange by hand** leaves the IO to you and keeps token, retry and deadline here:
//!
//! ```
//! use std::time::SystemTime;
//! use sanspay_core::durable::StoreError;
//! use sanspay_core::partner::NewPayment;
//! use sanspay_core::{
//!     Currency, Endpoint, Error, NotSent, Session, SessionBuilder, Step, TransportError,
//! };
//!
//! type Answer = Result<http::Response<Vec<u8>>, TransportError>;
//!
//! fn call<E: Endpoint>(
//!     session: &Session,
//!     endpoint: E,
//!     send: impl Fn(http::Request<Vec<u8>>) -> Answer,
//! ) -> Result<E::Output, Error> {
//!     let mut exchange = session.exchange(endpoint);
//!     loop {
//!         match exchange.poll(SystemTime::now()) {
//!             Step::Send(request) => {
//!                 let answer = send(request);
//!                 exchange.reply(SystemTime::now(), answer);
//!             }
//!             // Only where the session shares its token over a store.
//!             Step::Store(_) => exchange.stored(SystemTime::now(), Err(StoreError::not_stored("none"))),
//!             Step::Wait(wait) => std::thread::sleep(wait.delay()),
//!             Step::Done(result) => return result,
//!         }
//!     }
//! }
//!
//! let session = SessionBuilder::new(1)
//!     .base_url("https://api.example.com")
//!     .credentials("key-id", "key-secret")
//!     .deadline(std::time::Duration::from_millis(50))
//!     .build()?;
//! let payment = NewPayment::new("order-1", "10.00".parse()?, Currency::USD);
//! let error = call(&session, payment, |_| Err(TransportError::not_sent(NotSent::proven(), "no network here")));
//! assert!(!error.unwrap_err().outcome_unknown());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **Build and parse only**, with a token and a retry rule of your own:
//!
//! ```
//! use sanspay_core::partner::ListPayments;
//! use sanspay_core::{Api, BaseUrl, Endpoint};
//!
//! let api = Api::new(BaseUrl::new("https://api.example.com")?);
//! let list = ListPayments::new().per_page(50);
//! let request = list.request(&api)?; // send it with `Authorization: Bearer <token>`
//! assert_eq!(request.uri(), "https://api.example.com/partner/payments?per_page=50");
//! let page = list.read(&api, &http::Response::new(&b"[]"[..]))?;
//! assert!(page.items().is_empty());
//! # Ok::<(), sanspay_core::Error>(())
//! ```
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::unnecessary_wraps,
        clippy::format_push_string
    )
)]

mod access_token;
mod builder;
pub mod checkout;
mod clock;
mod credentials;
mod diagnosis;
pub mod durable;
mod endpoint;
mod error;
pub mod exchange;
mod host;
pub mod journal;
mod json;
mod money;
mod pager;
pub mod partner;
mod printable;
pub mod profile;
mod secret;
mod timestamp;
pub mod transport;
mod wire;

pub use access_token::{AccessToken, Lifetime};
pub use builder::SessionBuilder;
pub use clock::Clock;
pub use credentials::Credentials;
pub use diagnosis::{Check, Diagnosis, Verdict};
pub use endpoint::{Auth, Endpoint, Replay};
pub use error::{
    ApiError, CertificateValidity, Error, ErrorBody, ErrorKind, Intent, Problem, Problems,
    TlsProblem, UnknownOutcome,
};
pub use exchange::{Exchange, Idempotency, RetryPolicy, Session, Settings, Step, TokenPolicy};
pub use json::describe_json_error;
pub use money::{Amount, AmountError, Currency, CurrencyError};
pub use pager::{Cursor, Page, Paged, Pager};
pub use printable::{escaped, printable};
pub use secret::Secret;
pub use timestamp::{Timestamp, TimestampError};
pub use transport::{Limits, NotSent, TransportError};
pub use wire::{Api, BaseUrl, Drift, DriftKind, Reply, Wire, path_segment};
