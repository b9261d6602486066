//! A scene: the client, the server, their protocol, and the fault that the payout meets.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use sanspay_core::Currency;
use sanspay_core::partner::NewPayout;
use sanspay_e2e::{
    Adapter, ClientCertificates, Manner, Meddling, Paid, Payer, PayerSetup, PayoutServer, Relay,
    Speaks, Tally, Version, payout,
};
use sanspay_testkit::network::Refusing;
use sanspay_testkit::pki::{EXPIRED, Identity, Pki, VALID};
use sanspay_testkit::sandbox::{Sandbox, SandboxConfig};
use sanspay_tls::TlsConfig;
use socket2::{Domain, Socket, Type};

pub(crate) static PKI: LazyLock<Pki> = LazyLock::new(Pki::new);

/// How long a connection may take.
const PATIENT: Duration = Duration::from_secs(9);

/// The same where the row waits for the end of that.
const HASTY: Duration = Duration::from_millis(300);

/// A whole megabyte does not fit into the buffers of a loopback connection, eight do not by far.
const LARGE: usize = 8 * 1024 * 1024;

/// Where the client goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Address {
    Server,
    /// A port that nobody listens on.
    Refusing,
    /// A name that is none.
    Unknown,
    /// A port whose listener takes no more connections.
    Full,
}

/// Which certificate somebody shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shows {
    Nothing,
    Good,
    Strange,
    Expired,
    /// For another address.
    WrongName,
}

#[derive(Clone)]
pub(crate) struct Scene {
    address: Address,
    version: Option<Version>,
    /// The client speaks TLS to a server that does not.
    mistaken: bool,
    server_shows: Shows,
    client_shows: Shows,
    clients: ClientCertificates,
    manner: Manner,
    meddling: Meddling,
    reused: bool,
    pause: Duration,
    large: bool,
    connect_timeout: Duration,
    deadline: Duration,
}

impl Scene {
    /// Plain HTTP, and everything as it should be.
    pub(crate) fn plain() -> Self {
        Self {
            address: Address::Server,
            version: None,
            mistaken: false,
            server_shows: Shows::Good,
            client_shows: Shows::Nothing,
            clients: ClientCertificates::NotAsked,
            manner: Manner::Answers,
            meddling: Meddling::None,
            reused: false,
            pause: Duration::ZERO,
            large: false,
            connect_timeout: PATIENT,
            deadline: Duration::from_secs(10),
        }
    }

    pub(crate) fn tls(version: Version) -> Self {
        let version = Some(version);
        Self {
            version,
            ..Self::plain()
        }
    }

    pub(crate) fn tls12() -> Self {
        Self::tls(Version::Tls12)
    }

    pub(crate) fn tls13() -> Self {
        Self::tls(Version::Tls13)
    }

    pub(crate) fn refusing() -> Self {
        Self {
            address: Address::Refusing,
            ..Self::plain()
        }
    }

    pub(crate) fn unknown_host() -> Self {
        Self {
            address: Address::Unknown,
            ..Self::plain()
        }
    }

    pub(crate) fn full() -> Self {
        Self {
            address: Address::Full,
            ..Self::plain()
        }
    }

    pub(crate) fn tls_to_plain() -> Self {
        Self {
            mistaken: true,
            ..Self::plain()
        }
    }

    pub(crate) fn server(self, manner: Manner) -> Self {
        Self { manner, ..self }
    }

    pub(crate) fn relay(self, meddling: Meddling) -> Self {
        Self { meddling, ..self }
    }

    pub(crate) fn server_shows(self, server_shows: Shows) -> Self {
        Self {
            server_shows,
            ..self
        }
    }

    /// The server asks for a client certificate, and this is what it gets.
    pub(crate) fn client_shows(self, client_shows: Shows) -> Self {
        let clients = ClientCertificates::Required;
        Self {
            client_shows,
            clients,
            ..self
        }
    }

    /// The payout goes over a connection that served a listing.
    pub(crate) fn reused(self) -> Self {
        Self {
            reused: true,
            ..self
        }
    }

    /// The payout comes so long after the listing.
    pub(crate) fn after(self, pause: Duration) -> Self {
        Self {
            pause,
            ..self.reused()
        }
    }

    /// A connection may take no time to speak of.
    pub(crate) fn hasty(self) -> Self {
        Self {
            connect_timeout: HASTY,
            ..self
        }
    }

    pub(crate) fn large(self) -> Self {
        Self {
            large: true,
            ..self
        }
    }

    pub(crate) fn deadline(self, milliseconds: u64) -> Self {
        let deadline = Duration::from_millis(milliseconds);
        Self { deadline, ..self }
    }

    /// Everybody takes their place.
    pub(crate) fn set(&self, adapter: Adapter) -> Stage {
        let sandbox = Arc::new(Mutex::new(Sandbox::new(SandboxConfig::default())));
        let speaks = self.version.map_or(Speaks::Plain, |version| {
            Speaks::tls(
                &PKI,
                version,
                &identity(self.server_shows).unwrap(),
                self.clients,
            )
        });
        let server = PayoutServer::start(speaks, Arc::clone(&sandbox), self.manner.clone());
        let mut kept = Kept::default();
        let base_url = match self.address {
            Address::Server if self.mistaken => format!("https://{}", server.address()),
            Address::Server => match &self.meddling {
                Meddling::None => server.base_url(server.address()),
                meddling => server.base_url(Relay::start(&server, meddling.clone()).address()),
            },
            Address::Unknown => "http://nobody.invalid".to_owned(),
            Address::Refusing => {
                let refusing = kept.refusing.insert(Refusing::new());
                format!("http://{}", refusing.address())
            }
            Address::Full => {
                let full = kept.full.insert(Full::new());
                format!("http://{}", full.0)
            }
        };
        let mut tls = PKI.trusting();
        if let Some(Identity { chain, key }) = shown(self.client_shows) {
            tls = tls.client_certificate(chain, key);
        }
        let tls: TlsConfig = tls.build().unwrap();
        let setup = PayerSetup {
            base_url,
            tls,
            sandbox,
            connect_timeout: self.connect_timeout,
        };
        Stage {
            scene: self.clone(),
            payer: Payer::new(adapter, &setup),
            tally: server.tally().clone(),
            _kept: kept,
        }
    }
}

/// The server's certificate.
fn identity(shows: Shows) -> Option<Identity> {
    Some(match shows {
        Shows::Nothing => return None,
        Shows::Good => PKI.server.clone(),
        Shows::Strange => PKI.stranger.server("127.0.0.1", VALID),
        Shows::Expired => PKI.platform.server("127.0.0.1", EXPIRED),
        Shows::WrongName => PKI.platform.server("127.0.0.2", VALID),
    })
}

/// The client's certificate.
fn shown(shows: Shows) -> Option<Identity> {
    Some(match shows {
        Shows::Nothing | Shows::WrongName => return None,
        Shows::Good => PKI.client.clone(),
        Shows::Strange => PKI.stranger.client("partner-1", VALID),
        Shows::Expired => PKI.platform.client("partner-1", EXPIRED),
    })
}

/// Everybody in their place.
pub(crate) struct Stage {
    scene: Scene,
    payer: Payer,
    pub(crate) tally: Tally,
    /// What has to stay as it is meanwhile.
    _kept: Kept,
}

impl Stage {
    pub(crate) fn pay(&self) -> Paid {
        let payer = &self.payer;
        if self.scene.reused {
            payer.warm_up();
            std::thread::sleep(self.scene.pause);
        }
        let payout = if self.scene.large {
            let amount = "7.50".parse().unwrap();
            NewPayout::new("p-1", amount, Currency::EUR, &"x".repeat(LARGE))
        } else {
            payout("p-1")
        };
        payer.pay_within(self.scene.deadline, payout)
    }
}

#[derive(Default)]
struct Kept {
    refusing: Option<Refusing>,
    full: Option<Full>,
}

/// A listener that accepts nobody and whose queue is full, so that a SYN is not answered.
struct Full(
    SocketAddr,
    #[expect(dead_code, reason = "keeps the queue full")] (Socket, Vec<Socket>),
);

impl Full {
    fn new() -> Self {
        let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        listener.bind(&any_port.into()).unwrap();
        listener.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let waiting = (0..4).map(|_| {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
            socket.set_nonblocking(true).unwrap();
            // It is not waited for.
            let _ = socket.connect(&address);
            socket
        });
        let waiting = waiting.collect();
        Self(address.as_socket().unwrap(), (listener, waiting))
    }
}
