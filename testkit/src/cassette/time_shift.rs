//! Points in time, moved to where every cassette begins.

use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::unix_time::unix_seconds;
use sanspay_core::Timestamp;

/// The first second that an HTTP date cannot write.
const YEAR_10000: i64 = 253_402_300_800;

/// The time in the text, moved by so many seconds: RFC 3339, or the `Y-m-d H:i:s` of the hosted
/// checkout. `None` where the text is no time, or leaves the calendar.
///
/// A time that is moved loses its fraction, which differs from run to run.
pub(super) fn date_time(text: &str, shift: i64) -> Option<String> {
    let begins = text.as_bytes().first().is_some_and(u8::is_ascii_digit);
    if !(19..=35).contains(&text.len()) || !begins {
        return None;
    }
    let local = text.len() == 19;
    let full = if local {
        format!("{}Z", text.replacen(' ', "T", 1))
    } else {
        text.to_owned()
    };
    let time: Timestamp = full.parse().ok()?;
    if shift == 0 {
        return Some(if local {
            text.to_owned()
        } else {
            time.to_string()
        });
    }
    let moved = Timestamp::from_unix_seconds(time.unix_seconds().checked_add(shift)?)?;
    if local {
        moved.to_date_time(0)
    } else {
        Some(moved.to_string())
    }
}

/// The same for seconds or milliseconds since 1970, from 2001 to 2286.
pub(super) fn unix_time(text: &str, shift: i64) -> Option<String> {
    let number: i64 = text.parse().ok()?;
    match text.len() {
        10 => Some(number.checked_add(shift)?.to_string()),
        13 => Some(number.checked_add(shift.checked_mul(1000)?)?.to_string()),
        _ => None,
    }
}

/// The same for an HTTP date, such as `Retry-After` may have.
pub(super) fn http_date(text: &str, shift: i64) -> Option<String> {
    let date = httpdate::parse_http_date(text.trim()).ok()?;
    let moved = unix_seconds(date)
        .checked_add(shift)
        .filter(|s| (0..YEAR_10000).contains(s))?;
    let since = Duration::from_secs(u64::try_from(moved).ok()?);
    // `httpdate` panics outside of these years.
    Some(httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + since))
}

/// The `exp` of a JSON web token, moved.
pub(super) fn expiry(token: &str, shift: i64) -> Option<i64> {
    let mut parts = token.split('.');
    let (_, claims, _) = (parts.next()?, parts.next()?, parts.next()?);
    let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&claims).ok()?;
    let exp = claims.get("exp")?.as_i64()?.checked_add(shift)?;
    (0..YEAR_10000).contains(&exp).then_some(exp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_time_is_moved() {
        let cases = [
            ("2026-01-01T10:00:00.123+02:00", 10, "2026-01-01T08:00:10Z"),
            ("2021-12-15 02:38:44", 10, "2021-12-15 02:38:54"),
            (
                "2026-01-01T10:00:00.123+02:00",
                0,
                "2026-01-01T08:00:00.123Z",
            ),
            ("2021-12-15 02:38:44", 0, "2021-12-15 02:38:44"),
        ];
        for (text, shift, told) in cases {
            assert_eq!(date_time(text, shift).as_deref(), Some(told));
        }
        let moved = http_date("Thu, 01 Jan 1970 00:01:30 GMT", -30);
        assert_eq!(moved.as_deref(), Some("Thu, 01 Jan 1970 00:01:00 GMT"));
    }

    #[test]
    fn what_is_no_time_or_leaves_the_calendar_is_none() {
        for text in [
            "",
            "2026-01-01",
            "20150320010166690000",
            "2021-13-15 02:38:44",
            "9999-12-31T23:59:59-01:00",
        ] {
            assert_eq!(date_time(text, 10), None, "{text}");
        }
        assert_eq!(date_time("2026-01-01T10:00:00Z", i64::MAX), None);
        assert_eq!(http_date("120", 10), None);
        assert_eq!(http_date("Thu, 01 Jan 1970 00:01:30 GMT", i64::MAX), None);
    }
}
