//! The provider's records: payments and payouts, their life and how they are found.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::SystemTime;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::sandbox::clock::rfc3339;

/// The two kinds of record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordKind {
    /// Money taken from a payer.
    Payment,
    /// Money sent to a beneficiary.
    Payout,
}

impl RecordKind {
    /// The kind as the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Payout => "payout",
        }
    }
}

/// Where a record is in its life: created, and then one of the others permanently (grade D).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordStatus {
    /// Nothing has happened yet.
    Created,
    /// The money moved.
    Paid,
    /// It did not.
    Failed,
    /// Nobody paid in time.
    Expired,
}

impl RecordStatus {
    /// The status as the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Paid => "paid",
            Self::Failed => "failed",
            Self::Expired => "expired",
        }
    }
}

/// Why something cannot be done to a record or an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ActionError {
    /// There is none with this id or reference.
    NotFound,
    /// It already ended in another way.
    Ended,
}

impl fmt::Display for ActionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound => "the sandbox knows no such record or order",
            Self::Ended => "the record or order already ended in another way",
        })
    }
}

impl std::error::Error for ActionError {}

/// One payment or payout.
#[derive(Clone)]
pub(super) struct Record {
    pub(super) id: Uuid,
    pub(super) kind: RecordKind,
    pub(super) status: RecordStatus,
    pub(super) amount: String,
    pub(super) currency: String,
    pub(super) reference: String,
    pub(super) description: Option<String>,
    pub(super) checkout_url: Option<String>,
    pub(super) return_url: Option<String>,
    pub(super) cancel_url: Option<String>,
    pub(super) failure_reason: Option<String>,
    pub(super) metadata: Option<Value>,
    pub(super) created_at: SystemTime,
    pub(super) updated_at: SystemTime,
    pub(super) paid_at: Option<SystemTime>,
    pub(super) expires_at: Option<SystemTime>,
}

impl Record {
    /// The record as the API answers it. `description` is one field more than is documented, as
    /// real servers have them.
    pub(super) fn to_json(&self) -> Value {
        json!({
            "id": self.id.to_string(),
            "type": self.kind.as_str(),
            "status": self.status.as_str(),
            "amount": self.amount,
            "currency": self.currency,
            "reference": self.reference,
            "description": self.description,
            "checkout_url": self.checkout_url,
            "failure_reason": self.failure_reason,
            "metadata": self.metadata,
            "created_at": rfc3339(self.created_at),
            "updated_at": rfc3339(self.updated_at),
            "paid_at": self.paid_at.map(rfc3339),
            "expires_at": self.expires_at.map(rfc3339),
        })
    }
}

/// All records in the order of their creation.
#[derive(Clone, Default)]
pub(super) struct Records {
    all: Vec<Record>,
    by_id: BTreeMap<Uuid, usize>,
    by_reference: BTreeMap<(RecordKind, String), Vec<usize>>,
    /// When an open record ends by itself.
    timers: BTreeSet<(SystemTime, usize)>,
}

impl Records {
    /// Adds a record that ends by itself at `ends`, if it is still open then.
    pub(super) fn add(&mut self, record: Record, ends: Option<SystemTime>) {
        let place = self.all.len();
        self.by_id.insert(record.id, place);
        let key = (record.kind, record.reference.clone());
        self.by_reference.entry(key).or_default().push(place);
        if let Some(ends) = ends {
            self.timers.insert((ends, place));
        }
        self.all.push(record);
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Record> {
        self.all.iter()
    }

    pub(super) fn get(&self, id: &Uuid) -> Option<&Record> {
        self.all.get(*self.by_id.get(id)?)
    }

    pub(super) fn count(&self, kind: RecordKind, reference: &str) -> usize {
        let places = self.by_reference.get(&(kind, reference.to_owned()));
        places.map_or(0, Vec::len)
    }

    /// The record with this id; or else the one with this reference, a payment before a payout,
    /// and of several the first that is open, or else the first.
    pub(super) fn find(&self, id_or_reference: &str) -> Option<usize> {
        let by_id = Uuid::try_parse(id_or_reference)
            .ok()
            .and_then(|id| self.by_id.get(&id));
        if let Some(place) = by_id {
            return Some(*place);
        }
        let places = [RecordKind::Payment, RecordKind::Payout].map(|kind| {
            let key = (kind, id_or_reference.to_owned());
            self.by_reference.get(&key).map_or(&[][..], Vec::as_slice)
        });
        let mut places = places.concat();
        let first_open = places
            .iter()
            .find(|place: &&usize| {
                let record = self.all.get(**place);
                record.is_some_and(|r| r.status == RecordStatus::Created)
            })
            .copied();
        first_open.or_else(|| (!places.is_empty()).then(|| places.swap_remove(0)))
    }

    pub(super) fn at(&self, place: usize) -> Option<&Record> {
        self.all.get(place)
    }

    /// Ends the record, and yields it if that is news.
    pub(super) fn end(
        &mut self,
        place: usize,
        status: RecordStatus,
        reason: Option<&str>,
        now: SystemTime,
    ) -> Result<Option<&Record>, ActionError> {
        let record = self.all.get_mut(place).ok_or(ActionError::NotFound)?;
        if record.status == status {
            return Ok(None);
        }
        if record.status != RecordStatus::Created {
            return Err(ActionError::Ended);
        }
        record.status = status;
        record.updated_at = now;
        record.paid_at = (status == RecordStatus::Paid).then_some(now);
        record.failure_reason = reason.map(str::to_owned);
        Ok(Some(record))
    }

    /// The next record whose time has come by `now`, and when that was.
    pub(super) fn ripe(&mut self, now: SystemTime) -> Option<(SystemTime, usize)> {
        let next = *self.timers.first().filter(|(at, _)| *at <= now)?;
        self.timers.remove(&next);
        Some(next)
    }

    pub(super) fn next_timer(&self) -> Option<SystemTime> {
        self.timers.first().map(|(at, _)| *at)
    }
}
