//! One span for each call: operation, attempts, status, request id, duration, outcome, and no secret.

use sanspay_core::Error;
use sanspay_core::exchange::Report;
#[cfg(feature = "tracing")]
use sanspay_core::exchange::outcome_of;

#[cfg(feature = "tracing")]
#[derive(Clone)]
pub(crate) struct Span(tracing::Span);

#[cfg(feature = "tracing")]
impl Span {
    pub(crate) fn new(operation: &str) -> Self {
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

    pub(crate) fn around<F: Future>(&self, future: F) -> impl Future<Output = F::Output> {
        tracing::Instrument::instrument(future, self.0.clone())
    }

    pub(crate) fn end(&self, report: &Report, error: Option<&Error>) {
        let span = &self.0;
        span.record("attempts", report.attempts);
        span.record("token_requests", report.token_requests);
        span.record("status", report.status.map(|status| status.as_u16()));
        span.record("request_id", report.request_id.as_deref());
        span.record("elapsed_ms", u64::try_from(report.elapsed.as_millis()).ok());
        span.record("outcome", outcome_of(error));
        span.record("error", error.map(tracing::field::display));
    }

    /// The end of a call that nobody waits for any more: what may have happened is said here, or
    /// nowhere.
    pub(crate) fn end_abandoned(&self, report: &Report, error: &Error) {
        self.end(report, Some(error));
        if error.outcome_unknown() {
            let operation = error.operation();
            tracing::warn!(
                parent: &self.0,
                operation,
                outcome = outcome_of(Some(error)),
                "{error}"
            );
        }
    }
}

#[cfg(not(feature = "tracing"))]
#[derive(Clone)]
pub(crate) struct Span;

#[cfg(not(feature = "tracing"))]
#[allow(clippy::unused_self)] // The same calls as with the feature.
impl Span {
    pub(crate) fn new(_operation: &str) -> Self {
        Self
    }

    pub(crate) fn around<F: Future>(&self, future: F) -> impl Future<Output = F::Output> {
        future
    }

    pub(crate) fn end(&self, _report: &Report, _error: Option<&Error>) {}

    pub(crate) fn end_abandoned(&self, _report: &Report, _error: &Error) {}
}
