//! Everything that goes wrong with certificates, each as a front and a client that provoke it.

use std::sync::Arc;

use sanspay_core::TlsProblem;
use sanspay_tls::rustls::ClientConfig;
use sanspay_tls::rustls::pki_types::pem::PemObject;
use sanspay_tls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sanspay_tls::rustls::sign::{CertifiedKey, SingleCertAndKey};
use sanspay_tls::{TlsConfig, TlsVersion};

use crate::front::{Front, FrontKind, Setup, Versions};
use sanspay_testkit::pki::{EXPIRED, FUTURE, Identity, Pki, VALID};

/// One thing that goes wrong.
pub struct Failure {
    /// What it is to be called.
    pub problem: TlsProblem,
    /// The front that takes part in it.
    pub front: Front,
    /// Where the client goes.
    pub base_url: String,
    /// The oldest version of TLS that the client speaks.
    pub minimum_version: TlsVersion,
    /// The client's side.
    pub tls: TlsConfig,
    /// The certificate that the client sends.
    pub identity: Option<Identity>,
    /// The CA that the client trusts.
    pub ca: String,
}

impl Failure {
    /// Every one of them, before a front of this kind.
    pub fn all(kind: FrontKind) -> Vec<Self> {
        let pki = Pki::new();
        let (platform, stranger) = (&pki.platform, &pki.stranger);
        let client = |problem, identity: Identity| Self::of_client(kind, &pki, problem, identity);
        let server = |problem, server| Self::of_server(kind, &pki, problem, server);
        let mut all = vec![
            client(
                TlsProblem::ClientCertificateRejected,
                stranger.client("partner-1", VALID),
            ),
            client(
                TlsProblem::ClientCertificateExpired,
                platform.client("partner-1", EXPIRED),
            ),
            client(
                TlsProblem::ClientCertificateNotYetValid,
                platform.client("partner-1", FUTURE),
            ),
            server(
                TlsProblem::ServerNotTrusted,
                stranger.server("127.0.0.1", VALID),
            ),
            server(TlsProblem::ServerUnfit, platform.client("127.0.0.1", VALID)),
            server(
                TlsProblem::ServerWrongName,
                platform.server("127.0.0.2", VALID),
            ),
            server(
                TlsProblem::ServerExpired,
                platform.server("127.0.0.1", EXPIRED),
            ),
            server(
                TlsProblem::ServerNotYetValid,
                platform.server("127.0.0.1", FUTURE),
            ),
        ];
        let good = || client(TlsProblem::ClientCertificateMissing, pki.client.clone());
        all.push(Self {
            tls: pki.trusting().build().unwrap(),
            identity: None,
            ..good()
        });
        let mixed = Identity {
            key: platform.client("partner-1", VALID).key,
            ..pki.client.clone()
        };
        all.push(Self {
            problem: TlsProblem::ClientKeyMismatch,
            tls: unchecked(&pki, &mixed),
            identity: Some(mixed),
            ..good()
        });
        let plain = good();
        all.push(Self {
            problem: TlsProblem::PlainHttpToTls,
            base_url: plain.front.plain_to_tls(),
            ..plain
        });
        let plain = good();
        all.push(Self {
            problem: TlsProblem::TlsToPlainHttp,
            base_url: plain.front.tls_to_plain(),
            ..plain
        });
        all.push(Self::of_version(kind, &pki));
        all
    }

    fn of_client(kind: FrontKind, pki: &Pki, problem: TlsProblem, identity: Identity) -> Self {
        let front = Front::start(kind, &Setup::new(pki));
        Self {
            problem,
            base_url: front.base_url(),
            front,
            minimum_version: TlsVersion::Tls12,
            tls: pki.tls(&identity),
            identity: Some(identity),
            ca: pki.platform.pem(),
        }
    }

    fn of_server(kind: FrontKind, pki: &Pki, problem: TlsProblem, server: Identity) -> Self {
        let mut setup = Setup::new(pki);
        setup.server = server;
        Self::with(kind, &setup, pki, problem, pki.tls(&pki.client))
    }

    fn of_version(kind: FrontKind, pki: &Pki) -> Self {
        let mut setup = Setup::without_mtls(pki);
        setup.versions = Versions::Tls12;
        let tls = pki.trusting().minimum_version(TlsVersion::Tls13).build();
        Self {
            minimum_version: TlsVersion::Tls13,
            ..Self::with(kind, &setup, pki, TlsProblem::VersionRefused, tls.unwrap())
        }
    }

    fn with(
        kind: FrontKind,
        setup: &Setup,
        pki: &Pki,
        problem: TlsProblem,
        tls: TlsConfig,
    ) -> Self {
        let front = Front::start(kind, setup);
        Self {
            problem,
            base_url: front.base_url(),
            front,
            minimum_version: TlsVersion::Tls12,
            tls,
            identity: Some(pki.client.clone()),
            ca: pki.platform.pem(),
        }
    }
}

/// A configuration that nobody checked, with a key of another certificate.
fn unchecked(pki: &Pki, identity: &Identity) -> TlsConfig {
    let provider = sanspay_tls::default_provider().unwrap();
    let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).unwrap();
    let key = provider.key_provider.load_private_key(key).unwrap();
    let chain = CertificateDer::from_pem_slice(identity.chain.as_bytes()).unwrap();
    let mut roots = sanspay_tls::rustls::RootCertStore::empty();
    let ca = pki.platform.pem();
    roots
        .add(CertificateDer::from_pem_slice(ca.as_bytes()).unwrap())
        .unwrap();
    let sent = SingleCertAndKey::from(CertifiedKey::new(vec![chain], key));
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_client_cert_resolver(Arc::new(sent));
    TlsConfig::from_rustls(config)
}
