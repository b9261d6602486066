//! What the tests with real components stand on: fronts of NGINX and Apache before the sandbox, a
//! payout server that counts what it executed, a relay without keys, and one payer for both adapters.
//!
//! It is test code: whatever is not as it should be ends the test with a panic.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::print_stderr
)]

mod alert;
mod client;
mod database;
mod failures;
mod front;
mod nginx;
mod payer;
mod redis;
mod relay;
mod server;
mod tally;
mod tls;
mod web_server;
mod wire;

pub use client::{Adapter, AnyClient, AnyTransport};
pub use database::{Database, STORES_REQUIRED};
pub use failures::Failure;
pub use front::{Front, FrontKind, Setup, Versions, fronts};
pub use nginx::{NGINX_REQUIRED, Nginx};
pub use payer::{Paid, Payer, PayerSetup, Told, payout};
pub use redis::Redis;
pub use relay::{Meddling, Relay};
pub use server::{End, Manner, PayoutServer};
pub use tally::Tally;
pub use tls::{ClientCertificates, Speaks, Version};
pub use web_server::{APACHE_REQUIRED, WebServer, WebServerKind};
