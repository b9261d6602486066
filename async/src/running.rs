//! A call on its way, which tells how it ends, also where nobody drives it to its end.

use std::sync::Arc;

use sanspay_core::{Clock, Endpoint, Error, ErrorKind, Exchange};
use tokio::sync::oneshot;

use crate::span::Span;

/// Who waits for the result of a call that does not depend on its caller.
type Tell<T> = oneshot::Sender<Result<T, Error>>;

/// An exchange with its span. Dropped before its end, it closes the span with what is known by then
/// and tells whoever waits for the result.
pub(crate) struct Running<E: Endpoint> {
    pub(crate) exchange: Exchange<E>,
    clock: Arc<dyn Clock>,
    /// From the first poll on, so that a future that was never polled leaves no trace.
    span: Option<Span>,
    tell: Option<Tell<E::Output>>,
    is_over: bool,
}

impl<E: Endpoint> Running<E> {
    pub(crate) fn new(exchange: Exchange<E>, clock: Arc<dyn Clock>) -> Self {
        Self {
            exchange,
            clock,
            span: None,
            tell: None,
            is_over: false,
        }
    }

    /// One that begins here and now and tells its result to another task.
    pub(crate) fn telling(
        exchange: Exchange<E>,
        clock: Arc<dyn Clock>,
        tell: Tell<E::Output>,
    ) -> Self {
        let mut running = Self::new(exchange, clock);
        running.begin();
        running.tell = Some(tell);
        running
    }

    /// The call's span, which begins with the first call of this.
    pub(crate) fn begin(&mut self) -> Span {
        let operation = self.exchange.endpoint().operation();
        self.span
            .get_or_insert_with(|| Span::new(operation))
            .clone()
    }

    /// The end with a result, which is handed on.
    pub(crate) fn end(&mut self, result: Result<E::Output, Error>) -> Result<E::Output, Error> {
        self.is_over = true;
        if let Some(span) = &self.span {
            span.end(&self.exchange.report(), result.as_ref().err());
        }
        result
    }

    /// The end of a call that another task waits for. That task may be gone.
    pub(crate) fn tell(&mut self, result: Result<E::Output, Error>) {
        if let Some(tell) = self.tell.take() {
            let _ = tell.send(result);
        }
    }

    /// Nothing drives it, and nothing was sent.
    pub(crate) fn refuse(&mut self, detail: &'static str) {
        let operation = self.exchange.endpoint().operation().to_owned();
        let refused = self.end(Err(Error::new(ErrorKind::Misuse, operation, detail)));
        self.tell(refused);
    }
}

impl<E: Endpoint> Drop for Running<E> {
    fn drop(&mut self) {
        if self.is_over {
            // Whoever hears of spans panicked between the end and the telling.
            if self.tell.is_some() {
                let error = self.exchange.abandon(self.clock.now());
                self.tell(Err(error));
            }
            return;
        }
        let error = self.exchange.abandon(self.clock.now());
        if let Some(span) = &self.span {
            span.end_abandoned(&self.exchange.report(), &error);
        }
        self.tell(Err(error));
    }
}
