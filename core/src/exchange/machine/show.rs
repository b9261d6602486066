//! How an exchange is printed: by its phase, without what it sends.

use std::fmt;

use super::{Exchange, Phase, Stage};
use crate::endpoint::Endpoint;

impl<E: Endpoint> fmt::Debug for Exchange<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let phase = match &self.phase {
            Phase::Prepare => "prepare",
            Phase::Authorize(None) => "authorize",
            Phase::Authorize(Some(_)) => "follow",
            Phase::Share(_) => "share",
            Phase::Fetch(_) => "fetch",
            Phase::Publish(..) => "publish",
            Phase::Call(_, Stage::InFlight) => "in flight",
            Phase::Call(_, Stage::Pause(_)) => "pause",
            Phase::Ready(_) => "call",
            Phase::Ended(_) => "ended",
        };
        f.debug_struct("Exchange")
            .field("operation", &self.endpoint.operation())
            .field("phase", &phase)
            .field("report", &self.report())
            .finish_non_exhaustive()
    }
}
