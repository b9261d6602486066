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

/// Sends a client's requests: [`ReqwestTransport`](crate::ReqwestTransport),
/// [`tower_transport`](crate::tower_transport), or any closure from a request to a future of its
/// outcome.
///
/// It keeps the [contract of a transport](sanspay_core::transport), or money may be moved twice;
/// `check_transport_async` of `sanspay-testkit` tries whether it does.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no transport",
    note = "a closure is one: `|request: http::Request<Vec<u8>>| async {{ .. }}`, whose future yields a `sanspay_async::Outcome`"
)]
pub trait Transport: Send + Sync {
    /// Sends a request once and reads its answer. An error says whether the request may have been
    /// sent.
    fn send(&self, request: Request<Vec<u8>>) -> Sending;
}

impl<F, Fut> Transport for F
where
    F: Fn(Request<Vec<u8>>) -> Fut + Send + Sync,
    Fut: Future<Output = Outcome> + Send + 'static,
{
    fn send(&self, request: Request<Vec<u8>>) -> Sending {
        Box::pin(self(request))
    }
}
