//! What came of an attempt, and how it is stored.

use std::time::{Duration, SystemTime};

use super::{Doubt, DurableCall, Known, Loaded, Phase, Put, Question, Why};
use crate::durable::outcome::{Executed, Outcome, Pending, PendingReason};
use crate::durable::store::StoreError;
use crate::durable::stored_intent::{State, StoredIntent};
use crate::endpoint::Endpoint;
use crate::error::{Error, UnknownOutcome};
use crate::partner::{Record, Resolution};

/// A worker tries again after this time, twice as long after each further failure.
const FIRST_BACKOFF: Duration = Duration::from_secs(5);
/// The most doublings: then it is a bit more than an hour.
const MOST_DOUBLINGS: u32 = 10;
/// What cannot be found out is looked up at least every eleven minutes.
const MOST_LOOK_DOUBLINGS: u32 = 7;

impl<E: Endpoint<Output = Record> + Clone> DurableCall<E> {
    pub(super) fn sent(&mut self, now: SystemTime, result: Result<Record, Error>) -> Phase {
        let Some(begun) = &self.begun else {
            return Phase::Ended(None);
        };
        let (version, stored) = (begun.expected + 1, begun.stored.clone());
        match result {
            Ok(record) => self.store_executed(version, &stored, Executed::now(record)),
            Err(error) if error.outcome_unknown() || error.may_exist_already() => {
                let unknown = error.unknown().cloned();
                let unknown =
                    unknown.unwrap_or_else(|| UnknownOutcome::new(self.intent.clone(), now));
                let window = self.session.settings().deadline;
                Phase::LookUp(Doubt {
                    version,
                    stored,
                    unknown,
                    asked_at: now,
                    again_in: window.saturating_add(self.session.api().wire().settle),
                    own: Some(error),
                })
            }
            Err(error) => self.store_not_executed(version, &stored, error),
        }
    }

    pub(super) fn resolved(&mut self, doubt: Doubt, resolution: Resolution) -> Phase {
        match (resolution, doubt.own) {
            (Resolution::Found(record), _) => {
                self.store_executed(doubt.version, &doubt.stored, Executed::now(*record))
            }
            // The row is not due yet, and what is on its way may still arrive.
            (_, Some(error)) => Self::pending(doubt.again_in, PendingReason::Call(error)),
            (Resolution::Absent, None) if self.endpoint.is_some() => {
                self.begin_again(doubt.version, Some(&doubt.stored))
            }
            (Resolution::Absent, None) => {
                let state = State::NotExecuted {
                    why: "it was looked up, and there is no such record".to_owned(),
                };
                let detail = "it was looked up, and there is no such record";
                let kind = crate::ErrorKind::NotSent;
                let error = Error::new(kind, self.operation.clone(), detail);
                self.store(
                    doubt.version,
                    &doubt.stored.with_state(state),
                    None,
                    Known::NotExecuted(error),
                )
            }
            (Resolution::Unknown(reason), None) if self.is_worker => {
                let doublings = doubt.stored.failures().min(MOST_LOOK_DOUBLINGS);
                let pause = doubt.again_in.max(FIRST_BACKOFF * 2_u32.pow(doublings));
                let stored = doubt.stored.looked_up(doubt.unknown.sent_at());
                let known = Known::Pending(PendingReason::Lookup(reason), pause);
                self.store(doubt.version, &stored, Some(pause), known)
            }
            (Resolution::Unknown(reason), None) => {
                Self::pending(doubt.again_in, PendingReason::Lookup(reason))
            }
        }
    }

    fn store_executed(&self, version: i64, stored: &StoredIntent, executed: Executed) -> Phase {
        let stored = stored.with_state(State::Executed(executed.id()));
        self.store(version, &stored, None, Known::Executed(executed))
    }

    fn store_not_executed(&self, version: i64, stored: &StoredIntent, error: Error) -> Phase {
        if self.is_worker && error.is_transient() {
            let doublings = stored.failures().min(MOST_DOUBLINGS);
            let pause = error.retry_after().unwrap_or_default();
            let pause = pause.max(FIRST_BACKOFF * 2_u32.pow(doublings));
            let stored = stored.queued_again();
            return self.store(version, &stored, Some(pause), Known::Queued(error, pause));
        }
        let why = error.to_string();
        let stored = stored.with_state(State::NotExecuted { why });
        self.store(version, &stored, None, Known::NotExecuted(error))
    }

    fn store(
        &self,
        expected: i64,
        stored: &StoredIntent,
        due_in: Option<Duration>,
        known: Known,
    ) -> Phase {
        let put = Put {
            key: self.key.clone(),
            expected,
            value: stored.write(),
            due_in,
        };
        Phase::Ask(Question::End(put, known))
    }

    /// What is there instead of what was to be stored.
    pub(super) fn see(&mut self, loaded: Loaded, known: Known) -> Phase {
        let row = loaded.row;
        let version = row.as_ref().map_or(0, |row| row.version);
        let stored = match row.as_ref().map(StoredIntent::read).transpose() {
            Ok(stored) => stored,
            Err(what) => return self.ended_unstored(known, StoreError::not_stored(what)),
        };
        let state = stored.as_ref().map(StoredIntent::state);
        match (known, state) {
            (Known::Executed(mut executed), Some(State::Executed(id))) => {
                executed.other = Some(*id).filter(|id| *id != executed.id());
                Phase::Ended(Some(Outcome::Executed(executed)))
            }
            // Executed is final, whoever says something else.
            (Known::Executed(executed), _) => {
                let fresh = || StoredIntent::new(self.intent.clone(), State::Queued);
                let stored = stored.unwrap_or_else(fresh);
                self.store_executed(version, &stored, executed)
            }
            (_, Some(State::Executed(id))) => {
                Phase::Ended(Some(Outcome::Executed(Executed::known(*id))))
            }
            (
                Known::NotExecuted(error) | Known::Queued(error, _),
                Some(State::Open { attempt }),
            ) if *attempt == self.attempt => {
                let fresh = || StoredIntent::new(self.intent.clone(), State::Queued);
                let stored = stored.unwrap_or_else(fresh);
                self.store_not_executed(version, &stored, error)
            }
            (known @ Known::Pending(..), _) => Phase::Ended(Some(known.outcome())),
            // Another attempt was begun after this one, which ends nothing of it.
            (_, Some(State::Open { .. })) => Self::pending(
                self.session.settings().deadline,
                PendingReason::OtherAttempt,
            ),
            (known, _) => Phase::Ended(Some(known.outcome())),
        }
    }

    fn ended_unstored(&self, known: Known, error: StoreError) -> Phase {
        Phase::Ended(Some(match known {
            Known::Executed(mut executed) => {
                executed.not_stored = Some(error);
                Outcome::Executed(executed)
            }
            known @ Known::Pending(..) => known.outcome(),
            Known::NotExecuted(_) | Known::Queued(..) => Outcome::Unknown(self.unstored(error)),
        }))
    }

    /// The store does not answer any more.
    pub(super) fn give_up(&mut self, question: Question, error: StoreError) -> Outcome {
        match question {
            Question::End(_, Known::Executed(mut executed))
            | Question::Load(Why::See(Known::Executed(mut executed))) => {
                executed.not_stored = Some(error);
                Outcome::Executed(executed)
            }
            Question::End(_, known @ Known::Pending(..)) => known.outcome(),
            // Nothing that this call could not store changes that it is proven.
            Question::End(_, known @ Known::NotExecuted(_)) if !error.may_have_been_stored() => {
                known.outcome()
            }
            _ => Outcome::Unknown(self.unstored(error)),
        }
    }

    fn unstored(&self, error: StoreError) -> Pending {
        Pending {
            again_in: self.session.settings().deadline,
            reason: PendingReason::Store(error),
        }
    }
}

impl Known {
    pub(super) fn outcome(self) -> Outcome {
        match self {
            Self::Executed(executed) => Outcome::Executed(executed),
            Self::NotExecuted(error) => Outcome::NotExecuted(error),
            Self::Queued(error, again_in) => Outcome::Unknown(Pending {
                again_in,
                reason: PendingReason::Queued(error),
            }),
            Self::Pending(reason, again_in) => Outcome::Unknown(Pending { again_in, reason }),
        }
    }
}
