//! The proof that a request was not sent: who returned an error, and whether a byte was handed over.
//!
//! An error is *not sent* where the resolver or the connector returned it, the TLS handshake
//! included, and never by what it is: a refused connection or an alert also comes from a connection
//! that had the request already. The flag is the second lock: it holds even where one call came to
//! connect twice.

use std::cell::Cell;
use std::fmt;
use std::io;
use std::time::{Duration, Instant, SystemTime};

use sanspay_core::NotSent;
use ureq::Error;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

thread_local! {
    // ureq does all of a request on the calling thread; only names are resolved on another one.
    static HANDED_OVER: Cell<bool> = const { Cell::new(false) };
    static FENCE: Cell<Option<Fence>> = const { Cell::new(None) };
}

/// Until when the request may be sent, by two clocks: the one stands still while the machine
/// sleeps, the other one jumps.
#[derive(Clone, Copy)]
struct Fence {
    began: (Instant, SystemTime),
    left: Duration,
}

impl Fence {
    fn is_closed(&self) -> bool {
        let (monotonic, wall) = self.began;
        monotonic.elapsed() >= self.left || wall.elapsed().is_ok_and(|passed| passed >= self.left)
    }
}

/// Call it before each request on this thread.
pub(super) fn begin(send_within: Option<Duration>) {
    HANDED_OVER.set(false);
    FENCE.set(send_within.map(|left| Fence {
        began: (Instant::now(), SystemTime::now()),
        left,
    }));
}

/// An error from before the first byte. Only [`not_sent`] makes it.
#[derive(Debug)]
struct BeforeSending(Error);

/// Marks an error of the resolver, of the connector, or of the fence.
pub(super) fn not_sent(error: Error) -> Error {
    Error::Other(Box::new(BeforeSending(error)))
}

/// The proof that nothing was sent, if there is one.
pub(super) fn unsent(error: &Error) -> Option<NotSent> {
    let Error::Other(other) = error else {
        return None;
    };
    let proven = other.is::<BeforeSending>() && !HANDED_OVER.get();
    proven.then(NotSent::proven)
}

impl fmt::Display for BeforeSending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// ureq's errors do not tell their source; what they hold is shown here.
impl std::error::Error for BeforeSending {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0 {
            Error::Io(io) => Some(io),
            Error::Other(other) => Some(&**other),
            _ => None,
        }
    }
}

/// The time by which the request had to be sent passed before its first byte was written.
#[derive(Debug)]
struct TooLate;

impl fmt::Display for TooLate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the time by which the request had to be sent has passed")
    }
}

impl std::error::Error for TooLate {}

/// The connection failed while an answer was waited for. ureq takes a reset, and TLS that ends
/// without `close_notify`, for the end of a body that has no length, unless they look otherwise.
#[derive(Debug)]
struct BrokenOff(io::Error);

impl BrokenOff {
    fn wrap(error: Error) -> Error {
        match error {
            Error::Io(io) => Error::Other(Box::new(Self(io))),
            other => other,
        }
    }
}

impl fmt::Display for BrokenOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the connection failed: {}", self.0)
    }
}

impl std::error::Error for BrokenOff {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

/// Stands around the whole chain of connectors: what fails in it happened before the request.
#[derive(Debug)]
pub(super) struct Watch<C>(pub(super) C);

impl<In: Transport, C: Connector<In>> Connector<In> for Watch<C> {
    type Out = Watched<C::Out>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        let made = self.0.connect(details, chained).map_err(not_sent)?;
        // ureq would make an error without a mark of it.
        let made = made.ok_or_else(|| not_sent(Error::ConnectionFailed))?;
        Ok(Some(Watched(made)))
    }
}

/// A connection that notices the first byte that is handed to it.
#[derive(Debug)]
pub(super) struct Watched<T>(T);

impl<T: Transport> Transport for Watched<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.0.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        if !HANDED_OVER.get() && FENCE.get().is_some_and(|fence| fence.is_closed()) {
            return Err(not_sent(Error::Other(Box::new(TooLate))));
        }
        HANDED_OVER.set(true);
        self.0.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.0.await_input(timeout).map_err(BrokenOff::wrap)
    }

    fn is_open(&mut self) -> bool {
        self.0.is_open()
    }

    fn is_tls(&self) -> bool {
        self.0.is_tls()
    }
}
