//! The forms in which amounts and times are written.

use std::collections::BTreeMap;

use serde::ser::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::json::text_of;
use crate::money::{Amount, Currency};
use crate::timestamp::Timestamp;

/// How an amount is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct MoneyForm {
    pub(super) unit: Unit,
    /// As a JSON number.
    pub(super) number: bool,
    /// The decimals of currencies in which the provider deviates from ISO 4217.
    pub(super) decimals: BTreeMap<Box<str>, u8>,
}

/// What an amount counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Unit {
    /// Units of the currency, with decimals.
    #[default]
    Major,
    /// The smallest units of the currency, as whole numbers.
    Minor,
}

impl MoneyForm {
    /// How many decimals the provider gives to the currency.
    pub(crate) fn decimals(&self, currency: &Currency) -> Option<u8> {
        let own = self.decimals.get(currency.as_str()).copied();
        own.or_else(|| currency.decimals())
    }

    /// The amount that JSON says, as a text or as a number whose digits are read and never a
    /// float. Minor units need a currency whose decimals are known.
    pub(crate) fn read(&self, json: &str, currency: &Currency) -> Option<Amount> {
        let text = text_of(json).unwrap_or(json.into());
        match self.unit {
            Unit::Major => text.parse().ok(),
            Unit::Minor => {
                let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
                let units = text.parse().ok().filter(|_| digits)?;
                Amount::from_minor_units(units, self.decimals(currency)?).ok()
            }
        }
    }

    /// The amount as it is sent; `None` where the currency does not have so many decimals.
    pub(crate) fn write(&self, amount: Amount, currency: &Currency) -> Option<SentAmount> {
        let text = match self.unit {
            Unit::Major => amount.to_string(),
            Unit::Minor => {
                let units = amount.minor_units(self.decimals(currency)?)?;
                units.to_string()
            }
        };
        Some(SentAmount {
            text,
            number: self.number,
        })
    }
}

/// An amount as it is sent: digits in quotes, or bare.
pub(crate) struct SentAmount {
    text: String,
    number: bool,
}

impl Serialize for SentAmount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !self.number {
            return serializer.serialize_str(&self.text);
        }
        let digits: &RawValue =
            serde_json::from_str(&self.text).map_err(serde::ser::Error::custom)?;
        digits.serialize(serializer)
    }
}

/// How a time is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum TimeForm {
    /// A text with its offset.
    #[default]
    Rfc3339,
    /// Seconds since 1970, as a number.
    UnixSeconds,
    /// Milliseconds since 1970, as a number.
    UnixMillis,
}

impl TimeForm {
    /// The time that JSON says; none is guessed. One that is not after 1970 stands for no date.
    pub(crate) fn read(self, json: &str) -> Option<Timestamp> {
        let text = text_of(json).unwrap_or(json.into());
        let time = match self {
            Self::Rfc3339 => text_of(json)?.parse().ok()?,
            Self::UnixSeconds => Timestamp::from_unix_seconds(text.parse().ok()?)?,
            Self::UnixMillis => {
                let millis: i64 = text.parse().ok()?;
                Timestamp::from_unix_seconds(millis.div_euclid(1000))?
            }
        };
        Some(time).filter(|time| time.unix_seconds() > 0)
    }

    /// The time as it is sent: as a text, or as a number.
    pub(crate) fn write(self, time: Timestamp) -> SentTime {
        match self {
            Self::Rfc3339 => SentTime::Text(time),
            Self::UnixSeconds => SentTime::Number(time.unix_seconds()),
            Self::UnixMillis => SentTime::Number(time.unix_seconds().saturating_mul(1000)),
        }
    }
}

/// A time as it is sent.
pub(crate) enum SentTime {
    Text(Timestamp),
    Number(i64),
}

impl Serialize for SentTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(time) => time.serialize(serializer),
            Self::Number(number) => serializer.serialize_i64(*number),
        }
    }
}

impl std::fmt::Display for SentTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(time) => time.fmt(f),
            Self::Number(number) => number.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn minor() -> MoneyForm {
        MoneyForm {
            unit: Unit::Minor,
            number: true,
            decimals: BTreeMap::from([("ISK".into(), 2)]),
        }
    }

    fn read(form: &MoneyForm, json: &str, code: &str) -> Option<String> {
        let amount = form.read(json, &Currency::from_received(code));
        amount.map(|amount| amount.to_string())
    }

    #[test]
    fn minor_units_are_counted_by_the_decimals_of_the_currency() {
        assert_eq!(read(&minor(), "1050", "USD").as_deref(), Some("10.50"));
        assert_eq!(read(&minor(), "1050", "JPY").as_deref(), Some("1050"));
        assert_eq!(read(&minor(), "1050", "ISK").as_deref(), Some("10.50"));
        for unclear in ["10.50", "\"10.50\"", "1e3", "-5", "null", "\"\"", "+1"] {
            assert_eq!(read(&minor(), unclear, "USD"), None, "{unclear}");
        }
        assert_eq!(read(&minor(), "1050", "dollars"), None, "no decimals known");
    }

    #[test]
    fn an_amount_that_the_unit_cannot_say_is_not_sent() {
        let half = "0.005".parse().unwrap();
        assert!(minor().write(half, &Currency::USD).is_none());
        assert!(MoneyForm::default().write(half, &Currency::USD).is_some());
    }

    proptest! {
        #[test]
        fn what_is_sent_is_read_back(units in 0u64..1_000_000_000_000_000, number: bool, is_minor: bool) {
            let form = MoneyForm {
                unit: if is_minor { Unit::Minor } else { Unit::Major },
                number,
                decimals: BTreeMap::new(),
            };
            let amount = Amount::from_minor_units(units, 2).unwrap();
            let sent = form.write(amount, &Currency::USD).unwrap();
            let json = serde_json::to_string(&sent).unwrap();
            prop_assert_eq!(form.read(&json, &Currency::USD), Some(amount), "{}", json);
        }

        #[test]
        fn times_are_read_back(seconds in 1i64..250_000_000_000) {
            let time = Timestamp::from_unix_seconds(seconds).unwrap();
            for form in [TimeForm::Rfc3339, TimeForm::UnixSeconds, TimeForm::UnixMillis] {
                let json = serde_json::to_string(&form.write(time)).unwrap();
                prop_assert_eq!(form.read(&json), Some(time));
            }
        }
    }
}
