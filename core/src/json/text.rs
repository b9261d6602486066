//! Reads what JSON writes as a text: values with a form of their own.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserializer};

/// Reads a value from a text; `expected` says in errors what it should have been.
pub(crate) fn from_text<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    expected: &'static str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<T, D::Error> {
    deserializer.deserialize_str(TextVisitor { expected, read })
}

/// Reads within the visitor, so that an error has its place.
struct TextVisitor<F> {
    expected: &'static str,
    read: F,
}

impl<T, F: FnOnce(&str) -> Option<T>> de::Visitor<'_> for TextVisitor<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        let unexpected = de::Unexpected::Other("this text");
        (self.read)(text).ok_or_else(|| E::invalid_value(unexpected, &self.expected))
    }
}

/// The text that a JSON value is, borrowed where it is written without escapes; `None` where it
/// is no text. The value was read as JSON before.
pub(crate) fn text_of(json: &str) -> Option<Cow<'_, str>> {
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    // A token is long: the standard search takes a tenth of the time of reading its answer.
    if memchr::memchr(b'\\', inner.as_bytes()).is_some() {
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
