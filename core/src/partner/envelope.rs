//! One object, answered bare or as `{"data":{…}}` (grade A).

use std::fmt;
use std::marker::PhantomData;

use http::Response;
use serde_core::de::{self, Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess};

use super::record::{InText, Record, once};
use crate::answer::{json_text, read_json, received_error, success, unreadable};
use crate::api::Api;
use crate::error::{Error, ErrorKind};
use crate::object::Object;
use crate::text::Name;

/// The record of a success, bare or inside `data`. One that was not asked for, as from a cache or
/// for an idempotency key that was used before, is an error.
pub(super) fn one_record(
    operation: &str,
    asked_for: &dyn Fn(&Record) -> bool,
    api: &Api,
    response: &Response<&[u8]>,
) -> Result<Record, Error> {
    let body = success(operation, api, response)?;
    let InText(record) =
        unwrap(body, "id").map_err(|e| unreadable(operation, &e, api, response))?;
    if asked_for(&record) {
        return Ok(record);
    }
    let detail = "the answer is about another record";
    let kind = ErrorKind::Unreadable;
    Err(received_error(kind, operation, detail, api, response))
}

/// Reads the object in `body`, which is bare where it has the field `mark`, without which it
/// cannot be read.
///
/// The usual forms are read in one pass, which halves the time; what they do not fit is read
/// again with care.
pub(super) fn unwrap<'a, T: Deserialize<'a>>(
    body: &'a [u8],
    mark: &'static str,
) -> Result<T, serde_json::Error> {
    let fields = after(body, b"{");
    let data = fields
        .and_then(|fields| after(fields, br#""data""#))
        .and_then(|rest| after(rest, b":"));
    let usual = match data {
        None => fields.and_then(|_| read_json(body).ok()),
        // A derived reader would take an array for the object as well.
        Some(data) => after(data, b"{").and_then(|_| read_data(body, mark)),
    };
    usual.map_or_else(|| either(body, mark), Ok)
}

/// What comes after these signs, where JSON begins with them.
fn after<'a>(json: &'a [u8], signs: &[u8]) -> Option<&'a [u8]> {
    json.trim_ascii_start().strip_prefix(signs)
}

/// Reads an object that begins with `data`.
fn read_data<'a, T: Deserialize<'a>>(body: &'a [u8], mark: &'static str) -> Option<T> {
    let mut reader = serde_json::Deserializer::from_str(json_text(body).ok()?);
    let of = PhantomData;
    let data = OnlyData { mark, of }.deserialize(&mut reader).ok()?;
    reader.end().ok()?;
    Some(data)
}

/// Yields the value of `data`; an error where `mark` shows that the object is bare.
struct OnlyData<T> {
    mark: &'static str,
    of: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for OnlyData<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: Deserialize<'de>> de::Visitor<'de> for OnlyData<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<T, M::Error> {
        let mut data = None;
        while let Some(Name(name)) = map.next_key()? {
            if name == "data" {
                once(&mut data, "data", &mut map)?;
            } else if name == self.mark {
                return Err(de::Error::custom("bare"));
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        data.ok_or_else(|| de::Error::missing_field("data"))
    }
}

/// Looks first which of the two forms it is, and then reads it.
fn either<'a, T: Deserialize<'a>>(
    body: &'a [u8],
    mark: &'static str,
) -> Result<T, serde_json::Error> {
    let text = json_text(body)?;
    match data(&Object::read(text)?, mark)? {
        // A derived reader would take an array for the object as well.
        Some(data) if data.starts_with('[') => {
            let found = de::Unexpected::Other("an array");
            Err(de::Error::invalid_type(found, &"a JSON object"))
        }
        Some(data) => serde_json::from_str(data),
        None => serde_json::from_str(text),
    }
}

/// The object itself where it has the field `mark`, without which it cannot be read, and what is
/// inside `data` otherwise.
pub(super) fn bare<'a>(
    object: Object<'a>,
    mark: &'static str,
) -> Result<Object<'a>, serde_json::Error> {
    data(&object, mark)?.map_or(Ok(object), Object::read)
}

/// The JSON of `data`, unless `mark` shows that the object is bare.
fn data<'a>(object: &Object<'a>, mark: &str) -> Result<Option<&'a str>, serde_json::Error> {
    match object.get(mark) {
        Some(_) => Ok(None),
        None => object.only("data"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read_and_the_mark_decides() {
        #[derive(serde::Deserialize)]
        struct Id {
            id: u8,
        }
        let read = |text: &'static str| unwrap(text.as_bytes(), "id").map(|Id { id }| id);
        for (text, id) in [
            (r#"{"id":1}"#, 1),
            (r#"{"data":{"id":2}}"#, 2),
            (r#"{"data":{"id":2},"meta":0}"#, 2),
            (r#"{"meta":0,"data":{"id":2}}"#, 2),
            (r#"{"data":{"id":2},"id":3}"#, 3),
            (r#"{"data":0,"id":3}"#, 3),
            (r#"{"id":3,"data":{"id":2}}"#, 3),
        ] {
            assert_eq!(read(text).unwrap(), id, "{text}");
        }
        for text in [
            "",
            "{}",
            "[]",
            "{}{}",
            "{\"data\":{}",
            r#"{"data":{},"data":{}}"#,
            "[1]",
            r#"{"data":[1]}"#,
            "null",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
