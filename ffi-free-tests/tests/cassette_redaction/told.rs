//! A told secret is not in the file, in whatever usual form, also where its field is kept.

use std::io::Write as _;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use flate2::Compression;
use flate2::write::GzEncoder;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use sanspay_testkit::cassette::Redaction;
use serde_json::json;

use super::{Call, answer, get, post, record};

fn percent(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn utf16(text: &str, write: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(write).collect()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// JSON with every character escaped.
fn escaped(text: &str) -> String {
    let units = text.encode_utf16().map(|unit| format!("\\u{unit:04x}"));
    units.collect::<Vec<_>>().concat()
}

fn html(text: &str) -> String {
    let references = text.chars().map(|c| format!("&#{};", u32::from(c)));
    references.collect::<Vec<_>>().concat()
}

fn colons(text: &str) -> String {
    let pairs: Vec<_> = text.bytes().map(|b| format!("{b:02X}")).collect();
    pairs.join(":")
}

/// Every encoding that is promised, with another text around the secret.
fn encodings(secret: &str) -> Vec<String> {
    let quoted = serde_json::to_string(secret).unwrap();
    let around = format!("ab{secret}z");
    let mut all = vec![
        secret.to_owned(),
        format!("x{secret}y"),
        percent(secret),
        percent(&percent(secret)),
        percent(&percent(&percent(secret))),
        form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
        quoted.trim_matches('"').to_owned(),
        escaped(secret),
        percent(&escaped(secret)),
        html(secret),
        percent(&html(secret)),
        STANDARD.encode(secret),
        URL_SAFE_NO_PAD.encode(&around),
        format!("x={}", STANDARD.encode(&around)),
        STANDARD.encode(STANDARD.encode(secret)),
        STANDARD.encode(percent(secret)),
        percent(&STANDARD.encode(secret)),
        hex::encode(&around),
        colons(secret),
        STANDARD.encode(hex::encode(secret)),
        STANDARD.encode(utf16(secret, u16::to_le_bytes)),
        hex::encode(utf16(secret, u16::to_be_bytes)),
        STANDARD.encode(STANDARD.encode(STANDARD.encode(secret))),
    ];
    if secret.is_ascii() {
        // Taken for UTF-8.
        let bytes = utf16(secret, u16::to_le_bytes);
        all.push(String::from_utf8(bytes).unwrap());
    }
    all
}

/// What a test of words would not find.
fn secret() -> impl Strategy<Value = String> {
    prop_oneof![
        "[Q-Z7-9]{9,20}",
        "[Q-Z7-9]{4}[ -~]{2,8}[Q-Z7-9]{4}",
        "[Q-Z7-9]{4}[äß€😀/+=&%]{1,4}[Q-Z7-9]{4}",
    ]
}

fn is_written(result: Result<String, sanspay_testkit::cassette::LeakError>, form: &str) -> bool {
    let quoted = serde_json::to_string(form).unwrap();
    result.is_ok_and(|text| text.contains(form) || text.contains(quoted.trim_matches('"')))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_encoding_of_it_is_written_even_where_its_name_is_kept(secret in secret()) {
        let rules = Redaction::new().secret(secret.as_str()).keep("note").keep("x-note");
        for form in encodings(&secret) {
            let body = json!({ "note": form, "other": form }).to_string();
            let query: String = form_urlencoded::Serializer::new(String::new())
                .append_pair("note", &form)
                .finish();
            let mut request = post(&format!("/partner/payments?{query}"), "application/json", &body);
            if let Ok(value) = form.parse() {
                request.headers_mut().insert("x-note", value);
            }
            let written = record(rules.clone(), &[Call::new(request, answer(body.clone()))]);
            prop_assert!(!is_written(written, &form), "{} is written as {}", secret, form);
        }
    }

    #[test]
    fn compressed_it_is_not_written_unless_its_name_is_kept(secret in secret()) {
        let rules = Redaction::new().secret(secret.as_str());
        let packed = gzip(&json!({ "note": secret }).to_string());
        let encoded = STANDARD.encode(&packed);
        let body = json!({ "message": encoded, "blob": hex::encode(&packed) }).to_string();
        let calls = [
            Call::new(get("/partner/payments"), answer(packed.clone())),
            Call::new(post("/partner/payments", "application/json", &body), answer(body.clone())),
        ];
        let text = record(rules, &calls).unwrap();
        prop_assert!(!text.contains(&encoded[20..40]) && !text.contains(&hex::encode(&packed[15..30])));
        let length = format!("\"hidden\": {}", packed.len());
        prop_assert!(text.contains(&length), "{}", text);
    }
}

#[test]
fn a_told_word_of_the_protocol_leaves_nothing_written() {
    let rules = Redaction::new().secret("payments");
    let error = record(rules, &[Call::new(get("/partner/payments"), answer("{}"))]).unwrap_err();
    assert_eq!(error.interaction(), Some(0));
    let shown = error.to_string();
    assert!(
        shown.contains("/interactions/0") && !shown.contains("payments"),
        "{shown}"
    );
}

#[test]
fn a_told_amount_is_hidden_where_it_stands() {
    let rules = Redaction::new().secret("471.10");
    let call = Call::new(get("/partner/payments"), answer(r#"{"amount":"471.10"}"#));
    let text = record(rules, &[call]).unwrap();
    assert!(
        text.contains("\"amount\": \"<redacted:secret:1>\""),
        "{text}"
    );
}
