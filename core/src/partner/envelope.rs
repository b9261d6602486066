//! One object, answered bare or as `{"data":{…}}` (grade A).

use super::expected::{Expected, Mismatch};
use super::record::Record;
use crate::error::{Error, ErrorKind};
use crate::json;
use crate::profile::Compiled;
use crate::wire::Reply;

impl Reply<'_> {
    /// The record of a success, bare or inside `data`. One that was not asked for, as from a cache
    /// or for an idempotency key that was used before, is an error.
    pub(super) fn record(self, asked_for: impl FnOnce(&Record) -> bool) -> Result<Record, Error> {
        let tables = self.api().wire().profile.tables();
        let record = read(self.success()?, tables).map_err(|error| self.unreadable(&error))?;
        if let Some(log) = self.api().drift() {
            record.note_drift(&mut log.counting());
        }
        if asked_for(&record) {
            return Ok(record);
        }
        Err(self.error(ErrorKind::Unreadable, "the answer is about another record"))
    }

    /// The record that was created. One that contradicts the request is an error that keeps it: the
    /// money may have moved, and nobody knows which.
    pub(super) fn created_record(self, asked: &Expected) -> Result<Record, Error> {
        let record = self.record(|_| true)?;
        match Mismatch::of(&record, asked.contradictions(&record)) {
            None => Ok(record),
            Some(mismatch) => {
                let detail = "the answer is not what was asked for";
                Err(self
                    .error(ErrorKind::Mismatch, detail)
                    .with_mismatch(mismatch))
            }
        }
    }
}

/// Reads the record in `body`, wherever the profile says that it may stand.
fn read(body: &[u8], tables: &Compiled) -> Result<Record, serde_json::Error> {
    Record::read(tables.record.read_text(json::text(body)?)?, tables)
}

#[cfg(test)]
mod tests {
    use crate::json::Object;

    #[test]
    fn both_forms_are_read_and_the_mark_decides() {
        let read = |text: &'static str| {
            let profile = crate::profile::Profile::default();
            let fields = profile.tables().record.read(Object::read(text)?)?;
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
