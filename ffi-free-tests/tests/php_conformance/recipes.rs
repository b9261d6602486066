//! The algorithm written once more in the plainest way, with a switch for each mistake that an
//! implementation could make. None of this is shared with the core.

use md5::{Digest, Md5};
use sanspay_core::checkout::{SigningKey, php_query, signed_text};

use crate::sets::Set;

/// What a signer says about a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) sign: String,
    pub(crate) query: String,
}

/// The core's answer.
pub(crate) fn core(set: &Set) -> Answer {
    let key = SigningKey::new(set.secret.clone()).unwrap();
    Answer {
        text: signed_text(&set.pairs),
        sign: key.sign(&set.pairs).as_str().to_owned(),
        query: php_query(&set.pairs),
    }
}

/// One way to do it wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mistake {
    None,
    NoArrayFilter,
    EmptyOnlyFiltered,
    EveryZeroFiltered,
    TrimmedBeforeFiltering,
    SortedByBytesOnly,
    NotSorted,
    SortedIgnoringCase,
    ValuesUrlencoded,
    SpacesAsPlus,
    UppercaseHex,
    SecretPrepended,
    SecretAfterAmpersand,
    FirstOfDuplicatesCounts,
    DuplicatesMoveToTheEnd,
    AsteriskUnescaped,
    SpaceAsPercent20,
    TildeUnescaped,
}

impl Mistake {
    pub(crate) const ALL: [Self; 17] = [
        Self::NoArrayFilter,
        Self::EmptyOnlyFiltered,
        Self::EveryZeroFiltered,
        Self::TrimmedBeforeFiltering,
        Self::SortedByBytesOnly,
        Self::NotSorted,
        Self::SortedIgnoringCase,
        Self::ValuesUrlencoded,
        Self::SpacesAsPlus,
        Self::UppercaseHex,
        Self::SecretPrepended,
        Self::SecretAfterAmpersand,
        Self::FirstOfDuplicatesCounts,
        Self::DuplicatesMoveToTheEnd,
        Self::AsteriskUnescaped,
        Self::SpaceAsPercent20,
        Self::TildeUnescaped,
    ];

    /// The answer of a signer that makes this mistake and no other.
    pub(crate) fn answer(self, set: &Set) -> Answer {
        let params = self.array(&set.pairs);
        let mut kept: Vec<_> = params
            .iter()
            .filter(|(_, v)| self.keeps(v))
            .cloned()
            .collect();
        self.sort(&mut kept);
        let value = |text: &str| match self {
            Self::ValuesUrlencoded => self.urlencode(text),
            Self::SpacesAsPlus => text.replace(' ', "+"),
            _ => text.to_owned(),
        };
        let joined: Vec<_> = kept
            .iter()
            .map(|(n, v)| format!("{n}={}", value(v)))
            .collect();
        let text = joined.join("&");
        let secret = &set.secret;
        let input = match self {
            Self::SecretPrepended => format!("{secret}{text}"),
            Self::SecretAfterAmpersand => format!("{text}&{secret}"),
            _ => format!("{text}{secret}"),
        };
        let sign = hex::encode(Md5::digest(input));
        let query: Vec<_> = params
            .iter()
            .map(|(n, v)| format!("{}={}", self.urlencode(n), self.urlencode(v)))
            .collect();
        Answer {
            text,
            sign: if self == Self::UppercaseHex {
                sign.to_uppercase()
            } else {
                sign
            },
            query: query.join("&"),
        }
    }

    /// The pairs as PHP's assignments leave them.
    fn array(self, pairs: &[(String, String)]) -> Vec<(String, String)> {
        let mut array: Vec<(String, String)> = Vec::new();
        for (name, value) in pairs {
            match array.iter().position(|(known, _)| known == name) {
                Some(_) if self == Self::FirstOfDuplicatesCounts => {}
                Some(place) if self == Self::DuplicatesMoveToTheEnd => {
                    array.remove(place);
                    array.push((name.clone(), value.clone()));
                }
                Some(place) => array[place].1.clone_from(value),
                None => array.push((name.clone(), value.clone())),
            }
        }
        array
    }

    fn keeps(self, value: &str) -> bool {
        let falsy = match self {
            Self::NoArrayFilter => false,
            Self::EmptyOnlyFiltered => value.is_empty(),
            Self::EveryZeroFiltered => value.is_empty() || value.parse() == Ok(0.0),
            Self::TrimmedBeforeFiltering => ["", "0"].contains(&value.trim()),
            _ => ["", "0"].contains(&value),
        };
        !falsy
    }

    /// Right for words and for canonical integers, which is all that this needs.
    fn sort(self, pairs: &mut [(String, String)]) {
        let canonical = |name: &str| {
            let number: Option<i64> = name.parse().ok();
            number.filter(|number| number.to_string() == name)
        };
        match self {
            Self::NotSorted => {}
            Self::SortedByBytesOnly => pairs.sort(),
            Self::SortedIgnoringCase => pairs.sort_by_key(|(name, _)| name.to_lowercase()),
            _ => pairs.sort_by(|(a, _), (b, _)| match (canonical(a), canonical(b)) {
                (Some(a), Some(b)) => a.cmp(&b),
                _ => a.cmp(b),
            }),
        }
    }

    fn urlencode(self, text: &str) -> String {
        let mut encoded = String::new();
        for byte in text.bytes() {
            match byte {
                b' ' if self != Self::SpaceAsPercent20 => encoded.push('+'),
                b'*' if self == Self::AsteriskUnescaped => encoded.push('*'),
                b'~' if self == Self::TildeUnescaped => encoded.push('~'),
                b'-' | b'_' | b'.' => encoded.push(byte.into()),
                _ if byte.is_ascii_alphanumeric() => encoded.push(byte.into()),
                _ => encoded.push_str(&format!("%{byte:02X}")),
            }
        }
        encoded
    }
}
