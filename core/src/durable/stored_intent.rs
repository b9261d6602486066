//! What a store holds about one intent: versioned JSON that a person can read.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::store::Row;
use crate::error::{Error, ErrorKind, Intent, Problem};
use crate::json;
use crate::partner::{NewPayout, RecordId};

/// What the keys of intents begin with.
pub const INTENT_PREFIX: &str = "intent:";

/// The form that is written here. Whatever has a higher number was written by a newer version.
const FORMAT: u32 = 1;

/// The key under which an intent is stored.
///
/// # Errors
/// [`ErrorKind::Misuse`] where the record type is no plain word, as an endpoint of yours may name it.
pub(super) fn key_of(intent: &Intent, operation: &str) -> Result<String, Error> {
    let record_type = intent.record_type();
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    // A colon in it, and two intents could have one key.
    if record_type.is_empty() || !record_type.bytes().all(plain) {
        let detail = "the record type of a durable call must be a word such as `payout`";
        return Err(Error::new(ErrorKind::Misuse, operation.to_owned(), detail));
    }
    Ok(format!(
        "{INTENT_PREFIX}{record_type}:{}",
        intent.reference()
    ))
}

pub(crate) fn to_micros(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
    })
}

pub(crate) fn from_micros(micros: u64) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_micros(micros))
}

/// What is known about an intent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It waits to be sent by a worker.
    Queued,
    /// It is being sent, or was: nothing of this attempt is sent after the row is first due.
    Open {
        /// Tells this attempt from every other one.
        attempt: String,
    },
    /// It was executed: this is its record.
    Executed(RecordId),
    /// It was not executed and will not be, unless it is sent again.
    NotExecuted {
        /// What was said about it.
        why: String,
    },
}

/// An intent as a store holds it.
///
/// Fields that are unknown here, of a later version, stay when it is written again.
#[derive(Clone)]
pub struct StoredIntent {
    intent: Intent,
    state: State,
    payout: Option<NewPayout>,
    failures: u32,
    sent_by: Option<SystemTime>,
    unknown_fields: Map<String, Value>,
}

#[derive(Serialize, Deserialize)]
struct Form {
    format: u32,
    state: StateName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attempt: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<RecordId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(default, skip_serializing_if = "is_zero")]
    failures: u32,
    /// Microseconds since 1970, by the store's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sent_by: Option<u64>,
    intent: Intent,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    payout: Option<NewPayout>,
    #[serde(flatten)]
    unknown_fields: Map<String, Value>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StateName {
    Queued,
    Open,
    Executed,
    NotExecuted,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // As serde calls it.
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl StoredIntent {
    /// An intent in this state.
    pub fn new(intent: Intent, state: State) -> Self {
        Self {
            intent,
            state,
            payout: None,
            failures: 0,
            sent_by: None,
            unknown_fields: Map::new(),
        }
    }

    /// A payout that waits to be sent.
    pub(super) fn queued(intent: Intent, payout: NewPayout) -> Self {
        let mut queued = Self::new(intent, State::Queued);
        queued.payout = Some(payout);
        queued
    }

    /// Reads what is stored. Nothing may be sent for an intent that is not understood.
    ///
    /// # Errors
    /// What is wrong with it, without its values.
    pub fn read(row: &Row) -> Result<Self, &'static str> {
        let form: Form = serde_json::from_str(&row.value)
            .map_err(|_| "what is stored is no intent, or was written by a newer version")?;
        if form.format > FORMAT {
            return Err("what is stored was written by a newer version: update this one first");
        }
        let state = match (form.state, form.attempt, form.id) {
            (StateName::Queued, ..) if form.payout.is_some() => State::Queued,
            (StateName::Open, Some(attempt), _) => State::Open { attempt },
            (StateName::Executed, _, Some(id)) => State::Executed(id),
            (StateName::NotExecuted, ..) => State::NotExecuted {
                why: form.why.unwrap_or_else(|| "nothing was said".to_owned()),
            },
            _ => return Err("what is stored lacks what its state needs"),
        };
        let own = key_of(&form.intent, "read what is stored").is_ok_and(|key| key == row.key);
        if !own {
            return Err("what is stored is the intent of another key");
        }
        Ok(Self {
            intent: form.intent,
            state,
            payout: form.payout,
            failures: form.failures,
            sent_by: form.sent_by.and_then(from_micros),
            unknown_fields: form.unknown_fields,
        })
    }

    /// The JSON to store.
    pub fn write(&self) -> String {
        let (state, attempt, id, why) = match &self.state {
            State::Queued => (StateName::Queued, None, None, None),
            State::Open { attempt } => (StateName::Open, Some(attempt.clone()), None, None),
            State::Executed(id) => (StateName::Executed, None, Some(*id), None),
            State::NotExecuted { why } => (StateName::NotExecuted, None, None, Some(why.clone())),
        };
        let form = Form {
            format: FORMAT,
            state,
            attempt,
            id,
            why,
            failures: self.failures,
            sent_by: self.sent_by.map(to_micros),
            intent: self.intent.clone(),
            payout: self.payout.clone(),
            unknown_fields: self.unknown_fields.clone(),
        };
        json::write_text(&form)
    }

    /// What is to be paid to whom.
    pub fn intent(&self) -> &Intent {
        &self.intent
    }

    /// What is known about it.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The payout, where a worker is to send it.
    pub fn payout(&self) -> Option<&NewPayout> {
        self.payout.as_ref()
    }

    /// Until when something of an open attempt may have been sent, where it was looked up before;
    /// otherwise that is when the row is due.
    pub(super) fn sent_by(&self) -> Option<SystemTime> {
        self.sent_by
    }

    /// Still open after it was looked up once more: it is looked at later and later.
    #[must_use]
    pub(super) fn looked_up(&self, sent_by: SystemTime) -> Self {
        Self {
            failures: self.failures.saturating_add(1),
            sent_by: Some(sent_by),
            ..self.clone()
        }
    }

    /// How often a worker has failed to send it, or to find out.
    pub(super) fn failures(&self) -> u32 {
        self.failures
    }

    /// The same intent in another state. What is done needs no beneficiary any more.
    #[must_use]
    pub(super) fn with_state(&self, state: State) -> Self {
        let done = matches!(state, State::Executed(_) | State::NotExecuted { .. });
        Self {
            state,
            payout: self.payout.clone().filter(|_| !done),
            failures: if done { 0 } else { self.failures },
            sent_by: None,
            ..self.clone()
        }
    }

    /// Waits again after a failure that passes.
    #[must_use]
    pub(super) fn queued_again(&self) -> Self {
        Self {
            failures: self.failures.saturating_add(1),
            ..self.with_state(State::Queued)
        }
    }

    /// Begun anew, for this intent: one that was not executed may be another amount now. A payout
    /// stays stored where a worker sends it.
    #[must_use]
    pub(super) fn begun(&self, intent: &Intent, attempt: &str, by_worker: bool) -> Self {
        let attempt = attempt.to_owned();
        Self {
            intent: intent.clone(),
            payout: self.payout.clone().filter(|_| by_worker),
            ..self.with_state(State::Open { attempt })
        }
    }

    /// In what another intent of the same reference would pay something else; nothing where this
    /// one was not executed.
    pub fn conflicts(&self, other: &Intent) -> Vec<Problem> {
        match self.state {
            State::NotExecuted { .. } => Vec::new(),
            _ => self.intent.differences(other),
        }
    }
}

/// Without the payout, which holds what a customer is called.
impl fmt::Debug for StoredIntent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredIntent")
            .field("intent", &self.intent)
            .field("state", &self.state)
            .field("failures", &self.failures)
            .finish_non_exhaustive()
    }
}
