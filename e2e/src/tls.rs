//! What a server speaks: nothing but HTTP, or TLS of one version with certificates of ours.

use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{CipherSuite, RootCertStore, ServerConfig, version};

use sanspay_testkit::pki::{Identity, Pki};

/// A version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// TLS 1.2.
    Tls12,
    /// TLS 1.3.
    Tls13,
}

impl Version {
    /// Both of them.
    pub const BOTH: [Self; 2] = [Self::Tls12, Self::Tls13];
}

/// Whether a server asks for client certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientCertificates {
    /// It does not.
    NotAsked,
    /// It goes on with nobody who has none of the platform's.
    Required,
}

/// What is spoken on a connection.
#[derive(Clone)]
pub enum Speaks {
    /// HTTP.
    Plain,
    /// HTTP in TLS.
    Tls(Arc<ServerConfig>),
}

impl Speaks {
    /// TLS of this version alone, with this certificate.
    pub fn tls(
        pki: &Pki,
        version: Version,
        server: &Identity,
        clients: ClientCertificates,
    ) -> Self {
        let mut provider = ring::default_provider();
        // The only one whose keys and nonces come from the secrets in the same way in both versions;
        // alerts of the server's own need them.
        provider.cipher_suites.retain(|suite| {
            matches!(
                suite.suite(),
                CipherSuite::TLS13_CHACHA20_POLY1305_SHA256
                    | CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
            )
        });
        let provider = Arc::new(provider);
        let versions = match version {
            Version::Tls12 => &version::TLS12,
            Version::Tls13 => &version::TLS13,
        };
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_protocol_versions(&[versions]).unwrap();
        let builder = match clients {
            ClientCertificates::NotAsked => builder.with_no_client_auth(),
            ClientCertificates::Required => {
                let mut roots = RootCertStore::empty();
                let ca = pki.platform.pem();
                let ca = CertificateDer::from_pem_slice(ca.as_bytes()).unwrap();
                roots.add(ca).unwrap();
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        let chain = CertificateDer::pem_slice_iter(server.chain.as_bytes());
        let chain: Vec<_> = chain.map(Result::unwrap).collect();
        let key = PrivateKeyDer::from_pem_slice(server.key.as_bytes()).unwrap();
        let mut config = builder.with_single_cert(chain, key).unwrap();
        config.enable_secret_extraction = true;
        Self::Tls(Arc::new(config))
    }

    /// The part of a base URL before the address.
    pub(crate) fn scheme(&self) -> &'static str {
        match self {
            Self::Plain => "http",
            Self::Tls(_) => "https",
        }
    }
}
