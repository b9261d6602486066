//! An amount of money as an exact decimal.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The most digits an [`Amount`] may have, before and after the point together.
const MAX_DIGITS: usize = 18;

/// A non-negative decimal amount with its decimals as written: `10` and `10.00` are equal and
/// print differently.
///
/// Up to 18 digits. There is no arithmetic here on purpose: convert with
/// [`minor_units`](Amount::minor_units) and count in integers.
///
/// ```
/// use sanspay_core::Amount;
/// let price: Amount = "10.00".parse()?;
/// assert_eq!(price, Amount::from_minor_units(1000, 2)?);
/// assert_eq!(price, "10".parse()?);
/// assert_eq!(price.to_string(), "10.00");
/// assert_eq!(price.minor_units(2), Some(1000));
/// assert!("1e1".parse::<Amount>().is_err());
/// # Ok::<(), sanspay_core::AmountError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Amount {
    digits: u64,
    scale: u8,
}

/// Why a text is not an [`Amount`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AmountError {
    /// Not plain decimal digits with at most one point between digits: no sign, exponent,
    /// space, grouping or superfluous leading zero.
    NotDecimal,
    /// Below zero.
    Negative,
    /// More than 18 digits.
    TooLong,
}

impl fmt::Display for AmountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotDecimal => "not a plain decimal amount such as 10.00",
            Self::Negative => "negative, and an amount of money is not",
            Self::TooLong => "longer than the 18 digits that are supported",
        })
    }
}

impl std::error::Error for AmountError {}

impl Amount {
    /// 0.00.
    pub(crate) const ZERO_CENTS: Self = Self {
        digits: 0,
        scale: 2,
    };

    /// `units` counted in the smallest of `decimals` decimal places: `(1050, 2)` is `10.50`.
    ///
    /// # Errors
    /// [`AmountError::TooLong`] over 18 digits or decimals.
    pub fn from_minor_units(units: u64, decimals: u8) -> Result<Self, AmountError> {
        if units >= 10u64.pow(18) || usize::from(decimals) > MAX_DIGITS {
            return Err(AmountError::TooLong);
        }
        Ok(Self {
            digits: units,
            scale: decimals,
        })
    }

    /// The amount counted in units of `decimals` decimal places, if that is exact and fits.
    pub fn minor_units(&self, decimals: u8) -> Option<u64> {
        let (digits, scale) = self.reduced();
        let missing = decimals.checked_sub(scale)?;
        digits.checked_mul(10u64.checked_pow(missing.into())?)
    }

    /// How many decimals are needed to write it without loss: 1 for `10.50`.
    pub fn decimals(&self) -> u8 {
        self.reduced().1
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        self.digits == 0
    }

    /// The same value without trailing zeros after the point.
    fn reduced(&self) -> (u64, u8) {
        let (mut digits, mut scale) = (self.digits, self.scale);
        while scale > 0 && digits % 10 == 0 {
            digits /= 10;
            scale -= 1;
        }
        (digits, scale)
    }
}

impl FromStr for Amount {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        if let Some(rest) = text.strip_prefix('-') {
            let number = rest.starts_with(|c: char| c.is_ascii_digit());
            return Err(if number {
                AmountError::Negative
            } else {
                AmountError::NotDecimal
            });
        }
        let (whole, fraction) = match text.split_once('.') {
            Some((_, "")) => return Err(AmountError::NotDecimal),
            Some((whole, fraction)) => (whole, fraction),
            None => (text, ""),
        };
        let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        let superfluous_zero = whole.len() > 1 && whole.starts_with('0');
        if whole.is_empty() || superfluous_zero || !all_digits(whole) || !all_digits(fraction) {
            return Err(AmountError::NotDecimal);
        }
        if whole.len() + fraction.len() > MAX_DIGITS {
            return Err(AmountError::TooLong);
        }
        let digits = whole
            .bytes()
            .chain(fraction.bytes())
            .fold(0u64, |sum, digit| sum * 10 + u64::from(digit - b'0'));
        let scale = u8::try_from(fraction.len()).map_err(|_| AmountError::TooLong)?;
        Ok(Self { digits, scale })
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.scale == 0 {
            return write!(f, "{}", self.digits);
        }
        let unit = 10u64.pow(self.scale.into());
        let width = usize::from(self.scale);
        write!(f, "{}.{:0width$}", self.digits / unit, self.digits % unit)
    }
}

impl PartialEq for Amount {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Amount {}

impl PartialOrd for Amount {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Amount {
    fn cmp(&self, other: &Self) -> Ordering {
        // Both factors are below 10^18, so neither product overflows 128 bits.
        let scaled = |a: &Self, b: &Self| u128::from(a.digits) * 10u128.pow(b.scale.into());
        scaled(self, other).cmp(&scaled(other, self))
    }
}

impl Hash for Amount {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.reduced().hash(state);
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Reads a decimal string (grade A) or a whole JSON number. A JSON number with a fraction has
/// passed through a float by the time a reader sees it, so it is refused rather than guessed.
impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Amount;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an amount as a decimal string such as \"10.00\"")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Amount, E> {
                text.parse()
                    .map_err(|_| E::invalid_value(de::Unexpected::Other("this text"), &self))
            }
            fn visit_u64<E: de::Error>(self, units: u64) -> Result<Amount, E> {
                Amount::from_minor_units(units, 0)
                    .map_err(|_| E::invalid_value(de::Unexpected::Other("this number"), &self))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn refuses_everything_but_plain_decimals() {
        let wrong = [
            "", " ", "1e1", " 10", "10 ", "+10", "10.", ".5", "1.2.3", "1,000", "0x1", "٣", "00",
            "01.5", "NaN", "-", "--1",
        ];
        for text in wrong {
            assert_eq!(
                text.parse::<Amount>(),
                Err(AmountError::NotDecimal),
                "{text:?}"
            );
        }
        assert_eq!("-1".parse::<Amount>(), Err(AmountError::Negative));
        assert_eq!(
            "1234567890123456789".parse::<Amount>(),
            Err(AmountError::TooLong)
        );
        assert_eq!(
            "99999999999999999999999999".parse::<Amount>(),
            Err(AmountError::TooLong)
        );
    }

    #[test]
    fn json_numbers_are_read_only_where_they_are_exact() {
        assert_eq!(
            serde_json::from_str::<Amount>("10").unwrap().to_string(),
            "10"
        );
        for text in ["10.5", "1e3", "-1", "18446744073709551616", "null", "true"] {
            assert!(serde_json::from_str::<Amount>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn minor_units_never_round() {
        let amount: Amount = "10.505".parse().unwrap();
        assert_eq!(amount.minor_units(2), None);
        assert_eq!(amount.minor_units(3), Some(10_505));
        assert_eq!(amount.minor_units(19), None);
    }

    proptest! {
        #[test]
        fn prints_what_it_read(whole in 0u64..1_000_000_000, fraction in "[0-9]{0,9}") {
            let text = if fraction.is_empty() { whole.to_string() } else { format!("{whole}.{fraction}") };
            let amount: Amount = text.parse().unwrap();
            prop_assert_eq!(amount.to_string(), text);
        }

        #[test]
        fn order_and_hash_follow_the_value(a in 0u64..100_000, zeros in 0u8..9, b in 0u64..100_000) {
            let hash = |x: &Amount| { let mut h = std::hash::DefaultHasher::new(); x.hash(&mut h); h.finish() };
            let x = Amount::from_minor_units(a, 2).unwrap();
            let padded = Amount::from_minor_units(a * 10u64.pow(zeros.into()), 2 + zeros).unwrap();
            prop_assert_eq!(x, padded);
            prop_assert_eq!(hash(&x), hash(&padded));
            prop_assert_eq!(x.cmp(&Amount::from_minor_units(b, 2).unwrap()), a.cmp(&b));
        }
    }
}
