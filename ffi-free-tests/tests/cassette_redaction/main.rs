//! What is written of a recording, and what is not: the cases of first contact with the real
//! world, and invented names and values in every place of a message.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod cases;
mod invented;
mod told;

use std::time::SystemTime;

use http::{Request, Response};
use sanspay_testkit::cassette::{LeakError, Recorder, Redaction};

/// One call, of which the cassette is written.
pub(crate) struct Call {
    pub(crate) request: Request<Vec<u8>>,
    pub(crate) answer: Response<Vec<u8>>,
}

impl Call {
    pub(crate) fn new(request: Request<Vec<u8>>, answer: Response<Vec<u8>>) -> Self {
        Self { request, answer }
    }
}

pub(crate) fn record(rules: Redaction, calls: &[Call]) -> Result<String, LeakError> {
    let recorder = Recorder::new("test", rules);
    for call in calls {
        let id = recorder.request(&call.request, SystemTime::UNIX_EPOCH);
        recorder.outcome(id, &Ok(call.answer.clone()), SystemTime::UNIX_EPOCH);
    }
    recorder.to_json()
}

pub(crate) fn get(target: &str) -> Request<Vec<u8>> {
    let uri = format!("https://api.example.com{target}");
    Request::get(uri).body(Vec::new()).unwrap()
}

pub(crate) fn post(target: &str, content_type: &str, body: &str) -> Request<Vec<u8>> {
    let request = Request::post(format!("https://api.example.com{target}"));
    let request = request.header("content-type", content_type);
    request.body(body.as_bytes().to_vec()).unwrap()
}

pub(crate) fn answer(body: impl Into<Vec<u8>>) -> Response<Vec<u8>> {
    Response::new(body.into())
}
