//! Whatever secrets and personal data go over the wire, none of them is in the file.

use super::*;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;

use crate::cassette::redact::Redactor;
use crate::checkout::SigningKey;

fn percent(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut all, byte| {
        let _ = write!(all, "%{byte:02x}");
        all
    })
}

#[test]
fn nothing_is_written_while_a_configured_secret_is_still_found() {
    let secret = "tell-nobody-4711";
    // Too deep to be recognised and replaced.
    let thrice = STANDARD.encode(STANDARD.encode(STANDARD.encode(secret)));
    let body = format!(r#"{{"blob":"{thrice}"}}"#);
    let calls = || vec![(get("/a"), answer("")), (get("/b"), answer(body.clone()))];
    let error = record(Redaction::new().secret(secret), calls())
        .to_json()
        .unwrap_err();
    let told = "not written, because a secret is still found in /interactions/1; name the field \
        that holds it with `Redaction::field`";
    assert_eq!(error.to_string(), told);
    assert_eq!((error.label(), error.interaction()), ("secret", Some(1)));
    let text = record(Redaction::new().secret(secret).field("blob"), calls()).to_json();
    assert!(text.is_ok());
    let named = Recorder::new(secret, Redaction::new().secret(secret));
    assert!(named.to_json().is_err());
}

#[test]
fn the_check_reads_every_encoding() {
    let rules = Redaction::new().secret("s3cr3t/value+é\"<");
    let redactor = Redactor::new(&rules, 0);
    let secret = "s3cr3t/value+é\"<";
    let json = serde_json::to_string(secret).unwrap();
    let html = secret.replace('"', "&quot;").replace('<', "&lt;");
    for text in [
        secret.to_owned(),
        percent(secret),
        percent(&percent(secret)),
        json.clone(),
        percent(&json),
        html,
        STANDARD.encode(secret),
        URL_SAFE_NO_PAD.encode(format!("ab{secret}")),
        STANDARD.encode(percent(&json)),
        hex_of(&format!("x{secret}")),
    ] {
        assert_eq!(
            redactor.leak(&format!("k={text}&")),
            Some("secret"),
            "{text}"
        );
    }
    assert_eq!(redactor.leak("nothing of it: s3cr3t/value"), None);
}

fn hex_of(text: &str) -> String {
    hex::encode(text)
}

/// Texts that are unlike anything else in a file, with whatever encodings have to escape.
fn private() -> impl Strategy<Value = String> {
    "[Q-Z7-9]{4}[ -~äß€😀]{0,8}[Q-Z7-9]{4}".prop_map(|text| text.replace(['<', '>'], "·"))
}

/// One way to carry a value over the wire, with a field's name that tells what it is.
fn carry(way: u8, name: &str, value: &str) -> (Request<Vec<u8>>, String) {
    let json = serde_json::json!({ name: value }).to_string();
    let form: String = form_urlencoded::Serializer::new(String::new())
        .append_pair(name, value)
        .finish();
    match way {
        0 => (post("/p", &json), String::new()),
        1 => (get("/p"), format!(r#"{{"a":[{{"b":{json}}}]}}"#)),
        2 => (post("/p", &form), form),
        3 => (get(&format!("/p?{form}")), String::new()),
        4 => (
            get("/p"),
            format!(
                "<input type=\"hidden\" name=\"{name}\" value=\"{}\">",
                html(value)
            ),
        ),
        5 => (
            get("/p"),
            format!("{{\"meta\":{}", serde_json::to_string(&json).unwrap()),
        ),
        6 => (get("/p"), json.trim_end_matches('}').to_owned()),
        _ => (
            post("/p", &format!("payload={}", percent(&json))),
            String::new(),
        ),
    }
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

/// The value once more, where no name tells what it is.
fn repeat(way: u8, value: &str) -> String {
    match way {
        0 => format!("<p>{}</p>", html(value)),
        1 => format!("{{\"message\":{}}}", serde_json::to_string(value).unwrap()),
        2 => format!("<a href=\"/x?y={}\">", percent(value)),
        3 => format!("see {} there", STANDARD.encode(format!("ab{value}z"))),
        4 => hex_of(value),
        _ => format!("x{value}y"),
    }
}

fn is_found(text: &str, value: &str) -> bool {
    let json = serde_json::to_string(value).unwrap();
    let quoted = json.trim_matches('"');
    let twice = serde_json::to_string(quoted).unwrap();
    let encoded: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
    let base = STANDARD.encode(value);
    let core = base.trim_end_matches('=');
    [
        value,
        quoted,
        twice.trim_matches('"'),
        &encoded,
        &percent(value),
        &html(value),
        &hex_of(value),
        &core[..core.len() - 1],
    ]
    .iter()
    .any(|form| text.contains(form))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn nothing_that_is_secret_or_personal_is_in_the_file(
        values in proptest::collection::vec((private(), 0..9_usize, 0..8_u8, 0..6_u8), 1..6),
        key in "[Q-Z7-9]{9,20}",
    ) {
        let names = ["access_token", "key_secret", "name", "customer[email]", "phone", "iban", "Client-IP", "password", "first_name"];
        let recorder = Recorder::new("run", Redaction::new().secret(key.as_str()));
        for (value, name, carried, repeated) in &values {
            let (mut request, body) = carry(*carried, names[*name], value);
            let cookie = format!("sid={key}");
            request.headers_mut().insert("cookie", cookie.parse().unwrap());
            for (request, body) in [(request, body), (get(&format!("/k/{key}")), repeat(*repeated, value))] {
                let id = recorder.request(&request, NOW);
                recorder.outcome(id, &answer(body), NOW);
            }
        }
        let text = recorder.to_json().unwrap();
        prop_assert!(!is_found(&text, &key), "{}", text);
        for (value, ..) in &values {
            prop_assert!(!is_found(&text, value), "{:?} in {}", value, text);
        }
        prop_assert_eq!(read(&text).to_json(), text);
    }

    #[test]
    fn addresses_in_any_text_are_hidden(
        email in "[a-z]{3,8}\\.[q-z]{3,8}@[a-z]{3,8}\\.example",
        ip in "2[0-4][0-9]\\.[1-9][0-9]\\.[1-9]\\.[1-9][0-9]",
        phone in "\\+[1-9][0-9]{9,13}",
        around in "[ <>\"'(){}\\[\\]:;,!?]{1,4}",
        way in 0..3_u8,
    ) {
        let plain = format!("x{around}{email}{around}{ip}{around}{phone}{around}x");
        let body = if way == 2 { serde_json::json!({ "note": plain }).to_string() } else { repeat(way, &plain) };
        let text = text_of(Redaction::new(), get("/"), &body);
        for value in [&email, &ip, &phone] {
            prop_assert!(!text.contains(value.as_str()), "{} in {}", value, text);
        }
    }

    #[test]
    fn any_bytes_are_recorded_without_a_panic_and_read_back(
        body in proptest::collection::vec(any::<u8>(), 0..120),
        text in "[{}\\[\\]\":,<>=&%+\\\\/a-eéx0-9@. ]{0,80}",
        form in any::<bool>(),
    ) {
        let content_type = if form { "application/x-www-form-urlencoded" } else { "text/html" };
        let mut request = post("/p", &text);
        request.headers_mut().insert("content-type", content_type.parse().unwrap());
        let recorder = record(Redaction::new(), vec![(request, answer(body))]);
        let written = recorder.to_json().unwrap();
        prop_assert_eq!(read(&written).to_json(), written);
    }
}

#[test]
fn keys_of_the_checkout_are_secrets_too() {
    let key = SigningKey::new("shop-secret-4711").unwrap();
    let text = text_of(
        Redaction::new().signing_key(key),
        get("/"),
        "my key is shop-secret-4711",
    );
    assert!(text.contains("<redacted:secret:1>") && !text.contains("4711"));
}
