//! What the doctor prints of a certificate that somebody else made.

#![allow(clippy::unwrap_used)]

use std::time::SystemTime;

use rcgen::{CertificateParams, DnType, KeyPair};
use sanspay_tls::default_provider;
use sanspay_tls::doctor::{ClientPem, Diagnosis};

#[test]
fn a_certificates_name_is_printed_as_one_line_of_visible_characters() {
    let mut params = CertificateParams::new(vec!["partner-1".to_owned()]).unwrap();
    let name = &mut params.distinguished_name;
    name.push(
        DnType::CommonName,
        "x\r\n\u{1b}[31m\u{9b}1m\u{202e}\u{2066}y",
    );
    name.push(DnType::OrganizationName, "z".repeat(10_000));
    let key = KeyPair::generate().unwrap();
    let chain = params.self_signed(&key).unwrap().pem();
    let given = ClientPem {
        chain: Some(chain.as_bytes()),
        ..ClientPem::default()
    };
    let mut diagnosis = Diagnosis::new();
    let provider = default_provider().unwrap();
    given.examine(&provider, SystemTime::now(), &mut diagnosis);
    let printed = diagnosis.to_string();
    assert!(printed.contains("issued by O=zzz"), "{printed:?}");
    let draws = |c: char| (c.is_control() && c != '\n') || "\u{202e}\u{2066}".contains(c);
    assert!(!printed.chars().any(draws), "{printed:?}");
    assert!(
        printed.lines().all(|line| line.len() < 1_000),
        "{printed:?}"
    );
}
