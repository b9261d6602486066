//! What an exchange asks of its driver.

use std::fmt;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use http::{Request, StatusCode};

use super::shared_token::Tokens;
use crate::durable::StoreOp;
use crate::error::Error;

/// What the driver is to do next.
#[must_use]
// A request is moved out once per attempt; a box would cost an allocation for nothing.
#[allow(clippy::large_enum_variant)]
pub enum Step<T> {
    /// Send this request and [`reply`](super::Exchange::reply) with what came of it.
    Send(Request<Vec<u8>>),
    /// Ask the store about the shared token and tell what it [`stored`](super::Exchange::stored).
    /// It comes only where [`Settings::shared_token`](super::Settings::shared_token) is set.
    Store(StoreOp),
    /// Poll again after the delay; earlier is harmless.
    Wait(Wait),
    /// The result. The exchange is finished.
    Done(Result<T, Error>),
}

/// Method and size of a request; its URL, headers and body may hold anything.
impl<T> fmt::Debug for Step<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send(request) => {
                write!(
                    f,
                    "Send({}, {} bytes)",
                    request.method(),
                    request.body().len()
                )
            }
            Self::Store(op) => write!(f, "Store({op:?})"),
            Self::Wait(wait) => wait.fmt(f),
            Self::Done(Ok(_)) => f.write_str("Done(Ok)"),
            Self::Done(Err(error)) => write!(f, "Done(Err({:?}))", error.kind()),
        }
    }
}

/// A pause, relative to the time of the poll that returned it.
#[must_use]
pub struct Wait {
    pub(super) delay: Duration,
    pub(super) fetch: Option<(Arc<Tokens>, u64)>,
}

impl Wait {
    /// How long to wait at most.
    pub fn delay(&self) -> Duration {
        self.delay
    }

    /// Whether the wait may end early because another exchange fetches the token meanwhile.
    pub fn may_end_early(&self) -> bool {
        self.fetch.is_some()
    }

    /// Asks to be woken when waiting has become pointless before the delay is over; wakes at once
    /// if it already has. A driver that ignores this loses time, never correctness.
    ///
    /// An asynchronous driver passes the waker of its task, a blocking one a waker that unparks
    /// its thread.
    pub fn wake_early(&self, waker: &Waker) {
        if let Some((tokens, fetch)) = &self.fetch {
            tokens.wake_after(*fetch, waker);
        }
    }
}

impl fmt::Debug for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wait({:?})", self.delay)
    }
}

/// What an exchange has been through, for spans and metrics. It holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// How many times the operation's own request was handed out for sending.
    pub attempts: u32,
    /// How many token requests this exchange made for itself and others.
    pub token_requests: u32,
    /// The status of the last answer to the operation's own request.
    pub status: Option<StatusCode>,
    /// The server's id for that request.
    pub request_id: Option<String>,
    /// The time since the first poll.
    pub elapsed: Duration,
    /// Whether the operation may have been executed, if nothing more becomes known: what a driver
    /// that is dropped before the end reports.
    pub outcome_unknown: bool,
}

/// What became of a call in one word, for spans and metrics: `ok`; `unknown` where it may have been
/// executed although it failed; `failed` where repeating it is safe.
pub fn outcome_of(error: Option<&Error>) -> &'static str {
    match error {
        None => "ok",
        Some(error) if error.outcome_unknown() => "unknown",
        Some(_) => "failed",
    }
}
