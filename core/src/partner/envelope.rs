//! One object, answered bare or as `{"data":{…}}` (grade A).

use std::fmt;

use http::Response;
use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess};
use serde_json::value::RawValue;

use super::record::{Record, once};
use crate::answer::{received_error, success, unreadable};
use crate::api::Api;
use crate::error::{Error, ErrorKind};

/// The record of a success, bare or inside `data`. One that was not asked for, as from a cache or
/// for an idempotency key that was used before, is an error.
pub(super) fn one_record(
    operation: &str,
    asked_for: impl FnOnce(&Record) -> bool,
    api: &Api,
    response: &Response<&[u8]>,
) -> Result<Record, Error> {
    let body = success(operation, api, response)?;
    let record = unwrap(body, "id").map_err(|e| unreadable(operation, &e, api, response))?;
    if asked_for(&record) {
        return Ok(record);
    }
    let detail = "the answer is about another record";
    let kind = ErrorKind::Unreadable;
    Err(received_error(kind, operation, detail, api, response))
}

/// Reads the object in `body`, which is bare where it has the field `mark`.
pub(super) fn unwrap<'a, T: Deserialize<'a>>(
    body: &'a [u8],
    mark: &'static str,
) -> Result<T, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let data = Data { mark }.deserialize(&mut reader)?;
    reader.end()?;
    match data {
        // A derived reader would take an array for the object as well.
        Some(data) if data.get().starts_with('[') => {
            let found = de::Unexpected::Other("an array");
            Err(de::Error::invalid_type(found, &"a JSON object"))
        }
        Some(data) => serde_json::from_str(data.get()),
        None => serde_json::from_slice(body),
    }
}

/// Yields the value of `data`, unless `mark` shows that the object is bare.
struct Data {
    mark: &'static str,
}

impl<'de> DeserializeSeed<'de> for Data {
    type Value = Option<&'de RawValue>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> de::Visitor<'de> for Data {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut bare = false;
        let mut data: Option<&RawValue> = None;
        while let Some(name) = map.next_key::<std::borrow::Cow<'_, str>>()? {
            if name == "data" {
                once(&mut data, "data", &mut map)?;
            } else {
                bare |= name == self.mark;
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(data.filter(|_| !bare))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read_and_the_mark_decides() {
        let read = |text: &'static str| unwrap::<serde_json::Value>(text.as_bytes(), "id");
        assert_eq!(read(r#"{"id":1}"#).unwrap()["id"], 1);
        assert_eq!(read(r#"{"meta":0,"data":{"id":2}}"#).unwrap()["id"], 2);
        assert_eq!(read(r#"{"data":{"id":2},"id":3}"#).unwrap()["id"], 3);
        assert_eq!(read("{}").unwrap(), serde_json::json!({}));
        for text in [
            "",
            "[]",
            "{}{}",
            "{\"data\":{}",
            r#"{"data":{},"data":{}}"#,
            "null",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
