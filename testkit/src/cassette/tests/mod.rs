//! The whole way of a message: recorded, redacted, written, read, replayed.

mod files;
mod leaks;
mod redaction;
mod replaying;

use std::time::{Duration, SystemTime};

use http::{Request, Response};

use super::{Cassette, Recorder, Redaction};
use sanspay_core::transport::{NotSent, TransportError};

type Call = (Request<Vec<u8>>, Result<Response<Vec<u8>>, TransportError>);

/// Any time that is not the beginning of cassettes.
const NOW: SystemTime = SystemTime::UNIX_EPOCH;

fn later(seconds: u64) -> SystemTime {
    NOW + Duration::from_secs(seconds)
}

fn post(path: &str, body: &str) -> Request<Vec<u8>> {
    let content_type = if body.starts_with('{') {
        "application/json"
    } else {
        "application/x-www-form-urlencoded"
    };
    Request::post(format!("http://127.0.0.1:4711{path}"))
        .header("content-type", content_type)
        .body(body.as_bytes().to_vec())
        .unwrap()
}

fn get(path: &str) -> Request<Vec<u8>> {
    let uri = format!("http://127.0.0.1:4711{path}");
    Request::get(uri).body(Vec::new()).unwrap()
}

fn answer(body: impl Into<Vec<u8>>) -> Result<Response<Vec<u8>>, TransportError> {
    Ok(Response::new(body.into()))
}

/// Records calls with their outcomes.
fn record(redaction: Redaction, calls: Vec<Call>) -> Recorder {
    let recorder = Recorder::new("test", redaction);
    for (request, outcome) in calls {
        let id = recorder.request(&request, NOW);
        recorder.outcome(id, &outcome, later(3));
    }
    recorder
}

/// The text of a recording of one call.
fn text_of(redaction: Redaction, request: Request<Vec<u8>>, body: &str) -> String {
    let recorder = record(redaction, vec![(request, answer(body))]);
    recorder.to_json().unwrap()
}

fn read(text: &str) -> Cassette {
    Cassette::from_json("test.json", text).unwrap()
}
