//! Writes the JSON of requests.

use serde::Serialize;

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
