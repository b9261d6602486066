//! Names and values that nobody listed are never written, wherever they stand; and what was
//! recorded is replayed all the same.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{Request, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use sanspay_testkit::cassette::{Cassette, Redaction, Replay};
use serde_json::json;

use super::{Call, answer, get, post, record};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// Names of known fields, of which the value is in no form that is kept.
const KNOWN: [&str; 14] = [
    "reference",
    "status",
    "type",
    "amount",
    "currency",
    "created_at",
    "page",
    "next",
    "checkout_url",
    "message",
    "code",
    "metadata",
    "sign",
    "access_token",
];

/// Unlike anything else in a file, with whatever an encoding has to escape.
fn text() -> impl Strategy<Value = String> {
    "[Q-Z7-9]{4}[ -~äß€😀]{0,8}[Q-Z7-9]{4}".prop_map(|text| text.replace(['<', '>'], "·"))
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        text(),
        "[1-9][0-9]{11,18}",
        "/[Q-Z7-9]{8}",
        r"https://[a-z]{8}\.example/[Q-Z7-9]{8}\?[q-z]{8}=[Q-Z7-9]{8}",
        r#"\[\{"[q-z]{8}":"[Q-Z7-9]{8}"#,
    ]
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[q-z]{4,9}_[q-z]{4,9}",
        "[q-z]{4,9}[A-Z][q-z]{4,9}",
        "[Q-Z7-9]{4}[ -~äß€]{0,8}[Q-Z7-9]{4}",
        r"[q-z]{8}\.[q-z]{8}@[q-z]{8}\.example",
        "姓名[一-十]{4}",
        r"customer\[[q-z]{8}\]",
    ]
}

/// One way to carry a named value over the wire.
fn carry(way: usize, name: &str, value: &str) -> Call {
    let json = json!({ name: value }).to_string();
    let form: String = form_urlencoded::Serializer::new(String::new())
        .append_pair(name, value)
        .finish();
    let segment = utf8_percent_encode(value, NON_ALPHANUMERIC);
    let deep = json!({ "data": [{ "customer": { name: [value, { name: value }] } }] });
    match way {
        0 => Call::new(post("/partner/payments", JSON, &json), answer(json.clone())),
        1 => Call::new(get("/partner/payments"), answer(deep.to_string())),
        2 => Call::new(post("/partner/payments", FORM, &form), answer(form)),
        3 => Call::new(get(&format!("/partner/payments?{form}")), answer("{}")),
        4 => Call::new(get(&format!("/{segment}/payments/{segment}")), answer("{}")),
        5 => {
            let twice = json!({ "plan": json, name: json!([json]).to_string() });
            let body = twice.to_string();
            Call::new(post("/partner/payments", JSON, &body), answer(body.clone()))
        }
        6 => {
            let link = format!("https://api.example.com/{segment}?{form}");
            let page = json!({ "links": { "next": link }, "path": format!("/{segment}") });
            Call::new(get("/partner/payments"), answer(page.to_string()))
        }
        7 => headers(value),
        8 => {
            let body = format!("<html><title>{value}</title><p>{name}: {value}");
            Call::new(get("/partner/payments"), answer(body))
        }
        // Cut short.
        9 => Call::new(
            get("/partner/payments"),
            answer(json.trim_end_matches('}').to_owned()),
        ),
        10 => {
            let number: String = value.bytes().map(|b| (b % 9 + b'1') as char).collect();
            let long = number.repeat(2);
            let body = format!(r#"{{"page":{long},"amount":{long},"data":[{number}.5]}}"#);
            Call::new(get("/partner/payments"), answer(body))
        }
        _ => {
            let encoded = STANDARD.encode(value);
            let body = json!({ "message": encoded, "errors": { name: [value] } });
            Call::new(get("/partner/payments"), answer(body.to_string()))
        }
    }
}

fn headers(value: &str) -> Call {
    let visible: String = value.chars().filter(|c| ('!'..='~').contains(c)).collect();
    let mut request = Request::get("https://api.example.com/partner/payments")
        .header("authorization", format!("Bearer {visible}"))
        .header("cookie", format!("sid={visible}"))
        .header("accept", &visible);
    let mut response = Response::builder();
    for name in [
        "content-type",
        "x-request-id",
        "idempotency-key",
        "user-agent",
    ] {
        request = request.header(name, &visible);
        response = response.header(name, &visible);
    }
    for name in ["retry-after", "location", "www-authenticate", "set-cookie"] {
        response = response.header(name, &visible);
    }
    Call::new(
        request.body(Vec::new()).unwrap(),
        response.body(Vec::new()).unwrap(),
    )
}

/// The forms in which a text would be in a file of JSON.
fn forms(text: &str) -> Vec<String> {
    let json = serde_json::to_string(text).unwrap();
    let quoted = json.trim_matches('"').to_owned();
    let twice = serde_json::to_string(&quoted).unwrap();
    let base = STANDARD.encode(text);
    vec![
        text.to_owned(),
        twice.trim_matches('"').to_owned(),
        quoted,
        form_urlencoded::byte_serialize(text.as_bytes()).collect(),
        utf8_percent_encode(text, NON_ALPHANUMERIC).to_string(),
        text.bytes()
            .map(|b| ((b % 9 + b'1') as char).to_string())
            .collect(),
        hex::encode(text),
        base.trim_end_matches('=')[..base.trim_end_matches('=').len() - 1].to_owned(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn nothing_invented_is_in_the_file_and_the_file_is_replayed(
        carried in proptest::collection::vec((name(), value(), 0..12_usize, 0..28_usize), 1..6),
    ) {
        let calls: Vec<_> = carried
            .iter()
            .map(|(name, value, way, known)| carry(*way, KNOWN.get(*known).unwrap_or(&&**name), value))
            .collect();
        let text = record(Redaction::new(), &calls).unwrap();
        for (name, value, ..) in &carried {
            let parts = name.split(['[', ']']).filter(|part| !part.is_empty() && *part != "customer");
            for invented in parts.chain([&**value]) {
                for form in forms(invented) {
                    prop_assert!(!text.contains(&form), "{} in {}", form, text);
                }
            }
        }
        let cassette = Cassette::from_json("test.json", &text).unwrap();
        prop_assert_eq!(cassette.to_json(), text);
        let replay = Replay::new(cassette);
        for call in &calls {
            let replayed = replay.answer(&call.request);
            prop_assert!(replayed.is_ok(), "{:?}", replay.finish());
        }
        prop_assert!(replay.finish().is_ok());
    }

    #[test]
    fn what_a_request_brings_comes_back_where_it_was_recorded(
        (name, one, other) in (name(), text(), text()),
        known in 0..28_usize,
    ) {
        let name = KNOWN.get(known).map_or(name, |known| (*known).to_owned());
        let echoed = |value: &str| {
            let body = json!({ "reference": value, name.clone(): value }).to_string();
            Call::new(post("/partner/payments", JSON, &body), answer(body.clone()))
        };
        let text = record(Redaction::new(), &[echoed(&one)]).unwrap();
        let replay = Replay::from_json("test.json", &text).unwrap();
        let asked = echoed(&other);
        let answered = replay.answer(&asked.request);
        prop_assert!(answered.is_ok(), "{:?} {}", replay.finish(), text);
        let body = answered.unwrap().into_body();
        let told: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let wanted: serde_json::Value = serde_json::from_slice(asked.answer.body()).unwrap();
        prop_assert_eq!(told, wanted);
    }
}
