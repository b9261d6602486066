//! What can go wrong on purpose: faults, the rules that say when, and what they do to an answer.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use http::{HeaderValue, Method, Request, Response, StatusCode, header};

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
/// use sanspay_core::sandbox::Fault;
/// let fault: Fault = "504 html executed".parse()?;
/// assert_eq!(fault.to_string(), "504 html executed");
/// # Ok::<(), sanspay_core::sandbox::FaultError>(())
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
pub struct FaultError(());

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

/// Which requests a fault befalls.
///
/// Rules are asked in the order in which they were given. Every latency that applies is added
/// up; of the other faults the first that applies is taken, and the rules behind it wait for
/// another request.
///
/// ```
/// use sanspay_core::sandbox::{Fault, FaultRule};
/// // The second and third payment of all are executed without an answer.
/// let rule = FaultRule::new(Fault::LostAnswer)
///     .method(http::Method::POST)
///     .path("/partner/payments")
///     .skip(1)
///     .times(2);
/// # let _ = rule;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultRule {
    fault: Fault,
    method: Option<Method>,
    path: Option<String>,
    skip: u32,
    times: u32,
}

impl FaultRule {
    /// Befalls the next request, whatever it is.
    pub fn new(fault: Fault) -> Self {
        Self {
            fault,
            method: None,
            path: None,
            skip: 0,
            times: 1,
        }
    }

    /// Only requests with this method.
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        self.method = Some(method);
        self
    }

    /// Only requests for this path; a `*` at its end stands for any rest.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Lets the first `skip` matching requests pass.
    #[must_use]
    pub fn skip(mut self, skip: u32) -> Self {
        self.skip = skip;
        self
    }

    /// Befalls so many requests, and then none any more; [`u32::MAX`] means always.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    fn matches(&self, request: &Request<Vec<u8>>) -> bool {
        let path = request.uri().path();
        let method_fits = self.method.as_ref().is_none_or(|m| m == request.method());
        let path_fits = self.path.as_ref().is_none_or(|want| {
            want.strip_suffix('*')
                .map_or(want == path, |prefix| path.starts_with(prefix))
        });
        method_fits && path_fits
    }

    /// Counts a matching request, and says whether the fault befalls it.
    fn befalls(&mut self) -> bool {
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        if self.times == u32::MAX {
            return true;
        }
        let befalls = self.times > 0;
        self.times = self.times.saturating_sub(1);
        befalls
    }
}

/// What befalls one request.
#[derive(Default)]
pub(super) struct Fate {
    pub(super) latency: Duration,
    pub(super) fault: Option<Fault>,
}

impl Fate {
    fn suffer(&mut self, fault: &Fault) {
        match fault {
            Fault::Latency(wait) => self.latency = self.latency.saturating_add(*wait),
            other => self.fault = Some(other.clone()),
        }
    }
}

/// The rules that still apply.
#[derive(Clone, Default)]
pub(super) struct Faults(Vec<FaultRule>);

impl Faults {
    pub(super) fn add(&mut self, rule: FaultRule) {
        self.0.push(rule);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// What befalls this request, by its own header and by the rules.
    ///
    /// # Errors
    /// When the header names a fault that there is none of.
    pub(super) fn meet(&mut self, request: &Request<Vec<u8>>) -> Result<Fate, FaultError> {
        let mut fate = Fate::default();
        for value in request.headers().get_all(FAULT_HEADER) {
            let text = value.to_str().map_err(|_| FaultError(()))?;
            for part in text.split(',') {
                fate.suffer(&part.parse()?);
            }
        }
        for rule in &mut self.0 {
            let taken = fate.fault.is_some() && !matches!(rule.fault, Fault::Latency(_));
            if !taken && rule.matches(request) && rule.befalls() {
                fate.suffer(&rule.fault);
            }
        }
        self.0.retain(|rule| rule.times > 0);
        Ok(fate)
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

    fn get(path: &str) -> Request<Vec<u8>> {
        Request::get(path).body(Vec::new()).unwrap()
    }

    fn faults_met(faults: &mut Faults, path: &str, requests: usize) -> Vec<String> {
        let met = |_| faults.meet(&get(path)).unwrap().fault;
        let name = |fault: Option<Fault>| fault.map_or("-".into(), |f| f.to_string());
        (0..requests).map(met).map(name).collect()
    }

    #[test]
    fn rules_queue_up_and_each_befalls_as_often_as_it_says() {
        let mut faults = Faults::default();
        faults.add(FaultRule::new(Fault::LostAnswer).skip(1).times(2));
        faults.add(FaultRule::new(Fault::Truncated).path("/a*").times(2));
        assert_eq!(
            faults_met(&mut faults, "/a/b", 6),
            [
                "truncated",
                "lost-answer",
                "lost-answer",
                "truncated",
                "-",
                "-"
            ]
        );
        assert_eq!(faults.len(), 0);
    }

    #[test]
    fn rules_leave_other_methods_and_paths_alone() {
        let mut faults = Faults::default();
        faults.add(FaultRule::new(Fault::Truncated).path("/a"));
        faults.add(FaultRule::new(Fault::Truncated).method(Method::POST));
        assert_eq!(faults_met(&mut faults, "/a/b", 2), ["-", "-"]);
        assert_eq!(faults_met(&mut faults, "/a", 2), ["truncated", "-"]);
    }

    #[test]
    fn a_header_faults_its_own_request_and_latencies_add_up() {
        let mut faults = Faults::default();
        faults.add(FaultRule::new(Fault::Latency(Duration::from_millis(5))).times(u32::MAX));
        let mut request = get("/");
        let value = HeaderValue::from_static("latency=250, 503 html");
        request.headers_mut().insert(FAULT_HEADER, value);
        let fate = faults.meet(&request).unwrap();
        assert_eq!(fate.latency, Duration::from_millis(255));
        assert_eq!(fate.fault.unwrap().to_string(), "503 html");
        request
            .headers_mut()
            .insert(FAULT_HEADER, HeaderValue::from_static("5o3"));
        assert!(faults.meet(&request).is_err());
    }

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
