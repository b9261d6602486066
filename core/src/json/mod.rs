//! Reads and writes JSON, whatever it is about.

mod describe;
mod object;
mod text;

use serde::{Deserialize, Serialize, de};
use serde_json::value::RawValue;

pub use describe::describe_json_error;
pub(crate) use object::Object;
pub(crate) use text::{from_text, text_of};

/// The JSON of a value of ours, whose writing cannot fail.
pub(crate) fn write(value: &impl Serialize) -> Vec<u8> {
    write_into(Vec::with_capacity(256), value)
}

/// The same in a buffer with room for all of it, so that growing leaves no copy of a secret behind.
#[expect(
    clippy::expect_used,
    reason = "memory takes every byte, and what is written is text, numbers and objects of ours"
)]
pub(crate) fn write_into(mut json: Vec<u8>, value: &impl Serialize) -> Vec<u8> {
    serde_json::to_writer(&mut json, value).expect("requests can be written as JSON");
    json
}

/// The same as text.
#[expect(clippy::expect_used, reason = "the writer of JSON writes UTF-8")]
pub(crate) fn write_text(value: &impl Serialize) -> String {
    String::from_utf8(write(value)).expect("JSON is UTF-8")
}

/// Reads JSON, its UTF-8 checked once and not once for each text: a tenth of a record's time.
pub(crate) fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, serde_json::Error> {
    serde_json::from_str(text(body)?)
}

/// The text of a body, without the mark that some servers write before it (U+FEFF). Whatever is
/// read is read from text: every other source would compile the readers of all types once more.
pub(crate) fn text(body: &[u8]) -> Result<&str, serde_json::Error> {
    let text = std::str::from_utf8(body);
    let text = text.map(|text| text.strip_prefix('\u{feff}').unwrap_or(text));
    text.map_err(|_| {
        // Says where.
        let error = serde_json::from_slice::<&RawValue>(body).err();
        error.unwrap_or_else(|| de::Error::custom("not UTF-8"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_that_is_not_utf_8_is_refused_with_the_place() {
        for (body, column) in [(&b"{\"a\":\"\xff\"}"[..], 7), (b"[0]\xff", 4)] {
            let error = read::<de::IgnoredAny>(body).unwrap_err();
            assert_eq!((error.line(), error.column()), (1, column), "{error}");
        }
    }
}
