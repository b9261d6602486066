//! The headers of an answer, as an exchange takes them.

use std::time::{Duration, SystemTime};

use http::{HeaderName, HeaderValue, Response, StatusCode};
use sanspay_core::partner::ShowPayment;
use sanspay_core::{SessionBuilder, Step};

use crate::{assert_line, assert_silent};

/// A date of `Retry-After` is compared with this.
const NOW: u64 = 1_800_000_000;

/// The most that a call may take; no wait is longer.
const DEADLINE: Duration = Duration::from_secs(30);

/// A status and header lines before a refusal: `503`, then `retry-after: 5` and so on.
pub fn headers(data: &[u8]) {
    let mut lines = data.split(|b| *b == b'\n');
    let status = lines
        .next()
        .and_then(|line| StatusCode::from_bytes(line).ok());
    let mut answer = Response::new(b"{}".to_vec());
    *answer.status_mut() = status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    for line in lines {
        let colon = line.iter().position(|b| *b == b':').unwrap_or(line.len());
        let (name, value) = line.split_at(colon);
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        let header = HeaderName::from_bytes(name).ok();
        if let (Some(name), Ok(value)) = (header, HeaderValue::from_bytes(value)) {
            answer.headers_mut().append(name, value);
        }
    }
    let session = SessionBuilder::new(1)
        .base_url("https://api.example.com")
        .credentials("key", "secret")
        .deadline(DEADLINE)
        .build()
        .unwrap();
    let id = "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d".parse().unwrap();
    let mut exchange = session.exchange(ShowPayment::new(id));
    let mut now = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW);
    let end = now + DEADLINE;
    for _ in 0..100 {
        match exchange.poll(now) {
            Step::Send(request) if request.uri().path().ends_with("/token") => {
                let token = br#"{"access_token":"t","expires_in":60}"#.to_vec();
                exchange.reply(now, Ok(Response::new(token)));
            }
            Step::Send(_) => exchange.reply(now, Ok(answer.clone())),
            Step::Store(op) => panic!("no token is shared here: {op:?}"),
            Step::Wait(wait) => {
                now += wait.delay();
                assert!(now <= end, "{:?}", wait.delay());
            }
            Step::Done(result) => {
                let report = exchange.report();
                assert_line(&format!("{report:?}"));
                let error = result.unwrap_err();
                // The request id is printed, and is whatever stands in the header.
                assert_line(&format!("{error} {error:?}"));
                let id = error.request_id();
                assert!(id.is_none_or(|id| id.len() <= 128 && !id.contains(' ')));
                if id.is_none() {
                    assert_silent(&format!("{error} {error:?}"));
                }
                return;
            }
        }
    }
    panic!("the call does not end");
}
