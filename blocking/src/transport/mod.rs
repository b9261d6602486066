//! What a transport is, and the one that comes with the crate.

#[cfg(feature = "ureq")]
pub(crate) mod ureq;

use http::{Request, Response};
use sanspay_core::TransportError;

/// What comes of one request.
pub type Outcome = Result<Response<Vec<u8>>, TransportError>;

/// Sends a client's requests: [`UreqTransport`](crate::UreqTransport), or any closure from a request
/// to its outcome.
///
/// It keeps the [contract of a transport](sanspay_core::transport), or money may be moved twice;
/// `check_transport` of `sanspay-testkit` tries whether it does.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no transport",
    note = "a closure is one: `|request: http::Request<Vec<u8>>| -> sanspay_blocking::Outcome {{ .. }}`"
)]
pub trait Transport: Send + Sync {
    /// Sends a request once and reads its answer.
    ///
    /// # Errors
    /// Whatever kept the answer from arriving, and whether the request may have been sent.
    fn send(&self, request: Request<Vec<u8>>) -> Outcome;
}

impl<F> Transport for F
where
    F: Fn(Request<Vec<u8>>) -> Outcome + Send + Sync,
{
    fn send(&self, request: Request<Vec<u8>>) -> Outcome {
        self(request)
    }
}
