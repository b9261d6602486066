//! Whatever secrets and personal data go over the wire, none of them is in the file.

use super::*;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;

use crate::cassette::redact::{WORK, is_found};
use sanspay_core::Secret;
use sanspay_core::checkout::SigningKey;

fn percent(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut all, byte| {
        let _ = write!(all, "%{byte:02x}");
        all
    })
}

#[test]
fn a_told_secret_is_hidden_where_its_name_is_kept_or_nothing_is_written() {
    let secret = "tell-nobody-4711";
    let thrice = STANDARD.encode(STANDARD.encode(STANDARD.encode(secret)));
    let body = format!(r#"{{"blob":"{thrice}","other":"x"}}"#);
    let rules = || Redaction::new().keep("blob").keep("other").secret(secret);
    let text = text_of(rules(), get("/b"), &body);
    assert!(text.contains("\"blob\": \"<redacted:blob:1>\""), "{text}");
    assert!(text.contains("\"other\": \"x\""), "{text}");

    let named = Recorder::new(secret, rules()).to_json().unwrap_err();
    let told = "not written, because a told secret is still found in the name; choose another";
    assert_eq!(
        (named.to_string().as_str(), named.interaction()),
        (told, None)
    );
    let calls = vec![(get("/a"), answer("")), (get("/b"), answer(body))];
    let word = record(rules().secret("blob"), calls).to_json().unwrap_err();
    let told = "not written, because a told secret is still found in /interactions/1; it is part \
        of the protocol's own words, or of a name that is kept";
    assert_eq!(
        (word.to_string().as_str(), word.interaction()),
        (told, Some(1))
    );
}

#[test]
fn the_check_reads_every_encoding() {
    let secret = "s3cr3t/value+é\"<";
    let secrets = [Secret::from(secret)];
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
        assert!(is_found(&secrets, &format!("k={text}&")), "{text}");
    }
    assert!(!is_found(&secrets, "nothing of it: s3cr3t/value"));
}

#[test]
fn a_short_secret_is_found_in_every_encoding_as_well() {
    for secret in ["737", "4711", "pa55w"] {
        let secrets = [Secret::from(secret)];
        for text in [STANDARD.encode(secret), hex_of(secret), percent(secret)] {
            assert!(is_found(&secrets, &format!("k={text}&")), "{text}");
        }
    }
}

#[test]
fn broken_encodings_are_read_without_a_panic() {
    let secrets = [
        Secret::from("s3cr3t"),
        Secret::from("+"),
        Secret::from("\\"),
    ];
    for text in [
        "%",
        "%4",
        "%é",
        "\\u12",
        "\\ud800",
        "\\ué123",
        "&",
        "&#;",
        "&#xffffffff;",
        "=====é===",
    ] {
        assert!(!is_found(&secrets[..1], text), "{text}");
    }
    assert!(is_found(&secrets, "a+b") && is_found(&secrets, "\\"));
    assert!(!is_found(&secrets, "a"));
}

/// How many bytes are looked at while this body is written.
fn work(body: &str) -> usize {
    let rules = Redaction::new().secret("tell-nobody-4711").keep("note");
    let before = WORK.get();
    let _ = text_of(rules, get("/list"), body);
    WORK.get() - before
}

#[test]
fn twice_as_much_is_twice_as_much_work_and_no_more() {
    let list = |item: &str, count: usize| format!("[{}]", vec![item; count].join(","));
    let nested = |text: &str| serde_json::to_string(text).unwrap();
    let addresses = |count: usize| {
        let all = (0..count).map(|n| format!("jane.{n}@mail.example"));
        all.collect::<Vec<_>>().join(", ")
    };
    let shapes: [&dyn Fn(usize) -> String; 7] = [
        &|n| addresses(n),
        &|n| format!(r#"{{"note":{}}}"#, nested(&addresses(n))),
        &|n| list(r#"{"email":"jane@mail.example","jane@mail.example":1}"#, n),
        &|n| nested(&nested(&list(r#"{"email":"%25%40"}"#, n))),
        &|n| {
            list(
                &format!("{{\"note\":{}}}", nested(&nested("a\\\"%2525"))),
                n,
            )
        },
        &|n| format!(r#"{{"note":"{}"}}"#, STANDARD.encode(addresses(n))),
        &|n| format!(r#"{{"note":"{}"}}"#, "%".repeat(20 * n)),
    ];
    for (index, shape) in shapes.iter().enumerate() {
        let (one, two) = (work(&shape(1000)), work(&shape(2000)));
        assert!(two <= 3 * one, "shape {index}: {one}, twice as much {two}");
        let most = 400 * shape(1000).len() + 100_000;
        assert!(one <= most, "shape {index}: {one} of at most {most}");
    }
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

fn is_written(text: &str, value: &str) -> bool {
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
        prop_assert!(!is_written(&text, &key), "{}", text);
        for (value, ..) in &values {
            prop_assert!(!is_written(&text, value), "{:?} in {}", value, text);
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
    let rules = Redaction::new().keep("note").signing_key(key);
    let body = r#"{"note":["my key is shop-secret-4711","shop-secret-4711"]}"#;
    let text = text_of(rules, get("/"), body);
    assert!(text.contains("<redacted:note:1>") && text.contains("<redacted:secret:1>"));
    assert!(!text.contains("4711"), "{text}");
}
