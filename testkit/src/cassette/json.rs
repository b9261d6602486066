//! JSON as it was sent, except for white space and the order of names: numbers keep their digits.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// What is nested deeper is no message of these protocols and is kept as text.
const MAX_DEPTH: usize = 64;

/// A JSON value. A name given twice is kept twice.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    /// The digits as they were written, because `10.00` is not `10.0` where money is meant.
    Number(String),
    Text(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// `None` where the text is no JSON, or is nested too deeply.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let raw: &RawValue = serde_json::from_str(text).ok()?;
        Self::read(raw, 0)
    }

    /// The same, for texts that are an object or an array: a lone word or number is just text.
    pub(super) fn parse_structure(text: &str) -> Option<Self> {
        let begins = text.trim_start().starts_with(['{', '[']);
        begins.then(|| Self::parse(text)).flatten()
    }

    fn read(raw: &RawValue, depth: usize) -> Option<Self> {
        let text = raw.get();
        if depth > MAX_DEPTH {
            return None;
        }
        Some(match text.as_bytes().first()? {
            b'n' => Self::Null,
            b't' => Self::Bool(true),
            b'f' => Self::Bool(false),
            b'"' => Self::Text(serde_json::from_str(text).ok()?),
            b'[' => {
                let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
                let items = items.into_iter().map(|item| Self::read(item, depth + 1));
                Self::Array(items.collect::<Option<_>>()?)
            }
            b'{' => {
                let Members(members) = serde_json::from_str(text).ok()?;
                let members = members.into_iter().map(|(name, raw): (String, &RawValue)| {
                    Self::read(raw, depth + 1).map(|value| (name, value))
                });
                Self::Object(members.collect::<Option<_>>()?)
            }
            _ => Self::Number(text.to_owned()),
        })
    }

    /// With the members of objects sorted by name.
    pub(super) fn sorted(self) -> Self {
        match self {
            Self::Array(items) => Self::Array(items.into_iter().map(Self::sorted).collect()),
            Self::Object(members) => {
                let sorted = members
                    .into_iter()
                    .map(|(name, value)| (name, value.sorted()));
                let mut members: Vec<_> = sorted.collect();
                members.sort_by(|a, b| a.0.cmp(&b.0));
                Self::Object(members)
            }
            other => other,
        }
    }

    /// With other texts in the places of its texts.
    pub(super) fn with_texts(&self, change: &impl Fn(&str) -> String) -> Self {
        match self {
            Self::Text(text) => Self::Text(change(text)),
            Self::Array(items) => {
                Self::Array(items.iter().map(|item| item.with_texts(change)).collect())
            }
            Self::Object(members) => {
                let changed = members
                    .iter()
                    .map(|(name, value)| (change(name), value.with_texts(change)));
                Self::Object(changed.collect())
            }
            other => other.clone(),
        }
    }

    /// Without white space.
    #[expect(
        clippy::expect_used,
        reason = "only numbers could fail, and they were read as JSON"
    )]
    pub(super) fn compact(&self) -> String {
        serde_json::to_string(self).expect("it can be written as JSON")
    }
}

/// The members of an object in their order.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let expected = "JSON that is nested less deeply and has whole characters";
        Self::read(&raw, 0).ok_or_else(|| {
            let what = serde::de::Unexpected::Other("JSON");
            serde::de::Error::invalid_value(what, &expected)
        })
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(digits) => RawValue::from_string(digits.clone())
                .map_err(serde::ser::Error::custom)?
                .serialize(serializer),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Array(items) => {
                let mut sequence = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    sequence.serialize_element(item)?;
                }
                sequence.end()
            }
            Self::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in members {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn digits_and_duplicates_stay_and_names_are_sorted() {
        let text = r#" {"b": [1e400, 10.00, -0],"a":{"x":null},"b":"é\n"} "#;
        let json = Json::parse(text).unwrap().sorted();
        let told = r#"{"a":{"x":null},"b":[1e400,10.00,-0],"b":"é\n"}"#;
        assert_eq!(json.compact(), told);
        assert!(Json::parse(told).unwrap() == json);
    }

    #[test]
    fn what_is_no_json_or_too_deep_is_none() {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        for text in ["", "{", "{} x", "\"\\ud800\"", "nul", &deep] {
            assert!(Json::parse(text).is_none());
        }
        assert!(Json::parse_structure("12").is_none());
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(text in r#"[\[\]{}",:0-9a-e\\ ]{0,40}"#) {
            if let Some(json) = Json::parse(&text) {
                prop_assert!(Json::parse(&json.compact()).unwrap() == json);
            }
        }
    }
}
