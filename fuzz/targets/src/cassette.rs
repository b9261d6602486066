//! Cassettes: reading files that anybody may have edited, and redacting whatever goes by.

use std::time::SystemTime;

use http::{Request, Response};
use sanspay_testkit::cassette::{Cassette, Recorder, Redaction, Replay};

use crate::{MARKER, assert_silent, assert_without_secret};

/// Any text as a cassette: read and then written and read the same, or refused with the file's
/// name and none of its content. What is read can be replayed.
pub fn cassette(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match Cassette::from_json("file.json", &text) {
        Err(error) => {
            let told = error.to_string();
            assert!(told.starts_with("file.json"), "{told}");
            assert_silent(&told);
        }
        Ok(read) => {
            let written = read.to_json();
            assert!(Cassette::from_json("again.json", &written).is_ok_and(|again| again == read));
            let replay = Replay::new(read);
            while let Some(delivered) = replay.next_delivery() {
                drop(delivered);
            }
            let request = request("GET", "/partner/payments", "", Vec::new());
            let _ = replay.answer(&request);
            let _ = replay.finish();
        }
    }
}

/// Any bytes as the parts of an exchange, parted by NUL: target, content type, request body,
/// response body. A configured secret is never in what is written, whatever stands around it.
pub fn redactor(data: &[u8]) {
    let mut parts = data.splitn(4, |byte| *byte == 0);
    let mut part = || parts.next().unwrap_or_default();
    let (target, kind) = (text(part()), text(part()));
    let (asked, answered) = (part().to_vec(), part().to_vec());
    let request = request("POST", &target, &kind, asked);
    let mut response = Response::new(answered);
    response.headers_mut().clone_from(request.headers());
    let recorder = Recorder::new("fuzz", Redaction::new().secret(MARKER));
    let id = recorder.request(&request, SystemTime::UNIX_EPOCH);
    recorder.outcome(id, &Ok(response), SystemTime::UNIX_EPOCH);
    let Ok(written) = recorder.to_json() else {
        // Too well hidden to be replaced, and found all the same.
        return;
    };
    assert_without_secret(&written);
    let read = Cassette::from_json("file.json", &written);
    assert!(
        read.is_ok_and(|read| read.to_json() == written),
        "{written}"
    );
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn request(method: &str, target: &str, kind: &str, body: Vec<u8>) -> Request<Vec<u8>> {
    let fits = Request::builder()
        .method(method)
        .uri(target)
        .header("content-type", kind)
        .header("cookie", kind)
        .body(body.clone());
    fits.unwrap_or_else(|_| Request::new(body))
}
