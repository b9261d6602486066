//! What is known about a request whose outcome is not.

use std::fmt;
use std::time::SystemTime;

use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

use super::{Problem, Problems};
use crate::money::{Amount, Currency};
use crate::partner::{Expected, RecordType};

/// An operation that may or may not have been executed, and the key under which to find out.
///
/// It is plain data: store it, and look the record up after a restart. `Debug` shows
/// the operation and not the reference, which is yours to print.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnknownOutcome {
    pub(crate) intent: Intent,
    pub(crate) sent_at: SystemTime,
}

/// What an operation that moves money wants to create: the provider's type of the record, the
/// merchant's own reference for it, and what it pays to whom, as far as that is known.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    pub(crate) record_type: String,
    pub(crate) reference: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) amount: Option<Amount>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) currency: Option<Currency>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fingerprint: Option<String>,
}

impl Intent {
    /// `record_type` is the record's `type` on the wire, such as `payout`. Amount and beneficiary
    /// are not known here, so nothing can be compared with them: prefer [`Intent::of`].
    pub fn new(record_type: impl Into<String>, reference: impl Into<String>) -> Self {
        Self {
            record_type: record_type.into(),
            reference: reference.into(),
            amount: None,
            currency: None,
            fingerprint: None,
        }
    }

    /// The intent to create such a record.
    pub fn of(expected: &Expected) -> Self {
        Self {
            amount: Some(expected.amount()),
            currency: Some(expected.currency().clone()),
            ..Self::new(expected.record_type().as_str(), expected.reference())
        }
    }

    /// Adds a fingerprint of the beneficiary, whose details are not kept. It tells one beneficiary
    /// from another; whoever reads it can check a guess.
    #[must_use]
    pub fn with_beneficiary(mut self, beneficiary: &str) -> Self {
        self.fingerprint = Some(hex::encode(Md5::digest(beneficiary)));
        self
    }

    /// The merchant's own reference.
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// The type of the record on the wire, such as `payment` or `payout`.
    pub fn record_type(&self) -> &str {
        &self.record_type
    }

    /// What the record has to be, where the intent knows its amount.
    pub fn expected(&self) -> Option<Expected> {
        let record_type = RecordType::from(&*self.record_type);
        let currency = self.currency.clone()?;
        Some(Expected::new(
            record_type,
            &*self.reference,
            self.amount?,
            currency,
        ))
    }

    /// In what another intent under the same reference would pay something else, or to somebody
    /// else. What one of the two does not know is no difference.
    pub fn differences(&self, other: &Self) -> Vec<Problem> {
        let mut found = Problems::new();
        if let (Some(ours), Some(theirs)) = (self.amount, other.amount) {
            let reason = format!("is {theirs} and was {ours}");
            found.require(ours == theirs, "amount", reason);
        }
        if let (Some(ours), Some(theirs)) = (&self.currency, &other.currency) {
            found.require(ours == theirs, "currency", "is not the one of before");
        }
        if let (Some(ours), Some(theirs)) = (&self.fingerprint, &other.fingerprint) {
            found.require(ours == theirs, "beneficiary", "is not the one of before");
        }
        found.into_vec()
    }
}

impl UnknownOutcome {
    /// For an intent that was journaled before it was sent: `sent_at` is the last time at which
    /// it may have been sent.
    pub fn new(intent: Intent, sent_at: SystemTime) -> Self {
        Self { intent, sent_at }
    }

    /// What was to be created.
    pub fn intent(&self) -> &Intent {
        &self.intent
    }

    /// The merchant's own reference under which the record would be found.
    pub fn reference(&self) -> &str {
        &self.intent.reference
    }

    /// The type of the record on the wire, such as `payment` or `payout`.
    pub fn record_type(&self) -> &str {
        &self.intent.record_type
    }

    /// The last time at which the request may have been sent: when the call ended.
    pub fn sent_at(&self) -> SystemTime {
        self.sent_at
    }
}

impl fmt::Debug for Intent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Intent")
            .field("record_type", &self.record_type)
            .field("amount", &self.amount)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for UnknownOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnknownOutcome")
            .field("intent", &self.intent)
            .field("sent_at", &self.sent_at)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_comes_back() {
        let sent_at = SystemTime::UNIX_EPOCH + std::time::Duration::new(1_800_000_000, 5);
        let unknown = UnknownOutcome::new(Intent::new("payout", "p-1"), sent_at);
        let json = serde_json::to_string(&unknown).unwrap();
        assert_eq!(
            json,
            r#"{"intent":{"record_type":"payout","reference":"p-1"},"sent_at":{"secs_since_epoch":1800000000,"nanos_since_epoch":5}}"#
        );
        assert_eq!(
            serde_json::from_str::<UnknownOutcome>(&json).unwrap(),
            unknown
        );
    }
}
