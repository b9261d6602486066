//! The doctor says the right sentence for each failure, and prints no secret.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic)]

use sanspay_blocking::{Doctor, Verdict};
use sanspay_e2e::Refusing;
use sanspay_mtls_tests::{Failure, Front, Pki, Setup, fronts};

const KEY_ID: &str = "sandbox-key-id";
const KEY_SECRET: &str = "sandbox-key-secret";

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
            let mut doctor = Doctor::new(failure.base_url.clone())
                .ca(failure.ca.clone())
                .minimum_version(failure.minimum_version)
                .credentials(KEY_ID, KEY_SECRET);
            if let Some(identity) = &failure.identity {
                doctor = doctor.client_certificate(identity.chain.clone(), identity.key.clone());
            }
            let diagnosis = doctor.examine();
            let (problem, printed) = (failure.problem, diagnosis.to_string());
            assert_eq!(
                diagnosis.sentence(),
                problem.advice(),
                "{problem:?} {kind:?}\n{printed}"
            );
            assert!(!diagnosis.is_healthy());
            assert!(printed.ends_with(problem.advice()));
            let key = failure.identity.map(|identity| identity.key);
            assert_no_secret(
                &format!("{printed}{diagnosis:?}{doctor:?}"),
                &key.unwrap_or_default(),
            );
        }
    }
}

#[test]
fn a_sound_connection_is_followed_up_to_the_token() {
    let pki = Pki::new();
    for kind in fronts() {
        let front = Front::start(kind, &Setup::new(&pki));
        let (chain, key) = (pki.client.chain.clone(), pki.client.key.clone());
        let doctor = Doctor::new(front.base_url()).ca(pki.platform.pem());
        let doctor = doctor.client_certificate(chain, key);
        let diagnosis = doctor.clone().credentials(KEY_ID, KEY_SECRET).examine();
        let names: Vec<_> = diagnosis
            .checks()
            .iter()
            .map(sanspay_blocking::Check::name)
            .collect();
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
        assert_eq!(names, all, "{diagnosis}");
        assert!(
            diagnosis
                .checks()
                .iter()
                .all(|check| check.verdict() == Verdict::Good),
            "{diagnosis}"
        );
        assert!(diagnosis.sentence().contains("nothing to do"));
        assert_eq!(diagnosis.checks()[3].told(), "30 days left");

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

#[test]
fn what_lies_before_tls_is_told_apart() {
    let pki = Pki::new();
    let told = |url: &str| {
        let diagnosis = Doctor::new(url).ca(pki.platform.pem()).examine();
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

#[test]
fn a_certificate_that_ends_soon_is_a_warning_and_one_for_servers_is_bad() {
    let pki = Pki::new();
    let front = Front::start(fronts()[0], &Setup::new(&pki));
    let examine = |identity: &sanspay_mtls_tests::Identity| {
        Doctor::new(front.base_url())
            .ca(pki.platform.pem())
            .client_certificate(identity.chain.clone(), identity.key.clone())
            .examine()
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
