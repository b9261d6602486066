//! The parts of PHP that the signature is defined by: arrays, `ksort` and `http_build_query`.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::wire::query::Query;

/// The pairs as a PHP array holds them: of a name given twice the last value counts, in the
/// place of the first.
pub(super) fn array<N: AsRef<str>, V: AsRef<str>>(pairs: &[(N, V)]) -> Vec<(&str, &str)> {
    let mut places = BTreeMap::new();
    let mut array: Vec<(&str, &str)> = Vec::with_capacity(pairs.len());
    for (name, value) in pairs {
        let (name, value) = (name.as_ref(), value.as_ref());
        let place = *places.entry(name).or_insert(array.len());
        match array.get_mut(place) {
            Some(entry) => entry.1 = value,
            None => array.push((name, value)),
        }
    }
    array
}

/// Whether `array_filter` drops the value: `""` and `"0"`, and nothing else among texts.
pub(super) fn is_falsy(value: impl AsRef<[u8]>) -> bool {
    matches!(value.as_ref(), b"" | b"0")
}

/// PHP's `http_build_query` in its default form: a space becomes `+`, and everything but ASCII
/// letters, digits, `-`, `_` and `.` is percent-encoded.
///
/// ```
/// use sanspay_core::checkout::php_query;
/// assert_eq!(php_query(&[("subject", "Tea & cake*")]), "subject=Tea+%26+cake%2A");
/// ```
pub fn php_query<N: AsRef<str>, V: AsRef<str>>(pairs: &[(N, V)]) -> String {
    let mut query = Query::new(None);
    for (name, value) in array(pairs) {
        query.pair(name, value);
    }
    query.finish()
}

/// The pairs that are left after PHP's `array_filter`, in the order in which `ksort` leaves them.
pub(super) fn signed<N: AsRef<str>, V: AsRef<str>>(pairs: &[(N, V)]) -> Vec<(&str, &str)> {
    let mut kept = array(pairs);
    // Before they are sorted: where the comparison runs in a circle, each name counts.
    kept.retain(|(_, value)| !is_falsy(value));
    ksort(kept)
}

/// PHP 8.2's `ksort`. A stable merge sort of our own, because PHP's comparison of names is no
/// total order in odd corners (`9 < 10 < "10a" < 9`) and the standard sort may panic on such.
pub(super) fn ksort<'a>(mut pairs: Vec<(&'a str, &'a str)>) -> Vec<(&'a str, &'a str)> {
    if pairs.len() < 2 {
        return pairs;
    }
    let right = pairs.split_off(pairs.len() / 2);
    let mut right = ksort(right).into_iter().peekable();
    let mut sorted = Vec::new();
    for left in ksort(pairs) {
        while let Some(next) = right.next_if(|next| compare(next.0, left.0).is_lt()) {
            sorted.push(next);
        }
        sorted.push(left);
    }
    sorted.extend(right);
    sorted
}

/// How PHP 8.2 orders two array keys: numbers by value where both are numeric, and bytes
/// otherwise.
fn compare(a: &str, b: &str) -> Ordering {
    // Plain words, which is all that the protocol knows, need no more than their bytes.
    let by_number = match (Number::read(a), Number::read(b)) {
        (Some(a), Some(b)) => a.compare(b),
        _ => None,
    };
    by_number.unwrap_or_else(|| a.as_bytes().cmp(b.as_bytes()))
}

/// A name that PHP takes for a number.
#[derive(Clone, Copy)]
enum Number {
    /// An integer in its own form, such as `-5`, which an array keeps as an integer.
    Key(i64),
    /// A text that holds an integer, such as `05`.
    Int(i64),
    /// An integer that does not fit becomes a float in PHP; the flag remembers that.
    Float(f64, bool),
}

impl Number {
    /// PHP's `is_numeric`: spaces around, a sign, decimals and an exponent are allowed.
    fn read(name: &str) -> Option<Self> {
        let space = [' ', '\t', '\n', '\r', '\u{b}', '\u{c}'];
        let text = name.trim_matches(space);
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            return None;
        }
        if !unsigned.bytes().all(|b| b.is_ascii_digit()) {
            return text.parse().ok().map(|float| Self::Float(float, false));
        }
        match text.parse::<i64>() {
            Ok(int) if int.to_string() == name => Some(Self::Key(int)),
            Ok(int) => Some(Self::Int(int)),
            Err(_) => text.parse().ok().map(|float| Self::Float(float, true)),
        }
    }

    /// `None` where PHP falls back to bytes: both too large in the same way.
    fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Key(a) | Self::Int(a), Self::Key(b) | Self::Int(b)) => Some(a.cmp(&b)),
            // Of two texts, the one that did not fit is the larger or the smaller one, even
            // where it rounds to the same float. A key is compared as a float.
            (Self::Int(_), Self::Float(b, true)) => 0f64.partial_cmp(&b),
            (Self::Float(a, true), Self::Int(_)) => a.partial_cmp(&0f64),
            (Self::Float(a, a_overflows), Self::Float(b, b_overflows)) => {
                let inexact = (a_overflows && b_overflows) || a.is_infinite();
                let order = a.partial_cmp(&b)?;
                Some(order).filter(|order| order.is_ne() || !inexact)
            }
            (a, b) => a.to_float().partial_cmp(&b.to_float()),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "PHP compares so as well")]
    fn to_float(self) -> f64 {
        match self {
            Self::Key(int) | Self::Int(int) => int as f64,
            Self::Float(float, _) => float,
        }
    }
}
