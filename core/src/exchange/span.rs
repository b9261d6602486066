//! One span for each call: operation, attempts, status, request id, duration, outcome, and no secret.

use super::step::Report;
#[cfg(feature = "tracing")]
use super::step::outcome_of;
use crate::error::Error;

/// The span of a call. Without feature `tracing` it does nothing.
#[cfg(feature = "tracing")]
#[derive(Debug, Clone)]
pub struct Span(tracing::Span);

#[cfg(feature = "tracing")]
impl Span {
    pub(super) fn new(operation: &str) -> Self {
        use tracing::field::Empty;
        Self(tracing::info_span!(
            "sanspay.call",
            operation,
            attempts = Empty,
            token_requests = Empty,
            status = Empty,
            request_id = Empty,
            elapsed_ms = Empty,
            outcome = Empty,
            error = Empty,
        ))
    }

    /// Enters the span until the returned guard is dropped.
    pub fn enter(&self) -> impl Sized + use<> {
        self.0.clone().entered()
    }

    /// Enters the span whenever the future is polled.
    pub fn instrument<F: Future>(&self, future: F) -> impl Future<Output = F::Output> {
        tracing::Instrument::instrument(future, self.0.clone())
    }

    pub(super) fn end(&self, report: &Report, error: Option<&Error>) {
        let span = &self.0;
        span.record("attempts", report.attempts);
        span.record("token_requests", report.token_requests);
        span.record("status", report.status.map(|status| status.as_u16()));
        span.record("request_id", report.request_id.as_deref());
        span.record("elapsed_ms", u64::try_from(report.elapsed.as_millis()).ok());
        span.record("outcome", outcome_of(error));
        span.record("error", error.map(tracing::field::display));
    }

    /// Nobody takes the error of this call: what may have happened is said here, or nowhere.
    pub(super) fn warn_where_unknown(&self, error: &Error) {
        if error.outcome_unknown() {
            let (operation, outcome) = (error.operation(), outcome_of(Some(error)));
            tracing::warn!(parent: &self.0, operation, outcome, "{error}");
        }
    }
}

/// The span of a call. Without feature `tracing` it does nothing.
#[cfg(not(feature = "tracing"))]
#[derive(Debug, Clone)]
pub struct Span;

#[cfg(not(feature = "tracing"))]
#[allow(clippy::unused_self)] // The same calls as with the feature.
impl Span {
    pub(super) fn new(_operation: &str) -> Self {
        Self
    }

    /// Enters the span until the returned guard is dropped.
    pub fn enter(&self) -> impl Sized + use<> {}

    /// Enters the span whenever the future is polled.
    pub fn instrument<F: Future>(&self, future: F) -> impl Future<Output = F::Output> {
        future
    }

    pub(super) fn end(&self, _report: &Report, _error: Option<&Error>) {}

    pub(super) fn warn_where_unknown(&self, _error: &Error) {}
}
