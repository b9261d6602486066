//! What a transport is told and what it reports: the whole contract of a custom one.

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
/// use sanspay_core::Limits;
/// # let mut request = http::Request::new(Vec::<u8>::new());
/// # let five = std::time::Duration::from_secs(5);
/// # request.extensions_mut().insert(Limits { time_left: five, body: 1024 });
/// assert_eq!(Limits::of(&request).body, 1024);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// What is left of the call's deadline.
    pub time_left: Duration,
    /// The most bytes of a body that are accepted.
    pub body: usize,
}

impl Limits {
    /// The limits of a request; practically none where it does not come from an exchange.
    pub fn of<B>(request: &Request<B>) -> Self {
        let none = Self {
            time_left: Duration::from_secs(u32::MAX.into()),
            body: usize::MAX - 1,
        };
        request.extensions().get().copied().unwrap_or(none)
    }
}

/// Why a transport has no response, and whether the request may have reached the server.
///
/// The difference decides whether money may have moved, so when in doubt it is
/// [`maybe_sent`](TransportError::maybe_sent).
///
/// ```
/// use sanspay_core::TransportError;
/// let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
/// assert!(!TransportError::not_sent(refused).may_have_been_sent());
/// let reset = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
/// assert!(TransportError::maybe_sent(reset).may_have_been_sent());
/// ```
pub struct TransportError {
    maybe_sent: bool,
    tls: Option<TlsProblem>,
    client_certificate: Option<CertificateValidity>,
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl TransportError {
    /// Not one byte of the request reached the server, such as a refused connection.
    pub fn not_sent(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            maybe_sent: false,
            tls: None,
            client_certificate: None,
            source: source.into(),
        }
    }

    /// The request, or a part of it, may have reached the server.
    pub fn maybe_sent(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            maybe_sent: true,
            ..Self::not_sent(source)
        }
    }

    /// The connection failed for reasons of TLS, so the server did not take the request in, even
    /// where bytes of it were written before the server's alert came. It is not tried again.
    ///
    /// ```
    /// use sanspay_core::{TlsProblem, TransportError};
    /// let error = TransportError::tls(TlsProblem::ServerExpired, "certificate expired");
    /// assert!(!error.may_have_been_sent());
    /// ```
    pub fn tls(
        problem: TlsProblem,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self {
            tls: Some(problem),
            ..Self::not_sent(source)
        }
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
