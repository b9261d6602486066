//! Seconds since 1970, beyond the calendar too.

use std::time::{Duration, SystemTime};

/// Whole seconds since 1970, rounded down. It goes as far as numbers go, because a token may live
/// permanently.
pub(crate) fn unix_seconds(time: SystemTime) -> i64 {
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => whole_seconds(after),
        Err(before) => {
            let begun = i64::from(before.duration().subsec_nanos() > 0);
            -whole_seconds(before.duration()).saturating_add(begun)
        }
    }
}

fn whole_seconds(distance: Duration) -> i64 {
    i64::try_from(distance.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use sanspay_core::Timestamp;

    use super::*;

    #[test]
    fn seconds_are_rounded_down_on_both_sides_of_the_epoch_and_beyond_the_calendar() {
        for (text, seconds) in [
            ("1970-01-01T00:00:01.75Z", 1),
            ("1969-12-31T23:59:59.25Z", -1),
            ("1969-12-31T23:59:58Z", -2),
        ] {
            let time: Timestamp = text.parse().unwrap();
            assert_eq!(unix_seconds(time.into()), seconds, "{text}");
            assert_eq!(time.unix_seconds(), seconds, "{text}");
        }
        let far = SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 60);
        assert_eq!(unix_seconds(far), 1 << 60);
    }
}
