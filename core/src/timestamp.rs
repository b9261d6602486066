//! A point in time as the providers write it, in UTC.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::format_description::well_known::Rfc3339;
use time::{Date, Month, OffsetDateTime, Time, UtcDateTime};

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(UtcDateTime);

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
        let time = UtcDateTime::from_unix_timestamp(seconds).ok()?;
        (1..=9999).contains(&time.year()).then_some(Self(time))
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, rounded down.
    pub fn unix_seconds(&self) -> i64 {
        self.0.unix_timestamp()
    }

    /// `Y-m-d H:i:s` at an offset of so many minutes east of UTC: the form of the checkout's
    /// `request_time` (grade D for the form; the document names no time zone).
    pub(crate) fn to_date_time(self, offset_minutes: i16) -> Option<String> {
        let shift = time::Duration::minutes(offset_minutes.into());
        let t = self.0.checked_add(shift)?;
        let (date, clock) = (t.date(), t.time());
        Some(format!(
            "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
            date.year(),
            u8::from(date.month()),
            date.day(),
            clock.hour(),
            clock.minute(),
            clock.second()
        ))
    }
}

impl TryFrom<SystemTime> for Timestamp {
    type Error = TimestampError;

    fn try_from(time: SystemTime) -> Result<Self, TimestampError> {
        let since = match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => time::Duration::try_from(after),
            Err(before) => time::Duration::try_from(before.duration()).map(|d| -d),
        };
        let time = since
            .ok()
            .and_then(|d| UtcDateTime::UNIX_EPOCH.checked_add(d))
            .filter(|t| (1..=9999).contains(&t.year()));
        time.map(Self).ok_or(TimestampError(()))
    }
}

impl From<Timestamp> for SystemTime {
    fn from(time: Timestamp) -> Self {
        let since = time.0 - UtcDateTime::UNIX_EPOCH;
        let distance: Duration = since.unsigned_abs();
        if since.is_negative() {
            // Some systems' clocks begin in 1601; the earliest that they can show is close enough.
            SystemTime::UNIX_EPOCH
                .checked_sub(distance)
                .unwrap_or(SystemTime::UNIX_EPOCH)
        } else {
            SystemTime::UNIX_EPOCH + distance
        }
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        // An offset can lead out of the years that can be written again, and `UtcDateTime`'s own
        // parser panics where it leads out of those that it can hold.
        let general = || {
            let time = OffsetDateTime::parse(text, &Rfc3339).ok();
            time.and_then(OffsetDateTime::checked_to_utc)
        };
        let time = whole_second(text.as_bytes()).or_else(general);
        let writable = time.filter(|time| (1..=9999).contains(&time.year()));
        writable.map(Self).ok_or(TimestampError(()))
    }
}

/// Reads the usual form, such as `2026-05-19T15:38:44Z`; `None` for every other, valid or not.
///
/// The general parser takes ten times as long, and a record with four times twice as long.
fn whole_second(text: &[u8]) -> Option<UtcDateTime> {
    let text = <&[u8; 20]>::try_from(text).ok()?;
    let [date @ .., b'T', h1, h2, b':', n1, n2, b':', s1, s2, b'Z'] = *text else {
        return None;
    };
    let [c1, c2, y1, y2, b'-', m1, m2, b'-', d1, d2] = date else {
        return None;
    };
    let digits = [c1, c2, y1, y2, m1, m2, d1, d2, h1, h2, n1, n2, s1, s2];
    let other = |digit: &u8| u8::from(!digit.is_ascii_digit());
    if digits.iter().fold(0, |any, digit| any | other(digit)) != 0 {
        return None;
    }
    let two = |tens: u8, ones: u8| (tens - b'0') * 10 + (ones - b'0');
    let year = i32::from(two(c1, c2)) * 100 + i32::from(two(y1, y2));
    let month = Month::try_from(two(m1, m2)).ok()?;
    let date = Date::from_calendar_date(year, month, two(d1, d2)).ok()?;
    let time = Time::from_hms(two(h1, h2), two(n1, n2), two(s1, s2)).ok()?;
    Some(UtcDateTime::new(date, time))
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.format(&Rfc3339).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Timestamp;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a date and time such as 2026-05-19T15:38:44Z (RFC 3339)")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Timestamp, E> {
                text.parse()
                    .map_err(|_| E::invalid_value(de::Unexpected::Other("this text"), &self))
            }
        }
        deserializer.deserialize_str(Visitor)
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
            "0000-01-01T00:00:00+01:00",
            "0000-12-31T23:59:60+23:59",
            "9999-12-31T23:59:59-01:00",
            "9999-12-31T23:59:60-23:59",
        ] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_usual_form_is_read_as_the_general_parser_reads_it() {
        for text in [
            "2026-05-19T15:38:44Z",
            "0000-01-01T00:00:00Z",
            "2024-02-29T23:59:59Z",
            "2023-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-05-19T24:00:00Z",
            "2016-12-31T23:59:60Z",
            "+026-05-19T15:38:44Z",
        ] {
            let general = OffsetDateTime::parse(text, &Rfc3339).ok();
            let general = general.and_then(OffsetDateTime::checked_to_utc);
            let whole = whole_second(text.as_bytes());
            assert!(whole.is_none() || whole == general, "{text}");
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
