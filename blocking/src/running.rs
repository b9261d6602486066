//! A call on its way, which tells its span how it ends, also where it panics.

use sanspay_core::{Clock, Endpoint, Error, Exchange};

use crate::span::Span;

/// An exchange with its span. Dropped before its end, it closes the span with what is known by then.
pub(crate) struct Running<'c, E: Endpoint> {
    pub(crate) exchange: Exchange<E>,
    clock: &'c dyn Clock,
    span: Span,
    is_over: bool,
}

impl<'c, E: Endpoint> Running<'c, E> {
    pub(crate) fn begin(exchange: Exchange<E>, clock: &'c dyn Clock) -> Self {
        Self {
            span: Span::begin(exchange.endpoint().operation()),
            exchange,
            clock,
            is_over: false,
        }
    }

    /// The end with a result, which is handed on.
    pub(crate) fn end(&mut self, result: Result<E::Output, Error>) -> Result<E::Output, Error> {
        self.is_over = true;
        let error = result.as_ref().err();
        self.span.end(&self.exchange.report(), error);
        result
    }
}

impl<E: Endpoint> Drop for Running<'_, E> {
    fn drop(&mut self) {
        if !self.is_over {
            let error = self.exchange.abandon(self.clock.now());
            self.span.end_abandoned(&self.exchange.report(), &error);
        }
    }
}
