//! The ends of an exchange that are errors: the deadline, and what is known by then.

use std::time::SystemTime;

use super::token::TOKEN_LATE;
use super::{Exchange, Phase, Stage};
use crate::endpoint::{Endpoint, Replay};
use crate::error::{Error, ErrorKind, UnknownOutcome};

pub(super) const ANSWER_LATE: &str = "the deadline passed before the answer came";

impl<E: Endpoint> Exchange<E> {
    pub(super) fn deadline_error(&self, detail: &'static str) -> Error {
        Error::new(ErrorKind::Deadline, self.operation(), detail)
    }

    /// The deadline has passed: whatever was going on ends here.
    pub(super) fn expire(&mut self, now: SystemTime) {
        let detail = match &self.phase {
            Phase::Ended(_) => return,
            Phase::Call(_, Stage::InFlight) => {
                self.may_be_executed |= self.endpoint.replay() != Replay::Safe;
                ANSWER_LATE
            }
            Phase::Authorize(_) | Phase::Fetch(_) => TOKEN_LATE,
            Phase::Prepare | Phase::Ready(_) | Phase::Call(..) => {
                "the deadline passed before the request was sent"
            }
        };
        self.end_late(now, detail);
    }

    /// Ends where too much time has passed, with the failure that took it.
    pub(super) fn end_late(&mut self, now: SystemTime, detail: &'static str) {
        let mut error = self.deadline_error(detail);
        if let Some(last) = self.last_error.take() {
            error = error.with_source(last);
        }
        // Dropping the phase gives up a leadership and wakes the followers.
        self.phase = self.end_with(now, error);
    }

    /// The end with an error that says how often it was tried and whether it may have happened.
    pub(super) fn end_with(&self, now: SystemTime, error: Error) -> Phase<E::Output> {
        let attempts = error.attempts().max(self.attempts);
        let mut error = error.with_attempts(attempts);
        if self.may_be_executed {
            let unknown = self
                .endpoint
                .intent()
                .map(|intent| UnknownOutcome::new(intent, now));
            error = error.with_outcome_unknown(unknown);
        }
        Phase::Ended(Some(Err(error)))
    }
}
