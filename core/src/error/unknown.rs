//! What is known about a request whose outcome is not.

use std::fmt;
use std::time::SystemTime;

/// An operation that may or may not have been executed, and the key under which to find out.
///
/// It is plain data: store it, and look the record up after a restart. It is `Serialize` and
/// `Deserialize` with the feature `serde`; a [journal](crate::journal) needs none. `Debug` shows the
/// operation and not the reference, which is yours to print.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct UnknownOutcome {
    pub(crate) intent: Intent,
    pub(crate) sent_at: SystemTime,
}

/// What an operation that moves money wants to create: the provider's type of the record and the
/// merchant's own reference for it.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Intent {
    pub(crate) record_type: String,
    pub(crate) reference: String,
}

impl Intent {
    /// `record_type` is the record's `type` on the wire, such as `payout`.
    pub fn new(record_type: impl Into<String>, reference: impl Into<String>) -> Self {
        Self {
            record_type: record_type.into(),
            reference: reference.into(),
        }
    }
}

impl UnknownOutcome {
    /// For an intent that was journaled before it was sent: `sent_at` is the last time at which
    /// it may have been sent.
    pub fn new(intent: Intent, sent_at: SystemTime) -> Self {
        Self { intent, sent_at }
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

#[cfg(all(test, feature = "serde"))]
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
