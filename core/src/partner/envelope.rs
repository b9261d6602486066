//! One object, answered bare or as `{"data":{…}}` (grade A).

use http::Response;

use super::record::Record;
use crate::answer::{json_text, received_error, success, unreadable};
use crate::api::Api;
use crate::error::{Error, ErrorKind};
use crate::object::Object;

/// The record of a success, bare or inside `data`. One that was not asked for, as from a cache or
/// for an idempotency key that was used before, is an error.
pub(super) fn one_record(
    operation: &str,
    asked_for: &dyn Fn(&Record) -> bool,
    api: &Api,
    response: &Response<&[u8]>,
) -> Result<Record, Error> {
    let body = success(operation, api, response)?;
    let record = read(body).map_err(|e| unreadable(operation, &e, api, response))?;
    if asked_for(&record) {
        return Ok(record);
    }
    let detail = "the answer is about another record";
    let kind = ErrorKind::Unreadable;
    Err(received_error(kind, operation, detail, api, response))
}

/// Reads the record in `body`, which is bare where it has an `id`.
fn read(body: &[u8]) -> Result<Record, serde_json::Error> {
    Record::read(bare(Object::read(json_text(body)?)?, "id")?)
}

/// The object itself where it has the field `mark`, without which it cannot be read, and what is
/// inside `data` otherwise.
pub(super) fn bare<'a>(
    object: Object<'a>,
    mark: &'static str,
) -> Result<Object<'a>, serde_json::Error> {
    if object.get(mark).is_some() {
        return Ok(object);
    }
    object.only("data")?.map_or(Ok(object), Object::read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read_and_the_mark_decides() {
        let read = |text: &'static str| {
            let fields = bare(Object::read(text)?, "id")?;
            Ok::<_, serde_json::Error>(fields.get("id"))
        };
        for (text, id) in [
            (r#"{"id":1}"#, "1"),
            (r#"{"data":{"id":2}}"#, "2"),
            (r#"{"data":{"id":2},"meta":0}"#, "2"),
            (r#"{"meta":0,"data":{"id":2}}"#, "2"),
            (r#"{"data":{"id":2},"id":3}"#, "3"),
            (r#"{"data":0,"id":3}"#, "3"),
            (r#"{"id":3,"data":{"id":2}}"#, "3"),
        ] {
            assert_eq!(read(text).unwrap(), Some(id), "{text}");
        }
        assert_eq!(read("{}").unwrap(), None);
        for text in [
            "",
            "[]",
            "{}{}",
            "{\"data\":{}",
            r#"{"data":{},"data":{}}"#,
            "[1]",
            r#"{"data":[1]}"#,
            r#"{"data":null}"#,
            "null",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
