//! What to do about a row that is there.

use std::time::{Duration, SystemTime};

use super::{Begun, Doubt, DurableCall, Loaded, Phase, Question, Row};
use crate::durable::outcome::{Executed, Outcome, Pending, PendingReason};
use crate::durable::stored_intent::{State, StoredIntent};
use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind, UnknownOutcome};
use crate::partner::Record;

/// The least time after which it makes sense to ask again.
const LEAST_PAUSE: Duration = Duration::from_secs(1);

impl<E: Endpoint<Output = Record> + Clone> DurableCall<E> {
    pub(super) fn decide(&mut self, loaded: Loaded) -> Phase {
        let Some(row) = loaded.row else {
            return self.begin_again(0, None);
        };
        let stored = match StoredIntent::read(&row) {
            Ok(stored) => stored,
            Err(what) => return self.not_understood(what),
        };
        let differences = stored.conflicts(&self.intent);
        if !differences.is_empty() {
            let detail = "the reference was used before for something else";
            let error = Error::new(ErrorKind::Invalid, self.operation.clone(), detail);
            let error = error.with_problems(differences);
            return Phase::Ended(Some(Outcome::NotExecuted(error)));
        }
        match stored.state() {
            State::Executed(id) => Phase::Ended(Some(Outcome::Executed(Executed::known(*id)))),
            State::Open { attempt } if self.is_ours(attempt, row.version) => Phase::Send,
            State::Open { .. } => self.doubt(&row, stored, loaded.now),
            State::NotExecuted { why } if self.endpoint.is_none() => {
                let detail = format!("it was not executed before: {why}");
                let error = Error::new(ErrorKind::Refused, self.operation.clone(), detail);
                Phase::Ended(Some(Outcome::NotExecuted(error)))
            }
            State::Queued | State::NotExecuted { .. } => {
                self.begin_again(row.version, Some(&stored))
            }
        }
    }

    /// Whether this very call has stored it, and its answer was lost.
    fn is_ours(&self, attempt: &str, version: i64) -> bool {
        let begun = self.begun.as_ref();
        attempt == self.attempt && begun.is_some_and(|begun| begun.expected + 1 == version)
    }

    /// Begins where nothing was executed. Only a question for another version starts the time anew:
    /// one that was lost may still be stored.
    pub(super) fn begin_again(&mut self, version: i64, stored: Option<&StoredIntent>) -> Phase {
        let known = self.begun.as_ref().map(|begun| begun.expected);
        if known != Some(version) {
            let fresh = || StoredIntent::new(self.intent.clone(), State::Queued);
            let begun = stored.cloned().unwrap_or_else(fresh);
            let begun = begun.begun(&self.intent, &self.attempt, self.is_worker);
            self.begun = Some(Begun {
                expected: version,
                stored: begun,
                send_by: None,
            });
        }
        Phase::Ask(Question::Begin)
    }

    /// Another attempt is being sent, or its process has died.
    fn doubt(&self, row: &Row, stored: StoredIntent, now: SystemTime) -> Phase {
        // Nothing of it is sent later than this, by the store's clock.
        let Some(sent_by) = stored.sent_by().or(row.due) else {
            return self.not_understood("what is stored is open and never due");
        };
        let unknown = UnknownOutcome::new(stored.intent().clone(), sent_by);
        Phase::LookUp(Doubt {
            version: row.version,
            stored,
            unknown,
            asked_at: now,
            again_in: self.again_in(sent_by, now),
            own: None,
        })
    }

    /// How long until a lookup can say that nothing was executed.
    fn again_in(&self, sent_by: SystemTime, now: SystemTime) -> Duration {
        let settle = self.session.api().wire().settle;
        let settled = sent_by.checked_add(settle);
        let left = settled.and_then(|settled| settled.duration_since(now).ok());
        left.unwrap_or(settle).max(LEAST_PAUSE)
    }

    fn not_understood(&self, what: &'static str) -> Phase {
        Self::pending(
            self.session.api().wire().settle,
            PendingReason::NotUnderstood(what),
        )
    }

    pub(super) fn pending(again_in: Duration, reason: PendingReason) -> Phase {
        let again_in = again_in.max(LEAST_PAUSE);
        Phase::Ended(Some(Outcome::Unknown(Pending { again_in, reason })))
    }
}
