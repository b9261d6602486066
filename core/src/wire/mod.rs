//! How the providers are spoken to: base URL, routes and names, and the reply to a request.

mod admin;
mod api;
mod base_url;
mod drift;
pub(crate) mod query;
mod reply;

pub use admin::AdminWire;
pub(crate) use api::is_route;
pub use api::{Api, Wire, path_segment};
pub use base_url::BaseUrl;
pub(crate) use drift::{Counting, DriftLog};
pub use drift::{Drift, DriftKind};
pub use reply::Reply;
