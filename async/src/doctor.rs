//! Examines a connection to the partner API: carries out the probes of
//! [`sanspay_tls::doctor`], which decides everything.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use sanspay_core::{Error, RetryPolicy, Secret};
use sanspay_tls::doctor::{Diagnosis, Found, Handshake, Knock, PATIENCE, Probe, Setup};
use sanspay_tls::rustls::pki_types::ServerName;
use sanspay_tls::{TlsConfig, TlsConfigBuilder, TlsVersion};
use tokio::net::{TcpStream, lookup_host};
use tokio::time;
use tokio_rustls::TlsConnector;

use crate::client::Client;
use crate::transport::reqwest::ReqwestTransport;

/// Examines a connection to the partner API and everything that it needs.
///
/// ```
/// use sanspay_async::Doctor;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let diagnosis = Doctor::new("https://127.0.0.1:1")
///     .client_certificate("not PEM", "neither")
///     .examine()
///     .await;
/// println!("{diagnosis}");
/// assert!(diagnosis.sentence().contains("PEM"));
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct Doctor {
    base_url: String,
    setup: Setup,
}

impl Doctor {
    /// For the API at this base URL.
    pub fn new(base_url: impl Into<String>) -> Self {
        let base_url = base_url.into();
        let setup = Setup::new(base_url.clone());
        Self { base_url, setup }
    }

    /// The TLS configuration: for files, PKCS#12, passwords and whatever else
    /// [`TlsConfigBuilder`] takes. It replaces what was given before.
    pub fn tls(mut self, tls: TlsConfigBuilder) -> Self {
        self.setup = self.setup.tls(tls);
        self
    }

    /// The client certificate with its chain, and its private key, both as PEM.
    pub fn client_certificate(
        mut self,
        chain: impl Into<Vec<u8>>,
        key: impl Into<Vec<u8>>,
    ) -> Self {
        self.setup = self.setup.client_certificate(chain, key);
        self
    }

    /// The CAs that are trusted, as PEM; without any, Mozilla's are.
    pub fn ca(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.setup = self.setup.ca(pem);
        self
    }

    /// The oldest version of TLS that the client speaks.
    pub fn minimum_version(mut self, version: TlsVersion) -> Self {
        self.setup = self.setup.minimum_version(version);
        self
    }

    /// `key_id` and `key_secret`; without them no token is asked for.
    pub fn credentials(mut self, key_id: impl Into<Secret>, key_secret: impl Into<Secret>) -> Self {
        self.setup = self.setup.credentials(key_id, key_secret);
        self
    }

    /// Looks at everything in order. It takes at most about a minute, and sends the provider
    /// nothing but a `GET` of the base URL and, with credentials, a request for a token.
    pub async fn examine(&self) -> Diagnosis {
        let mut examination = self.setup.examination(SystemTime::now());
        while let Some(probe) = examination.next() {
            let Some(found) = self.carry_out(probe).await else {
                break;
            };
            examination.accept(SystemTime::now(), found);
        }
        examination.finish()
    }

    /// `None` for a probe that is newer than this adapter.
    async fn carry_out(&self, probe: Probe) -> Option<Found> {
        Some(match probe {
            Probe::Resolve { host, port } => {
                let addresses = time::timeout(PATIENCE, lookup_host((host, port))).await;
                let addresses = addresses.ok().and_then(Result::ok);
                Found::Addresses(addresses.into_iter().flatten().collect())
            }
            Probe::Connect(addresses) => Found::Connected(first_that_answers(addresses).await),
            Probe::Handshake { address, name, tls } => {
                let handshake = time::timeout(PATIENCE, handshake(address, name, &tls)).await;
                Found::Handshake(handshake.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())))
            }
            Probe::Knock(tls) => Found::Answer(match self.client(tls) {
                Ok(client) => client.call(Knock).await,
                Err(error) => Err(error),
            }),
            Probe::Token(tls, fetch) => Found::Token(match self.client(tls) {
                Ok(client) => client.call(fetch).await.map(drop),
                Err(error) => Err(error),
            }),
            _ => return None,
        })
    }

    /// A client that tries everything once. What it calls needs no token, so the credentials are
    /// nobody's.
    fn client(&self, tls: TlsConfig) -> Result<Client, Error> {
        Client::builder()
            .base_url(self.base_url.clone())
            .credentials("nobody", "nobody")
            .short_key_secret(true)
            .retry(RetryPolicy::never())
            .deadline(PATIENCE)
            .transport(ReqwestTransport::new(tls)?)
            .build()
    }
}

async fn first_that_answers(addresses: Vec<SocketAddr>) -> Option<SocketAddr> {
    for address in addresses {
        if let Ok(Ok(_)) = time::timeout(PATIENCE, TcpStream::connect(address)).await {
            return Some(address);
        }
    }
    None
}

/// Makes one TLS connection.
async fn handshake(
    address: SocketAddr,
    name: ServerName<'static>,
    tls: &TlsConfig,
) -> io::Result<Handshake> {
    let stream = TcpStream::connect(address).await?;
    let connector = TlsConnector::from(Arc::clone(tls.rustls()));
    let stream = connector.connect(name, stream).await?;
    Ok(Handshake::of(stream.get_ref().1))
}

impl fmt::Debug for Doctor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Doctor")
            .field("base_url", &self.base_url)
            .finish_non_exhaustive()
    }
}
