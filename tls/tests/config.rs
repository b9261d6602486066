//! Everything that a merchant may put into the configuration, good and bad.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic)]

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{CertificateParams, CertifiedIssuer, DnType, KeyPair};
use sanspay_core::{CertificateValidity, Error, ErrorKind};
use sanspay_tls::doctor::Doctor;
use sanspay_tls::rustls::{self, AlertDescription, CertificateError};
use sanspay_tls::{Certificate, TlsConfig, TlsProblem, TlsVersion, default_provider, problem_of};

const RSA: (&str, &str) = (
    include_str!("../fixtures/rsa_pkcs1.key"),
    include_str!("../fixtures/rsa.pem"),
);
const EC: (&str, &str) = (
    include_str!("../fixtures/ec_sec1.key"),
    include_str!("../fixtures/ec.pem"),
);
const V1: (&str, &str) = (
    include_str!("../fixtures/v1.key"),
    include_str!("../fixtures/v1.pem"),
);

fn ca() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn params() -> CertificateParams {
    let mut params = CertificateParams::new(vec!["partner-1".to_owned()]).unwrap();
    params
        .distinguished_name
        .push(DnType::CommonName, "partner-1");
    params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
    params
}

/// A certificate with its key in PKCS#8.
fn pkcs8() -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let certificate = params().signed_by(&key, &ca()).unwrap();
    (certificate.pem(), key.serialize_pem())
}

fn with(chain: &str, key: &str) -> Result<TlsConfig, Error> {
    TlsConfig::builder().client_certificate(chain, key).build()
}

/// The fields and reasons of what is refused.
fn refused(chain: &str, key: &str) -> Vec<String> {
    let error = with(chain, key).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    error.problems().iter().map(ToString::to_string).collect()
}

#[test]
fn a_key_is_taken_in_each_of_its_three_forms() {
    let (chain, key) = pkcs8();
    assert!(with(&chain, &key).unwrap().client_certificate().is_some());
    with(RSA.1, RSA.0).unwrap();
    with(EC.1, EC.0).unwrap();
    // Both in one file, as some tools write them.
    let both = format!("{chain}{key}");
    with(&both, &both).unwrap();
}

#[test]
fn whatever_is_wrong_is_said_up_front_and_all_at_once() {
    let (chain, key) = pkcs8();
    let (_, other) = pkcs8();
    let encrypted = include_str!("../fixtures/rsa_encrypted.key");
    let encrypted_pkcs1 = include_str!("../fixtures/rsa_encrypted_pkcs1.key");
    let cut = &chain[..chain.len() / 2];
    let no_certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let no_key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    let cases = [
        (chain.as_str(), other.as_str(), "client_key does not belong"),
        (&chain, "", "client_key holds no private key"),
        (&chain, &chain, "client_key holds no private key"),
        (&chain, encrypted, "client_key is encrypted"),
        (&chain, encrypted_pkcs1, "client_key is encrypted"),
        (&chain, no_key, "client_key is damaged"),
        ("", &key, "client_certificate holds no certificate"),
        (&key, &key, "client_certificate holds no certificate"),
        (cut, &key, "client_certificate is damaged PEM"),
        (no_certificate, &key, "client_certificate is damaged"),
        (V1.1, V1.0, "client_certificate is X.509 version 1"),
    ];
    for (chain, key, told) in cases {
        let problems = refused(chain, key);
        assert!(
            problems[0].starts_with(told),
            "{problems:?} instead of {told}"
        );
    }
    let error = TlsConfig::builder()
        .client_certificate("", "")
        .ca(no_certificate)
        .ca("")
        .build()
        .unwrap_err();
    let fields: Vec<_> = error
        .problems()
        .iter()
        .map(sanspay_core::Problem::field)
        .collect();
    assert_eq!(fields, ["client_certificate", "client_key", "ca", "ca"]);
}

#[test]
fn a_certificate_that_rustls_alone_reads_is_sent_without_its_dates() {
    let mut params = params();
    // x509-cert knows no object identifier from 2.40 on.
    let kind = DnType::CustomDnType(vec![2, 999, 3]);
    params.distinguished_name.push(kind, "x");
    let key = KeyPair::generate().unwrap();
    let chain = params.signed_by(&key, &ca()).unwrap().pem();
    assert!(Certificate::from_pem(chain.as_bytes()).is_err());
    let tls = with(&chain, &key.serialize_pem()).unwrap();
    assert_eq!(tls.client_chain().len(), 1);
    assert_eq!(tls.client_certificate(), None);

    let setup = Doctor::new("https://api.example.com");
    let setup = setup.client_certificate(chain, key.serialize_pem());
    let diagnosis = setup.offline(SystemTime::now());
    assert!(diagnosis.is_healthy(), "{diagnosis}");
    assert!(diagnosis.to_string().contains("cannot be read here"));
}

#[test]
fn a_key_of_another_certificate_is_typed_already_when_it_is_configured() {
    let error = with(&pkcs8().0, &pkcs8().1).unwrap_err();
    assert_eq!(error.tls(), Some(TlsProblem::ClientKeyMismatch));
    assert!(
        error
            .to_string()
            .ends_with(TlsProblem::ClientKeyMismatch.advice())
    );
}

#[test]
fn files_are_read_when_it_is_built_and_a_missing_one_is_a_problem() {
    let folder = std::env::temp_dir().join(format!("sanspay-tls-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (chain, key) = pkcs8();
    let [chain_file, key_file, ca_file] = ["chain", "key", "ca"].map(|name| folder.join(name));
    std::fs::write(&chain_file, chain).unwrap();
    std::fs::write(&key_file, key).unwrap();
    std::fs::write(&ca_file, ca().pem()).unwrap();
    let builder = TlsConfig::builder().client_certificate_files(&chain_file, &key_file);
    builder.clone().ca_file(&ca_file).build().unwrap();
    let error = builder.ca_file(folder.join("none")).build().unwrap_err();
    let told = error.to_string();
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(
        told.contains("ca cannot be read from its file: entity not found"),
        "{told}"
    );
}

#[test]
fn keys_are_in_no_debug_output() {
    let (chain, key) = pkcs8();
    let builder = TlsConfig::builder().client_certificate(chain, key.clone());
    let printed = format!("{builder:?} {:?}", builder.clone().build().unwrap());
    for line in key.lines() {
        assert!(!printed.contains(line), "{printed}");
    }
}

#[test]
fn both_adapters_speak_http_1_1_and_nothing_older_than_tls_1_2() {
    let config = TlsConfig::builder().build().unwrap();
    assert_eq!(config.rustls().alpn_protocols, [b"http/1.1"]);
    let strict = TlsConfig::builder().minimum_version(TlsVersion::Tls13);
    strict.build().unwrap();
    let own = rustls::ClientConfig::builder_with_provider(default_provider().unwrap())
        .with_protocol_versions(rustls::ALL_VERSIONS)
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let own = TlsConfig::from_rustls(Arc::new(own));
    assert_eq!(own.rustls().alpn_protocols, [b"http/1.1"]);
}

#[cfg(feature = "system-roots")]
#[test]
fn the_systems_roots_are_read_or_their_absence_is_a_problem() {
    if let Err(error) = TlsConfig::builder().system_roots(true).build() {
        assert_eq!(error.problems()[0].field(), "system_roots");
    }
}

#[cfg(feature = "graviola")]
#[test]
fn another_provider_of_cryptography_can_be_given() {
    let provider = rustls_graviola::default_provider();
    let (chain, key) = pkcs8();
    let builder = TlsConfig::builder().provider(provider);
    builder.client_certificate(chain, key).build().unwrap();
}

#[test]
fn a_certificate_shows_what_matters() {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let mut params = params();
    params.not_before = (now - Duration::from_secs(60)).into();
    params.not_after = (now + Duration::from_secs(2 * 86_400)).into();
    let key = KeyPair::generate().unwrap();
    let pem = params.signed_by(&key, &ca()).unwrap().pem();
    let certificate = &Certificate::from_pem(pem.as_bytes()).unwrap()[0];
    assert_eq!(
        (certificate.version(), certificate.subject().as_str()),
        (3, "CN=partner-1")
    );
    assert_eq!(certificate.days_left(now), "2 days");
    assert!(certificate.allows_client_auth());
    let CertificateValidity {
        not_before,
        not_after,
    } = certificate.validity();
    assert_eq!(not_before, now - Duration::from_secs(60));
    let last = now + Duration::from_secs(2 * 86_400);
    assert!(not_after >= last && not_after < last + Duration::from_secs(1));
    let fingerprint = certificate.fingerprint();
    assert!(fingerprint.len() == 40 && fingerprint.bytes().all(|b| b.is_ascii_hexdigit()));
    assert_eq!(
        Certificate::from_pem(V1.1.as_bytes()).unwrap()[0].version(),
        1
    );
}

#[test]
fn a_problem_is_found_however_deep_it_lies() {
    #[derive(Debug)]
    struct Outer(io::Error);
    impl std::fmt::Display for Outer {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("outer")
        }
    }
    impl std::error::Error for Outer {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }
    let alert = rustls::Error::AlertReceived(AlertDescription::CertificateRequired);
    let deep = Outer(io::Error::other(Outer(io::Error::other(alert))));
    assert_eq!(
        problem_of(&deep),
        Some(TlsProblem::ClientCertificateMissing)
    );
    assert_eq!(
        problem_of(&io::Error::from(io::ErrorKind::ConnectionReset)),
        None
    );
    let cases = [
        (CertificateError::Expired, TlsProblem::ServerExpired),
        (CertificateError::NotValidYet, TlsProblem::ServerNotYetValid),
        (
            CertificateError::NotValidForName,
            TlsProblem::ServerWrongName,
        ),
        (CertificateError::Revoked, TlsProblem::ServerNotTrusted),
        (
            CertificateError::UnknownIssuer,
            TlsProblem::ServerNotTrusted,
        ),
        (CertificateError::InvalidPurpose, TlsProblem::ServerUnfit),
    ];
    for (error, problem) in cases {
        assert_eq!(
            problem_of(&rustls::Error::InvalidCertificate(error)),
            Some(problem)
        );
    }
    // The server's own trouble, which may be over in a moment, is no matter of certificates.
    let trouble = rustls::Error::AlertReceived(AlertDescription::InternalError);
    assert_eq!(problem_of(&trouble), None);
}
