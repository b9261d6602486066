//! Turns a received response into a value, or into the error that keeps all of it.

use std::fmt;
use std::time::{Duration, SystemTime};

use http::{HeaderMap, Response, StatusCode, header};
use serde_core::{Deserialize, de};
use serde_json::value::RawValue;

use crate::api::Api;
use crate::ascii::is_visible;
use crate::error::{Error, ErrorBody, ErrorKind, TlsProblem, describe_json_error};
use crate::status_table::{self, Meaning};

/// The most of a body that an error keeps.
const KEPT_BODY: usize = 64 * 1024;

/// The longest `Retry-After` that is told, 136 years: a clock can be added to it without harm.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(u32::MAX as u64);

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
        let body = body.get(..KEPT_BODY).unwrap_or(body);
        Self {
            status: response.status(),
            request_id: request_id(api, response.headers()),
            retry_after: retry_after_seconds(response.headers()),
            body: body.to_vec(),
            error_body: if response.status().is_success() {
                ErrorBody::in_success(body)
            } else {
                ErrorBody::read(body)
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

/// The server's id for the request, if it has the form of one.
pub(crate) fn request_id(api: &Api, headers: &HeaderMap) -> Option<String> {
    let text = headers.get(&api.wire().request_id_header)?.to_str().ok()?;
    let fine = !text.is_empty() && text.len() <= KEPT_REQUEST_ID && is_visible(text.as_bytes());
    fine.then(|| text.to_owned())
}

fn retry_after_seconds(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    // More digits than fit mean "practically never", not "now".
    let wait = || {
        text.parse()
            .map_or(LONGEST_RETRY_AFTER, Duration::from_secs)
    };
    digits.then(|| wait().min(LONGEST_RETRY_AFTER))
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
    let received = Received::new(api, response);
    if let Some(problem) = TlsProblem::in_answer(status, received.error_body()) {
        return Err(Error::of_tls(operation.to_owned(), problem).with_received(received));
    }
    let Meaning { kind, detail, .. } = status_table::meaning(status);
    Err(Error::new(kind, operation.to_owned(), detail).with_received(received))
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
    serde_json::from_str(json_text(body)?)
}

/// The text of a body, without the mark that some servers write before it (U+FEFF). Whatever is
/// read is read from text: every other source would compile the readers of all types once more.
pub(crate) fn json_text(body: &[u8]) -> Result<&str, serde_json::Error> {
    let text = std::str::from_utf8(body);
    let text = text.map(|text| text.strip_prefix('\u{feff}').unwrap_or(text));
    text.map_err(|_| {
        // Says where.
        let error = serde_json::from_slice::<&RawValue>(body).err();
        error.unwrap_or_else(|| de::Error::custom("not UTF-8"))
    })
}

/// The error for a success whose JSON is not what the operation answers.
pub(crate) fn unreadable(
    operation: &str,
    error: &serde_json::Error,
    api: &Api,
    response: &Response<&[u8]>,
) -> Error {
    let received = Received::new(api, response);
    let detail = match received.error_body() {
        ErrorBody::Standard(_) => {
            "the server answers with an error and the status of a success".into()
        }
        _ => format!(
            "the answer is not understood: {}",
            describe_json_error(error)
        ),
    };
    Error::new(ErrorKind::Unreadable, operation.to_owned(), detail).with_received(received)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base_url::BaseUrl;

    fn refused(body: &str, asks: &str) -> Error {
        let api = Api::new(BaseUrl::new("https://h.example").unwrap());
        let response = Response::builder().status(429).header("retry-after", asks);
        let response = response.body(body.as_bytes()).unwrap();
        let wait = retry_after(response.headers(), SystemTime::UNIX_EPOCH);
        let error = success("probe", &api, &response).unwrap_err();
        error.with_retry_after(wait)
    }

    #[test]
    fn a_clock_can_be_added_to_whatever_the_server_asks_for() {
        let year_9999 = "Fri, 31 Dec 9999 23:59:59 GMT";
        for asks in ["18446744073709551615", "99999999999999999999999", year_9999] {
            let wait = refused("", asks).retry_after().unwrap();
            assert_eq!(wait, LONGEST_RETRY_AFTER, "{asks}");
            assert!(SystemTime::UNIX_EPOCH.checked_add(wait).is_some());
        }
        for asks in ["", "-1", "1.5", "soon", "Fri, 31 Dec 99999 23:59:59 GMT"] {
            assert_eq!(refused("", asks).retry_after(), None, "{asks}");
        }
    }

    #[test]
    fn whether_a_later_try_may_succeed_is_read_from_the_table() {
        let api = Api::new(BaseUrl::new("https://h.example").unwrap());
        for code in (100..1000).filter(|code| !(200..300).contains(code)) {
            let status = StatusCode::from_u16(code).unwrap();
            let mut response = Response::new(&b""[..]);
            *response.status_mut() = status;
            let error = success("probe", &api, &response).unwrap_err();
            let meaning = status_table::meaning(status);
            assert_eq!(error.is_transient(), meaning.transient, "{code}");
            assert_eq!(error.kind(), meaning.kind, "{code}");
        }
    }

    #[test]
    fn a_body_that_is_not_utf_8_is_refused_with_the_place() {
        for (body, column) in [(&b"{\"a\":\"\xff\"}"[..], 7), (b"[0]\xff", 4)] {
            let error = read_json::<serde_core::de::IgnoredAny>(body).unwrap_err();
            assert_eq!((error.line(), error.column()), (1, column), "{error}");
        }
    }

    #[test]
    fn an_error_keeps_a_bounded_part_of_the_answer_and_nothing_beyond_it() {
        let long = format!(r#"{{"message":"{}"}}"#, "x".repeat(1 << 20));
        let error = refused(&long, "1");
        assert_eq!(error.body().unwrap().len(), KEPT_BODY);
        let kept = error.api().and_then(crate::ApiError::message);
        assert!(kept.is_none_or(|text| text.len() <= KEPT_BODY));
        let short = refused(r#"{"message":"m","code":"c"}"#, "1");
        assert_eq!(short.api().unwrap().message(), Some("m"));
    }
}
