//! Points in time as the providers write and read them, without a clock.

use std::time::{Duration, SystemTime};

use sanspay_core::Timestamp;

/// `time` plus `wait`; a sum that no clock can show stays at `time`.
pub(super) fn later(time: SystemTime, wait: Duration) -> SystemTime {
    time.checked_add(wait).unwrap_or(time)
}

/// RFC 3339 in UTC; a time outside the years that it can write counts as 1970.
pub(super) fn rfc3339(time: SystemTime) -> String {
    Timestamp::try_from(time).map_or_else(|_| "1970-01-01T00:00:00Z".into(), |t| t.to_string())
}

/// Reads RFC 3339 with any offset.
pub(super) fn read_rfc3339(text: &str) -> Option<SystemTime> {
    text.parse::<Timestamp>().ok().map(SystemTime::from)
}

/// Whether the text is a date and time of the form `Y-m-d H:i:s`.
pub(super) fn is_date_time(text: &str) -> bool {
    let plain = text.len() == 19 && !text.contains('T');
    plain && read_rfc3339(&format!("{}Z", text.replacen(' ', "T", 1))).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_and_read_on_both_sides_of_the_epoch() {
        for text in ["1969-12-31T23:59:59.25Z", "2026-05-19T15:38:44.123456789Z"] {
            assert_eq!(rfc3339(read_rfc3339(text).unwrap()), text);
        }
        assert_eq!(
            read_rfc3339("2026-05-19T17:38:44+02:00"),
            read_rfc3339("2026-05-19T15:38:44Z")
        );
        assert_eq!(read_rfc3339("2026-05-19"), None);
        assert_eq!(read_rfc3339("9999-12-31T23:59:59-01:00"), None);
    }

    #[test]
    fn date_times_have_one_form() {
        assert!(is_date_time("2021-12-15 02:38:44"));
        for wrong in [
            "",
            "2021-12-15",
            "2021-12-15T02:38:44",
            "2021-13-15 02:38:44",
            "2021-12-15 02:38:4é",
        ] {
            assert!(!is_date_time(wrong), "{wrong}");
        }
    }

    #[test]
    fn times_that_nothing_can_show_do_not_panic() {
        let far = SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 60);
        assert_eq!(rfc3339(far), "1970-01-01T00:00:00Z");
        assert_eq!(later(far, Duration::MAX), far);
    }
}
