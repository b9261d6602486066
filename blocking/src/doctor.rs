//! Examines a connection to the partner API: carries out the probes of
//! [`sanspay_tls::doctor`], which decides everything.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::SystemTime;

use rustls::ClientConnection;
use rustls::pki_types::ServerName;
use sanspay_core::{Error, RetryPolicy, Secret};
use sanspay_tls::doctor::{Diagnosis, Found, Handshake, Knock, PATIENCE, Probe, Setup};
use sanspay_tls::{TlsConfig, TlsConfigBuilder, TlsVersion};

use crate::client::Client;
use crate::transport::ureq::UreqTransport;

/// Examines a connection to the partner API and everything that it needs.
///
/// ```
/// use sanspay_blocking::Doctor;
/// let diagnosis = Doctor::new("https://127.0.0.1:1")
///     .client_certificate("not PEM", "neither")
///     .examine();
/// println!("{diagnosis}");
/// assert!(diagnosis.sentence().contains("PEM"));
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
    pub fn examine(&self) -> Diagnosis {
        let mut examination = self.setup.examination(SystemTime::now());
        while let Some(probe) = examination.next() {
            let Some(found) = self.carry_out(probe) else {
                break;
            };
            examination.accept(SystemTime::now(), found);
        }
        examination.finish()
    }

    /// `None` for a probe that is newer than this adapter.
    fn carry_out(&self, probe: Probe) -> Option<Found> {
        Some(match probe {
            Probe::Resolve { host, port } => {
                let addresses = (host.as_str(), port).to_socket_addrs();
                Found::Addresses(addresses.into_iter().flatten().collect())
            }
            Probe::Connect(addresses) => {
                let connects =
                    |address: &SocketAddr| TcpStream::connect_timeout(address, PATIENCE).is_ok();
                Found::Connected(addresses.into_iter().find(connects))
            }
            Probe::Handshake { address, name, tls } => {
                Found::Handshake(handshake(address, name, &tls))
            }
            Probe::Knock(tls) => {
                Found::Answer(self.client(tls).and_then(|client| client.call(Knock)))
            }
            Probe::Token(tls, fetch) => {
                let token = self.client(tls).and_then(|client| client.call(fetch));
                Found::Token(token.map(drop))
            }
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
            .transport(UreqTransport::new(tls))
            .build()
    }
}

/// Makes one TLS connection.
fn handshake(
    address: SocketAddr,
    name: ServerName<'static>,
    tls: &TlsConfig,
) -> io::Result<Handshake> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let connection = ClientConnection::new(Arc::clone(tls.rustls()), name);
    let mut connection = connection.map_err(io::Error::other)?;
    while connection.is_handshaking() {
        connection.complete_io(&mut stream)?;
    }
    Ok(Handshake::of(&connection))
}

impl fmt::Debug for Doctor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Doctor")
            .field("base_url", &self.base_url)
            .finish_non_exhaustive()
    }
}
