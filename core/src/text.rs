//! Reads what JSON writes as a text: names, and values with a form of their own.
//!
//! One visitor for all of them: each further one is compiled with a reader of its own.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer};

/// Reads a value from a text; `expected` says in errors what it should have been.
pub(crate) fn from_text<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    expected: &'static str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<T, D::Error> {
    let text = deserializer.deserialize_str(Visitor { expected })?;
    let unexpected = de::Unexpected::Other("this text");
    read(&text).ok_or_else(|| de::Error::invalid_value(unexpected, &expected))
}

/// The name of a field, borrowed where it is written without escapes.
pub(crate) struct Name<'a>(pub(crate) Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "the name of a field";
        deserializer.deserialize_str(Visitor { expected }).map(Self)
    }
}

struct Visitor {
    expected: &'static str,
}

impl<'de> de::Visitor<'de> for Visitor {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(text.into())
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Cow<'de, str>, E> {
        Ok(text.to_owned().into())
    }
}

/// The text that a JSON value is, borrowed where it is written without escapes; `None` where it
/// is no text. The value was read as JSON before.
pub(crate) fn text_of(json: &str) -> Option<Cow<'_, str>> {
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        return serde_json::from_str(json).ok().map(Cow::Owned);
    }
    Some(inner.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_text_has_a_text() {
        for json in ["1", "null", "[\"a\"]", "\"", "", "\"\\ud800\""] {
            assert_eq!(text_of(json), None, "{json}");
        }
        assert_eq!(text_of(r#""\u0061""#).as_deref(), Some("a"));
        assert!(matches!(text_of("\"a\""), Some(Cow::Borrowed("a"))));
    }
}
