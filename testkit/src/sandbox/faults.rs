//! What can go wrong on purpose, and what it does to an answer.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use http::{HeaderValue, Response, StatusCode, header};

use super::answer;
use super::clock::later;

/// The request header that switches faults on for this one request: see [`Fault`] for its texts,
/// of which it takes several with commas between.
pub const FAULT_HEADER: &str = "x-sandbox-fault";

/// One thing that goes wrong with a request.
///
/// It is read from a text, in the header [`FAULT_HEADER`] and over the control route alike:
///
/// | text | fault |
/// |---|---|
/// | `401`, `429`, `503` … | that status with a JSON error, and the request is not executed |
/// | `502 html` | the same with NGINX's own HTML page |
/// | `504 html executed` | the request is executed, and the status is answered all the same |
/// | `429 retry-after=30` | with `Retry-After: 30`; goes with every status |
/// | `429 retry-after-date=30` | with `Retry-After` as an HTTP date 30 seconds ahead |
/// | `truncated` | executed; the body ends in the middle, and the answer claims to be whole |
/// | `broken-off` | executed; the connection breaks in the middle of the body |
/// | `lost-answer` | executed; no answer ever comes |
/// | `lost-request` | sent and not executed; no answer ever comes |
/// | `not-connected` | no connection: not one byte reaches the server |
/// | `latency=250` | the answer takes 250 milliseconds; goes with every other fault |
///
/// ```
/// use sanspay_testkit::sandbox::Fault;
/// let fault: Fault = "504 html executed".parse()?;
/// assert_eq!(fault.to_string(), "504 html executed");
/// # Ok::<(), sanspay_testkit::sandbox::FaultError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// An error status in place of the answer.
    Status(StatusFault),
    /// Executed; half of the body arrives and looks like all of it.
    Truncated,
    /// Executed; half of the body arrives, and then the connection breaks.
    BrokenOff,
    /// Executed; nothing arrives.
    LostAnswer,
    /// Not executed; nothing arrives, and the sender cannot tell.
    LostRequest,
    /// Not executed, and the sender knows.
    NotConnected,
    /// The answer takes so long, beside whatever else happens.
    Latency(Duration),
}

/// An error status in place of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatusFault {
    /// From 400 to 599.
    pub status: StatusCode,
    /// NGINX's HTML page instead of a JSON error.
    pub html: bool,
    /// Whether the request is executed all the same.
    pub executed: bool,
    /// The `Retry-After` header.
    pub retry_after: Option<RetryAfter>,
}

impl StatusFault {
    /// A JSON error; the request is not executed.
    pub fn new(status: StatusCode) -> Self {
        Self {
            status,
            html: false,
            executed: false,
            retry_after: None,
        }
    }

    pub(super) fn response(&self, now: SystemTime) -> Response<Vec<u8>> {
        let mut response = if self.html {
            answer::nginx(self.status)
        } else {
            let (code, message) = match self.status.as_u16() {
                401 => ("token_invalid", "The access token is not valid."),
                429 => ("rate_limited", "Too many requests."),
                400..=499 => ("refused", "The request was refused."),
                _ => ("server_error", "The server failed."),
            };
            answer::error(self.status, code, message)
        };
        if let Some(value) = self.retry_after.and_then(|after| after.header(now)) {
            response.headers_mut().insert(header::RETRY_AFTER, value);
        }
        response
    }
}

/// The first second that an HTTP date cannot write.
const YEAR_10000: u64 = 253_402_300_800;

/// The two forms of `Retry-After` (RFC 9110, 10.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfter {
    /// A number of seconds.
    Seconds(u32),
    /// An HTTP date so many seconds ahead.
    DateAhead(u32),
}

impl RetryAfter {
    fn header(self, now: SystemTime) -> Option<HeaderValue> {
        match self {
            Self::Seconds(seconds) => Some(HeaderValue::from(seconds)),
            Self::DateAhead(seconds) => {
                let date = later(now, Duration::from_secs(seconds.into()));
                // `httpdate` panics outside the years that it can write.
                let since = date.duration_since(SystemTime::UNIX_EPOCH).ok()?;
                (since.as_secs() < YEAR_10000)
                    .then(|| HeaderValue::try_from(httpdate::fmt_http_date(date)).ok())?
            }
        }
    }
}

/// The text names no fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaultError(pub(super) ());

impl fmt::Display for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a fault such as `503 html`, `lost-answer` or `latency=250`")
    }
}

impl std::error::Error for FaultError {}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let mut words = text.split_ascii_whitespace();
        let first = words.next().ok_or(FaultError(()))?;
        let fault = match first {
            "truncated" => Self::Truncated,
            "broken-off" => Self::BrokenOff,
            "lost-answer" => Self::LostAnswer,
            "lost-request" => Self::LostRequest,
            "not-connected" => Self::NotConnected,
            other => match other.strip_prefix("latency=") {
                Some(millis) => Self::Latency(Duration::from_millis(number(millis)?.into())),
                None => return status_fault(other, words).map(Self::Status),
            },
        };
        words
            .next()
            .is_none()
            .then_some(fault)
            .ok_or(FaultError(()))
    }
}

fn number(text: &str) -> Result<u32, FaultError> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let number = digits.then(|| text.parse().ok()).flatten();
    number.ok_or(FaultError(()))
}

fn status_fault<'a>(
    status: &str,
    words: impl Iterator<Item = &'a str>,
) -> Result<StatusFault, FaultError> {
    let status = StatusCode::from_bytes(status.as_bytes()).map_err(|_| FaultError(()))?;
    if !status.is_client_error() && !status.is_server_error() {
        return Err(FaultError(()));
    }
    let mut fault = StatusFault::new(status);
    for word in words {
        match word.split_once('=') {
            None if word == "html" => fault.html = true,
            None if word == "executed" => fault.executed = true,
            Some(("retry-after", n)) => fault.retry_after = Some(RetryAfter::Seconds(number(n)?)),
            Some(("retry-after-date", n)) => {
                fault.retry_after = Some(RetryAfter::DateAhead(number(n)?));
            }
            _ => return Err(FaultError(())),
        }
    }
    Ok(fault)
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(fault) => fault.fmt(f),
            Self::Truncated => f.write_str("truncated"),
            Self::BrokenOff => f.write_str("broken-off"),
            Self::LostAnswer => f.write_str("lost-answer"),
            Self::LostRequest => f.write_str("lost-request"),
            Self::NotConnected => f.write_str("not-connected"),
            Self::Latency(wait) => write!(f, "latency={}", wait.as_millis()),
        }
    }
}

impl fmt::Display for StatusFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status.as_u16())?;
        f.write_str(if self.html { " html" } else { "" })?;
        f.write_str(if self.executed { " executed" } else { "" })?;
        match self.retry_after {
            None => Ok(()),
            Some(RetryAfter::Seconds(n)) => write!(f, " retry-after={n}"),
            Some(RetryAfter::DateAhead(n)) => write!(f, " retry-after-date={n}"),
        }
    }
}

/// The first half of an answer.
pub(super) fn first_half(mut response: Response<Vec<u8>>) -> Response<Vec<u8>> {
    let half = response.body().len() / 2;
    response.body_mut().truncate(half);
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn retry_after_comes_in_both_forms() {
        let header = |text: &str| {
            let Fault::Status(fault) = text.parse().unwrap() else {
                panic!("{text}")
            };
            let response = fault.response(SystemTime::UNIX_EPOCH);
            response.headers()[header::RETRY_AFTER]
                .to_str()
                .unwrap()
                .to_owned()
        };
        assert_eq!(header("429 retry-after=30"), "30");
        assert_eq!(
            header("503 html retry-after-date=90"),
            "Thu, 01 Jan 1970 00:01:30 GMT"
        );
    }

    proptest! {
        #[test]
        fn any_text_is_a_fault_that_prints_the_same_or_none(
            text in "(200|401|503|truncated|latency=[0-9]{1,4}|[a-z]{3})( (html|executed|retry-after=[0-9]{1,3}|x))?"
        ) {
            if let Ok(fault) = text.parse::<Fault>() {
                prop_assert_eq!(fault.to_string().parse::<Fault>(), Ok(fault));
            } else {
                prop_assert!(text.starts_with("200") || text.contains('x') || text.contains(' ') || text.len() == 3);
            }
        }
    }
}
