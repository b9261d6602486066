//! What a replay answers, and what it says where it cannot.

use super::*;
use crate::cassette::{Kind, Matching, Replay};

const PAYMENT: &str =
    r#"{"amount":"10.00","customer":{"email":"jane@mail.example"},"reference":"order-1"}"#;

fn created(redaction: Redaction) -> Replay {
    let calls = vec![
        (
            post("/payments", PAYMENT),
            answer(format!(r#"{{"data":{PAYMENT}}}"#)),
        ),
        (
            get("/payments?page=1&per_page=5"),
            answer(r#"{"next":"http://127.0.0.1:4711/payments?page=2"}"#),
        ),
        (
            get("/payments?page=2"),
            Err(TransportError::maybe_sent("reset")),
        ),
        (
            get("/payments?page=2"),
            Err(TransportError::not_sent(NotSent::proven(), "refused")),
        ),
    ];
    Replay::new(record(redaction, calls).cassette().unwrap())
}

/// Asks at another origin than the recorded one.
fn ask(replay: &Replay, request: Request<Vec<u8>>) -> Result<String, TransportError> {
    let (mut parts, body) = request.into_parts();
    let target = parts.uri.path_and_query().unwrap().as_str();
    parts.uri = format!("https://test.example{target}").parse().unwrap();
    let response = replay.answer(&Request::from_parts(parts, body))?;
    Ok(String::from_utf8(response.into_body()).unwrap())
}

#[test]
fn a_run_is_replayed_in_order_with_the_tests_own_values() {
    let replay = created(Redaction::new());
    let asked = PAYMENT.replace("jane@mail.example", "someone@else.example");
    let body = ask(&replay, post("/payments", &asked)).unwrap();
    assert_eq!(body, format!(r#"{{"data":{asked}}}"#));
    let body = ask(&replay, get("/payments?per_page=5&page=1")).unwrap();
    assert_eq!(body, r#"{"next":"https://test.example/payments?page=2"}"#);
    assert!(
        ask(&replay, get("/payments?page=2"))
            .unwrap_err()
            .may_have_been_sent()
    );
    assert_eq!(replay.unused().len(), 1);
    assert!(
        !ask(&replay, get("/payments?page=2"))
            .unwrap_err()
            .may_have_been_sent()
    );
    replay.assert_all_used();
    assert!(ask(&replay, get("/payments?page=2")).is_err());
    assert!(replay.finish().is_err());
}

#[test]
fn the_order_of_json_names_and_white_space_do_not_matter() {
    let asked =
        r#"{ "reference": "order-1", "customer": {"email": "x@y.example"}, "amount": "10.00" }"#;
    assert!(ask(&created(Redaction::new()), post("/payments", asked)).is_ok());
}

#[test]
fn a_mismatch_names_the_nearest_recording_and_each_difference() {
    let replay = created(Redaction::new());
    let asked = r#"{"amount":"11.00","customer":{"email":"me@private.example"},"token":"t0ken-77","reference":"order-1"}"#;
    let error = ask(&replay, post("/payments", asked)).unwrap_err();
    assert!(!error.may_have_been_sent());
    let told = "`test` has no recording left for POST /payments\n  \
        nearest is /interactions/0, POST /payments\n  \
        body /amount: recorded `\"10.00\"`, asked `\"11.00\"`\n  \
        body /token: not recorded, asked `\"<redacted:token:1>\"`";
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(
        source.replace(
            "recorded `10.00`, asked `11.00`",
            "recorded `\"10.00\"`, asked `\"11.00\"`"
        ),
        told
    );
    assert_eq!(replay.finish().unwrap_err().to_string(), source);
    assert!(!source.contains("t0ken") && !source.contains("private"));
}

#[test]
fn a_mismatch_shows_what_the_recording_keeps_and_no_more() {
    let shown = |rules: Redaction| {
        let calls = vec![(post("/payments", PAYMENT), answer("{}"))];
        let replay = Replay::new(record(rules, calls).cassette().unwrap());
        let asked = PAYMENT
            .replace("order-1", "order-2")
            .replace("10.00", "jane");
        assert!(ask(&replay, post("/payments", &asked)).is_err());
        replay.finish().unwrap_err().to_string()
    };
    let kept = shown(Redaction::new().keep("reference"));
    assert!(
        kept.ends_with("/reference: recorded `order-1`, asked `order-2`"),
        "{kept}"
    );
    assert!(
        kept.contains("recorded `10.00`, asked `<redacted:amount:1>`"),
        "{kept}"
    );
    let listed = shown(Redaction::new());
    assert!(
        !listed.contains("order-2") && !listed.contains("jane"),
        "{listed}"
    );
}

#[test]
fn out_of_order_is_a_mismatch_unless_any_order_is_fine() {
    assert!(
        ask(
            &created(Redaction::new()),
            get("/payments?page=1&per_page=5")
        )
        .is_err()
    );
    let replay = created(Redaction::new()).matching(Matching::new().in_any_order());
    assert!(ask(&replay, get("/payments?page=1&per_page=5")).is_ok());
    assert!(ask(&replay, post("/payments", PAYMENT)).is_ok());
    let unused = replay.finish().unwrap_err().to_string();
    let told = "2 recordings of `test` were not used\n  \
        /interactions/2, GET /payments\n  /interactions/3, GET /payments";
    assert_eq!(unused, told);
}

#[test]
fn what_is_ignored_may_differ() {
    let rule = Matching::new().ignore("amount").ignore_query();
    let replay = created(Redaction::new()).matching(rule);
    assert!(
        ask(
            &replay,
            post("/payments", &PAYMENT.replace("10.00", "11.00"))
        )
        .is_ok()
    );
    assert!(ask(&replay, get("/payments?page=9")).is_ok());
    let replay = created(Redaction::new()).matching(Matching::new().ignore_body());
    assert!(ask(&replay, post("/payments", "a=b")).is_ok());
}

#[test]
fn a_token_of_the_cassette_has_to_come_back_as_it_was() {
    let authorised = |token: &str| {
        let mut request = get("/list");
        let value = format!("Bearer {token}").parse().unwrap();
        request.headers_mut().insert("authorization", value);
        request
    };
    let calls = vec![
        (get("/token"), answer(r#"{"access_token":"token-1"}"#)),
        (get("/token"), answer(r#"{"access_token":"token-2"}"#)),
        (authorised("token-2"), answer("[]")),
    ];
    let recorder = record(Redaction::new(), calls);
    let replay = Replay::new(recorder.cassette().unwrap())
        .matching(Matching::new().header("authorization").in_any_order());
    assert!(ask(&replay, authorised("<redacted:access_token:1>")).is_err());
    assert!(ask(&replay, authorised("<redacted:access_token:2>")).is_ok());
}

#[test]
fn deliveries_come_where_they_stood() {
    let recorder = Recorder::new("webhook", Redaction::new());
    let call = |path: &str| {
        let id = recorder.request(&get(path), NOW);
        recorder.outcome(id, &answer("{}"), NOW);
    };
    call("/first");
    let body = r#"{"event":"payment.paid","data":{"id":"6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d"}}"#;
    let id = recorder.delivery(Kind::Webhook, &post("/hooks", body), later(60));
    call("/p/6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d");
    recorder.answered(id, &Response::new(Vec::new()), later(61));
    let replay = Replay::new(recorder.cassette().unwrap());

    assert!(replay.next_delivery().is_none());
    assert!(ask(&replay, get("/first")).is_ok());
    let webhook = replay.next_delivery().unwrap();
    assert_eq!(
        (webhook.kind, webhook.at),
        (Kind::Webhook, Duration::from_secs(60))
    );
    assert_eq!(webhook.request.uri(), "/hooks");
    assert_eq!(webhook.answer.unwrap().status(), 200);
    let event: serde_json::Value = serde_json::from_slice(webhook.request.body()).unwrap();
    let id = event["data"]["id"].as_str().unwrap();
    assert!(ask(&replay, get(&format!("/p/{id}"))).is_ok());
    replay.assert_all_used();
}

#[test]
fn a_call_that_was_given_up_is_replayed_as_lost() {
    let recorder = Recorder::new("given up", Redaction::new());
    let _ = recorder.request(&get("/x"), NOW);
    let replay = Replay::new(recorder.cassette().unwrap());
    assert!(ask(&replay, get("/x")).unwrap_err().may_have_been_sent());
}

#[test]
fn debug_shows_neither_values_nor_bodies() {
    let recorder = record(
        Redaction::new().secret("hush-4711"),
        vec![(post("/p", PAYMENT), answer(PAYMENT))],
    );
    let replay = created(Redaction::new());
    let shown = format!(
        "{recorder:?} {replay:?} {:?} {:?}",
        replay.unused(),
        Redaction::new().secret("hush-4711")
    );
    assert!(
        !shown.contains("jane") && !shown.contains("hush") && !shown.contains("10.00"),
        "{shown}"
    );
}

#[test]
fn names_that_are_not_listed_fit_any_and_come_back() {
    let carts =
        |name: &str, value: &str| format!(r#"{{"metadata":{{"{name}":"{value}"}},"page":1}}"#);
    let calls = vec![(
        post("/payments", &carts("cart", "7")),
        answer(carts("cart", "7")),
    )];
    let replay = || {
        Replay::new(
            record(Redaction::new(), calls_of(&calls))
                .cassette()
                .unwrap(),
        )
    };
    let asked = carts("jane@mail.example", "8");
    assert_eq!(ask(&replay(), post("/payments", &asked)).unwrap(), asked);
    let two = r#"{"metadata":{"a":"8","b":"9"},"page":1}"#;
    let replay = replay();
    assert!(ask(&replay, post("/payments", two)).is_err());
    let shown = replay.finish().unwrap_err().to_string();
    let told = "body /metadata/<other>: not recorded, asked `\"<redacted:value:1>\"`";
    assert!(shown.ends_with(told), "{shown}");
}

fn calls_of(calls: &[Call]) -> Vec<Call> {
    calls
        .iter()
        .map(|(request, outcome): &Call| {
            let body = outcome.as_ref().unwrap().body().clone();
            (request.clone(), answer(body))
        })
        .collect()
}

#[test]
fn links_come_back_with_the_tests_own_values() {
    let body = |origin: &str, reference: &str, shop: &str| {
        format!(
            r#"{{"next":"{origin}/payments?page=2&reference={reference}","url":"{shop}/tea?a={reference}"}}"#
        )
    };
    let recorded = body("http://127.0.0.1:4711", "order%231", "https://shop.example");
    let calls = vec![
        (
            get("/payments?reference=order%231"),
            answer(recorded.clone()),
        ),
        (post("/payments", &recorded), answer("{}")),
    ];
    let replay = Replay::new(record(Redaction::new(), calls).cassette().unwrap());
    let told = ask(&replay, get("/payments?reference=r%3C%26")).unwrap();
    assert!(
        told.contains("https://test.example/payments?page=2&reference=r%3C%26"),
        "{told}"
    );
    assert!(
        told.contains("https://origin-1.invalid/%3Credacted:segment:1%3E?"),
        "{told}"
    );
    let asked = body("https://test.example", "r%3C%26", "https://other.example");
    assert_eq!(ask(&replay, post("/payments", &asked)).unwrap(), "{}");
    replay.assert_all_used();
}

#[test]
fn what_a_cassette_signed_is_signed_again_with_the_tests_own_values() {
    use sanspay_core::checkout::{SigningKey, php_query};
    let key = SigningKey::new("the app's own secret").unwrap();
    let signed = |key: &SigningKey, order: &str| {
        let pairs = [("app_id", "7"), ("out_trade_no", order)];
        let sign = key.sign(&pairs);
        php_query(&[&pairs[..], &[("sign", sign.as_str())]].concat())
    };
    let recorder = Recorder::new("signed", Redaction::new().signing_key(key.clone()));
    let page = |query: String| get(&format!("/checkout?{query}"));
    let id = recorder.request(&page(signed(&key, "A-1")), NOW);
    recorder.outcome(id, &answer("<p>"), NOW);
    let notification = post("/notify", &signed(&key, "A-1"));
    let _ = recorder.delivery(Kind::Notification, &notification, NOW);

    let replay = Replay::new(recorder.cassette().unwrap());
    let own = SigningKey::new("the test's own").unwrap();
    assert_eq!(ask(&replay, page(signed(&own, "B<2"))).unwrap(), "---");
    let delivered = replay.next_delivery().unwrap().request.into_body();
    let wanted = signed(&Redaction::test_key(), "B<2");
    let sorted = |text: &[u8]| {
        let mut pairs: Vec<_> = form_urlencoded::parse(text).into_owned().collect();
        pairs.sort();
        pairs
    };
    assert_eq!(sorted(&delivered), sorted(wanted.as_bytes()));
    let unsigned = Replay::new(recorder.cassette().unwrap());
    let without = signed(&own, "B-2").replace("sign=", "sign=x");
    assert!(ask(&unsigned, page(without)).is_err());
}
