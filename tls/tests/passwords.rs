//! Private keys and PKCS#12 behind a password.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use proptest::prelude::*;
use sanspay_core::Error;
use sanspay_tls::TlsConfig;
use sanspay_tls::doctor::Doctor;

const PASSWORD: &str = "test-password";

fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    fs::read(folder.join(name)).unwrap()
}

fn with_key(key: &str, password: Option<&str>) -> Result<TlsConfig, Error> {
    let builder = TlsConfig::builder();
    let builder = builder.client_certificate(fixture("pem/chain.pem"), fixture(key));
    match password {
        Some(password) => builder.key_password(password).build(),
        None => builder.build(),
    }
}

fn with_pkcs12(file: &str, password: &str) -> Result<TlsConfig, Error> {
    let builder = TlsConfig::builder();
    builder.pkcs12(fixture(file), password).build()
}

/// The only problem, as field and reason.
fn only_problem(error: &Error) -> String {
    assert_eq!(error.problems().len(), 1, "{error}");
    error.problems()[0].to_string()
}

#[test]
fn an_encrypted_key_is_opened_by_its_password() {
    for key in [
        "pem/encrypted-key.pem",
        "encrypted/scrypt.key",
        "encrypted/des3.key",
        "encrypted/aes128.key",
    ] {
        let tls = with_key(key, Some(PASSWORD)).unwrap_or_else(|error| panic!("{key}: {error}"));
        assert_eq!(tls.client_chain().len(), 2);
        let told = only_problem(&with_key(key, None).unwrap_err());
        assert!(told.starts_with("client_key is encrypted"), "{told}");
        assert!(
            told.contains("key_password") && told.contains("openssl pkey"),
            "{told}"
        );
        for wrong in ["", "not-the-password", "test-password "] {
            let told = only_problem(&with_key(key, Some(wrong)).unwrap_err());
            let expected = "client_key is encrypted, and the password does not open it: give the \
                password with which the key was encrypted";
            assert_eq!(told, expected, "{key}");
        }
    }
    // A password beside a key that is open is no problem.
    with_key("pem/key.pem", Some(PASSWORD)).unwrap();
}

#[test]
fn an_old_form_of_encryption_is_refused_with_the_way_to_convert_it() {
    for (key, password) in [
        ("pem/encrypted-traditional-key.pem", None),
        ("pem/encrypted-traditional-key.pem", Some(PASSWORD)),
        ("rsa_encrypted_pkcs1.key", Some("secret")),
        ("encrypted/pbes1.key", Some(PASSWORD)),
    ] {
        let told = only_problem(&with_key(key, password).unwrap_err());
        assert!(told.starts_with("client_key is encrypted"), "{told}");
        assert!(told.contains("openssl pkcs8 -topk8"), "{told}");
    }
}

#[test]
fn pkcs12_brings_chain_and_key() {
    for (file, password, certificates) in [
        ("pem/client.p12", PASSWORD, 2),
        ("pem/client-no-password.p12", "", 2),
        ("encrypted/legacy.p12", PASSWORD, 2),
        ("encrypted/des3.p12", PASSWORD, 2),
        ("encrypted/nomac.p12", PASSWORD, 2),
        ("encrypted/plain.p12", PASSWORD, 2),
        ("encrypted/root-first.p12", PASSWORD, 3),
    ] {
        let tls = with_pkcs12(file, password).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(tls.client_chain().len(), certificates, "{file}");
        assert!(tls.client_certificate().is_some());
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pem/client.p12");
    TlsConfig::builder()
        .pkcs12_file(path, PASSWORD)
        .build()
        .unwrap();
}

#[test]
fn pkcs12_that_cannot_be_used_says_why() {
    for (file, password, told) in [
        (
            "pem/client.p12",
            "not-the-password",
            "the password does not open it",
        ),
        ("pem/client.p12", "", "the password does not open it"),
        (
            "encrypted/legacy.p12",
            "not-the-password",
            "the password does not open it",
        ),
        (
            "encrypted/nomac.p12",
            "not-the-password",
            "the password is wrong",
        ),
        ("encrypted/no-key.p12", PASSWORD, "without a private key"),
        (
            "encrypted/no-certificate.p12",
            PASSWORD,
            "without a certificate",
        ),
        ("pem/chain.pem", PASSWORD, "is no PKCS#12: give PEM"),
    ] {
        let reason = only_problem(&with_pkcs12(file, password).unwrap_err());
        assert!(reason.starts_with("client_certificate is "), "{reason}");
        assert!(
            reason.contains("PKCS#12") && reason.contains(told),
            "{reason}"
        );
    }
}

#[test]
fn a_password_is_in_no_output() {
    let builder = TlsConfig::builder()
        .client_certificate(fixture("pem/chain.pem"), fixture("pem/encrypted-key.pem"))
        .key_password("hunter2-key");
    let other = TlsConfig::builder().pkcs12(fixture("pem/client.p12"), "hunter2-p12");
    for builder in [builder, other] {
        let printed = format!("{builder:?}");
        let error = builder.build().unwrap_err();
        let printed = format!("{printed} {error} {error:?}");
        assert!(!printed.contains("hunter2"), "{printed}");
    }
}

#[test]
fn the_doctor_opens_an_encrypted_key_too() {
    for (password, expected) in [
        (Some(PASSWORD), "belongs to the certificate"),
        (Some("hunter2"), "the password does not open it"),
        (None, "is encrypted with a password"),
    ] {
        let (chain, key) = (fixture("pem/chain.pem"), fixture("pem/encrypted-key.pem"));
        let mut tls = TlsConfig::builder().client_certificate(chain, key);
        if let Some(password) = password {
            tls = tls.key_password(password);
        }
        let setup = Doctor::new("https://api.example.com").tls(tls);
        let printed = setup.offline(SystemTime::now()).to_string();
        assert!(printed.contains(expected), "{printed}");
        assert!(!printed.contains("hunter2"), "{printed}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A damaged file is an error of the file's field, and nothing panics.
    #[test]
    fn damaged_pkcs12_is_refused(place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = fixture("pem/client.p12");
        let place = place.index(bytes.len());
        prop_assume!(bytes[place] != byte);
        bytes[place] = byte;
        if let Err(error) = TlsConfig::builder().pkcs12(bytes, PASSWORD).build() {
            prop_assert_eq!(error.problems()[0].field(), "client_certificate");
        }
    }
}
