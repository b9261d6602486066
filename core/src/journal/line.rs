//! One entry as a line of JSON, with a checksum before it.
//!
//! ```json
//! {"md5":"…","entry":{"begun":{"intent":{"record_type":"payout","reference":"p-1",
//!     "amount":"5.00","currency":"EUR","fingerprint":"…"},
//!     "sent_at":{"secs_since_epoch":1800000000,"nanos_since_epoch":0}}}}
//! {"md5":"…","entry":{"ended":[{"record_type":"payout","reference":"p-1"},
//!     {"executed":"6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d"}]}}
//! {"md5":"…","entry":{"ended":[{"record_type":"payout","reference":"p-1"},"not_executed"]}}
//! {"md5":"…","entry":{"committed":{"order":"o-1","status":"paid","dedup_key":"…"}}}
//! ```

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use super::Entry;

/// The checksum is over the entry as it is written, so that is kept as text.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    #[serde(borrow)]
    md5: Cow<'a, str>,
    #[serde(borrow)]
    entry: &'a RawValue,
}

impl Entry {
    /// The entry as one line of JSON with a checksum and a line feed at its end.
    ///
    /// # Errors
    /// When a time lies before 1970, which has no form here.
    pub fn to_line(&self) -> Result<Vec<u8>, Unwritable> {
        let entry = to_raw_value(self).map_err(|_| Unwritable(()))?;
        let line = Line {
            md5: checksum(&entry).into(),
            entry: &entry,
        };
        let mut line = serde_json::to_vec(&line).map_err(|_| Unwritable(()))?;
        line.push(b'\n');
        Ok(line)
    }

    pub(super) fn from_line(line: &[u8]) -> Option<Self> {
        let line: Line<'_> = serde_json::from_slice(line).ok()?;
        let whole = *checksum(line.entry) == *line.md5;
        let entry = serde_json::from_str(line.entry.get());
        entry.ok().filter(|_| whole)
    }
}

/// It guards against torn and rotten bytes, not against people.
fn checksum(entry: &RawValue) -> String {
    hex::encode(Md5::digest(entry.get()))
}

/// An entry holds a time before 1970, which no line can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unwritable(());

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time before 1970 cannot be stored")
    }
}

impl StdError for Unwritable {}
