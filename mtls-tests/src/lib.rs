//! What the tests of mutual TLS stand on: a PKI made at run time, two fronts before the sandbox
//! (a real NGINX and the sandbox's own listener), and one client type for both adapters.
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

mod failures;
mod front;
mod nginx;
mod web_server;

pub use failures::Failure;
pub use front::{Front, FrontKind, Setup, Versions, fronts};
pub use nginx::{NGINX_REQUIRED, Nginx};
pub use sanspay_e2e::{
    Adapter, AnyClient, AnyTransport, Authority, EXPIRED, FUTURE, Identity, Pki, VALID,
};
pub use web_server::{APACHE_REQUIRED, WebServer, WebServerKind};
