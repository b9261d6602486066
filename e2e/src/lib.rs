//! What the tests over real sockets stand on: a payout server that counts what it executed, a relay
//! without keys, a PKI made at run time, and one payer for both adapters.
//!
//! It is test code: whatever is not as it should be ends the test with a panic.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc
)]

mod alert;
mod client;
mod flight_server;
mod message;
mod payer;
mod pki;
mod proxy;
mod refusing;
mod relay;
mod server;
mod tally;
mod tls;
mod wire;

pub use client::{Adapter, AnyClient, AnyTransport};
pub use flight_server::FlightServer;
pub use message::{Mutation, read_message};
pub use payer::{Paid, Payer, PayerSetup, Told, payout};
pub use pki::{Authority, EXPIRED, FUTURE, Identity, Pki, VALID};
pub use proxy::{Fault, Proxy, eventually};
pub use refusing::Refusing;
pub use relay::{Meddling, Relay};
pub use server::{End, Manner, PayoutServer};
pub use tally::Tally;
pub use tls::{ClientCertificates, Speaks, Version};
