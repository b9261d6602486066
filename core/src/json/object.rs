//! A JSON object as its fields, each with its value as it was written.
//!
//! The small objects are all read by this one. A derived reader for each of them, and for what is
//! in a journal, was an eighth of the code that LLVM was given for a debug build.

use std::borrow::Cow;
use std::fmt;

use jsonptr::Pointer;
use serde::de::{self, Deserialize, Deserializer, MapAccess};
use serde_json::value::RawValue;

use super::text_of;

/// How many fields are kept: they take more room than what they were read from.
const MOST: usize = 10_000;

/// The fields of a JSON object, in the order in which they are written.
#[derive(Clone)]
pub(crate) struct Object<'a>(Vec<(Cow<'a, str>, &'a str)>);

impl<'a> Object<'a> {
    pub(crate) fn read(json: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json)
    }

    pub(crate) fn of(fields: Vec<(Cow<'a, str>, &'a str)>) -> Self {
        Self(fields)
    }

    /// The JSON at a place below; an error where there are two.
    pub(crate) fn at(&self, place: &Pointer) -> Result<Option<&'a str>, serde_json::Error> {
        let Some((name, rest)) = place.split_front() else {
            return Ok(None);
        };
        let json = self.only(&name.decoded())?;
        match json {
            Some(json) if !rest.is_root() => match Self::read(json) {
                Ok(below) => below.at(rest),
                Err(_) => Ok(None),
            },
            json => Ok(json),
        }
    }

    /// The JSON of a field; the last one of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&'a str> {
        let mut from_last = self.0.iter().rev();
        from_last.find_map(|(known, json)| (known == name).then_some(*json))
    }

    /// The same; an error where there are two, because nobody knows which one counts.
    pub(crate) fn only(&self, name: &str) -> Result<Option<&'a str>, serde_json::Error> {
        let mut found = self.0.iter().filter(|(known, _)| known == name);
        let (first, second) = (found.next(), found.next());
        if second.is_some() {
            return Err(de::Error::custom(format_args!("duplicate field `{name}`")));
        }
        Ok(first.map(|(_, json)| *json))
    }

    pub(crate) fn into_fields(self) -> Vec<(Cow<'a, str>, &'a str)> {
        self.0
    }
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Object<'de>, M::Error> {
                let mut fields = Vec::with_capacity(16);
                while let Some((name, value)) = map.next_entry::<&RawValue, &RawValue>()? {
                    if fields.len() == MOST {
                        return Err(de::Error::invalid_length(MOST, &"fewer fields"));
                    }
                    // A name with half a surrogate pair is no text, and costs nothing but itself.
                    let name = text_of(name.get()).unwrap_or(name.get().into());
                    fields.push((name, value.get()));
                }
                Ok(Object(fields))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fields_keep_their_values_as_they_were_written() {
        let object = Object::read(r#" {"a" : 1.50 , "b":{ "c" : [] },"\u0061":"x"} "#).unwrap();
        assert_eq!(object.get("b"), Some(r#"{ "c" : [] }"#));
        assert_eq!(object.get("a"), Some("\"x\""), "the last one");
        assert_eq!(object.get("c"), None);
        assert_eq!(object.only("b").unwrap(), object.get("b"));
        let twice = object.only("a").unwrap_err().to_string();
        assert_eq!(twice, "duplicate field `a`");
        let names: Vec<_> = object.into_fields().into_iter().map(|(n, _)| n).collect();
        assert_eq!(names, ["a", "b", "a"]);
    }

    #[test]
    fn an_object_cannot_take_up_all_memory() {
        let fields = |count| format!("{{{}\"a\":0}}", "\"\":0,".repeat(count - 1));
        assert!(Object::read(&fields(MOST)).is_ok());
        assert!(Object::read(&fields(MOST + 1)).is_err());
    }

    #[test]
    fn nothing_else_is_an_object() {
        for json in ["", "null", "[]", "1", "\"{}\"", "{", "{}{}", "{\"a\"}"] {
            assert!(Object::read(json).is_err(), "{json}");
        }
    }

    proptest! {
        #[test]
        fn names_and_texts_are_read_as_serde_json_reads_them(name in "(.|\\\\|\"){0,8}", value in "(.|\\\\|\"){0,8}") {
            let json = serde_json::json!({ &name: &value }).to_string();
            let object = Object::read(&json).unwrap();
            prop_assert_eq!(object.get(&name).and_then(text_of), Some(Cow::from(&*value)));
        }
    }
}
