//! One span for each call: operation, attempts, status, request id, duration, outcome, and no secret.

use sanspay_core::Error;
use sanspay_core::exchange::Report;
#[cfg(feature = "tracing")]
use sanspay_core::exchange::outcome_of;

#[cfg(feature = "tracing")]
pub(crate) struct Span(tracing::span::EnteredSpan);

#[cfg(feature = "tracing")]
impl Span {
    pub(crate) fn begin(operation: &str) -> Self {
        use tracing::field::Empty;
        let span = tracing::info_span!(
            "sanspay.call",
            operation,
            attempts = Empty,
            token_requests = Empty,
            status = Empty,
            request_id = Empty,
            elapsed_ms = Empty,
            outcome = Empty,
            error = Empty,
        );
        Self(span.entered())
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

    /// The end of a call that panics: what may have happened is said here, or
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
pub(crate) struct Span;

#[cfg(not(feature = "tracing"))]
#[allow(clippy::unused_self)] // The same calls as with the feature.
impl Span {
    pub(crate) fn begin(_operation: &str) -> Self {
        Self
    }

    pub(crate) fn end(&self, _report: &Report, _error: Option<&Error>) {}

    pub(crate) fn end_abandoned(&self, _report: &Report, _error: &Error) {}
}
