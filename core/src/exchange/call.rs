//! A call as a client holds it: an exchange, its clock and its span, which is closed also where
//! nobody drives the call to its end.

use std::fmt;
use std::sync::Arc;

use http::Response;

use super::span::Span;
use super::{Exchange, Report, Step};
use crate::clock::Clock;
use crate::durable::{StoreAnswer, StoreError};
use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind};
use crate::transport::TransportError;

/// An exchange that a client drives by its clock, with one span (feature `tracing`). Dropped before
/// its end, it is [abandoned](Exchange::abandon), and the span says what is known by then.
///
/// It is for the client of another runtime; a loop of your own drives an [`Exchange`].
///
/// ```
/// use std::sync::Arc;
/// use std::time::SystemTime;
/// use sanspay_core::exchange::Call;
/// use sanspay_core::partner::ListPayments;
/// use sanspay_core::{Clock, NotSent, SessionBuilder, Step, TransportError};
///
/// struct System;
/// impl Clock for System {
///     fn now(&self) -> SystemTime {
///         SystemTime::now()
///     }
/// }
///
/// let session = SessionBuilder::new(1)
///     .base_url("https://api.example.com")
///     .credentials("key-id", "key-secret")
///     .retry(sanspay_core::RetryPolicy::never())
///     .build()?;
/// let mut call = Call::new(session.exchange(ListPayments::new()), Arc::new(System));
/// let Step::Send(_request) = call.poll() else { unreachable!() };
/// call.reply(Err(TransportError::not_sent(NotSent::proven(), "no network here")));
/// let Step::Done(Err(error)) = call.poll() else { unreachable!() };
/// assert!(!error.outcome_unknown());
/// # Ok::<(), sanspay_core::Error>(())
/// ```
pub struct Call<E: Endpoint> {
    exchange: Exchange<E>,
    clock: Arc<dyn Clock>,
    /// From the first look at it on, so that a call that never began leaves no trace.
    span: Option<Span>,
    is_over: bool,
}

impl<E: Endpoint> Call<E> {
    /// A call that has not begun.
    pub fn new(exchange: Exchange<E>, clock: Arc<dyn Clock>) -> Self {
        Self {
            exchange,
            clock,
            span: None,
            is_over: false,
        }
    }

    /// The call's span, which begins with the first call of this. Drive the call within it.
    pub fn span(&mut self) -> Span {
        let operation = self.exchange.endpoint().operation();
        self.span
            .get_or_insert_with(|| Span::new(operation))
            .clone()
    }

    /// Says what to do next; see [`Exchange::poll`].
    pub fn poll(&mut self) -> Step<E::Output> {
        let step = self.exchange.poll(self.clock.now());
        if let Step::Done(result) = &step {
            self.close(result.as_ref().err());
        }
        step
    }

    /// Takes what came of a request; see [`Exchange::reply`].
    pub fn reply(&mut self, outcome: Result<Response<Vec<u8>>, TransportError>) {
        self.exchange.reply(self.clock.now(), outcome);
    }

    /// Takes what the store answered; see [`Exchange::stored`].
    pub fn stored(&mut self, answer: Result<StoreAnswer, StoreError>) {
        self.exchange.stored(self.clock.now(), answer);
    }

    /// What was sent so far; see [`Exchange::report`].
    pub fn report(&self) -> Report {
        self.exchange.report()
    }

    /// The error of a call that cannot be driven here, because of misuse. Nothing was sent.
    pub fn refuse(&mut self, detail: &'static str) -> Error {
        let operation = self.exchange.endpoint().operation().to_owned();
        let error = Error::new(ErrorKind::Misuse, operation, detail);
        self.close(Some(&error));
        error
    }

    /// Ends a call that nobody drives any more; see [`Exchange::abandon`]. What may have happened
    /// is said in its span as well, unless the call had ended before.
    pub fn abandon(&mut self) -> Error {
        let error = self.exchange.abandon(self.clock.now());
        if !self.is_over {
            self.close(Some(&error));
            if let Some(span) = &self.span {
                span.warn_where_unknown(&error);
            }
        }
        error
    }

    fn close(&mut self, error: Option<&Error>) {
        self.is_over = true;
        if let Some(span) = &self.span {
            span.end(&self.exchange.report(), error);
        }
    }
}

impl<E: Endpoint> fmt::Debug for Call<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("exchange", &self.exchange)
            .finish_non_exhaustive()
    }
}

impl<E: Endpoint> Drop for Call<E> {
    fn drop(&mut self) {
        if !self.is_over {
            self.abandon();
        }
    }
}
