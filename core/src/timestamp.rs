//! A point in time as the providers write it, in UTC.

use std::fmt;
use std::str::FromStr;
use std::time::SystemTime;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcDateTime};

use crate::json::from_text;

/// A point in time, written as RFC 3339 in UTC (grade A for the partner API's fields).
///
/// Any offset is read and converted; the precision is kept to the nanosecond. Converts from and
/// into [`SystemTime`], so no date library of ours shows in your code.
///
/// ```
/// use sanspay_core::Timestamp;
/// let paid: Timestamp = "2026-05-19T17:38:44.5+02:00".parse()?;
/// assert_eq!(paid.to_string(), "2026-05-19T15:38:44.5Z");
/// # Ok::<(), sanspay_core::TimestampError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(
    /// In the years 1 to 9999.
    UtcDateTime,
);

/// The text is not an RFC 3339 date and time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimestampError(());

impl fmt::Display for TimestampError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a date and time such as 2026-05-19T15:38:44Z (RFC 3339)")
    }
}

impl std::error::Error for TimestampError {}

impl Timestamp {
    /// From whole seconds since 1970-01-01T00:00:00Z; `None` outside the years 1 to 9999.
    pub fn from_unix_seconds(seconds: i64) -> Option<Self> {
        UtcDateTime::from_unix_timestamp(seconds)
            .ok()
            .and_then(Self::in_range)
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, rounded down.
    pub fn unix_seconds(&self) -> i64 {
        self.0.unix_timestamp()
    }

    /// `Y-m-d H:i:s` at an offset of so many minutes east of UTC: the form of the checkout's
    /// `request_time` (grade D for the form; the document names no time zone).
    pub fn to_date_time(self, offset_minutes: i16) -> Option<String> {
        let shift = i64::from(offset_minutes) * 60;
        let local = Self::from_unix_seconds(self.unix_seconds().checked_add(shift)?)?;
        let text = local.to_string();
        Some(text.strip_suffix('Z')?.replacen('T', " ", 1))
    }

    fn in_range(time: UtcDateTime) -> Option<Self> {
        (1..=9999).contains(&time.year()).then_some(Self(time))
    }
}

impl TryFrom<SystemTime> for Timestamp {
    type Error = TimestampError;

    fn try_from(time: SystemTime) -> Result<Self, TimestampError> {
        let (distance, sign) = match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => (after, 1),
            Err(before) => (before.duration(), -1),
        };
        // Its seconds are a `u64`, so this is a 94-bit number at most.
        let nanos = distance.as_nanos().cast_signed() * sign;
        let time = UtcDateTime::from_unix_timestamp_nanos(nanos).ok();
        time.and_then(Self::in_range).ok_or(TimestampError(()))
    }
}

impl From<Timestamp> for SystemTime {
    fn from(time: Timestamp) -> Self {
        let epoch = UtcDateTime::UNIX_EPOCH;
        let distance = (time.0 - epoch).unsigned_abs();
        if time.0 >= epoch {
            return SystemTime::UNIX_EPOCH + distance;
        }
        // Some systems' clocks begin in 1601; the earliest that they can show is close enough.
        let earlier = SystemTime::UNIX_EPOCH.checked_sub(distance);
        earlier.unwrap_or(SystemTime::UNIX_EPOCH)
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        // The library takes any byte between date and time, and RFC 3339 (5.6) a `T` or a space.
        let separated = matches!(text.as_bytes().get(10), Some(b'T' | b't' | b' '));
        let time = OffsetDateTime::parse(text, &Rfc3339).ok();
        let time = time
            .filter(|_| separated)
            .and_then(OffsetDateTime::checked_to_utc);
        time.and_then(Self::in_range).ok_or(TimestampError(()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.format(&Rfc3339).map_err(|_| fmt::Error)?;
        f.write_str(&text)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({self})")
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "a date and time such as 2026-05-19T15:38:44Z (RFC 3339)";
        from_text(deserializer, expected, |text| text.parse().ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn converts_to_system_time_and_back_on_both_sides_of_the_epoch() {
        for text in [
            "1969-12-31T23:59:59.25Z",
            "2026-05-19T15:38:44.123456789Z",
            "9999-12-31T23:59:59Z",
        ] {
            let time: Timestamp = text.parse().unwrap();
            assert_eq!(Timestamp::try_from(SystemTime::from(time)).unwrap(), time);
            assert_eq!(time.to_string(), text);
        }
    }

    #[test]
    fn refuses_what_is_not_rfc_3339() {
        for text in [
            "",
            "2026-05-19",
            "2026-05-19 15:38",
            "2026-02-30T00:00:00Z",
            "1747669124",
            "2026-05-19T15:38:44",
            "2026-05-19_15:38:44Z",
            "0000-01-01T00:00:00+01:00",
            "0000-12-31T23:59:60+23:59",
            "9999-12-31T23:59:59-01:00",
            "9999-12-31T23:59:60-23:59",
        ] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_borders_of_the_calendar_and_of_the_form() {
        for (text, expected) in [
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
            ("0000-12-31T23:59:59-00:01", "0001-01-01T00:00:59Z"),
            ("2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z"),
            ("2016-12-31T23:59:60.5Z", "2016-12-31T23:59:59.999999999Z"),
            (
                "2016-12-31T22:59:60-01:00",
                "2016-12-31T23:59:59.999999999Z",
            ),
            (
                "9999-12-31T23:59:59.999999999999Z",
                "9999-12-31T23:59:59.999999999Z",
            ),
            ("2026-05-19t15:38:44z", "2026-05-19T15:38:44Z"),
            ("2026-05-19 15:38:44-00:00", "2026-05-19T15:38:44Z"),
            ("0000-12-31T23:59:59Z", ""),
            ("0000-02-29T00:00:00-23:59", ""),
            ("1900-02-29T00:00:00Z", ""),
            ("2026-00-19T00:00:00Z", ""),
            ("2026-01-00T00:00:00Z", ""),
            ("2016-12-30T23:59:60Z", ""),
            ("2016-12-31T23:58:60Z", ""),
            ("2016-12-31T23:59:61Z", ""),
            ("9999-12-31T23:59:59-00:01", ""),
            ("2026-05-19T24:00:00Z", ""),
            ("2026-05-19T15:38:44.Z", ""),
            ("2026-05-19T15:38:44+24:00", ""),
            ("2026-05-19T15:38:44+23:60", ""),
            ("+026-05-19T15:38:44Z", ""),
            ("2026-05-19T15:38:44ZZ", ""),
            ("2026-05-19é15:38:44Z", ""),
        ] {
            let read = text.parse::<Timestamp>().map(|time| time.to_string());
            assert_eq!(read.unwrap_or_default(), expected, "{text}");
        }
    }

    #[test]
    fn date_time_text_follows_the_offset() {
        let time: Timestamp = "2021-12-14T18:38:44Z".parse().unwrap();
        assert_eq!(time.to_date_time(8 * 60).unwrap(), "2021-12-15 02:38:44");
        assert_eq!(time.to_date_time(0).unwrap(), "2021-12-14 18:38:44");
    }

    proptest! {
        #[test]
        fn every_second_of_the_calendar_is_written_and_read_again(
            seconds in -62_135_596_801i64..=253_402_300_800,
        ) {
            let inside = (-62_135_596_800..253_402_300_800).contains(&seconds);
            let time = Timestamp::from_unix_seconds(seconds);
            prop_assert_eq!(time.is_some(), inside);
            if let Some(time) = time {
                prop_assert_eq!(time.unix_seconds(), seconds);
                prop_assert_eq!(time.to_string().parse(), Ok(time));
            }
        }

        #[test]
        fn every_date_with_every_offset_is_refused_or_written_again(
            year in prop_oneof![Just(0u16), Just(1), Just(9999), 0u16..=9999],
            month in 1u8..=12, day in 1u8..=31, hour in 0u8..=23, second in 58u8..=61,
            sign in "[-+]", away in 0u8..=24,
        ) {
            let text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:59:{second:02}{sign}{away:02}:59");
            if let Ok(time) = text.parse::<Timestamp>() {
                prop_assert_eq!(time.to_string().parse(), Ok(time));
                prop_assert_eq!(Timestamp::try_from(SystemTime::from(time)), Ok(time));
            }
        }
    }
}
