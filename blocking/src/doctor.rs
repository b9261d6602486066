//! Finds out why a connection fails: first what can be seen without a network, then step by step
//! nearer to the token.

use std::fmt;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::{Method, Request, Response, StatusCode, Uri};
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, ProtocolVersion};
use sanspay_core::partner::FetchToken;
use sanspay_core::{
    Api, Auth, BaseUrl, Endpoint, Error, Replay, RetryPolicy, Secret, TlsProblem, printable,
    success,
};
use sanspay_tls::doctor::{ClientPem, Diagnosis};
use sanspay_tls::{
    Certificate, TlsConfig, TlsConfigBuilder, TlsVersion, default_provider, problem_of,
};

use crate::client::Client;

/// How long each step over the network may take.
const PATIENCE: Duration = Duration::from_secs(10);

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
    chain: Option<Vec<u8>>,
    key: Option<Secret>,
    ca: Option<Vec<u8>>,
    minimum_version: TlsVersion,
    credentials: Option<(Secret, Secret)>,
}

impl Doctor {
    /// For the API at this base URL.
    pub fn new(base_url: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            chain: None,
            key: None,
            ca: None,
            minimum_version: TlsVersion::Tls12,
            credentials: None,
        }
    }

    /// The client certificate with its chain, and its private key, both as PEM.
    pub fn client_certificate(mut self, chain: impl Into<Vec<u8>>, key: impl Into<Secret>) -> Self {
        self.chain = Some(chain.into());
        self.key = Some(key.into());
        self
    }

    /// The CAs that are trusted, as PEM; without any, Mozilla's are.
    pub fn ca(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.ca = Some(pem.into());
        self
    }

    /// The oldest version of TLS that the client speaks.
    pub fn minimum_version(mut self, version: TlsVersion) -> Self {
        self.minimum_version = version;
        self
    }

    /// `key_id` and `key_secret`; without them no token is asked for.
    pub fn credentials(mut self, key_id: impl Into<Secret>, key_secret: impl Into<Secret>) -> Self {
        self.credentials = Some((key_id.into(), key_secret.into()));
        self
    }

    /// Looks at everything in order. It takes at most about a minute, and sends the provider
    /// nothing but a `GET` of the base URL and, with credentials, a request for a token.
    pub fn examine(&self) -> Diagnosis {
        let mut diagnosis = Diagnosis::new();
        let Some(provider) = default_provider() else {
            let advice = "switch on the feature `ring` or `graviola`";
            diagnosis.bad("cryptography", "none is compiled in", advice);
            return diagnosis;
        };
        let given = ClientPem {
            chain: self.chain.as_deref(),
            key: self.key.as_ref().map(|key| key.expose().as_bytes()),
            key_password: None,
            ca: self.ca.as_deref(),
        };
        given.examine(&provider, SystemTime::now(), &mut diagnosis);
        // With a certificate that cannot be used the rest is examined without one.
        let own = self.tls(true).or_else(|_| self.tls(false));
        let (Ok(own), Ok(bare)) = (own, self.tls(false)) else {
            return diagnosis;
        };
        let Some(target) = self.target(&mut diagnosis) else {
            return diagnosis;
        };
        let Some(address) = reach(&target, &mut diagnosis) else {
            return diagnosis;
        };
        if target.tls && !handshake(&target, address, &own, &mut diagnosis) {
            return diagnosis;
        }
        if self.front(&target, &own, &bare, &mut diagnosis) {
            self.token(&own, &mut diagnosis);
        }
        diagnosis
    }

    fn tls(&self, with_certificate: bool) -> Result<TlsConfig, Error> {
        let mut builder: TlsConfigBuilder =
            TlsConfig::builder().minimum_version(self.minimum_version);
        if let Some(ca) = &self.ca {
            builder = builder.ca(ca.clone());
        }
        if let (true, Some(chain), Some(key)) = (with_certificate, &self.chain, &self.key) {
            builder = builder.client_certificate(chain.clone(), key.expose());
        }
        builder.build()
    }

    fn target(&self, diagnosis: &mut Diagnosis) -> Option<Target> {
        match BaseUrl::new(&self.base_url) {
            Ok(_) => Target::of(&self.base_url.parse().ok()?),
            Err(error) => {
                diagnosis.bad("base URL", error.to_string(), "correct the base URL");
                None
            }
        }
    }

    /// A client that tries everything once. What it calls needs no token, so the credentials are
    /// nobody's.
    fn client(&self, tls: &TlsConfig) -> Result<Client, Error> {
        Client::builder()
            .base_url(self.base_url.clone())
            .credentials("nobody", "nobody")
            .short_key_secret(true)
            .retry(RetryPolicy::never())
            .deadline(PATIENCE)
            .tls(tls.clone())
            .build()
    }

    /// Whether the front lets us in.
    fn front(
        &self,
        target: &Target,
        own: &TlsConfig,
        bare: &TlsConfig,
        diagnosis: &mut Diagnosis,
    ) -> bool {
        let knock = |tls: &TlsConfig| self.client(tls)?.call(Knock);
        if target.tls {
            const NAME: &str = "demands a certificate";
            match knock(bare) {
                Ok(_) => diagnosis.good(NAME, "no: the front lets everybody in"),
                Err(error) => match error.tls() {
                    Some(TlsProblem::ClientCertificateMissing | TlsProblem::HandshakeRefused) => {
                        diagnosis.good(NAME, "yes");
                    }
                    _ => diagnosis.skipped(NAME, error.to_string()),
                },
            }
        }
        let name = if self.chain.is_some() && target.tls {
            "accepts the certificate"
        } else {
            "answers"
        };
        match knock(own) {
            Ok(status) => {
                diagnosis.good(name, format!("yes, with status {}", status.as_u16()));
                true
            }
            Err(error) => {
                diagnosis.bad(name, error.to_string(), error.advice());
                false
            }
        }
    }

    fn token(&self, tls: &TlsConfig, diagnosis: &mut Diagnosis) {
        const NAME: &str = "token exchange";
        let Some((key_id, key_secret)) = self.credentials.clone() else {
            diagnosis.skipped(NAME, "no key id and key secret were given");
            return;
        };
        let token = sanspay_core::Credentials::new(key_id, key_secret)
            .and_then(|keys| self.client(tls)?.call(FetchToken::new(keys)));
        match token {
            Ok(_) => diagnosis.good(NAME, "a token was issued"),
            Err(error) => diagnosis.bad(NAME, error.to_string(), error.advice()),
        }
    }
}

/// Where the base URL leads.
struct Target {
    host: String,
    port: u16,
    tls: bool,
}

impl Target {
    fn of(uri: &Uri) -> Option<Self> {
        let tls = uri.scheme_str()? == "https";
        let host = uri.host()?.trim_start_matches('[').trim_end_matches(']');
        Some(Self {
            host: host.to_owned(),
            port: uri.port_u16().unwrap_or(if tls { 443 } else { 80 }),
            tls,
        })
    }
}

/// Resolves the name and connects.
fn reach(target: &Target, diagnosis: &mut Diagnosis) -> Option<SocketAddr> {
    let found = (target.host.as_str(), target.port).to_socket_addrs();
    let addresses: Vec<_> = found.map(Iterator::collect).unwrap_or_default();
    if addresses.is_empty() {
        let advice = "check the host in the base URL and this machine's name resolution";
        diagnosis.bad(
            "name resolution",
            format!("{} was not found", target.host),
            advice,
        );
        return None;
    }
    diagnosis.good("name resolution", format!("{} addresses", addresses.len()));
    let connects = |address: &&SocketAddr| TcpStream::connect_timeout(address, PATIENCE).is_ok();
    let Some(address) = addresses.iter().find(connects) else {
        let told = format!("nobody answers on port {}", target.port);
        let advice = "check the port in the base URL, and whether a firewall stands in the way";
        diagnosis.bad("TCP", told, advice);
        return None;
    };
    diagnosis.good("TCP", format!("connected to port {}", target.port));
    Some(*address)
}

/// Makes one TLS connection and looks at what the server shows.
fn handshake(
    target: &Target,
    address: SocketAddr,
    tls: &TlsConfig,
    diagnosis: &mut Diagnosis,
) -> bool {
    const NAME: &str = "TLS";
    match connect_tls(target, address, tls) {
        Ok(connection) => {
            let version = match connection.protocol_version() {
                Some(ProtocolVersion::TLSv1_3) => "version 1.3",
                Some(ProtocolVersion::TLSv1_2) => "version 1.2",
                _ => "another version",
            };
            diagnosis.good(NAME, version);
            let leaf = connection.peer_certificates().and_then(<[_]>::first);
            if let Some(leaf) = leaf.and_then(Certificate::from_der) {
                let left = leaf.days_left(SystemTime::now());
                let told = format!("trusted, {}, {left} left", printable(&leaf.subject()));
                diagnosis.good("server certificate", told);
            }
            true
        }
        Err(error) => {
            let told = problem_of(&*error).map_or_else(
                || {
                    let advice = "check whether a proxy or firewall stands in the way of TLS";
                    (
                        format!("the handshake failed: {}", printable(&error.to_string())),
                        advice,
                    )
                },
                |problem| (problem.to_string(), problem.advice()),
            );
            diagnosis.bad("TLS and server certificate", told.0, told.1);
            false
        }
    }
}

fn connect_tls(
    target: &Target,
    address: SocketAddr,
    tls: &TlsConfig,
) -> Result<ClientConnection, Box<dyn std::error::Error>> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let name = ServerName::try_from(target.host.clone())?;
    let mut connection = ClientConnection::new(Arc::clone(tls.rustls()), name)?;
    while connection.is_handshaking() {
        connection.complete_io(&mut stream)?;
    }
    Ok(connection)
}

/// A request without credentials, for which any answer will do that is not about TLS.
struct Knock;

impl Endpoint for Knock {
    type Output = StatusCode;

    fn operation(&self) -> &str {
        "knock"
    }

    fn request(&self, api: &Api) -> Result<Request<Vec<u8>>, Error> {
        api.request("knock", Method::GET, "/", &[], None)
    }

    fn parse(&self, api: &Api, response: &Response<&[u8]>) -> Result<StatusCode, Error> {
        match success("knock", api, response) {
            Err(error) if error.tls().is_some() => Err(error),
            _ => Ok(response.status()),
        }
    }

    fn replay(&self) -> Replay {
        Replay::Safe
    }

    fn auth(&self) -> Auth {
        Auth::None
    }
}

impl fmt::Debug for Doctor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Doctor")
            .field("base_url", &self.base_url)
            .finish_non_exhaustive()
    }
}
