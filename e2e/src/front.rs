//! What stands in front of the sandbox and speaks TLS.

use std::net::SocketAddr;
use std::sync::Arc;

use sanspay_testkit::sandbox::SandboxConfig;
use sanspay_testkit::server::{FREE_PORT, Server, ServerTls, serve_in_thread, serve_tls_in_thread};
use sanspay_tls::rustls::pki_types::pem::PemObject;
use sanspay_tls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sanspay_tls::rustls::{ServerConfig, version};

use crate::nginx::Nginx;
use sanspay_testkit::pki::{Identity, Pki};

/// Which front.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrontKind {
    /// A real NGINX, as at the platform.
    Nginx,
    /// The sandbox's own listener.
    Embedded,
}

/// The fronts that can be had here.
pub fn fronts() -> Vec<FrontKind> {
    let mut fronts = vec![FrontKind::Embedded];
    if Nginx::is_installed() {
        fronts.push(FrontKind::Nginx);
    }
    fronts
}

/// The versions of TLS that a front speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Versions {
    /// 1.2 and 1.3.
    Both,
    /// 1.2 alone.
    Tls12,
}

/// How a front is set up.
#[derive(Clone)]
pub struct Setup {
    /// The server's certificate.
    pub server: Identity,
    /// The CA that client certificates need; `None` demands none, as `MTLS_ENABLED=false`.
    pub client_ca: Option<String>,
    /// The versions of TLS.
    pub versions: Versions,
    /// The sandbox behind it.
    pub sandbox: SandboxConfig,
}

impl Setup {
    /// Mutual TLS, with everything as it should be.
    pub fn new(pki: &Pki) -> Self {
        let mut sandbox = SandboxConfig::default();
        sandbox.partner.require_mtls = true;
        Self {
            server: pki.server.clone(),
            client_ca: Some(pki.platform.pem()),
            versions: Versions::Both,
            sandbox,
        }
    }

    /// TLS that demands no client certificate.
    pub fn without_mtls(pki: &Pki) -> Self {
        let mut setup = Self::new(pki);
        setup.client_ca = None;
        setup.sandbox.partner.require_mtls = false;
        setup
    }
}

/// A front that runs, with the sandbox behind it.
pub struct Front {
    /// The sandbox.
    pub provider: Server,
    nginx: Option<Nginx>,
    tls: SocketAddr,
    plain: SocketAddr,
    /// What makes the plain port of the embedded front.
    _plain_provider: Option<Server>,
}

impl Front {
    /// Starts it.
    pub fn start(kind: FrontKind, setup: &Setup) -> Self {
        let config = setup.sandbox.clone();
        match kind {
            FrontKind::Nginx => {
                let provider = serve_in_thread(config, FREE_PORT).unwrap();
                let nginx = Nginx::start(setup, address(&provider));
                Self {
                    provider,
                    tls: nginx.tls_address(),
                    plain: nginx.plain_address(),
                    nginx: Some(nginx),
                    _plain_provider: None,
                }
            }
            FrontKind::Embedded => {
                let provider = serve_tls_in_thread(config, FREE_PORT, server_tls(setup)).unwrap();
                let plain = serve_in_thread(SandboxConfig::default(), FREE_PORT).unwrap();
                Self {
                    tls: address(&provider),
                    plain: address(&plain),
                    provider,
                    nginx: None,
                    _plain_provider: Some(plain),
                }
            }
        }
    }

    /// The base URL of who does it right.
    pub fn base_url(&self) -> String {
        format!("https://{}", self.tls)
    }

    /// Plain HTTP to the TLS port.
    pub fn plain_to_tls(&self) -> String {
        format!("http://{}", self.tls)
    }

    /// TLS to the port of plain HTTP.
    pub fn tls_to_plain(&self) -> String {
        format!("https://{}", self.plain)
    }

    /// The NGINX, if it is one.
    pub fn nginx(&self) -> Option<&Nginx> {
        self.nginx.as_ref()
    }
}

fn address(server: &Server) -> SocketAddr {
    let url = server.base_url();
    let (_, address) = url.split_once("://").unwrap();
    address.parse().unwrap()
}

fn server_tls(setup: &Setup) -> ServerTls {
    let (chain, key) = (setup.server.chain.as_bytes(), setup.server.key.as_bytes());
    match setup.versions {
        Versions::Both => {
            let ca = setup.client_ca.as_ref().map(String::as_bytes);
            ServerTls::new(chain, key, ca).unwrap()
        }
        Versions::Tls12 => {
            let provider = sanspay_tls::default_provider().unwrap();
            let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain).collect();
            let config = ServerConfig::builder_with_provider(provider)
                .with_protocol_versions(&[&version::TLS12])
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(chain.unwrap(), PrivateKeyDer::from_pem_slice(key).unwrap());
            ServerTls::from_rustls(Arc::new(config.unwrap()))
        }
    }
}
