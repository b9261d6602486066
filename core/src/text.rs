//! Reads what JSON writes as a text: names, and values with a form of their own.
//!
//! One visitor for all values: each further one is compiled with a reader of its own.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer};

/// Reads a value from a text; `expected` says in errors what it should have been.
pub(crate) fn from_text<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    expected: &'static str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<T, D::Error> {
    let mut value = None;
    let read = &mut |text: &str| {
        value = read(text);
        value.is_some()
    };
    deserializer.deserialize_str(TextVisitor { expected, read })?;
    value.ok_or_else(|| de::Error::custom("no text was read"))
}

/// Reads within the visitor, so that an error has its place.
struct TextVisitor<'r> {
    expected: &'static str,
    read: &'r mut dyn FnMut(&str) -> bool,
}

impl de::Visitor<'_> for TextVisitor<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<(), E> {
        let fine = (self.read)(text);
        let other = || E::invalid_value(de::Unexpected::Other("this text"), &self.expected);
        fine.then_some(()).ok_or_else(other)
    }
}

/// The name of a field, borrowed where it is written without escapes.
pub(crate) struct Name<'a>(pub(crate) Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor)
    }
}

struct NameVisitor;

impl<'de> de::Visitor<'de> for NameVisitor {
    type Value = Name<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Name<'de>, E> {
        Ok(Name(text.into()))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Name<'de>, E> {
        Ok(Name(text.to_owned().into()))
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
