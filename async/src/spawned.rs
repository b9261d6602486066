//! The result of a call that runs to its end whatever becomes of its caller.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use sanspay_core::exchange::Call;
use sanspay_core::{Endpoint, Error, ErrorKind};
use tokio::sync::oneshot;

/// The result of a call that was [spawned](crate::Client::spawn), to be awaited or not: dropping it
/// does not end the call.
///
/// It never panics. Where the call's task panics, or its runtime shuts down, it yields an error
/// whose [`outcome_unknown`](Error::outcome_unknown) says whether the request may have been sent by
/// then.
#[must_use = "the call goes on without it, but only its span says how it ends"]
pub struct Spawned<T> {
    /// Until the result was taken.
    told: Option<oneshot::Receiver<Result<T, Error>>>,
    operation: String,
}

impl<T> Future for Spawned<T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(told) = &mut self.told {
            let result = ready!(Pin::new(told).poll(cx));
            self.told = None;
            if let Ok(result) = result {
                return Poll::Ready(result);
            }
        }
        let detail = "the result of the spawned call was already taken";
        let operation = self.operation.clone();
        Poll::Ready(Err(Error::new(ErrorKind::Misuse, operation, detail)))
    }
}

impl<T> fmt::Debug for Spawned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spawned")
            .field("operation", &self.operation)
            .finish_non_exhaustive()
    }
}

/// A call whose result is told to [`Spawned`]. Dropped before, it tells what is known by then.
pub(crate) struct Told<E: Endpoint> {
    call: Call<E>,
    tell: Option<oneshot::Sender<Result<E::Output, Error>>>,
}

impl<E: Endpoint> Told<E> {
    /// Begins the call's span here and now.
    pub(crate) fn begin(mut call: Call<E>, operation: String) -> (Self, Spawned<E::Output>) {
        call.span();
        let (tell, told) = oneshot::channel();
        let spawned = Spawned {
            told: Some(told),
            operation,
        };
        let tell = Some(tell);
        (Self { call, tell }, spawned)
    }

    pub(crate) fn call(&mut self) -> &mut Call<E> {
        &mut self.call
    }

    /// Tells the result, unless nobody waits for it any more.
    pub(crate) fn tell(&mut self, result: Result<E::Output, Error>) {
        if let Some(tell) = self.tell.take() {
            let _ = tell.send(result);
        }
    }
}

impl<E: Endpoint> Drop for Told<E> {
    fn drop(&mut self) {
        if self.tell.is_some() {
            let error = self.call.abandon();
            self.tell(Err(error));
        }
    }
}
