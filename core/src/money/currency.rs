//! A currency by its ISO 4217 code.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::printable_name;
use crate::json::from_text;
use crate::printable;

/// A currency: an ISO 4217 code, or the text a server sent in its place.
///
/// Made with [`Currency::new`] it is always a code; read from an answer it may be any text, which
/// is kept and never an error. What you send is checked: a currency that is not a code is refused.
///
/// ```
/// use sanspay_core::Currency;
/// assert_eq!(Currency::new("JPY")?.decimals(), Some(0));
/// assert!(Currency::new("usd").is_err());
/// # Ok::<(), sanspay_core::CurrencyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency(Repr);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Repr {
    Code([u8; 3]),
    Text(Box<str>),
}

/// The text is not three capital letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CurrencyError(());

impl fmt::Display for CurrencyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a currency code of three capital letters such as USD (ISO 4217)")
    }
}

impl std::error::Error for CurrencyError {}

impl Currency {
    /// United States dollar.
    pub const USD: Self = Self(Repr::Code(*b"USD"));
    /// Chinese yuan.
    pub const CNY: Self = Self(Repr::Code(*b"CNY"));
    /// Euro.
    pub const EUR: Self = Self(Repr::Code(*b"EUR"));

    /// A code of three capital letters.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn new(code: &str) -> Result<Self, CurrencyError> {
        match code.as_bytes() {
            [a, b, c] if [a, b, c].iter().all(|l| l.is_ascii_uppercase()) => {
                Ok(Self(Repr::Code([*a, *b, *c])))
            }
            _ => Err(CurrencyError(())),
        }
    }

    /// A currency as received: a code if it is one, also in small letters, and its text otherwise.
    ///
    /// ```
    /// use sanspay_core::Currency;
    /// assert_eq!(Currency::from_received("usd"), Currency::USD);
    /// assert_eq!(Currency::from_received("usdt").as_str(), "usdt");
    /// ```
    pub fn from_received(text: &str) -> Self {
        let code = Self::new(text).or_else(|error| match text.len() {
            3 => Self::new(&text.to_ascii_uppercase()),
            _ => Err(error),
        });
        code.unwrap_or_else(|_| Self(Repr::Text(text.into())))
    }

    /// The code, or the text as received.
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "a code is checked where it is made"
    )]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Repr::Code(code) => std::str::from_utf8(code).expect("three ASCII capitals"),
            Repr::Text(text) => text,
        }
    }

    /// Whether it has the form of an ISO 4217 code.
    pub fn is_code(&self) -> bool {
        matches!(self.0, Repr::Code(_))
    }

    /// The number of decimals that ISO 4217 gives to the currency; `None` for text that is not a
    /// code. Codes without an exception of their own have two.
    pub fn decimals(&self) -> Option<u8> {
        let Repr::Code(code) = &self.0 else {
            return None;
        };
        Some(match code {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG"
            | b"RWF" | b"UGX" | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            b"CLF" | b"UYW" => 4,
            _ => 2,
        })
    }
}

/// Shows a text that is no code only where it has the form of a name, because nobody knows what
/// it holds.
impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match printable_name(self.as_str()) {
            Some(name) => f.debug_tuple("Currency").field(&name).finish(),
            None => f.write_str("Currency(..)"),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        printable(self.as_str()).fmt(f)
    }
}

impl FromStr for Currency {
    type Err = CurrencyError;

    fn from_str(code: &str) -> Result<Self, CurrencyError> {
        Self::new(code)
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "a currency code such as \"USD\"";
        from_text(deserializer, expected, |text| {
            Some(Self::from_received(text))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_text_that_may_be_anything() {
        let debug = |text| format!("{:?}", Currency::from_received(text));
        assert_eq!(debug("USD"), "Currency(\"USD\")");
        assert_eq!(debug("usdt.trc20"), "Currency(\"usdt.trc20\")");
        assert_eq!(debug("Jane Doe"), "Currency(..)");
        assert_eq!(debug("jane@example.com"), "Currency(..)");
    }

    #[test]
    fn unknown_currencies_keep_their_text_when_read() {
        let read: Currency = serde_json::from_str("\"usdt\"").unwrap();
        assert_eq!(
            (read.as_str(), read.is_code(), read.decimals()),
            ("usdt", false, None)
        );
    }
}
