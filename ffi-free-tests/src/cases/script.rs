//! A server that answers what a case says, in order, and the clock.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{Request, Response};
use serde_json::Value;

/// 2026-07-04T08:00:00Z.
const BEGIN: Duration = Duration::from_secs(1_783_152_000);

/// Everything outside of the client: the server's answers, what was asked, and the time. Clones are
/// the same one.
#[derive(Debug, Clone)]
pub struct Script(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    now: SystemTime,
    answers: VecDeque<Response<Vec<u8>>>,
    requests: Vec<String>,
    counts_tokens: bool,
}

impl Script {
    pub(super) fn new(exchange: &Value, counts_tokens: bool) -> Self {
        let answers = exchange.as_array().into_iter().flatten().map(answer);
        Self(Arc::new(Mutex::new(Inner {
            now: SystemTime::UNIX_EPOCH + BEGIN,
            answers: answers.collect(),
            requests: Vec::new(),
            counts_tokens,
        })))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time.
    pub fn now(&self) -> SystemTime {
        self.lock().now
    }

    /// Lets the time pass.
    pub fn sleep(&self, time: Duration) {
        self.lock().now += time;
    }

    /// The answer to a request. One for a token gets a token, unless the case is about that.
    pub fn answer(&self, request: &Request<Vec<u8>>) -> Response<Vec<u8>> {
        let mut inner = self.lock();
        let is_token = request.uri().path().ends_with("/auth/token");
        if is_token && !inner.counts_tokens {
            let token =
                r#"{"access_token":"tok-good.x.y","token_type":"Bearer","expires_in":3600}"#;
            return Response::new(token.into());
        }
        let line = format!(
            "{} {}",
            request.method(),
            resolved(&request.uri().to_string())
        );
        inner.requests.push(line);
        let mut nothing_left = Response::new(Vec::new());
        *nothing_left.status_mut() = http::StatusCode::NOT_FOUND;
        inner.answers.pop_front().unwrap_or(nothing_left)
    }

    pub(super) fn requests(&self) -> Vec<String> {
        self.lock().requests.clone()
    }
}

fn answer(answer: &Value) -> Response<Vec<u8>> {
    let body = match answer["body_base64"].as_str() {
        Some(body) => BASE64_STANDARD.decode(body).expect("base64"),
        None => answer["body"].as_str().unwrap_or_default().into(),
    };
    let status = answer["status"]
        .as_u64()
        .and_then(|status| u16::try_from(status).ok());
    let mut response = Response::builder().status(status.expect("a status"));
    match answer["headers"].as_array() {
        None => response = response.header("content-type", "application/json"),
        Some(headers) => {
            for header in headers {
                let text = |place: usize| header[place].as_str().expect("a text");
                response = response.header(text(0), text(1));
            }
        }
    }
    response.body(body).expect("a response")
}

/// The URI with its dot segments resolved.
fn resolved(uri: &str) -> String {
    let (before, query) = uri
        .split_once('?')
        .map_or((uri, None), |(a, b)| (a, Some(b)));
    let (scheme, rest) = before.split_once("://").unwrap_or(("", before));
    let mut segments = Vec::new();
    for segment in rest.split('/') {
        match segment.to_ascii_lowercase().replace("%2e", ".").as_str() {
            ".." if segments.len() > 1 => {
                segments.pop();
            }
            "." | ".." => {}
            _ => segments.push(segment),
        }
    }
    let query = query.map_or_else(String::new, |query| format!("?{query}"));
    format!("{scheme}://{}{query}", segments.join("/"))
}
