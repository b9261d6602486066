//! Turns a received response into a value, or into the error that keeps all of it.

use std::fmt;
use std::time::{Duration, SystemTime};

use http::{HeaderMap, Response, StatusCode, header};
use serde::Deserialize;

use crate::api::Api;
use crate::error::{Error, ErrorBody, ErrorKind, describe_json_error};

/// The most of a body that an error keeps.
const KEPT_BODY: usize = 64 * 1024;

/// The most of a request id that is kept.
const KEPT_REQUEST_ID: usize = 128;

/// What an error keeps of the response.
#[derive(Clone)]
pub(crate) struct Received {
    status: StatusCode,
    request_id: Option<String>,
    retry_after: Option<Duration>,
    body: Vec<u8>,
    error_body: ErrorBody,
}

impl Received {
    pub(crate) fn new(api: &Api, response: &Response<&[u8]>) -> Self {
        let body = response.body();
        Self {
            status: response.status(),
            request_id: request_id(api, response.headers()),
            retry_after: retry_after_seconds(response.headers()),
            body: body.get(..KEPT_BODY).unwrap_or(body).to_vec(),
            error_body: ErrorBody::read(body),
        }
    }

    /// Forgets the body: for an answer that may hold a token.
    pub(crate) fn without_body(mut self) -> Self {
        self.body = Vec::new();
        self.error_body = ErrorBody::Empty;
        self
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    pub(crate) fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    pub(crate) fn set_retry_after(&mut self, wait: Option<Duration>) {
        self.retry_after = wait;
    }

    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    pub(crate) fn error_body(&self) -> &ErrorBody {
        &self.error_body
    }

    /// What of it goes into a log line.
    pub(crate) fn summary(&self) -> String {
        let status = self.status.as_u16();
        let id = self
            .request_id
            .as_deref()
            .map(|id| format!(", request id {id}"));
        let id = id.unwrap_or_default();
        if self.status.is_success() {
            return format!("status {status}{id}");
        }
        format!("status {status}, {}{id}", self.error_body)
    }
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received")
            .field("status", &self.status)
            .field("request_id", &self.request_id)
            .field("retry_after", &self.retry_after)
            .field("body_len", &self.body.len())
            .field("error_body", &self.error_body)
            .finish()
    }
}

/// The server's id for the request, if it has the form of one.
pub(crate) fn request_id(api: &Api, headers: &HeaderMap) -> Option<String> {
    let text = headers.get(&api.wire().request_id_header)?.to_str().ok()?;
    let fine = !text.is_empty()
        && text.len() <= KEPT_REQUEST_ID
        && text.bytes().all(|b| b.is_ascii_graphic());
    fine.then(|| text.to_owned())
}

fn retry_after_seconds(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    // More digits than fit mean "practically never", not "now".
    digits.then(|| Duration::from_secs(text.parse().unwrap_or(u64::from(u32::MAX))))
}

/// `Retry-After` in either of its two forms (RFC 9110, 10.2.3); a date in the past is zero.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    retry_after_seconds(headers).or_else(|| {
        let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
        let date = httpdate::parse_http_date(text.trim()).ok()?;
        Some(date.duration_since(now).unwrap_or_default())
    })
}

/// The body of a success (2xx).
///
/// # Errors
/// Every other status, with status, request id and body kept.
pub fn success<'a>(
    operation: &str,
    api: &Api,
    response: &Response<&'a [u8]>,
) -> Result<&'a [u8], Error> {
    let status = response.status();
    if status.is_success() {
        return Ok(response.body());
    }
    let (kind, detail) = match status.as_u16() {
        401 => (
            ErrorKind::Unauthorized,
            "the server refused the credentials or the token",
        ),
        403 => (ErrorKind::Forbidden, "the server forbids this"),
        404 => (
            ErrorKind::NotFound,
            "the server knows no such record or route",
        ),
        408 => (
            ErrorKind::Server,
            "the server waited too long for the request",
        ),
        409 => (
            ErrorKind::Conflict,
            "the request contradicts what the server holds",
        ),
        429 => (ErrorKind::RateLimited, "too many requests"),
        400..=499 => (ErrorKind::Refused, "the server refused the request"),
        500..=599 => (ErrorKind::Server, "the server failed"),
        300..=399 => (
            ErrorKind::Unreadable,
            "the server redirects, and redirects are not followed",
        ),
        _ => (ErrorKind::Unreadable, "the status means nothing here"),
    };
    Err(received_error(kind, operation, detail, api, response))
}

/// The JSON of a success (2xx).
///
/// # Errors
/// Another status, or a body that is not the expected JSON; what was received is kept in both.
pub fn json<'a, T: Deserialize<'a>>(
    operation: &str,
    api: &Api,
    response: &Response<&'a [u8]>,
) -> Result<T, Error> {
    let body = success(operation, api, response)?;
    read_json(body).map_err(|e| unreadable(operation, &e, api, response))
}

/// Reads JSON, its UTF-8 checked once and not once for each text: a tenth of a record's time.
pub(crate) fn read_json<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, serde_json::Error> {
    match std::str::from_utf8(body) {
        Ok(text) => serde_json::from_str(text),
        // For the error and its place.
        Err(_) => serde_json::from_slice(body),
    }
}

/// The error for a success whose JSON is not what the operation answers.
pub(crate) fn unreadable(
    operation: &str,
    error: &serde_json::Error,
    api: &Api,
    response: &Response<&[u8]>,
) -> Error {
    let detail = format!(
        "the answer is not understood: {}",
        describe_json_error(error)
    );
    received_error(ErrorKind::Unreadable, operation, detail, api, response)
}

/// An error that keeps the response.
pub(crate) fn received_error(
    kind: ErrorKind,
    operation: &str,
    detail: impl Into<std::borrow::Cow<'static, str>>,
    api: &Api,
    response: &Response<&[u8]>,
) -> Error {
    Error::new(kind, operation.to_owned(), detail).with_received(Received::new(api, response))
}
