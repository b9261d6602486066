//! Times as databases hold them: microseconds since 1970.

#![allow(dead_code, reason = "each feature needs a part")]

use std::time::{Duration, SystemTime};

/// A time before 1970 is 1970, and one that no number holds is the last one.
pub(crate) fn micros(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, span_micros)
}

pub(crate) fn span_micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

pub(crate) fn from_micros(micros: i64) -> SystemTime {
    let since = Duration::from_micros(u64::try_from(micros).unwrap_or(0));
    // Nine thousand centuries fit.
    SystemTime::UNIX_EPOCH
        .checked_add(since)
        .unwrap_or(SystemTime::UNIX_EPOCH)
}
