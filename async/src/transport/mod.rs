//! What a transport is, and the ones that come with the crate.

#[cfg(feature = "reqwest")]
pub(crate) mod reqwest;
#[cfg(feature = "tower")]
pub(crate) mod tower;

use std::pin::Pin;

use http::{Request, Response};
use sanspay_core::TransportError;

/// What comes of one request.
pub type Outcome = Result<Response<Vec<u8>>, TransportError>;

/// A request on its way.
pub type Sending = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// A closure from a request to what comes of it.
pub(crate) type Transport = dyn Fn(Request<Vec<u8>>) -> Sending + Send + Sync;
