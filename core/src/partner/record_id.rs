//! The provider's id of a payment or payout.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;
use uuid::fmt::Hyphenated;

use crate::text::from_text;

/// The provider's id of a payment or payout, a UUID (grade D).
///
/// Read with or without hyphens and in either case, printed with hyphens and in lower case.
///
/// ```
/// use sanspay_core::partner::RecordId;
/// let id: RecordId = "6F2B7C1E6A0E4F539F0E0D6F3A1B2C3D".parse()?;
/// assert_eq!(id.to_string(), "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d");
/// # Ok::<(), sanspay_core::partner::RecordIdError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId(Uuid);

/// The text is not a UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordIdError(());

impl fmt::Display for RecordIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a UUID such as 6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d")
    }
}

impl std::error::Error for RecordIdError {}

impl RecordId {
    /// From the sixteen bytes of the UUID, in the order in which they are written.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// How long the id is when it is printed.
    pub(super) const LENGTH: usize = Hyphenated::LENGTH;

    /// Prints the id without the heap.
    pub(super) fn print(self, buffer: &mut [u8; Self::LENGTH]) -> &str {
        self.0.as_hyphenated().encode_lower(buffer)
    }

    /// The sixteen bytes of the UUID, in the order in which they are written.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.into_bytes()
    }
}

impl FromStr for RecordId {
    type Err = RecordIdError;

    fn from_str(text: &str) -> Result<Self, RecordIdError> {
        // The `uuid` crate also reads `urn:uuid:…` and `{…}`, which no answer of the API holds.
        let plain = matches!(text.len(), 32 | 36);
        let id = Uuid::try_parse(text).ok().filter(|_| plain);
        id.map(Self).ok_or(RecordIdError(()))
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordId({self})")
    }
}

impl Serialize for RecordId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RecordId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, "`id` as a UUID", |text| text.parse().ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn refuses_everything_but_a_plain_uuid() {
        for text in [
            "",
            "1",
            "{6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d}",
            "urn:uuid:6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d",
            "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3g",
            "../6a0e-4f53-9f0e-0d6f3a1b2c3d-000000",
        ] {
            assert!(text.parse::<RecordId>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn prints_what_it_read(bytes: [u8; 16]) {
            let id = RecordId::from_bytes(bytes);
            prop_assert_eq!(id.to_string().parse::<RecordId>(), Ok(id));
            prop_assert_eq!(id.to_bytes(), bytes);
        }
    }
}
