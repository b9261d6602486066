//! RFC 3339 in UTC and the Gregorian calendar, counted from 0001-01-01T00:00:00Z.
//!
//! Not by a date library: the lightest that reads offsets was a seventh of what a clean build of
//! this crate costs. The tests compare every day of the calendar with it, and texts of every form
//! but one: between date and time it takes any sign, and this a `T` or a space (RFC 3339, 5.6).

use std::fmt;
use std::time::Duration;

/// From 0001-01-01T00:00:00Z to 10000-01-01T00:00:00Z, the first that four digits cannot write.
const END: Duration = Duration::from_secs(3_652_059 * DAY);

const DAY: u64 = 86_400;
/// The seconds of the year 0, which an offset can lead out of.
const YEAR_0: u64 = 366 * DAY;
/// The days of a common year before each month, and all of them.
const BEFORE: [u64; 13] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];

/// Writes `2026-05-19`, the separator, and `15:38:44`.
pub(super) fn write(f: &mut impl fmt::Write, since: Duration, separator: char) -> fmt::Result {
    let seconds = since.as_secs();
    let (year, month, day) = date(seconds / DAY);
    let (hour, minute, second) = (seconds % DAY / 3600, seconds % 3600 / 60, seconds % 60);
    write!(
        f,
        "{year:04}-{month:02}-{day:02}{separator}{hour:02}:{minute:02}:{second:02}"
    )
}

/// Year, month and day of so many whole days after 0001-01-01.
fn date(days: u64) -> (u64, u64, u64) {
    let (eras, days) = (days / 146_097, days % 146_097);
    // The last century of an era and the last year of four have a day more than the others.
    let centuries = (days / 36_524).min(3);
    let days = days - centuries * 36_524;
    let (fours, days) = (days / 1461, days % 1461);
    let years = (days / 365).min(3);
    let year = eras * 400 + centuries * 100 + fours * 4 + years + 1;
    let of_year = days - years * 365;
    let (mut month, mut before_month) = (1, 0);
    while let Some(before_next) = before(year, month + 1).filter(|before| *before <= of_year) {
        (month, before_month) = (month + 1, before_next);
    }
    (year, month, of_year - before_month + 1)
}

/// Whole days from 0000-01-01 to a date; `None` where there is none.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    let before_month = before(year, month)?;
    let length = before(year, month + 1)? - before_month;
    let leap = year.div_ceil(4) - year.div_ceil(100) + year.div_ceil(400);
    let exists = (1..=length).contains(&day);
    exists.then(|| year * 365 + leap + before_month + day - 1)
}

/// The days of the year before a month, which counts from 1; the thirteenth is the next year.
fn before(year: u64, month: u64) -> Option<u64> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let place = usize::try_from(month).ok()?.checked_sub(1)?;
    Some(BEFORE.get(place)? + u64::from(leap && month > 2))
}

/// The time in the text, in the years 1 to 9999 of UTC, to the nanosecond; further digits are cut.
pub(super) fn read(text: &[u8]) -> Option<Duration> {
    let (head, tail) = text.split_first_chunk::<19>()?;
    let [
        date @ ..,
        b'T' | b't' | b' ',
        h1,
        h2,
        b':',
        n1,
        n2,
        b':',
        s1,
        s2,
    ] = *head
    else {
        return None;
    };
    let [c1, c2, y1, y2, b'-', m1, m2, b'-', d1, d2] = date else {
        return None;
    };
    if !all_digits([c1, c2, y1, y2, m1, m2, d1, d2, h1, h2, n1, n2, s1, s2]) {
        return None;
    }
    let (hour, minute, second) = (two(h1, h2), two(n1, n2), two(s1, s2));
    let days = days(two(c1, c2) * 100 + two(y1, y2), two(m1, m2), two(d1, d2))?;
    let (nanos, offset) = fraction_and_offset(tail)?;
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let since_year_0 = days * DAY + hour * 3600 + minute * 60 + second;
    let since = since_year_0.checked_add_signed(-offset)?;
    let since = Duration::from_secs(since.checked_sub(YEAR_0)?);
    let since = match second {
        60 if ends_month(since) => since.checked_sub(Duration::from_nanos(1))?,
        60 => return None,
        _ => since + Duration::from_nanos(nanos),
    };
    (since < END).then_some(since)
}

/// A leap second is the last of a month in UTC, and the one after it is a midnight.
fn ends_month(after: Duration) -> bool {
    after.as_secs().is_multiple_of(DAY) && date(after.as_secs() / DAY).2 == 1
}

/// Without an early end, so that the compiler takes all at once.
fn all_digits<const N: usize>(bytes: [u8; N]) -> bool {
    let other = |byte: u8| u8::from(!byte.is_ascii_digit());
    bytes.into_iter().fold(0, |any, byte| any | other(byte)) == 0
}

fn two(tens: u8, ones: u8) -> u64 {
    u64::from((tens - b'0') * 10 + (ones - b'0'))
}

/// The nanoseconds, and the seconds that the zone is ahead of UTC.
fn fraction_and_offset(text: &[u8]) -> Option<(u64, i64)> {
    let (nanos, zone) = match text {
        [b'.', rest @ ..] => {
            let end = rest.iter().position(|byte| !byte.is_ascii_digit());
            let (digits, zone) = rest.split_at(end.filter(|end| *end > 0)?);
            let (mut nanos, mut unit) = (0, 100_000_000);
            for digit in digits {
                nanos += u64::from(digit - b'0') * unit;
                unit /= 10;
            }
            (nanos, zone)
        }
        zone => (0, zone),
    };
    let offset = match *zone {
        [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            if !all_digits([h1, h2, m1, m2]) {
                return None;
            }
            let (hours, minutes) = (two(h1, h2), two(m1, m2));
            if hours > 23 || minutes > 59 {
                return None;
            }
            let ahead = (hours * 3600 + minutes * 60).cast_signed();
            if sign == b'-' { -ahead } else { ahead }
        }
        _ => return None,
    };
    Some((nanos, offset))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use time::format_description::well_known::Rfc3339;
    use time::{Date, OffsetDateTime, UtcDateTime};

    #[test]
    fn every_day_of_the_calendar_is_that_of_the_time_crate() {
        let mut day = Date::from_calendar_date(1, time::Month::January, 1).unwrap();
        for passed in 0..3_652_059 {
            let (year, month, number) = date(passed);
            let parts = (day.year(), u8::from(day.month()), day.day());
            assert_eq!(
                (year.cast_signed(), month, number),
                (parts.0.into(), parts.1.into(), parts.2.into())
            );
            assert_eq!(days(year, month, number), Some(passed + 366));
            day = day.next_day().unwrap_or(day);
        }
        assert_eq!(day, Date::MAX);
    }

    /// What the `time` crate makes of the text, which must be one that we can write again.
    fn by_time(text: &str) -> Option<Duration> {
        let time = OffsetDateTime::parse(text, &Rfc3339)
            .ok()?
            .checked_to_utc()?;
        let first = UtcDateTime::new(Date::from_ordinal_date(1, 1).ok()?, time::Time::MIDNIGHT);
        (1..=9999)
            .contains(&time.year())
            .then(|| (time - first).unsigned_abs())
    }

    #[test]
    fn the_borders_are_those_of_the_time_crate() {
        for text in [
            "0001-01-01T00:00:00Z",
            "0000-12-31T23:59:59Z",
            "0000-12-31T23:59:59-00:01",
            "0000-02-29T00:00:00-23:59",
            "1900-02-29T00:00:00Z",
            "2000-02-29T00:00:00Z",
            "2026-00-19T00:00:00Z",
            "2026-01-00T00:00:00Z",
            "2016-12-31T23:59:60Z",
            "2016-12-31T23:59:60.5Z",
            "2016-12-31T22:59:60-01:00",
            "2016-12-30T23:59:60Z",
            "2016-12-31T23:58:60Z",
            "2016-12-31T23:59:61Z",
            "9999-12-31T23:59:60Z",
            "9999-12-31T23:59:59.999999999999Z",
            "9999-12-31T23:59:59-00:01",
            "2026-05-19T24:00:00Z",
            "2026-05-19t15:38:44z",
            "2026-05-19 15:38:44Z",
            "2026-05-19T15:38:44.Z",
            "2026-05-19T15:38:44+24:00",
            "2026-05-19T15:38:44+23:60",
            "2026-05-19T15:38:44-00:00",
            "+026-05-19T15:38:44Z",
            "2026-05-19T15:38:44ZZ",
            "2026-05-19T15:38:44é",
        ] {
            assert_eq!(read(text.as_bytes()), by_time(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_text_is_read_as_the_time_crate_reads_it(
            year in prop_oneof![0u16..=3, 1969u16..=2030, 9997u16..=9999],
            month in 0u8..=13, day in prop_oneof![0u8..=3, 27u8..=32],
            hour in prop_oneof![0u8..=2, 21u8..=24], minute in prop_oneof![0u8..=2, 57u8..=60],
            second in prop_oneof![0u8..=2, 57u8..=61],
            between in "[Tt ]",
            fraction in r"(\.[0-9]{0,11})?", zone in "[Zz]|[-+](0[0-2]|2[2-4]):(0[01]|59|60)|",
        ) {
            let text = format!("{year:04}-{month:02}-{day:02}{between}{hour:02}:{minute:02}:{second:02}{fraction}{zone}");
            prop_assert_eq!(read(text.as_bytes()), by_time(&text), "{}", text);
        }

        #[test]
        fn bytes_at_random_are_no_times_that_the_time_crate_does_not_know(text in r"[-+TZ:.0-9é]{18,26}") {
            prop_assert_eq!(read(text.as_bytes()), by_time(&text), "{}", text);
        }
    }
}
