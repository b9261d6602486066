//! The doctor says the right sentence for each failure, and prints no secret.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic)]

use sanspay_core::{Check, Diagnosis, Verdict};
use sanspay_e2e::{Adapter, Failure, Front, FrontKind, Setup, fronts};
use sanspay_testkit::network::Refusing;
use sanspay_testkit::pki::Authority;
use sanspay_testkit::pki::{Identity, Pki, VALID};
use sanspay_tls::TlsConfig;
use sanspay_tls::doctor::Doctor;

const KEY_ID: &str = "sandbox-key-id";
const KEY_SECRET: &str = "sandbox-key-secret";

/// The diagnosis that either adapter comes to.
fn examine(adapter: Adapter, doctor: &Doctor) -> Diagnosis {
    match adapter {
        Adapter::Blocking => sanspay_blocking::examine(doctor),
        Adapter::Async => {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_all().build().unwrap();
            runtime.block_on(sanspay_async::examine(doctor))
        }
    }
}

fn with_client(doctor: Doctor, identity: &Identity) -> Doctor {
    doctor.client_certificate(identity.chain.clone(), identity.key.clone())
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
    let mut doctor = Doctor::new(&failure.base_url)
        .ca(failure.ca.clone())
        .minimum_version(failure.minimum_version)
        .credentials(KEY_ID, KEY_SECRET);
    if let Some(identity) = &failure.identity {
        doctor = with_client(doctor, identity);
    }
    let diagnosis = examine(adapter, &doctor);
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
            let doctor = Doctor::new(front.base_url()).ca(pki.platform.pem());
            let doctor = with_client(doctor, &pki.client);
            let diagnosis = examine(adapter, &doctor.clone().credentials(KEY_ID, KEY_SECRET));
            let checks = diagnosis.checks();
            let names: Vec<_> = checks.iter().map(Check::name).collect();
            assert_eq!(names, all, "{diagnosis}");
            assert!(
                checks
                    .iter()
                    .all(|check: &Check| check.verdict() == Verdict::Good),
                "{diagnosis}"
            );
            assert!(diagnosis.sentence().contains("nothing to do"));
            assert_eq!(checks[3].told(), "30 days left");

            let refused = examine(adapter, &doctor.credentials(KEY_ID, "another-secret"));
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
            let doctor = Doctor::new(url).ca(pki.platform.pem());
            let diagnosis = examine(adapter, &doctor);
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
        let examine_with = |identity: &Identity| {
            let doctor = Doctor::new(front.base_url()).ca(pki.platform.pem());
            examine(adapter, &with_client(doctor, identity))
        };
        let soon = examine_with(&pki.platform.client("partner-1", (-1, 3)));
        assert!(soon.is_healthy(), "{soon}");
        assert_eq!(
            soon.sentence(),
            "get a new client certificate before this one expires"
        );
        let server = examine_with(&pki.platform.server("127.0.0.1", (-1, 30)));
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
    let doctor = Doctor::new(front.base_url());
    examine(adapter, &doctor.tls(TlsConfig::builder().ca(ca)))
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
