//! PEM as it reaches a merchant: the cases of `fixtures/pem/cases.jsonl`, and more of each kind.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use sanspay_core::{Error, Problem};
use sanspay_tls::{Certificate, TlsConfig};
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pem")
}

fn bytes(name: &str) -> Vec<u8> {
    fs::read(folder().join(name)).unwrap()
}

fn text(name: &str) -> String {
    String::from_utf8(bytes(name)).unwrap()
}

fn build(chain: &[u8], key: &[u8], ca: &[u8]) -> Result<TlsConfig, Error> {
    let builder = TlsConfig::builder().client_certificate(chain, key);
    builder.ca(ca).build()
}

/// The chain, the key and the CA of the case in which nothing is wrong, changed.
fn with(
    chain: impl Fn(&str) -> Vec<u8>,
    key: impl Fn(&str) -> Vec<u8>,
) -> Result<TlsConfig, Error> {
    build(
        &chain(&text("chain.pem")),
        &key(&text("key.pem")),
        &bytes("ca.pem"),
    )
}

/// What an editor, a tool or a variable makes of PEM.
type Change = Box<dyn Fn(&str) -> Vec<u8>>;

fn same(pem: &str) -> Vec<u8> {
    pem.as_bytes().to_vec()
}

fn subjects(tls: &TlsConfig) -> Vec<String> {
    tls.client_chain()
        .iter()
        .map(|der| Certificate::from_der(der).unwrap().subject())
        .collect()
}

/// Whether one expectation holds.
fn holds(expect: &Value, built: &Result<TlsConfig, Error>) -> Result<(), String> {
    let number = |name: &str| expect[name].as_u64();
    match (expect["build"].as_str().unwrap(), built) {
        ("ok", Ok(tls)) => {
            let chain = tls.client_chain().len() as u64;
            if number("certificates").is_some_and(|expected| expected != chain) {
                return Err(format!("{chain} certificates"));
            }
            let cas = tls.given_cas() as u64;
            if number("cas").is_some_and(|expected| expected != cas) {
                return Err(format!("{cas} CAs"));
            }
            let first = &subjects(tls)[0];
            if first.starts_with("CN=partner-test") {
                return Ok(());
            }
            Err(format!("{first} is sent first"))
        }
        ("error", Err(error)) => {
            let told = error.to_string().to_lowercase();
            let fields: Vec<_> = error.problems().iter().map(Problem::field).collect();
            if fields != [expect["field"].as_str().unwrap()] {
                return Err(format!("{fields:?} are refused"));
            }
            let contains = |word: &Value| told.contains(&word.as_str().unwrap().to_lowercase());
            let says = expect["says"].as_array().unwrap().iter().any(contains);
            let never = expect["never_says"].as_array();
            let says_never = never.is_some_and(|words| words.iter().any(contains));
            if says && !says_never {
                return Ok(());
            }
            Err(told)
        }
        (_, Ok(_)) => Err("it was built".into()),
        (_, Err(error)) => Err(error.to_string()),
    }
}

#[test]
fn every_case_ends_as_it_should() {
    let cases = text("cases.jsonl");
    let mut failures = Vec::new();
    for line in cases.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let file = |name: &str| bytes(case["files"][name].as_str().unwrap());
        let password = case["password"].as_str();
        let builder = TlsConfig::builder().ca(file("ca"));
        let built = match (&case["kind"], password) {
            (kind, Some(password)) if kind == "PKCS#12 in place of PEM" => {
                builder.pkcs12(file("chain"), password).build()
            }
            (_, password) => {
                let builder = builder.client_certificate(file("chain"), file("key"));
                builder.key_password(password.unwrap_or_default()).build()
            }
        };
        let expected = match &case["expect"] {
            Value::Array(any) => any.clone(),
            one => vec![one.clone()],
        };
        let results: Vec<_> = expected.iter().map(|one| holds(one, &built)).collect();
        if results.iter().all(Result::is_err) {
            failures.push(format!("{}: {results:?}", case["id"]));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(cases.lines().count(), 25);
}

#[test]
fn an_editors_bytes_and_breaks_are_no_obstacle() {
    let utf16 = |bytes_of: fn(u16) -> [u8; 2], mark: &str| {
        let mark = mark.to_owned();
        move |pem: &str| -> Vec<u8> {
            format!("{mark}{pem}")
                .encode_utf16()
                .flat_map(bytes_of)
                .collect()
        }
    };
    let changes: Vec<Change> = vec![
        Box::new(|pem: &str| format!("\u{feff}{pem}").into_bytes()),
        // Each of two files that were joined had a mark.
        Box::new(|pem| pem.replace("-----BEGIN", "\u{feff}-----BEGIN").into_bytes()),
        Box::new(utf16(u16::to_le_bytes, "\u{feff}")),
        Box::new(utf16(u16::to_be_bytes, "\u{feff}")),
        Box::new(utf16(u16::to_le_bytes, "")),
        Box::new(utf16(u16::to_be_bytes, "")),
        Box::new(|pem| pem.replace('\n', "\r\n").into_bytes()),
        Box::new(|pem| pem.replace('\n', "\r").into_bytes()),
        Box::new(|pem| pem.replace('\n', "\n\n").into_bytes()),
        Box::new(|pem| pem.replace('\n', "\\n").into_bytes()),
        Box::new(|pem| pem.replace('\n', "\\r\\n").into_bytes()),
        Box::new(|pem| pem.replace('\n', "\\\\n").into_bytes()),
        Box::new(|pem| format!("\"{}\"", pem.replace('\n', "\\n")).into_bytes()),
        Box::new(|pem| pem.replace('\n', "\\n\n").into_bytes()),
        Box::new(|pem| pem.replace('\n', " ").into_bytes()),
        Box::new(|pem| pem.replace('\n', "\n    ").into_bytes()),
        Box::new(|pem| pem.replace('\n', "  \n").into_bytes()),
        Box::new(|pem| pem.replace('\n', "").into_bytes()),
        Box::new(|pem| pem.trim_end().as_bytes().to_vec()),
        // A remark in an old encoding.
        Box::new(|pem| [&b"# f\xfcr uns\n"[..], pem.as_bytes()].concat()),
        Box::new(|pem| pem.replace("-----\n-----", "----------").into_bytes()),
        Box::new(|pem| pem.replace("-----\n-----", "----- -----").into_bytes()),
        Box::new(|pem| pem.replace("-----\n-----", "-----").into_bytes()),
        Box::new(|pem| pem.replace("\n-----END", "-----END").into_bytes()),
    ];
    for (place, change) in changes.iter().enumerate() {
        let tls = with(change, same).unwrap_or_else(|error| panic!("chain {place}: {error}"));
        assert_eq!(tls.client_chain().len(), 2, "{place}");
        with(same, change).unwrap_or_else(|error| panic!("key {place}: {error}"));
        let bundle = [bytes("ca.pem"), bytes("chain.pem")].concat();
        let bundle = change(&String::from_utf8(bundle).unwrap());
        let tls = TlsConfig::builder().ca(bundle).build();
        let tls = tls.unwrap_or_else(|error| panic!("ca {place}: {error}"));
        assert_eq!(tls.given_cas(), 3, "{place}");
    }
}

#[test]
fn a_marker_that_is_damaged_is_named_and_never_passed_over() {
    let changes: [fn(&str) -> String; 7] = [
        |pem| pem.replacen("-----BEGIN", "----BEGIN", 1),
        |pem| pem.replacen("-----BEGIN", "\u{2014}BEGIN", 1),
        |pem| pem.replacen("-----END CERTIFICATE-----", "", 1),
        |pem| pem.replacen("-----BEGIN CERTIFICATE-----", "", 1),
        |pem| pem.replacen("END CERTIFICATE", "END CERT", 1),
        |pem| {
            pem.replacen("-----BEGIN CERTIFICATE-----", "---BEGIN CERTIFICATE---", 1)
                .replacen("-----END CERTIFICATE-----", "---END CERTIFICATE---", 1)
        },
        |pem| pem[..pem.len() - 30].to_owned(),
    ];
    for (place, change) in changes.iter().enumerate() {
        let error = with(|pem| change(pem).into_bytes(), same).unwrap_err();
        let problems = error.problems();
        assert_eq!(problems[0].field(), "client_certificate", "{place}");
        let told = problems[0].to_string();
        assert!(told.contains("marker"), "{place}: {told}");
        assert_eq!(problems.len(), 1, "{place}");
    }
}

#[test]
fn what_is_no_certificate_in_pem_is_refused_with_the_way_to_convert_it() {
    let der = |name: &str| {
        let read = Certificate::from_pem(&bytes(name)).unwrap();
        read[0].der().to_vec()
    };
    let relabelled = |label: &str| text("chain.pem").replace("CERTIFICATE", label);
    for (chain, told) in [
        (der("chain.pem"), "DER"),
        (bytes("client.p12"), "PKCS#12"),
        (
            relabelled("TRUSTED CERTIFICATE").into_bytes(),
            "openssl x509",
        ),
        (relabelled("PKCS7").into_bytes(), "openssl pkcs7"),
    ] {
        let error = with(|_| chain.clone(), same).unwrap_err();
        assert_eq!(error.problems().len(), 1, "{error}");
        assert_eq!(error.problems()[0].field(), "client_certificate");
        assert!(error.to_string().contains(told), "{error}");
    }
    let old = relabelled("X509 CERTIFICATE");
    assert_eq!(
        with(|_| old.clone().into_bytes(), same)
            .unwrap()
            .client_chain()
            .len(),
        2
    );
}

#[test]
fn the_chain_is_sent_in_order_with_nothing_left_out() {
    let tls = with(|_| bytes("root-first-chain.pem"), same).unwrap();
    assert_eq!(
        subjects(&tls),
        [
            "CN=partner-test,O=Example",
            "CN=Example Test Intermediate,O=Example",
            "CN=Example Test Root,O=Example"
        ]
    );
}

#[test]
fn of_two_keys_the_one_that_fits_is_taken() {
    let both = [bytes("other-key.pem"), bytes("key.pem")].concat();
    with(same, |_| both.clone()).unwrap();
}

proptest! {
    /// Whatever is cut out of a bundle, no certificate gets lost without an error.
    #[test]
    fn a_bundle_is_read_as_a_whole_or_refused(from in 0_usize..1_200, length in 1_usize..80) {
        let mut pem = text("chain.pem");
        let end = (from + length).min(pem.len());
        pem.replace_range(from.min(end)..end, "");
        let begins = text("chain.pem").matches("BEGIN").count();
        if let Ok(tls) = TlsConfig::builder().ca(pem.clone()).build() {
            prop_assert_eq!(tls.given_cas(), begins, "{}", pem);
        }
    }

    #[test]
    fn any_text_is_read_without_a_panic(
        parts in prop::collection::vec(
            prop_oneof![
                Just("-----BEGIN CERTIFICATE-----".to_owned()),
                Just("-----END CERTIFICATE-----".to_owned()),
                Just("-----END PRIVATE KEY-----".to_owned()),
                "[-\\\\nrA=:\u{feff} \n]{0,12}",
            ],
            0..8,
        )
    ) {
        let pem = parts.concat();
        let error = build(pem.as_bytes(), pem.as_bytes(), pem.as_bytes()).unwrap_err();
        prop_assert!(!error.problems().is_empty());
    }
}
