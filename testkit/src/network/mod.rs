//! Networks that fail on purpose, on real sockets of the loopback address.
//!
//! - [`Proxy`]: stands before a server, and breaks connections where it is told to.
//! - [`FlightServer`]: plays the flights of a [`World`](crate::world::World) on a socket.
//! - [`ScriptedServer`]: gives one prepared answer after the other.
//! - [`Refusing`]: an address that refuses connections and that nobody else is given.
//! - [`Mutation`]: damage to a message as bytes.
//!
//! It is test code: whatever is not as it should be ends the test with a panic.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc
)]

mod flight_server;
mod message;
mod proxy;
mod refusing;
mod scripted;

pub use flight_server::FlightServer;
pub use message::{Mutation, read_head, read_message};
pub use proxy::{Fault, Proxy, eventually};
pub use refusing::Refusing;
pub use scripted::{ScriptedServer, many_headers};
