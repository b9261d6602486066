//! What came of a durable call.

use std::fmt;
use std::time::Duration;

use super::store::StoreError;
use crate::error::Error;
use crate::partner::{Record, RecordId, Unresolved};

/// What came of a durable call, and of what was stored before it under the same reference.
#[derive(Debug, Clone)]
#[must_use]
pub enum Outcome {
    /// The money moved, once: now or in an earlier call.
    Executed(Executed),
    /// Nothing was executed, and that is proven. Where the error is transient, the same call may be
    /// made again.
    NotExecuted(Error),
    /// It may have been executed. Make the same call again later, or
    /// let `recover` do it: neither sends anything before it is proven that nothing was executed.
    Unknown(Pending),
}

/// It was executed.
#[derive(Debug, Clone)]
pub struct Executed {
    pub(super) id: RecordId,
    pub(super) record: Option<Box<Record>>,
    pub(super) other: Option<RecordId>,
    pub(super) not_stored: Option<StoreError>,
}

impl Executed {
    pub(super) fn known(id: RecordId) -> Self {
        Self {
            id,
            record: None,
            other: None,
            not_stored: None,
        }
    }

    pub(super) fn now(record: Record) -> Self {
        let id = record.id();
        Self {
            record: Some(Box::new(record)),
            ..Self::known(id)
        }
    }

    /// The provider's id of the record.
    pub fn id(&self) -> RecordId {
        self.id
    }

    /// The record as it was answered or found by this call; `None` where an earlier call executed
    /// it: show it by its id.
    pub fn record(&self) -> Option<&Record> {
        self.record.as_deref()
    }

    /// Another record that was stored for the same reference before: the money may have moved
    /// twice, which only a provider can do that executes a reference twice. Look both up.
    pub fn other(&self) -> Option<RecordId> {
        self.other
    }

    /// Why it could not be stored. It stays open in the store, and the next call or `recover` finds
    /// the record.
    pub fn not_stored(&self) -> Option<&StoreError> {
        self.not_stored.as_ref()
    }
}

/// Nobody knows yet.
#[derive(Debug, Clone)]
pub struct Pending {
    pub(super) again_in: Duration,
    pub(super) reason: PendingReason,
}

impl Pending {
    /// How long to wait before asking again.
    pub fn again_in(&self) -> Duration {
        self.again_in
    }

    /// Why nobody knows.
    pub fn reason(&self) -> &PendingReason {
        &self.reason
    }
}

/// Why it is not known whether something was executed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum PendingReason {
    /// It was sent, and what came back says nothing.
    Call(Error),
    /// Another attempt is being sent, or was by a process that died.
    OtherAttempt,
    /// It was looked up, and that says nothing yet.
    Lookup(Unresolved),
    /// The store did not answer. This call sent nothing.
    Store(StoreError),
    /// What is stored is not understood, so nothing is sent: a case for a person.
    NotUnderstood(&'static str),
    /// It was not executed, and a worker tries it again by itself.
    Queued(Error),
}

impl fmt::Display for PendingReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(error) | Self::Queued(error) => error.fmt(f),
            Self::OtherAttempt => {
                f.write_str("another attempt is being sent, or was by a process that died")
            }
            Self::Lookup(unresolved) => unresolved.fmt(f),
            Self::Store(error) => error.fmt(f),
            Self::NotUnderstood(what) => f.write_str(what),
        }
    }
}
