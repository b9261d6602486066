//! The order of what is looked at over the network, and what each finding means.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::SystemTime;

use http::{StatusCode, Uri};
use rustls::pki_types::ServerName;
use sanspay_core::partner::FetchToken;
use sanspay_core::{BaseUrl, Diagnosis, Error, TlsProblem};

use super::server::{self, Handshake};
use super::setup::Doctor;
use crate::config::TlsConfig;

/// What to carry out next.
#[derive(Debug)]
#[non_exhaustive]
pub enum Probe {
    /// Resolve the name: [`Found::Addresses`].
    Resolve {
        /// The name or address.
        host: String,
        /// The port.
        port: u16,
    },
    /// Connect to one address after the other until one answers: [`Found::Connected`].
    Connect(Vec<SocketAddr>),
    /// Connect and make a TLS handshake: [`Found::Handshake`].
    Handshake {
        /// Where to.
        address: SocketAddr,
        /// The name that the server must prove.
        name: ServerName<'static>,
        /// How.
        tls: TlsConfig,
    },
    /// Call [`Knock`](super::Knock) once, through a client with this configuration:
    /// [`Found::Answer`].
    Knock(TlsConfig),
    /// Fetch a token once, through a client with this configuration: [`Found::Token`].
    Token(TlsConfig, FetchToken),
}

/// What a probe found.
#[derive(Debug)]
#[non_exhaustive]
pub enum Found {
    /// The addresses of the name; none where it was not found.
    Addresses(Vec<SocketAddr>),
    /// The first address that answered.
    Connected(Option<SocketAddr>),
    /// How the handshake ended.
    Handshake(io::Result<Handshake>),
    /// The status of the answer.
    Answer(Result<StatusCode, Error>),
    /// Whether a token was issued.
    Token(Result<(), Error>),
}

/// Where the base URL leads.
struct Target {
    host: String,
    port: u16,
    /// The name to prove, where TLS is spoken.
    name: Option<ServerName<'static>>,
}

impl Target {
    fn of(base_url: &str) -> Result<Self, String> {
        const NO_HOST: &str = "names no host that TLS could be spoken to";
        BaseUrl::new(base_url).map_err(|error| error.to_string())?;
        let uri: Uri = base_url.parse().map_err(|_| NO_HOST)?;
        let host = uri.host().ok_or(NO_HOST)?;
        let host = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let is_tls = uri.scheme_str() == Some("https");
        let name = if is_tls {
            Some(ServerName::try_from(host.clone()).map_err(|_| NO_HOST)?)
        } else {
            None
        };
        let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        Ok(Self { host, port, name })
    }
}

/// What the probes over the network need.
struct Network {
    target: Target,
    /// With the client certificate, unless that cannot be used.
    own: TlsConfig,
    /// Without a client certificate.
    bare: TlsConfig,
    has_certificate: bool,
    /// `None` where no credentials were given.
    token: Option<Result<FetchToken, Error>>,
}

enum Stage {
    Resolve,
    Connect(Vec<SocketAddr>),
    Handshake(SocketAddr),
    KnockWithout,
    Knock,
    Token(FetchToken),
}

/// The examination of one connection: hands out one probe after the other, and notes what each found.
///
/// ```
/// use std::time::SystemTime;
/// use sanspay_tls::doctor::{Doctor, Found, Probe};
/// let now = SystemTime::now();
/// let mut examination = Doctor::new("https://api.example.com").examination(now);
/// while let Some(probe) = examination.next() {
///     examination.accept(now, match probe {
///         Probe::Resolve { .. } => Found::Addresses(Vec::new()), // nothing found
///         _ => unreachable!("without an address nothing else is tried"),
///     });
/// }
/// assert!(examination.finish().sentence().contains("host in the base URL"));
/// ```
pub struct Examination {
    diagnosis: Diagnosis,
    /// With where it stands; `None` once nothing is left to do.
    network: Option<(Network, Stage)>,
}

impl Examination {
    pub(super) fn new(doctor: &Doctor, diagnosis: Diagnosis) -> Self {
        let mut examination = Self {
            diagnosis,
            network: None,
        };
        let bare = doctor.tls.clone().without_client_certificate().build();
        let own = doctor.tls.clone().build();
        // With a certificate that cannot be used the rest is examined without one.
        let (Ok(bare), own) = (bare, own) else {
            return examination;
        };
        let own = own.unwrap_or_else(|_| bare.clone());
        match Target::of(&doctor.base_url) {
            Ok(target) => {
                let token = doctor.checked_credentials();
                let network = Network {
                    target,
                    own,
                    bare,
                    has_certificate: doctor.tls.client.is_some(),
                    token: token.map(|keys| keys.map(FetchToken::new)),
                };
                examination.network = Some((network, Stage::Resolve));
            }
            Err(told) => examination.bad("base URL", told, "correct the base URL"),
        }
        examination
    }

    /// What to carry out next; `None` at the end.
    #[allow(clippy::should_implement_trait)] // Each probe needs an answer, so it is no iterator.
    pub fn next(&mut self) -> Option<Probe> {
        let (network, stage) = self.network.as_ref()?;
        let target = &network.target;
        Some(match stage {
            Stage::Resolve => Probe::Resolve {
                host: target.host.clone(),
                port: target.port,
            },
            Stage::Connect(addresses) => Probe::Connect(addresses.clone()),
            Stage::Handshake(address) => Probe::Handshake {
                address: *address,
                name: target.name.clone()?,
                tls: network.own.clone(),
            },
            Stage::KnockWithout => Probe::Knock(network.bare.clone()),
            Stage::Knock => Probe::Knock(network.own.clone()),
            Stage::Token(fetch) => Probe::Token(network.own.clone(), fetch.clone()),
        })
    }

    /// Notes what the last probe found. A finding that answers another probe ends the examination.
    pub fn accept(&mut self, now: SystemTime, found: Found) {
        let Some((network, stage)) = self.network.take() else {
            return;
        };
        let next = match (stage, found) {
            (Stage::Resolve, Found::Addresses(addresses)) => self.resolved(&network, addresses),
            (Stage::Connect(_), Found::Connected(address)) => self.connected(&network, address),
            (Stage::Handshake(_), Found::Handshake(Ok(handshake))) => {
                handshake.note(now, &mut self.diagnosis);
                Some(Stage::KnockWithout)
            }
            (Stage::Handshake(_), Found::Handshake(Err(error))) => {
                server::note_failure(&error, &mut self.diagnosis);
                None
            }
            (Stage::KnockWithout, Found::Answer(answer)) => {
                self.answered_without(answer);
                Some(Stage::Knock)
            }
            (Stage::Knock, Found::Answer(answer)) => self.answered(&network, answer),
            (Stage::Token(_), Found::Token(token)) => {
                match token {
                    Ok(()) => self.diagnosis.good("token exchange", "a token was issued"),
                    Err(error) => self.failed("token exchange", &error),
                }
                None
            }
            _ => None,
        };
        self.network = next.map(|stage| (network, stage));
    }

    /// Everything that was found.
    pub fn finish(self) -> Diagnosis {
        self.diagnosis
    }

    fn resolved(&mut self, network: &Network, addresses: Vec<SocketAddr>) -> Option<Stage> {
        const NAME: &str = "name resolution";
        if addresses.is_empty() {
            let told = format!("{} was not found", network.target.host);
            let advice = "check the host in the base URL and this machine's name resolution";
            self.bad(NAME, told, advice);
            return None;
        }
        let told = match addresses.len() {
            1 => "1 address".to_owned(),
            many => format!("{many} addresses"),
        };
        self.diagnosis.good(NAME, told);
        Some(Stage::Connect(addresses))
    }

    fn connected(&mut self, network: &Network, address: Option<SocketAddr>) -> Option<Stage> {
        let port = network.target.port;
        let Some(address) = address else {
            let told = format!("nobody answers on port {port}");
            let advice = "check the port in the base URL, and whether a firewall stands in the way";
            self.bad("TCP", told, advice);
            return None;
        };
        self.diagnosis
            .good("TCP", format!("connected to port {port}"));
        match network.target.name {
            Some(_) => Some(Stage::Handshake(address)),
            None => Some(Stage::Knock),
        }
    }

    fn answered_without(&mut self, answer: Result<StatusCode, Error>) {
        const NAME: &str = "demands a certificate";
        match answer {
            Ok(_) => self.diagnosis.good(NAME, "no: the front lets everybody in"),
            Err(error) => match error.tls() {
                Some(TlsProblem::ClientCertificateMissing | TlsProblem::HandshakeRefused) => {
                    self.diagnosis.good(NAME, "yes");
                }
                _ => self.diagnosis.skipped(NAME, error.to_string()),
            },
        }
    }

    fn answered(&mut self, network: &Network, answer: Result<StatusCode, Error>) -> Option<Stage> {
        let name = if network.has_certificate && network.target.name.is_some() {
            "accepts the certificate"
        } else {
            "answers"
        };
        match answer {
            Ok(status) => {
                let told = format!("yes, with status {}", status.as_u16());
                self.diagnosis.good(name, told);
            }
            Err(error) => {
                self.failed(name, &error);
                return None;
            }
        }
        match &network.token {
            Some(Ok(fetch)) => return Some(Stage::Token(fetch.clone())),
            Some(Err(error)) => self.failed("token exchange", error),
            None => {
                let told = "no key id and key secret were given";
                self.diagnosis.skipped("token exchange", told);
            }
        }
        None
    }

    fn failed(&mut self, name: &'static str, error: &Error) {
        self.diagnosis.bad(name, error.to_string(), error.advice());
    }

    fn bad(&mut self, name: &'static str, told: String, advice: &'static str) {
        self.diagnosis.bad(name, told, advice);
    }
}

impl fmt::Debug for Examination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Examination")
            .field("diagnosis", &self.diagnosis)
            .finish_non_exhaustive()
    }
}
