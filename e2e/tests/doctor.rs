//! The doctor says the right sentence for each failure, and prints no secret.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic)]

use sanspay_core::{Check, Diagnosis, Verdict};
use sanspay_e2e::{Adapter, Failure, Front, FrontKind, Setup, fronts};
use sanspay_testkit::network::Refusing;
use sanspay_testkit::pki::Authority;
use sanspay_testkit::pki::{Identity, Pki, VALID};
use sanspay_tls::{TlsConfig, TlsConfigBuilder, TlsVersion};

const KEY_ID: &str = "sandbox-key-id";
const KEY_SECRET: &str = "sandbox-key-secret";

/// The doctor of either adapter.
#[derive(Debug, Clone)]
enum Doctor {
    Blocking(sanspay_blocking::Doctor),
    Async(sanspay_async::Doctor),
}

impl Doctor {
    fn new(adapter: Adapter, base_url: &str) -> Self {
        match adapter {
            Adapter::Blocking => Self::Blocking(sanspay_blocking::Doctor::new(base_url)),
            Adapter::Async => Self::Async(sanspay_async::Doctor::new(base_url)),
        }
    }

    fn tls(self, tls: TlsConfigBuilder) -> Self {
        match self {
            Self::Blocking(doctor) => Self::Blocking(doctor.tls(tls)),
            Self::Async(doctor) => Self::Async(doctor.tls(tls)),
        }
    }

    fn ca(self, pem: String) -> Self {
        match self {
            Self::Blocking(doctor) => Self::Blocking(doctor.ca(pem)),
            Self::Async(doctor) => Self::Async(doctor.ca(pem)),
        }
    }

    fn client_certificate(self, identity: &Identity) -> Self {
        let (chain, key) = (identity.chain.clone(), identity.key.clone());
        match self {
            Self::Blocking(doctor) => Self::Blocking(doctor.client_certificate(chain, key)),
            Self::Async(doctor) => Self::Async(doctor.client_certificate(chain, key)),
        }
    }

    fn minimum_version(self, version: TlsVersion) -> Self {
        match self {
            Self::Blocking(doctor) => Self::Blocking(doctor.minimum_version(version)),
            Self::Async(doctor) => Self::Async(doctor.minimum_version(version)),
        }
    }

    fn credentials(self, key_id: &str, key_secret: &str) -> Self {
        match self {
            Self::Blocking(doctor) => Self::Blocking(doctor.credentials(key_id, key_secret)),
            Self::Async(doctor) => Self::Async(doctor.credentials(key_id, key_secret)),
        }
    }

    fn examine(&self) -> Diagnosis {
        match self {
            Self::Blocking(doctor) => doctor.examine(),
            Self::Async(doctor) => {
                let mut runtime = tokio::runtime::Builder::new_current_thread();
                let runtime = runtime.enable_all().build().unwrap();
                runtime.block_on(doctor.examine())
            }
        }
    }
}

/// The lines of a key that would betray it.
fn assert_no_secret(printed: &str, key: &str) {
    assert!(!printed.contains(KEY_SECRET), "{printed}");
    for line in key.lines().filter(|line| !line.starts_with('-')) {
        assert!(!printed.contains(line), "{printed}");
    }
}

#[test]
fn each_failure_gets_the_right_sentence() {
    for kind in fronts() {
        for failure in Failure::all(kind) {
            for adapter in Adapter::BOTH {
                assert_sentence(adapter, kind, &failure);
            }
        }
    }
}

fn assert_sentence(adapter: Adapter, kind: FrontKind, failure: &Failure) {
    let mut doctor = Doctor::new(adapter, &failure.base_url)
        .ca(failure.ca.clone())
        .minimum_version(failure.minimum_version)
        .credentials(KEY_ID, KEY_SECRET);
    if let Some(identity) = &failure.identity {
        doctor = doctor.client_certificate(identity);
    }
    let diagnosis = doctor.examine();
    let (problem, printed) = (failure.problem, diagnosis.to_string());
    assert_eq!(
        diagnosis.sentence(),
        problem.advice(),
        "{problem:?} {adapter:?} {kind:?}\n{printed}"
    );
    assert!(!diagnosis.is_healthy());
    assert!(printed.ends_with(problem.advice()));
    let key = failure.identity.as_ref().map(|identity| &*identity.key);
    assert_no_secret(
        &format!("{printed}{diagnosis:?}{doctor:?}"),
        key.unwrap_or_default(),
    );
}

#[test]
fn a_sound_connection_is_followed_up_to_the_token() {
    let pki = Pki::new();
    let all = [
        "trusted CA",
        "client certificate",
        "X.509 version",
        "validity",
        "key usage",
        "private key",
        "chain to the CA",
        "name resolution",
        "TCP",
        "TLS",
        "server certificate",
        "demands a certificate",
        "accepts the certificate",
        "token exchange",
    ];
    for kind in fronts() {
        let front = Front::start(kind, &Setup::new(&pki));
        for adapter in Adapter::BOTH {
            let doctor = Doctor::new(adapter, &front.base_url()).ca(pki.platform.pem());
            let doctor = doctor.client_certificate(&pki.client);
            let diagnosis = doctor.clone().credentials(KEY_ID, KEY_SECRET).examine();
            let checks = diagnosis.checks();
            let names: Vec<_> = checks.iter().map(Check::name).collect();
            assert_eq!(names, all, "{diagnosis}");
            let is_good = |check: &Check| check.verdict() == Verdict::Good;
            assert!(checks.iter().all(is_good), "{diagnosis}");
            assert!(diagnosis.sentence().contains("nothing to do"));
            assert_eq!(checks[3].told(), "30 days left");

            let refused = doctor.credentials(KEY_ID, "another-secret").examine();
            let last = refused.checks().last().unwrap();
            assert_eq!(
                (last.name(), last.verdict()),
                ("token exchange", Verdict::Bad)
            );
            assert!(
                refused.sentence().contains("key id and key secret"),
                "{refused}"
            );
        }
    }
}

#[test]
fn what_lies_before_tls_is_told_apart() {
    let pki = Pki::new();
    for adapter in Adapter::BOTH {
        let told = |url: &str| {
            let doctor = Doctor::new(adapter, url).ca(pki.platform.pem());
            let diagnosis = doctor.examine();
            let last = diagnosis.checks().last().unwrap();
            assert_eq!(last.verdict(), Verdict::Bad, "{diagnosis}");
            last.name()
        };
        assert_eq!(told("not a url"), "base URL");
        assert_eq!(told("ftp://h.example"), "base URL");
        assert_eq!(told("https://no-such-host.invalid"), "name resolution");
        let refusing = Refusing::new();
        assert_eq!(told(&format!("https://{}", refusing.address())), "TCP");
    }
}

#[test]
fn a_certificate_that_ends_soon_is_a_warning_and_one_for_servers_is_bad() {
    let pki = Pki::new();
    let front = Front::start(fronts()[0], &Setup::new(&pki));
    for adapter in Adapter::BOTH {
        let examine = |identity: &Identity| {
            let doctor = Doctor::new(adapter, &front.base_url()).ca(pki.platform.pem());
            doctor.client_certificate(identity).examine()
        };
        let soon = examine(&pki.platform.client("partner-1", (-1, 3)));
        assert!(soon.is_healthy(), "{soon}");
        assert_eq!(
            soon.sentence(),
            "get a new client certificate before this one expires"
        );
        let server = examine(&pki.platform.server("127.0.0.1", (-1, 30)));
        assert!(
            server.sentence().contains("client authentication"),
            "{server}"
        );
    }
}

/// The doctor's sentence about a server with this certificate, where this CA is trusted.
fn about_server(adapter: Adapter, server: Identity, ca: String) -> Diagnosis {
    let mut setup = Setup::without_mtls(&Pki::new());
    setup.server = server;
    let front = Front::start(FrontKind::Embedded, &setup);
    let doctor = Doctor::new(adapter, &front.base_url());
    doctor.tls(TlsConfig::builder().ca(ca)).examine()
}

#[test]
fn a_servers_certificate_that_no_ca_can_mend_is_not_advised_away() {
    for adapter in Adapter::BOTH {
        let platform = Authority::new("platform CA");
        let client = platform.client("127.0.0.1", VALID);
        let diagnosis = about_server(adapter, client, platform.pem());
        assert!(
            diagnosis.sentence().contains("for server authentication"),
            "{diagnosis}"
        );
        // As `openssl req -x509` makes it: its own CA, and shown by the server.
        let own = Authority::new("127.0.0.1").identity();
        let diagnosis = about_server(adapter, own.clone(), own.chain);
        assert!(
            diagnosis.sentence().contains("a certificate of its own"),
            "{diagnosis}"
        );
        let printed = diagnosis.to_string();
        assert!(!printed.contains("trust the CA"), "{printed}");
    }
}
