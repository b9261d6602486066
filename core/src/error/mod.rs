//! One error for every operation: what happened, whether it is safe to try again, what to do next.

mod api;
mod problem;
mod received;
mod status_table;
mod tls;
mod unknown;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::StatusCode;

pub(crate) use api::printable_name;
pub use api::{ApiError, ErrorBody};
pub use problem::{Problem, Problems};
pub(crate) use received::{Received, retry_after};
pub(crate) use status_table::Meaning;
pub use tls::{CertificateValidity, TlsProblem};
pub use unknown::Intent;
pub use unknown::UnknownOutcome;

use crate::partner::Mismatch;

/// What went wrong, in terms that a program can act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The input was refused before anything was sent; [`Error::problems`] lists every reason.
    Invalid,
    /// No connection was made, so the server saw nothing.
    NotSent,
    /// TLS or a certificate stands in the way, and [`Error::tls`] says which. Where it came after
    /// the handshake, the operation may have been executed: see [`Error::outcome_unknown`].
    Tls,
    /// The request may have reached the server and no complete answer came back.
    Lost,
    /// The deadline of the call passed.
    Deadline,
    /// The server refused the credentials or the token (401).
    Unauthorized,
    /// The server knows who asks and forbids it (403).
    Forbidden,
    /// There is no such record or route (404).
    NotFound,
    /// The request contradicts what the server already holds (409), such as a used reference.
    Conflict,
    /// The server refused the request for another reason (most other 4xx).
    Refused,
    /// Too many requests (429); [`Error::retry_after`] may say how long to wait.
    RateLimited,
    /// The server failed or did not answer in time (408, 5xx, and what proxies say in its place).
    Server,
    /// An answer came and is not what the operation's answer looks like.
    Unreadable,
    /// An answer came and contradicts what was asked for: [`Error::mismatch`] has the record and
    /// [`Error::problems`] every difference.
    Mismatch,
    /// The answer is longer than the configured limit.
    TooLarge,
    /// The pages of a list contradict each other, so that reading on would never end or skip.
    Paging,
    /// The API was used against its documentation, such as polling a finished exchange.
    Misuse,
}

/// The error of every operation.
///
/// `Display` is made for a log line: operation, what happened, status, machine code and refused
/// field names, request id, and what to do next. Texts that the server wrote may repeat what you
/// sent, customer data included, so they are never in `Display` or `Debug`; they are reachable
/// through [`body`](Error::body) and [`api`](Error::api).
///
/// ```
/// use sanspay_core::{Credentials, ErrorKind};
/// let error = Credentials::new("", "").unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Invalid);
/// assert_eq!(error.problems().len(), 2);
/// assert!(error.safe_to_retry() && !error.is_transient());
/// ```
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    operation: Cow<'static, str>,
    detail: Cow<'static, str>,
    problems: Vec<Problem>,
    tls: Option<TlsProblem>,
    mismatch: Option<Mismatch>,
    received: Option<Received>,
    attempts: u32,
    unknown: Option<UnknownOutcome>,
    outcome_unknown: bool,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of the given kind; `detail` must be free of secrets and customer data, because
    /// it is printed.
    pub fn new(
        kind: ErrorKind,
        operation: impl Into<Cow<'static, str>>,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::of(kind, operation.into(), detail.into())
    }

    fn of(kind: ErrorKind, operation: Cow<'static, str>, detail: Cow<'static, str>) -> Self {
        Self(Box::new(Inner {
            kind,
            operation,
            detail,
            problems: Vec::new(),
            tls: None,
            mismatch: None,
            received: None,
            attempts: 0,
            unknown: None,
            outcome_unknown: false,
            source: None,
        }))
    }

    /// Attaches the error that caused this one.
    #[must_use]
    pub fn with_source(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.0.source = Some(Arc::from(source.into()));
        self
    }

    /// Says which part of TLS is to blame.
    #[must_use]
    pub fn with_tls(mut self, problem: TlsProblem) -> Self {
        self.0.tls = Some(problem);
        self
    }

    /// The error of a connection that failed for reasons of TLS.
    pub(crate) fn of_tls(operation: impl Into<Cow<'static, str>>, problem: TlsProblem) -> Self {
        Self::new(ErrorKind::Tls, operation, problem.to_string()).with_tls(problem)
    }

    /// Looks again at a refused client certificate whose dates are known.
    pub(crate) fn given_certificate(
        mut self,
        sent: Option<CertificateValidity>,
        now: SystemTime,
    ) -> Self {
        if let (Some(sent), Some(problem)) = (sent, self.0.tls) {
            let problem = problem.given(sent, now);
            self.0.detail = problem.to_string().into();
            self.0.tls = Some(problem);
        }
        self
    }

    pub(crate) fn with_problems(mut self, problems: Vec<Problem>) -> Self {
        self.0.problems = problems;
        self
    }

    pub(crate) fn with_mismatch(mut self, mismatch: Mismatch) -> Self {
        self.0.problems = mismatch.differences().to_vec();
        self.0.mismatch = Some(mismatch);
        self
    }

    pub(crate) fn with_received(mut self, received: Received) -> Self {
        self.0.received = Some(received);
        self
    }

    pub(crate) fn with_retry_after(mut self, wait: Option<Duration>) -> Self {
        if let Some(received) = &mut self.0.received {
            received.set_retry_after(wait);
        }
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// Marks the outcome as unknown; `unknown` says how to find out, where that is possible.
    pub(crate) fn with_outcome_unknown(mut self, unknown: Option<UnknownOutcome>) -> Self {
        self.0.outcome_unknown = true;
        self.0.unknown = unknown;
        self
    }

    /// The same failure as seen by another operation that depended on it, such as a payment that
    /// waited for a token.
    pub(crate) fn seen_by(&self, operation: impl Into<Cow<'static, str>>) -> Self {
        let mut inner = (*self.0).clone();
        // A token route that is not found must not pass for a payment that is not found.
        if matches!(inner.kind, ErrorKind::NotFound | ErrorKind::Conflict) {
            inner.kind = ErrorKind::Refused;
        }
        inner.detail = format!("{}: {}", inner.operation, inner.detail).into();
        inner.operation = operation.into();
        Self(Box::new(inner))
    }

    /// What went wrong, for a program.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The operation that failed, such as `create payment`.
    pub fn operation(&self) -> &str {
        &self.0.operation
    }

    /// What happened, without operation and advice.
    pub(crate) fn detail(&self) -> &str {
        &self.0.detail
    }

    /// The HTTP status, where an answer came.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.received.as_ref().map(Received::status)
    }

    /// The server's id for the request (grade A: header `X-Request-Id`); quote it to support.
    pub fn request_id(&self) -> Option<&str> {
        self.0.received.as_ref().and_then(Received::request_id)
    }

    /// The body as received, up to its first 64 KiB. It may hold customer data.
    pub fn body(&self) -> Option<&[u8]> {
        self.0.received.as_ref().map(Received::body)
    }

    /// The body as far as it is understood; `None` where no answer came.
    pub fn error_body(&self) -> Option<&ErrorBody> {
        self.0.received.as_ref().map(Received::error_body)
    }

    /// The server's own error, where the body is one (grade A: `message`, `code`, `errors`).
    pub fn api(&self) -> Option<&ApiError> {
        match self.error_body()? {
            ErrorBody::Standard(api) => Some(api),
            _ => None,
        }
    }

    /// What is wrong with TLS or a certificate, where that is the cause.
    pub fn tls(&self) -> Option<TlsProblem> {
        self.0.tls
    }

    /// The record that is not what was asked for, and how it differs.
    pub fn mismatch(&self) -> Option<&Mismatch> {
        self.0.mismatch.as_ref()
    }

    /// How long the server asks to wait, where it says so.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.received.as_ref().and_then(Received::retry_after)
    }

    /// Every reason for which the input was refused, or every difference of a
    /// [`mismatch`](Error::mismatch).
    pub fn problems(&self) -> &[Problem] {
        &self.0.problems
    }

    /// How many times the request was sent, or tried to be sent.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Whether the operation may have been executed although this error came back. Do not repeat
    /// it; find out first, see [`unknown`](Error::unknown).
    pub fn outcome_unknown(&self) -> bool {
        self.0.outcome_unknown
    }

    /// What is needed to find out whether the operation was executed; persist it if the process
    /// may end before that. `None` unless [`outcome_unknown`](Error::outcome_unknown) and the
    /// operation carries a reference.
    pub fn unknown(&self) -> Option<&UnknownOutcome> {
        self.0.unknown.as_ref()
    }

    /// Whether calling again cannot execute anything twice.
    pub fn safe_to_retry(&self) -> bool {
        !self.outcome_unknown()
    }

    /// Whether a record of this reference may exist: some checks for unique ones answer 422.
    pub(crate) fn may_exist_already(&self) -> bool {
        match self.kind() {
            ErrorKind::Conflict => true,
            ErrorKind::Refused => self.api().is_some_and(ApiError::names_the_reference),
            _ => false,
        }
    }

    /// Whether the same call, made again later without a change on your side, may succeed and
    /// cannot execute anything twice: what a retry loop of yours asks.
    pub fn is_transient(&self) -> bool {
        use ErrorKind as K;
        let passes = match self.status() {
            Some(status) if !status.is_success() => Meaning::of(status).transient,
            _ => matches!(self.kind(), K::NotSent | K::Lost | K::Deadline),
        };
        passes && self.safe_to_retry()
    }

    /// What to do next, in one sentence. Where the outcome is unknown it is how to find out; what to
    /// do about a problem of TLS is then said by [`TlsProblem::advice`].
    pub fn advice(&self) -> &'static str {
        use ErrorKind as K;
        if self.outcome_unknown() {
            return "it may have been executed: do not repeat it, look it up by its reference first";
        }
        if let Some(problem) = self.tls() {
            return problem.advice();
        }
        match self.kind() {
            K::Invalid => "nothing was sent: correct the input",
            K::NotSent => "nothing was executed: check address and network, then try again",
            K::Lost | K::Server | K::Deadline => "safe to try again later",
            K::RateLimited => "nothing was executed: wait before trying again",
            K::Unauthorized => "nothing was executed: check key id and key secret",
            K::Forbidden => "nothing was executed: ask the provider for the permission",
            K::NotFound => "check the id, the base URL and the route",
            _ if self.may_exist_already() => {
                "look up the record of this reference before sending again"
            }
            K::Refused | K::Conflict => {
                "nothing was executed: correct the request before sending it again"
            }
            K::Unreadable => "compare the kept body with the documented answer",
            K::Mismatch => "compare the kept record with what was asked for",
            K::TooLarge => "ask for less, or raise the limit of the body",
            K::Paging => "the list is incomplete: narrow the filter or report it to the provider",
            K::Tls => "nothing was executed: check certificates and TLS settings",
            K::Misuse => "correct the calling code",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        write!(f, "{}: {}", inner.operation, inner.detail)?;
        for (index, problem) in inner.problems.iter().enumerate() {
            write!(f, "{}{problem}", if index == 0 { ": " } else { "; " })?;
        }
        if let Some(received) = &inner.received {
            write!(f, " ({})", received.summary())?;
        }
        if inner.attempts > 1 {
            write!(f, " after {} attempts", inner.attempts)?;
        }
        write!(f, "; {}", self.advice())?;
        match self.tls() {
            // How to find out comes first, and what to fix is needed as well.
            Some(problem) if self.outcome_unknown() => write!(f, "; {}", problem.advice()),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        f.debug_struct("Error")
            .field("kind", &inner.kind)
            .field("operation", &inner.operation)
            .field("detail", &inner.detail)
            .field("problems", &inner.problems)
            .field("tls", &inner.tls)
            .field("received", &inner.received)
            .field("attempts", &inner.attempts)
            .field("outcome_unknown", &inner.outcome_unknown)
            .field("source", &inner.source)
            .finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0
            .source
            .as_ref()
            .map(|source| &**source as &(dyn std::error::Error + 'static))
    }
}
