//! The response to one request of an operation, as a value that reads itself.

use std::borrow::Cow;
use std::fmt;

use http::{HeaderMap, Response, StatusCode};
use serde::Deserialize;

use super::api::Api;
use crate::error::{Error, ErrorBody, ErrorKind, Meaning, Received, TlsProblem};
use crate::json;

/// The most of a request id that is kept.
const KEPT_REQUEST_ID: usize = 128;

/// The response to one request of an operation, and what is needed to read it.
///
/// [`Endpoint::parse`](crate::Endpoint::parse) gets one. Every error that it makes keeps status,
/// request id and body. `Debug` shows operation and status; headers and body may hold anything.
///
/// ```
/// use sanspay_core::{Api, BaseUrl, ErrorKind, Reply};
/// let api = Api::new(BaseUrl::new("https://api.example.com")?);
/// let response = http::Response::new(r#"["USD","CNY"]"#);
/// let reply = Reply::new("list currencies", &api, &response);
/// assert_eq!(reply.json::<Vec<String>>()?, ["USD", "CNY"]);
/// let error = reply.json::<u32>().unwrap_err();
/// assert_eq!((error.kind(), error.operation()), (ErrorKind::Unreadable, "list currencies"));
/// # Ok::<(), sanspay_core::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Reply<'a> {
    operation: &'a str,
    api: &'a Api,
    status: StatusCode,
    headers: &'a HeaderMap,
    body: &'a [u8],
}

impl<'a> Reply<'a> {
    /// The response to a request of this operation.
    pub fn new(operation: &'a str, api: &'a Api, response: &'a Response<impl AsRef<[u8]>>) -> Self {
        Self {
            operation,
            api,
            status: response.status(),
            headers: response.headers(),
            body: response.body().as_ref(),
        }
    }

    /// The operation's name, as it stands in errors.
    pub fn operation(self) -> &'a str {
        self.operation
    }

    /// The API that the request was built from.
    pub fn api(self) -> &'a Api {
        self.api
    }

    /// The status.
    pub fn status(self) -> StatusCode {
        self.status
    }

    /// The headers.
    pub fn headers(self) -> &'a HeaderMap {
        self.headers
    }

    /// The body, whatever the status is.
    pub fn body(self) -> &'a [u8] {
        self.body
    }

    /// The server's id for the request, if it has the form of one.
    pub(crate) fn request_id(self) -> Option<&'a str> {
        let name = &self.api.wire().request_id_header;
        let text = self.headers.get(name)?.to_str().ok()?;
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        (visible && !text.is_empty() && text.len() <= KEPT_REQUEST_ID).then_some(text)
    }

    /// The same response with another status.
    pub(crate) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// Returns the body of a success (2xx).
    ///
    /// # Errors
    /// Every other status. What it means is in the error's kind and text.
    pub fn success(self) -> Result<&'a [u8], Error> {
        if self.status.is_success() {
            return Ok(self.body);
        }
        let received = self.received();
        if let Some(problem) = TlsProblem::in_answer(self.status, received.error_body()) {
            return Err(Error::of_tls(self.operation.to_owned(), problem).with_received(received));
        }
        let Meaning { kind, detail, .. } = Meaning::of(self.status);
        Err(Error::new(kind, self.operation.to_owned(), detail).with_received(received))
    }

    /// Reads the JSON of a success (2xx).
    ///
    /// # Errors
    /// Another status, or a body that is not the expected JSON.
    pub fn json<T: Deserialize<'a>>(self) -> Result<T, Error> {
        json::read(self.success()?).map_err(|error| self.unreadable(&error))
    }

    /// An error about this response; `detail` must be free of secrets and customer data, because
    /// it is printed.
    pub fn error(self, kind: ErrorKind, detail: impl Into<Cow<'static, str>>) -> Error {
        Error::new(kind, self.operation.to_owned(), detail).with_received(self.received())
    }

    /// The error for a success whose JSON is not what the operation answers.
    pub(crate) fn unreadable(self, error: &serde_json::Error) -> Error {
        let received = self.received();
        let detail = match received.error_body() {
            ErrorBody::Standard(_) => {
                "the server answers with an error and the status of a success".into()
            }
            _ => format!(
                "the answer is not understood: {}",
                json::describe_json_error(error)
            ),
        };
        let operation = self.operation.to_owned();
        Error::new(ErrorKind::Unreadable, operation, detail).with_received(received)
    }

    /// What an error keeps of the response.
    pub(crate) fn received(self) -> Received {
        let request_id = self.request_id().map(str::to_owned);
        let places = &self.api.wire().profile.tables().error;
        Received::new(self.status, self.headers, self.body, request_id, places)
    }
}

impl fmt::Debug for Reply<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("operation", &self.operation)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::retry_after;
    use crate::wire::BaseUrl;
    use std::time::{Duration, SystemTime};

    fn refused(body: &str, asks: &str) -> Error {
        let api = Api::new(BaseUrl::new("https://h.example").unwrap());
        let response = Response::builder().status(429).header("retry-after", asks);
        let response = response.body(body.as_bytes()).unwrap();
        let wait = retry_after(response.headers(), SystemTime::UNIX_EPOCH);
        let reply = Reply::new("probe", &api, &response);
        reply.success().unwrap_err().with_retry_after(wait)
    }

    #[test]
    fn a_clock_can_be_added_to_whatever_the_server_asks_for() {
        let year_9999 = "Fri, 31 Dec 9999 23:59:59 GMT";
        for asks in ["18446744073709551615", "99999999999999999999999", year_9999] {
            let wait = refused("", asks).retry_after().unwrap();
            assert_eq!(wait, Duration::from_secs(u32::MAX.into()), "{asks}");
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
            let reply = Reply::new("probe", &api, &response);
            let error = reply.success().unwrap_err();
            let meaning = Meaning::of(status);
            assert_eq!(error.is_transient(), meaning.transient, "{code}");
            assert_eq!(error.kind(), meaning.kind, "{code}");
        }
    }

    #[test]
    fn an_error_keeps_a_bounded_part_of_the_answer_and_nothing_beyond_it() {
        let long = format!(r#"{{"message":"{}"}}"#, "x".repeat(1 << 20));
        let error = refused(&long, "1");
        assert_eq!(error.body().unwrap().len(), 64 * 1024);
        let kept = error.api().and_then(crate::ApiError::message);
        assert!(kept.is_none_or(|text| text.len() <= 64 * 1024));
        let short = refused(r#"{"message":"m","code":"c"}"#, "1");
        assert_eq!(short.api().unwrap().message(), Some("m"));
    }
}
