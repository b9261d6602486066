//! The sans-IO core of sanspay.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

mod answer;
mod api;
pub mod checkout;
mod credentials;
mod endpoint;
mod error;
mod money;
#[cfg(feature = "sandbox")]
pub mod sandbox;
mod secret;
mod timestamp;
mod transport;

pub use answer::{json, success};
pub use api::{Api, BaseUrl, Wire, path_segment};
pub use credentials::Credentials;
pub use endpoint::{Auth, Endpoint, Replay};
pub use error::{ApiError, Error, ErrorBody, ErrorKind, Intent, Problem, Problems, UnknownOutcome};
pub use money::{Amount, AmountError, Currency, CurrencyError};
pub use secret::Secret;
pub use timestamp::{Timestamp, TimestampError};
pub use transport::{BodyLimit, TimeLeft, TransportError};
