//! What a replay gives out: answers, failures and deliveries.

use std::fmt;
use std::time::Duration;

use http::{Request, Response};

use super::format::Kind;
use sanspay_core::transport::TransportError;

/// What came of a request, as a transport reports it.
pub(super) type Outcome = Result<Response<Vec<u8>>, TransportError>;

/// What the cassette has for a request, with the time that it took.
///
/// `Debug` leaves headers and body out.
pub struct Replayed {
    /// How long the answer or the failure took, as far as it was recorded.
    pub took: Duration,
    /// What came of the request.
    pub outcome: Outcome,
}

/// A webhook, notification or browser return as it arrived at the merchant.
pub struct Delivered {
    /// Which of them it is.
    pub kind: Kind,
    /// How long after the beginning it arrived.
    pub at: Duration,
    /// What arrived; its URI has no origin.
    pub request: Request<Vec<u8>>,
    /// What the merchant answered when it was recorded, if that was recorded.
    pub answer: Option<Response<Vec<u8>>>,
}

impl Replayed {
    /// What a driver of the sandbox's kind makes of it.
    pub(crate) fn into_reply(self) -> crate::sandbox::Reply {
        use crate::sandbox::Reply;
        match self.outcome {
            Ok(response) => Reply::Answer(response),
            Err(error) if error.may_have_been_sent() => Reply::Lost,
            Err(_) => Reply::NotConnected,
        }
    }

    pub(super) fn lost() -> Self {
        Self {
            took: Duration::ZERO,
            outcome: Err(TransportError::maybe_sent("not recorded")),
        }
    }
}

impl fmt::Debug for Replayed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = self.outcome.as_ref().map(Response::status);
        f.debug_struct("Replayed")
            .field("took", &self.took)
            .field("outcome", &outcome)
            .finish()
    }
}

/// Method and path only.
impl fmt::Debug for Delivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivered")
            .field("kind", &self.kind)
            .field("at", &self.at)
            .field("path", &self.request.uri().path())
            .finish_non_exhaustive()
    }
}
