//! What the doctor finds without a network, and the order of its probes.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use http::StatusCode;
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use sanspay_core::{Diagnosis, Verdict};
use sanspay_tls::TlsConfig;
use sanspay_tls::doctor::{Doctor, Found, Probe};

const URL: &str = "https://api.example.com";

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    fs::read(folder.join(name)).unwrap()
}

fn setup(chain: &str, key: &str) -> Doctor {
    let setup = Doctor::new(URL).client_certificate(fixture(chain), fixture(key));
    setup.ca(fixture("pem/ca.pem"))
}

/// What the line of this name tells, with its verdict.
fn line<'a>(diagnosis: &'a Diagnosis, name: &str) -> (Verdict, &'a str) {
    let mut checks = diagnosis.checks().iter();
    let check = checks.find(|check| check.name() == name);
    let check = check.unwrap_or_else(|| panic!("no line {name}: {diagnosis}"));
    (check.verdict(), check.told())
}

/// A self-signed certificate with its key.
fn self_signed(change: impl FnOnce(&mut CertificateParams)) -> (String, String) {
    let mut params = CertificateParams::new(vec!["partner-1".to_owned()]).unwrap();
    params
        .distinguished_name
        .push(DnType::CommonName, "partner-1");
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

#[test]
fn a_certificates_name_is_printed_as_one_line_of_visible_characters() {
    let (chain, key) = self_signed(|params| {
        let name = &mut params.distinguished_name;
        name.push(
            DnType::CommonName,
            "x\r\n\u{1b}[31m\u{9b}1m\u{202e}\u{2066}y",
        );
        name.push(DnType::OrganizationName, "z".repeat(10_000));
    });
    let diagnosis = Doctor::new(URL)
        .client_certificate(chain, key)
        .offline(now());
    let printed = diagnosis.to_string();
    assert!(printed.contains("issued by O=zzz"), "{printed:?}");
    assert!(
        !printed
            .chars()
            .any(|c: char| (c.is_control() && c != '\n') || "\u{202e}\u{2066}".contains(c)),
        "{printed:?}"
    );
    assert!(
        printed.lines().all(|line| line.len() < 1_000),
        "{printed:?}"
    );
}

#[test]
fn name_and_finding_never_run_together() {
    let mut diagnosis = Diagnosis::new();
    diagnosis.bad("TLS and server certificate", "the server's", "advice");
    assert!(diagnosis.to_string().contains("certificate the server's"));
}

#[test]
fn a_chain_in_any_order_is_complete_with_the_right_certificate_named() {
    for chain in [
        "pem/chain.pem",
        "pem/issuer-first-chain.pem",
        "pem/root-first-chain.pem",
        "pem/glued-chain.pem",
        "pem/bom-chain.pem",
        "pem/escaped-chain.pem",
    ] {
        let diagnosis = setup(chain, "pem/key.pem").offline(now());
        let told = line(&diagnosis, "client certificate").1;
        assert!(told.starts_with("CN=partner-test,"), "{chain}: {told}");
        let good = |name| line(&diagnosis, name).0 == Verdict::Good;
        assert!(
            good("private key") && good("chain to the CA"),
            "{diagnosis}"
        );
        assert!(
            diagnosis.sentence().contains("nothing to do"),
            "{diagnosis}"
        );
    }
}

#[test]
fn what_is_wrong_with_a_file_comes_with_what_to_do() {
    for (chain, key, advice) in [
        ("pem/client.p12", "pem/client.p12", "`pkcs12`"),
        ("pem/chain.pem", "pem/encrypted-key.pem", "`key_password`"),
        (
            "pem/chain.pem",
            "pem/encrypted-traditional-key.pem",
            "openssl pkcs8 -topk8",
        ),
        (
            "pem/chain.pem",
            "pem/other-key.pem",
            "the private key with which",
        ),
        (
            "pem/chain.pem",
            "pem/chain.pem",
            "give the private key that belongs",
        ),
        ("pem/key.pem", "pem/key.pem", "as the provider issued it"),
        ("v1.pem", "v1.key", "X.509 version 3"),
    ] {
        let diagnosis = setup(chain, key).offline(now());
        assert!(!diagnosis.is_healthy());
        let sentence = diagnosis.sentence();
        assert!(sentence.contains(advice), "{chain} {key}: {diagnosis}");
    }
    let tls = TlsConfig::builder().pkcs12(fixture("pem/client.p12"), "wrong");
    let diagnosis = Doctor::new(URL).tls(tls).offline(now());
    assert!(diagnosis.sentence().contains("password"), "{diagnosis}");
}

#[test]
fn a_certificate_that_no_client_should_use_is_not_blamed_on_the_ca() {
    let usage = |purpose| {
        move |params: &mut CertificateParams| {
            params.extended_key_usages = vec![purpose];
        }
    };
    let (chain, key) = self_signed(usage(ExtendedKeyUsagePurpose::ServerAuth));
    let setup = Doctor::new(URL)
        .client_certificate(chain.clone(), key)
        .ca(chain);
    let diagnosis = setup.offline(now());
    assert!(
        diagnosis.sentence().contains("client authentication"),
        "{diagnosis}"
    );
    assert_eq!(line(&diagnosis, "chain to the CA").0, Verdict::Skipped);

    let (chain, key) = self_signed(|params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    });
    let setup = Doctor::new(URL)
        .client_certificate(chain.clone(), key)
        .ca(chain);
    let diagnosis = setup.offline(now());
    assert!(
        diagnosis.sentence().contains("certificate of your own"),
        "{diagnosis}"
    );

    let (chain, key) = self_signed(usage(ExtendedKeyUsagePurpose::ClientAuth));
    let setup = Doctor::new(URL)
        .client_certificate(chain, key)
        .ca(fixture("pem/ca.pem"));
    let diagnosis = setup.offline(now());
    assert_eq!(
        line(&diagnosis, "chain to the CA").1,
        "no CA issued it: it is self-signed"
    );
}

#[test]
fn a_servers_own_certificate_in_place_of_its_ca_is_a_warning() {
    let diagnosis = Doctor::new(URL).ca(fixture("pem/chain.pem")).offline(now());
    let last = diagnosis
        .checks()
        .iter()
        .find(|check| check.verdict() == Verdict::Warning);
    let told = last.unwrap().told();
    assert_eq!(told, "CN=partner-test,O=Example is no CA's certificate");
    let diagnosis = Doctor::new(URL).ca(fixture("pem/ca.pem")).offline(now());
    assert!(
        diagnosis
            .checks()
            .iter()
            .all(|check| check.verdict() != Verdict::Warning)
    );
}

#[test]
fn the_probes_come_in_order_and_end_at_the_first_that_fails() {
    let address = "192.0.2.1:443".parse().unwrap();
    let mut examination = setup("pem/chain.pem", "pem/key.pem").examination(now());
    let probe = examination.next();
    assert!(
        matches!(probe, Some(Probe::Resolve { ref host, port: 443 }) if host == "api.example.com")
    );
    examination.accept(now(), Found::Addresses(vec![address]));
    let probe = examination.next();
    assert!(matches!(probe, Some(Probe::Connect(ref addresses)) if addresses == &[address]));
    examination.accept(now(), Found::Connected(Some(address)));
    assert!(matches!(examination.next(), Some(Probe::Handshake { .. })));
    let broken = io::Error::from(io::ErrorKind::ConnectionReset);
    examination.accept(now(), Found::Handshake(Err(broken)));
    assert!(examination.next().is_none());
    let diagnosis = examination.finish();
    assert!(
        diagnosis.sentence().contains("proxy or firewall"),
        "{diagnosis}"
    );
}

#[test]
fn over_plain_http_there_is_no_handshake_and_without_credentials_no_token() {
    let address = "127.0.0.1:8080".parse().unwrap();
    let mut examination = Doctor::new("http://127.0.0.1:8080").examination(now());
    examination.accept(now(), Found::Addresses(vec![address]));
    examination.accept(now(), Found::Connected(Some(address)));
    assert!(matches!(examination.next(), Some(Probe::Knock(_))));
    examination.accept(now(), Found::Answer(Ok(StatusCode::NOT_FOUND)));
    assert!(examination.next().is_none());
    let diagnosis = examination.finish();
    assert_eq!(line(&diagnosis, "answers").1, "yes, with status 404");
    assert_eq!(line(&diagnosis, "token exchange").0, Verdict::Skipped);
}

#[test]
fn a_finding_that_answers_another_probe_ends_the_examination() {
    let mut examination = Doctor::new(URL).examination(now());
    examination.accept(now(), Found::Token(Ok(())));
    assert!(examination.next().is_none());
}

#[test]
fn a_setup_prints_no_secret() {
    let setup = setup("pem/chain.pem", "pem/key.pem").credentials("id-1", "hunter2");
    let examination = setup.examination(now());
    let printed = format!("{setup:?} {examination:?}");
    assert!(
        !printed.contains("hunter2") && !printed.contains("id-1"),
        "{printed}"
    );
}
