//! The sans-IO core of sanspay.
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
mod answer;
mod api;
mod builder;
pub mod checkout;
mod credentials;
mod endpoint;
mod error;
pub mod exchange;
mod money;
mod pager;
pub mod partner;
#[cfg(feature = "sandbox")]
pub mod sandbox;
mod secret;
mod timestamp;
mod transport;

pub use access_token::{AccessToken, Lifetime};
pub use answer::{json, success};
pub use api::{Api, BaseUrl, Wire, path_segment};
pub use builder::SessionBuilder;
pub use credentials::Credentials;
pub use endpoint::{Auth, Endpoint, Replay};
pub use error::{ApiError, Error, ErrorBody, ErrorKind, Intent, Problem, Problems, UnknownOutcome};
pub use exchange::{Exchange, Idempotency, RetryPolicy, Session, Settings, Step, TokenPolicy};
pub use money::{Amount, AmountError, Currency, CurrencyError};
pub use pager::{Cursor, Page, Paged, Pager};
pub use secret::Secret;
pub use timestamp::{Timestamp, TimestampError};
pub use transport::{Limits, TransportError};
