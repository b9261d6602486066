//! Amounts and times in the provider's form, digit by digit and without the client's types.

use sanspay_core::{Currency, Timestamp};
use serde_json::Value;

use super::leaves::Said;
use crate::sandbox::clock::{read_rfc3339, rfc3339};
use crate::unix_time::unix_seconds;

/// Marks digits that are to stand bare in the JSON: a `Value` would make a float of them.
const BARE: &str = "\u{1}bare ";

/// The JSON text of a value, with marked digits bare.
pub(super) fn write(json: &Value) -> Vec<u8> {
    let text = json.to_string();
    let mark = BARE.replace('\u{1}', "\\u0001");
    let mut written = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, marked)) = rest.split_once(&format!("\"{mark}")) {
        let (digits, after) = marked.split_once('"').unwrap_or((marked, ""));
        written.push_str(before);
        written.push_str(digits);
        rest = after;
    }
    written.push_str(rest);
    written.into_bytes()
}

impl Said {
    fn decimals(&self, currency: &str) -> Option<usize> {
        let own = self.table("money.decimals");
        let own = own.iter().find(|(code, _)| code == currency);
        match own {
            Some((_, decimals)) => decimals.parse().ok(),
            None => Currency::new(currency).ok()?.decimals().map(usize::from),
        }
    }

    /// An amount such as `10.00` as the provider writes it; as it is where that cannot say it.
    pub(super) fn amount_out(&self, amount: &Value, currency: &str) -> Value {
        let Some(text) = amount.as_str() else {
            return amount.clone();
        };
        let form = self.text("money.form").unwrap_or_default();
        let digits = if form.starts_with("minor") {
            let decimals = self.decimals(currency);
            decimals.and_then(|decimals| smallest_units(text, decimals))
        } else {
            Some(text.to_owned())
        };
        match digits {
            Some(digits) if form.ends_with("integer") || form.ends_with("number") => {
                format!("{BARE}{digits}").into()
            }
            Some(digits) => digits.into(),
            None => amount.clone(),
        }
    }

    /// An amount as a client wrote it, as a text such as `10.00`.
    pub(super) fn amount_in(&self, json: &str, currency: &str) -> Option<String> {
        let form = self.text("money.form")?;
        let quoted = json.starts_with('"');
        let digits = json.trim_matches('"');
        if form.ends_with("string") != quoted {
            return None;
        }
        if form.starts_with("minor") {
            return units(digits, self.decimals(currency)?);
        }
        Some(digits.to_owned())
    }

    /// A time as the provider writes it.
    pub(super) fn time_out(&self, time: &Value) -> Value {
        let form = self.text("time.form").unwrap_or_default();
        let read = time.as_str().and_then(read_rfc3339);
        match (form.as_str(), read) {
            ("unix-seconds", Some(time)) => unix_seconds(time).into(),
            ("unix-millis", Some(time)) => unix_seconds(time).saturating_mul(1000).into(),
            _ => time.clone(),
        }
    }

    /// A time as a client wrote it, as RFC 3339.
    pub(super) fn time_in(&self, written: &Value) -> Value {
        let number = match written {
            Value::String(text) => text.parse().ok(),
            written => written.as_i64(),
        };
        let form = self.text("time.form").unwrap_or_default();
        let seconds = match (form.as_str(), number) {
            ("unix-seconds", Some(seconds)) => Some(seconds),
            ("unix-millis", Some(millis)) => Some(millis.div_euclid(1000)),
            _ => None,
        };
        match seconds.and_then(Timestamp::from_unix_seconds) {
            Some(time) => rfc3339(time.into()).into(),
            None => written.clone(),
        }
    }
}

/// `10.5` with two decimals is `1050`; `None` where there are more decimals than that.
fn smallest_units(text: &str, decimals: usize) -> Option<String> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > decimals {
        return None;
    }
    let digits = format!("{whole}{fraction:0<decimals$}");
    let digits = digits.trim_start_matches('0');
    Some(if digits.is_empty() { "0" } else { digits }.to_owned())
}

/// `1050` with two decimals is `10.50`.
fn units(digits: &str, decimals: usize) -> Option<String> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let padded = format!("{digits:0>width$}", width = decimals + 1);
    let (whole, fraction) = padded.split_at_checked(padded.len() - decimals)?;
    Some(if decimals == 0 {
        whole.to_owned()
    } else {
        format!("{whole}.{fraction}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn units_and_their_smallest_parts() {
        for (text, decimals, minor) in [
            ("10.5", 2, Some("1050")),
            ("10", 0, Some("10")),
            ("0.01", 2, Some("1")),
            ("10.00", 0, Some("10")),
            ("0.005", 2, None),
        ] {
            assert_eq!(smallest_units(text, decimals).as_deref(), minor, "{text}");
        }
        assert_eq!(units("5", 2).as_deref(), Some("0.05"));
        assert_eq!(units("5", 0).as_deref(), Some("5"));
        for wrong in ["", "-5", "1.0", "1e3"] {
            assert_eq!(units(wrong, 2), None, "{wrong}");
        }
    }

    #[test]
    fn marked_digits_stand_bare() {
        let json = serde_json::json!({"a": format!("{BARE}10.00"), "b": "\"x"});
        assert_eq!(write(&json), br#"{"a":10.00,"b":"\"x"}"#);
    }

    proptest! {
        #[test]
        fn both_ways_are_one(minor in 0u64..10_000_000_000, decimals in 0usize..5) {
            let text = units(&minor.to_string(), decimals).unwrap();
            prop_assert_eq!(smallest_units(&text, decimals), Some(minor.to_string()));
        }
    }
}
