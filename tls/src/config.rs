//! A checked TLS configuration that both adapters use as it is.

use std::fmt;
use std::sync::Arc;

use http::Response;
use rustls::ClientConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use sanspay_core::{CertificateValidity, TlsProblem, TransportError};

use crate::builder::TlsConfigBuilder;
use crate::certificate::Certificate;

/// How a client speaks TLS: the CAs that it trusts and its own certificate.
///
/// Cloning is cheap. `Debug` shows neither keys nor certificates.
///
/// ```
/// use sanspay_tls::TlsConfig;
/// let error = TlsConfig::builder()
///     .client_certificate("no PEM at all", "-----BEGIN ENCRYPTED PRIVATE KEY-----")
///     .ca("-----BEGIN CERTIFICATE-----\ngarbage\n-----END CERTIFICATE-----\n")
///     .build()
///     .unwrap_err();
/// let fields: Vec<_> = error.problems().iter().map(|problem| problem.field()).collect();
/// assert_eq!(fields, ["client_certificate", "client_key", "ca"]);
/// ```
#[derive(Clone)]
pub struct TlsConfig {
    rustls: Arc<ClientConfig>,
    client_certificate: Option<CertificateValidity>,
    client_chain: Arc<[CertificateDer<'static>]>,
    cas: usize,
}

impl TlsConfig {
    /// Begins a configuration from PEM.
    pub fn builder() -> TlsConfigBuilder {
        TlsConfigBuilder::new()
    }

    /// A configuration of your own. The protocol offered (ALPN) becomes HTTP/1.1, which is all
    /// that the adapters speak.
    pub fn from_rustls(config: impl Into<Arc<ClientConfig>>) -> Self {
        Self::new(config.into(), Vec::new(), 0)
    }

    pub(crate) fn new(
        mut config: Arc<ClientConfig>,
        client_chain: Vec<CertificateDer<'static>>,
        cas: usize,
    ) -> Self {
        Arc::make_mut(&mut config).alpn_protocols = vec![b"http/1.1".to_vec()];
        let leaf = client_chain.first().and_then(Certificate::from_der);
        Self {
            rustls: config,
            client_certificate: leaf.map(|leaf| leaf.validity()),
            client_chain: client_chain.into(),
            cas,
        }
    }

    /// The configuration as rustls takes it.
    pub fn rustls(&self) -> &Arc<ClientConfig> {
        &self.rustls
    }

    /// From when to when the client certificate is valid; `None` without one, and with a
    /// configuration of your own.
    pub fn client_certificate(&self) -> Option<CertificateValidity> {
        self.client_certificate
    }

    /// The client certificate and those of its issuers as they are sent; empty without one, and
    /// with a configuration of your own.
    pub fn client_chain(&self) -> &[CertificateDer<'static>] {
        &self.client_chain
    }

    /// How many CAs were given with [`ca`](TlsConfigBuilder::ca) and
    /// [`ca_file`](TlsConfigBuilder::ca_file) and are trusted.
    pub fn given_cas(&self) -> usize {
        self.cas
    }

    /// For transports: adds what [`problem_of`](crate::problem_of) found to a failure. It explains
    /// the failure and says nothing about how far the request came.
    #[must_use]
    pub fn explain(&self, error: TransportError, problem: Option<TlsProblem>) -> TransportError {
        match problem {
            None => error,
            Some(problem) => error
                .with_tls_problem(problem)
                .with_client_certificate(self.client_certificate),
        }
    }

    /// For transports: notes on an answer what explains a front's refusal of the certificate.
    pub fn annotate<B>(&self, response: &mut Response<B>) {
        if let Some(sent) = self.client_certificate
            && response.status() == http::StatusCode::BAD_REQUEST
        {
            response.extensions_mut().insert(sent);
        }
    }
}

impl fmt::Debug for TlsConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsConfig")
            .field("client_certificate", &self.client_certificate)
            .finish_non_exhaustive()
    }
}

/// The provider of cryptography that the features select: `ring` before `graviola`; `None`
/// without either.
#[allow(clippy::missing_const_for_fn, clippy::needless_return)]
pub fn default_provider() -> Option<Arc<CryptoProvider>> {
    #[cfg(feature = "ring")]
    return Some(Arc::new(rustls::crypto::ring::default_provider()));
    #[cfg(all(feature = "graviola", not(feature = "ring")))]
    return Some(Arc::new(rustls_graviola::default_provider()));
    #[cfg(not(any(feature = "ring", feature = "graviola")))]
    return None;
}
