//! Tests with sanspay: providers, recorded runs, a virtual network and clock.
//!
//! - [`sandbox`]: both providers in memory, sans-IO as the core is.
//! - [`server`] (feature `server`): the same behind HTTP or mutual TLS on a loopback socket.
//! - [`cassette`]: recorded fixtures, and a transport that replays them.
//! - [`world`]: a virtual network and clock around the sandbox or a cassette.
//! - [`network`] (feature `network`): networks that fail on purpose.
//! - [`pki`] (feature `pki`): certificates made at run time.
//! - [`check_transport`] (feature `contract`): whether a transport of yours keeps its contract.
//!
//! # Whether a transport keeps its contract
//!
//! [`check_transport`] and [`check_transport_async`] try a transport of yours against a server that
//! executes, drops, resets and stalls, and name each rule of the
//! [contract](sanspay_core::transport) that it breaks. What each rule protects, and examples for a plain
//! closure and for tower, are in `docs/TRANSPORT.md` of the repository. Put a check into your tests:
//!
//! ```no_run
//! use http::{Request, Response};
//! use sanspay_core::TransportError;
//! # fn send(_: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, TransportError> { todo!() }
//!
//! #[test]
//! # fn never() {}
//! fn my_transport_keeps_the_contract() -> Result<(), sanspay_testkit::BrokenRules> {
//!     sanspay_testkit::check_transport(send)
//! }
//! ```
//!
//! # What it cannot see
//!
//! The server stands outside, on a plain loopback socket, so a transport that passes may still break
//! the contract where only its code shows it:
//!
//! - **Not sent** is checked where the server saw the request. Whether the proof is right for every
//!   other error is not: name resolution, TLS handshakes, proxies, ICMP, a connection whose bytes
//!   never arrived.
//! - **TLS**: a body that ends without `close_notify`, alerts after the request, injected bytes.
//! - **HTTP/2**: `GOAWAY` and `REFUSED_STREAM`, after which some libraries send again.
//! - **Retries that begin late**: a stalled answer is waited for one second (and a silent server
//!   hangs up after four). Where a layer of yours times out later than that and then repeats, lower
//!   its time limit for the check.
//! - **The fence** is checked with no time left. Whether the clock is read again after a slow
//!   connection, by both clocks, is not.
//! - **Rare races**, such as an idle connection that ends within the same microsecond in which it is
//!   used again.

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

pub mod cassette;
#[cfg(feature = "contract")]
mod contract;
#[cfg(feature = "network")]
pub mod network;
#[cfg(feature = "pki")]
pub mod pki;
pub mod sandbox;
#[cfg(feature = "server")]
pub mod server;
pub mod store;
mod unix_time;
pub mod world;

#[cfg(feature = "contract")]
pub use contract::{Breach, BrokenRules, Rule, check_transport, check_transport_async};
