//! The contract of a transport: what it is told, what it does, and what it reports.
//!
//! A transport is a closure from a request to what came of it. Money depends on it, so it keeps
//! these rules:
//!
//! 1. **Once.** It hands each request to the network at most once. It has no retries of its own,
//!    also not on a connection that died while it was idle, and neither has any layer in it. Where
//!    a layer repeats all the same, it asks [`Limits::may_be_repeated`] first.
//! 2. **No redirects.** A redirect is an answer like any other.
//! 3. **Every status is an answer.** `Ok` with the response, also for 401 or 503; `Err` is only for
//!    what kept the whole answer from arriving.
//! 4. **The whole answer or none.** A body that ends before its length, or without TLS's
//!    `close_notify` where it has no length, is lost: [`TransportError::maybe_sent`]. At most one
//!    byte more than [`Limits::body`] is read, and handed over as it is.
//! 5. **Not sent needs proof.** [`TransportError::not_sent`] takes a [`NotSent`], which may be made
//!    only where no byte of *this* request was handed to a connection. Everything else is
//!    [`TransportError::maybe_sent`]: every failure after the connection was there, every timeout
//!    in between, whatever it is called. What an error *is* (refused, reset, a TLS alert) decides
//!    the advice; *when* it came decides whether money may have moved. Where a layer sends twice, a
//!    second attempt that was not sent says nothing about the first.
//! 6. **Never without an end.** It gives up at [`Limits::time_left`], or the driver above it does. A
//!    request that is waited for without a bound may never come back.
//! 7. **Not too late.** Right before the first byte is written it looks whether
//!    [`Limits::send_within`], where there is one, has passed since it was called, by a monotonic
//!    clock and by the wall clock, and then sends nothing.
//! 8. **Dropping is no answer.** An asynchronous transport that is dropped while it works leaves the
//!    outcome open; it must not send anything after that.
//!
//! `check_transport` of `sanspay-testkit` drives a transport of yours against a server that executes,
//! drops, resets and stalls, and names each rule that it breaks. The page `docs/TRANSPORT.md` of the
//! repository says in plain words what each rule protects, with examples for a plain closure, for
//! tower, and for a retry layer that asks.

use std::fmt;
use std::time::Duration;

use http::Request;

use crate::error::{CertificateValidity, TlsProblem};

/// The bounds of one attempt, found in the extensions of every request that an exchange hands
/// out.
///
/// A transport that can bound its waiting uses `time_left`; one that cannot may ignore it. It
/// reads at most one byte of the body more than `body` and hands over what it read: the exchange
/// then reports the overrun with status and request id.
///
/// ```
/// use std::time::Duration;
/// use sanspay_core::Limits;
/// # let mut request = http::Request::new(Vec::<u8>::new());
/// # request.extensions_mut().insert(Limits::new(Duration::from_secs(5), 1024));
/// let limits = Limits::of(&request);
/// assert_eq!((limits.body, limits.may_be_repeated), (1024, false));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// What is left of the call's deadline.
    pub time_left: Duration,
    /// The most bytes of a body that are accepted.
    pub body: usize,
    /// How long after it was handed out the request may still be given to a connection, where
    /// there is a bound; see [`Exchange::with_send_by`](crate::Exchange::with_send_by).
    pub send_within: Option<Duration>,
    /// Whether sending the request twice is harmless: it only reads, or you declared that the
    /// server honours `Idempotency-Key`. A retry layer of yours asks this.
    pub may_be_repeated: bool,
}

impl Limits {
    /// Limits without a fence, for a request that may not be repeated.
    pub fn new(time_left: Duration, body: usize) -> Self {
        Self {
            time_left,
            body,
            send_within: None,
            may_be_repeated: false,
        }
    }

    /// The limits of a request. Where it does not come from an exchange there is no bound on the
    /// body, and 30 s are left, because nothing is waited for without an end.
    pub fn of<B>(request: &Request<B>) -> Self {
        let untold = Self::new(Duration::from_secs(30), usize::MAX - 1);
        request.extensions().get().copied().unwrap_or(untold)
    }
}

/// The claim, with proof, that no byte of a request was handed to a connection.
///
/// It is the only way to [`TransportError::not_sent`], after which a payout may be sent again.
/// Make it in one place of a transport, where one of these is known:
///
/// - the request was never given to the client library, or could not be built;
/// - the name was not resolved;
/// - the *connector* failed, the TLS handshake included: it was its error, and no connection was
///   handed out;
/// - the library hands the request back untouched, and says so by type.
///
/// An error's kind is no proof: a refused connection, a reset and every TLS alert also come from
/// connections that had the request already.
#[derive(Debug, Clone, Copy)]
pub struct NotSent(());

impl NotSent {
    /// You vouch for it: one of the cases [above](NotSent) is known, not guessed.
    pub fn proven() -> Self {
        Self(())
    }
}

/// Why a transport has no response, and whether the request may have reached the server.
///
/// The difference decides whether money may have moved, so when in doubt it is
/// [`maybe_sent`](TransportError::maybe_sent).
///
/// ```
/// use sanspay_core::{NotSent, TlsProblem, TransportError};
/// // The connector's own error: there was no connection yet.
/// let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
/// assert!(!TransportError::not_sent(NotSent::proven(), refused).may_have_been_sent());
/// // The same kind of error from a connection that had the request.
/// let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
/// assert!(TransportError::maybe_sent(refused).may_have_been_sent());
/// // An alert that comes after the request keeps its advice and proves nothing.
/// let alert = TransportError::maybe_sent("alert").with_tls_problem(TlsProblem::ServerExpired);
/// assert!(alert.may_have_been_sent());
/// ```
pub struct TransportError {
    maybe_sent: bool,
    tls: Option<TlsProblem>,
    client_certificate: Option<CertificateValidity>,
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl TransportError {
    /// Not one byte of the request was handed to a connection: the proof says so.
    pub fn not_sent(
        _proof: NotSent,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self {
            maybe_sent: false,
            ..Self::maybe_sent(source)
        }
    }

    /// The request, or a part of it, may have reached the server.
    pub fn maybe_sent(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            maybe_sent: true,
            tls: None,
            client_certificate: None,
            source: source.into(),
        }
    }

    /// Says that TLS or a certificate is the cause, which decides the advice. How far the request
    /// came stays as it is. The request is not tried again, because the next attempt would meet
    /// the same certificates.
    #[must_use]
    pub fn with_tls_problem(mut self, problem: TlsProblem) -> Self {
        self.tls = Some(problem);
        self
    }

    /// Says from when to when the client certificate that was sent is valid, so that a refusal of
    /// it can be explained.
    #[must_use]
    pub fn with_client_certificate(mut self, sent: Option<CertificateValidity>) -> Self {
        self.client_certificate = sent;
        self
    }

    /// What is wrong with TLS, where that is the cause.
    pub fn tls_problem(&self) -> Option<TlsProblem> {
        self.tls
    }

    pub(crate) fn client_certificate(&self) -> Option<CertificateValidity> {
        self.client_certificate
    }

    /// Whether the server may have seen the request.
    pub fn may_have_been_sent(&self) -> bool {
        self.maybe_sent
    }

    pub(crate) fn into_source(self) -> Box<dyn std::error::Error + Send + Sync> {
        self.source
    }
}

impl fmt::Debug for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportError")
            .field("maybe_sent", &self.maybe_sent)
            .field("tls", &self.tls)
            .field("client_certificate", &self.client_certificate)
            .field("source", &self.source)
            .finish()
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(problem) = self.tls {
            return problem.fmt(f);
        }
        f.write_str(if self.maybe_sent {
            "the request may have been sent and no complete answer came"
        } else {
            "the request was not sent"
        })
    }
}

impl std::error::Error for TransportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_no_exchange_handed_out_is_not_waited_for_without_an_end() {
        let limits = Limits::of(&Request::new(()));
        assert!(limits.time_left <= Duration::from_secs(60), "{limits:?}");
        assert!(!limits.may_be_repeated && limits.send_within.is_none());
        assert!(limits.body.checked_add(1).is_some());
    }
}
