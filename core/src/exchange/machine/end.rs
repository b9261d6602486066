//! The ends of an exchange that are errors: the deadline, and what is known by then.

use std::mem;
use std::time::SystemTime;

use super::authorize::TOKEN_LATE;
use super::{Exchange, Phase, Stage};
use crate::endpoint::{Endpoint, Replay};
use crate::error::{Error, ErrorKind, UnknownOutcome};

pub(super) const ANSWER_LATE: &str = "the deadline passed before the answer came";

impl<E: Endpoint> Exchange<E> {
    /// Ends an exchange that its driver gives up before the end, because its future was dropped,
    /// its thread panicked or its runtime shut down. The error says whether the operation may have
    /// been executed by then, and if so how to find out. Polling again is a misuse.
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use sanspay_core::exchange::Step;
    /// use sanspay_core::partner::{FetchToken, NewPayout};
    /// use sanspay_core::{Api, BaseUrl, Credentials, Currency, ErrorKind, Session, Settings};
    ///
    /// let api = Api::new(BaseUrl::new("https://api.example.com")?);
    /// let token = FetchToken::new(Credentials::new("key", "secret")?);
    /// let session = Session::new(api, token, Settings::default());
    /// let payout = NewPayout::new("p-1", "7.50".parse().unwrap(), Currency::EUR, "DE00");
    /// let mut exchange = session.exchange(payout);
    /// // Only the token was asked for, so there was no payout yet.
    /// assert!(matches!(exchange.poll(SystemTime::UNIX_EPOCH), Step::Send(_)));
    /// let error = exchange.abandon(SystemTime::UNIX_EPOCH);
    /// assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::NotSent, false));
    /// # Ok::<(), sanspay_core::Error>(())
    /// ```
    pub fn abandon(&mut self, now: SystemTime) -> Error {
        self.advance_clock(now);
        self.skip_publishing();
        let sent = matches!(self.phase, Phase::Call(_, Stage::InFlight));
        self.may_be_executed |= self.outcome_would_be_unknown();
        // Dropping the phase gives up a leadership and wakes the followers.
        match mem::replace(&mut self.phase, Phase::Ended(None)) {
            Phase::Ended(None) => self.already_over(now),
            Phase::Ended(Some(Err(error))) => error,
            Phase::Ended(Some(Ok(_))) => {
                // It was executed, and nobody is left to be told so.
                self.abandoned(
                    now,
                    ErrorKind::Lost,
                    "the call was abandoned with its answer",
                )
            }
            _ if sent || self.may_be_executed => {
                let detail = "the call was abandoned before its answer came";
                self.abandoned(now, ErrorKind::Lost, detail)
            }
            _ => {
                let detail = "the call was abandoned before its request was sent";
                self.abandoned(now, ErrorKind::NotSent, detail)
            }
        }
    }

    fn abandoned(&mut self, now: SystemTime, kind: ErrorKind, detail: &'static str) -> Error {
        let mut error = Error::new(kind, self.operation(), detail);
        if let Some(last) = self.last_error.take() {
            error = error.with_source(last);
        }
        self.with_what_is_known(now, error)
    }

    /// The result was handed out before.
    pub(super) fn already_over(&self, now: SystemTime) -> Error {
        let detail = "the exchange had already given its result";
        let error = Error::new(ErrorKind::Misuse, self.operation(), detail);
        self.with_what_is_known(now, error)
    }

    pub(super) fn deadline_error(&self, detail: &'static str) -> Error {
        Error::new(ErrorKind::Deadline, self.operation(), detail)
    }

    /// The deadline has passed: whatever was going on ends here.
    pub(super) fn expire(&mut self, now: SystemTime) {
        self.skip_publishing();
        let detail = match &self.phase {
            Phase::Ended(_) => return,
            Phase::Call(_, Stage::InFlight) => {
                self.may_be_executed |= self.endpoint.replay() != Replay::Safe;
                ANSWER_LATE
            }
            Phase::Authorize(_) | Phase::Share(_) | Phase::Fetch(_) => TOKEN_LATE,
            Phase::Prepare | Phase::Publish(..) | Phase::Ready(_) | Phase::Call(..) => {
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
        Phase::Ended(Some(Err(self.with_what_is_known(now, error))))
    }

    fn with_what_is_known(&self, now: SystemTime, error: Error) -> Error {
        let attempts = error.attempts().max(self.attempts);
        let mut error = error.with_attempts(attempts);
        if self.may_be_executed {
            // Not earlier than it was sent, or a lookup would take its arrival for settled too soon.
            let sent_at = self.latest_seen.map_or(now, |latest| latest.max(now));
            let unknown = self
                .endpoint
                .intent()
                .map(|intent| UnknownOutcome::new(intent, sent_at));
            error = error.with_outcome_unknown(unknown);
        }
        error
    }
}
