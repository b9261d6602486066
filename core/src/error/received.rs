//! What an error keeps of the response.

use std::fmt;
use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode, header};

use super::ErrorBody;
use crate::profile::Places;

/// The most of a body that an error keeps.
const KEPT_BODY: usize = 64 * 1024;

/// The longest `Retry-After` that is told, 136 years: a clock can be added to it without harm.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(u32::MAX as u64);

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
    pub(crate) fn new(
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
        request_id: Option<String>,
        places: &Places,
    ) -> Self {
        let body = body.get(..KEPT_BODY).unwrap_or(body);
        Self {
            status,
            request_id,
            retry_after: retry_after_seconds(headers),
            body: body.to_vec(),
            error_body: if status.is_success() {
                ErrorBody::in_success(body, places)
            } else {
                ErrorBody::read(body, places)
            },
        }
    }

    /// Forgets the body: for an answer that may hold a token. The server's own error is kept, which
    /// is in no answer that holds a token.
    pub(crate) fn without_body(mut self) -> Self {
        self.body = Vec::new();
        if !matches!(self.error_body, ErrorBody::Standard(_)) {
            self.error_body = ErrorBody::Empty;
        }
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
        match &self.error_body {
            // What is in a success is no error, unless it says so.
            ErrorBody::Standard(_) => {}
            _ if self.status.is_success() => return format!("status {status}{id}"),
            _ => {}
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

fn retry_after_seconds(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    // More digits than fit mean "practically never", not "now".
    digits.then(|| {
        // Digits that do not fit are very long.
        let wait = text
            .parse()
            .map_or(LONGEST_RETRY_AFTER, Duration::from_secs);
        wait.min(LONGEST_RETRY_AFTER)
    })
}

/// `Retry-After` in either of its two forms (RFC 9110, 10.2.3); a date in the past is zero.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    retry_after_seconds(headers).or_else(|| {
        let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
        let date = httpdate::parse_http_date(text.trim()).ok()?;
        let wait = date.duration_since(now).unwrap_or_default();
        Some(wait.min(LONGEST_RETRY_AFTER))
    })
}
