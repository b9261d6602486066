//! The signer against 300 cases that PHP 8.2's own functions answered.

#![allow(clippy::unwrap_used)]

use sanspay_core::checkout::{SigningKey, php_query, signed_text};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    params: Vec<(String, String)>,
    secret: String,
    signed: String,
    sign: String,
    query: String,
}

#[test]
fn signs_and_encodes_as_php_does() {
    let cases: Vec<Case> = include_str!("../fixtures/checkout_sign.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(cases.len(), 300);
    for case in cases {
        let key = SigningKey::new(case.secret).unwrap();
        assert_eq!(signed_text(&case.params), case.signed);
        assert_eq!(
            key.sign(&case.params).as_str(),
            case.sign,
            "{}",
            case.signed
        );
        assert_eq!(php_query(&case.params), case.query);
    }
}
