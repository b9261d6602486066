//! What proves that a list would show a record if it were there.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::record::Record;
use super::record_id::RecordId;
use super::status::RecordType;
use crate::wire::Api;

/// The proof that the list shows records of a type that you made: it did so once, asked in the
/// very same way as a lookup asks.
///
/// Without it an empty list proves nothing: it may leave out payouts, lag, or be somebody else's.
/// A session keeps it for its own lookups; store it to have it after a restart
/// ([`Session::trust_list`](crate::Session::trust_list)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListEvidence {
    record_type: String,
    list: String,
    shown: String,
    shown_at: SystemTime,
}

impl ListEvidence {
    /// A lookup of a record of ours has found it.
    pub(super) fn shown(api: &Api, record_type: &str, record: &Record, now: SystemTime) -> Self {
        Self {
            record_type: record_type.to_owned(),
            list: list_of(api),
            shown: record.id().to_string(),
            shown_at: now,
        }
    }

    /// The type of the records that the list shows.
    pub fn record_type(&self) -> RecordType {
        RecordType::from(&*self.record_type)
    }

    /// The record that it showed; `None` where what was stored holds none.
    pub fn shown_record(&self) -> Option<RecordId> {
        self.shown.parse().ok()
    }

    /// When it was shown.
    pub fn shown_at(&self) -> SystemTime {
        self.shown_at
    }

    /// Whether it is about this type and this API's list.
    pub(super) fn is_about(&self, api: &Api, record_type: &str) -> bool {
        self.record_type == record_type
            && self.list == list_of(api)
            && self.shown_record().is_some()
    }
}

/// The list, by its address.
fn list_of(api: &Api) -> String {
    format!("{}{}", api.base(), api.wire().list)
}

/// The evidence that a session has, by type.
#[derive(Debug, Default)]
pub(crate) struct KnownLists(Mutex<BTreeMap<String, ListEvidence>>);

impl KnownLists {
    pub(crate) fn add(&self, evidence: ListEvidence) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(evidence.record_type.clone(), evidence);
    }

    pub(crate) fn get(&self, record_type: &str) -> Option<ListEvidence> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(record_type).cloned()
    }
}
