//! The provider's id of a payment or payout.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::json::from_text;

/// The provider's id of a payment or payout, a UUID (grade D).
///
/// Read with or without hyphens and in either case, printed with hyphens and in lower case.
/// [`to_bytes`](RecordId::to_bytes) and [`from_bytes`](RecordId::from_bytes) lead to the UUID type
/// of any library and back.
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

    /// The sixteen bytes of the UUID, in the order in which they are written.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.into_bytes()
    }
}

impl FromStr for RecordId {
    type Err = RecordIdError;

    fn from_str(text: &str) -> Result<Self, RecordIdError> {
        // The library reads braces and `urn:uuid:` too, and those are longer or shorter.
        let plain = matches!(text.len(), 32 | 36);
        let id = Uuid::try_parse(text).ok().filter(|_| plain);
        id.map(Self).ok_or(RecordIdError(()))
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
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
            "6f2b7c1e6a0e-4f53-9f0e-0d6f3a1b2c3d-",
            "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d-",
            "6f2b7c1e-6a0e4-f53-9f0e-0d6f3a1b2c3d",
            "+f2b7c1e6a0e4f539f0e0d6f3a1b2c3d",
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
            prop_assert_eq!(id.to_string(), uuid::Uuid::from_bytes(bytes).to_string());
        }

        #[test]
        fn reads_what_the_uuid_crate_reads(
            bytes: [u8; 16], plain: bool, upper: bool, place in 0..36usize, sign in "[-0-9a-fA-F+/:@G`gé ]",
        ) {
            let mut text = uuid::Uuid::from_bytes(bytes).to_string();
            let place = place.min(text.len() - 1);
            text.replace_range(place..=place, &sign);
            if plain {
                text = text.replace('-', "");
            }
            if upper {
                text = text.to_uppercase();
            }
            let theirs = uuid::Uuid::try_parse(&text).ok().filter(|_| matches!(text.len(), 32 | 36));
            let ours = text.parse().ok().map(RecordId::to_bytes);
            prop_assert_eq!(ours, theirs.map(uuid::Uuid::into_bytes), "{}", text);
        }
    }
}
