//! What is hidden, where, and how it stays the same.

use super::*;
use crate::checkout::{SigningKey, php_query};

/// Asserts that one call with this request and answer is written with these parts and without
/// those.
fn written(request: Request<Vec<u8>>, body: &str, with: &[&str], without: &[&str]) {
    let text = text_of(Redaction::new(), request, body);
    for part in with {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    for part in without {
        assert!(!text.contains(part), "{part} is in {text}");
    }
}

#[test]
fn keys_and_tokens_are_hidden_and_equal_ones_stay_equal() {
    let token = post(
        "/token",
        r#"{"key_id":"kid-4711","key_secret":"ksec-0815"}"#,
    );
    let mut list = get("/list");
    let bearer = "Bearer tok-12345".parse().unwrap();
    list.headers_mut().insert("authorization", bearer);
    let calls = vec![
        (
            token,
            answer(r#"{"access_token":"tok-12345","expires_in":60}"#),
        ),
        (list, answer("[]")),
    ];
    let text = record(Redaction::new(), calls).to_json().unwrap();
    assert_eq!(
        text.matches("<redacted:access_token:1>").count(),
        2,
        "{text}"
    );
    assert!(
        text.contains("\"Bearer <redacted:access_token:1>\"")
            && text.contains("\"expires_in\": 60")
    );
    for secret in ["4711", "0815", "12345"] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[test]
fn a_token_still_tells_when_it_expires() {
    // {"exp":3600}, and the recording begins at 0.
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjM2MDB9.c2lnbmF0dXJl";
    let text = text_of(
        Redaction::new(),
        get("/"),
        &format!(r#"{{"access_token":"{jwt}"}}"#),
    );
    assert!(!text.contains("eyJhbGciOiJIUzI1NiJ9") && !text.contains("c2lnbmF0dXJl"));
    // {"exp":1800003600}
    assert!(
        text.contains("<redacted:access_token:1.eyJleHAiOjE4MDAwMDM2MDB9.>"),
        "{text}"
    );
}

#[test]
fn personal_data_are_hidden_at_any_depth() {
    let body = r#"{"reference":"order-1","customer":{"first_name":"Jane","notes":["likes tea"],
        "country":"DE"},"metadata":{"a":[{"email":"jane@mail.example","n":{"phone":4915112345}}]}}"#;
    let with = [
        "\"reference\": \"order-1\"",
        "<redacted:first_name:1>",
        "\"country\": \"DE\"",
        "<redacted:notes:1>",
        "<redacted:email:1>",
        "\"phone\": \"<redacted:phone:1>\"",
    ];
    written(
        post("/p", body),
        "",
        &with,
        &["Jane", "jane", "tea", "49151"],
    );
}

#[test]
fn goods_keep_their_names_and_people_do_not() {
    let product = r#"{"name":"Green tea","list":[{"name":"Cup"}]}"#;
    let query = php_query(&[
        ("product", product),
        ("customer", r#"{"name":{"first_name":"Jane"}}"#),
    ]);
    let with = [
        r#"{\"list\":[{\"name\":\"Cup\"}],\"name\":\"Green tea\"}"#,
        "<redacted:first_name:1>",
    ];
    let text = text_of(Redaction::new(), get(&format!("/checkout?{query}")), "");
    assert!(
        text.contains("Green tea") && text.contains("Cup") && text.contains(with[1]),
        "{text}"
    );
    assert!(!text.contains("Jane"));
}

#[test]
fn a_value_that_is_known_is_hidden_wherever_it_stands() {
    let body = r#"{"email":"o'connor+x@mail.example","name":"Séan O'Connor"}"#;
    let page = "<p>S&eacute;an?</p> <b>Séan O&#39;Connor</b> S%C3%A9an+O%27Connor S\\u00e9an O'Connor \
        <a href='/x?u=U8OpYW4gTydDb25ub3I'>o%27connor%2Bx%40mail.example</a>";
    written(
        post("/p", body),
        page,
        &["<redacted:name:1>"],
        &["Connor", "connor", "U8OpYW4gTydDb25ub3I"],
    );
}

#[test]
fn broken_and_foreign_texts_are_redacted_too() {
    for (body, secret) in [
        (r#"{"access_token":"abc123"#, "abc123"),
        (r#"{"beneficiary":{"x":"Erika Muster"},"amount"#, "Erika"),
        (
            "<html><input name='customer' value='{&quot;a&quot;:&quot;Erika&quot;}'>",
            "Erika",
        ),
        ("<p>client 203.0.113.9, erika@mail.example", "203.0.113.9"),
        ("Authorization: Bearer abc123\nX-Id: 1", "abc123"),
        ("call +49 151 2345 6789 now", "2345"),
        ("https://x.example/?token=abc123&page=2", "abc123"),
    ] {
        written(get("/"), body, &["redacted:"], &[secret]);
    }
}

#[test]
fn bytes_that_are_no_text_are_redacted_around_them() {
    let body = b"{\"name\":\"Erika \xff\",\"email\":\"erika@mail.example\"}\xfe".to_vec();
    let recorder = record(Redaction::new(), vec![(get("/"), answer(body))]);
    let text = recorder.to_json().unwrap();
    assert!(text.contains(r"\\xff") && text.contains(r"\\xfe"), "{text}");
    assert!(!text.contains("rika"), "{text}");
}

#[test]
fn cookies_addresses_and_machine_values_are_not_written() {
    let mut request = get("/p/6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d");
    for (name, value) in [
        ("cookie", "sid=s3ss10n; theme=dark"),
        ("x-forwarded-for", "203.0.113.9"),
        ("user-agent", "sanspay/1"),
        ("host", "127.0.0.1:4711"),
    ] {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    let body = r#"{"id":"6F2B7C1E-6a0e-4f53-9f0e-0d6f3a1b2c3d","seen":"s3ss10n from 203.0.113.9",
        "next":"http://127.0.0.1:4711/p?page=2","created_at":"1970-01-01T00:00:07.123Z"}"#;
    let with = [
        "/p/00000000-0000-4000-8000-000000000001",
        "\"id\": \"00000000-0000-4000-8000-000000000001\"",
        "\"next\": \"<origin>/p?page=2\"",
        "\"created_at\": \"2027-01-15T08:00:07Z\"",
        "<redacted:cookie:1> from <redacted:x_forwarded_for:1>",
    ];
    written(
        request,
        body,
        &with,
        &["4711", "6f2b", "203.0", "sanspay/1", "s3ss"],
    );
}

#[test]
fn users_add_fields_and_take_some_back() {
    let body = r#"{"loyalty_card":{"number":"L-1"},"city":"Bonn","Shop-Note":"hush"}"#;
    let rules = Redaction::new()
        .field("loyalty-card")
        .field("shop_note")
        .keep_field("city")
        .keep_header("X-Shop");
    let mut request = post("/p", body);
    request.headers_mut().insert("x-shop", "7".parse().unwrap());
    let text = text_of(rules, request, "");
    assert!(
        text.contains("\"city\": \"Bonn\"") && text.contains("\"x-shop\": \"7\""),
        "{text}"
    );
    assert!(!text.contains("L-1") && !text.contains("hush"), "{text}");
}

#[test]
fn signatures_are_made_anew_where_they_were_genuine() {
    let key = SigningKey::new("the app's own secret").unwrap();
    let pairs = [
        ("app_id", "7"),
        ("out_trade_no", "A-1"),
        ("body", "for jane@mail.example"),
    ];
    let sign = key.sign(&pairs);
    let signed = |sign: &str| {
        let all = [&pairs[..], &[("sign", sign)]].concat();
        text_of(
            Redaction::new().signing_key(key.clone()),
            post("/n", &php_query(&all)),
            "",
        )
    };
    let hidden = [
        ("app_id", "7"),
        ("out_trade_no", "A-1"),
        ("body", "for <redacted:email:1>"),
    ];
    let anew = Redaction::test_key().sign(&hidden);
    let genuine = signed(sign.as_str());
    assert!(
        genuine.contains(&format!("sign={}", anew.as_str())),
        "{genuine}"
    );
    let forged = signed("0123456789abcdef0123456789abcdef");
    assert!(
        forged.contains("sign=00000000000000000000000000000001"),
        "{forged}"
    );
    let odd = signed("none at all");
    assert!(odd.contains("sign=<redacted:sign:1>"), "{odd}");
}

#[test]
fn the_same_run_at_another_time_and_place_gives_the_same_text() {
    let run = |port: u16, start: u64, id: &str, token: &str| {
        let recorder = Recorder::new("run", Redaction::new());
        let begin = SystemTime::UNIX_EPOCH + Duration::from_millis(start);
        let uri = format!("http://127.0.0.1:{port}/p");
        let mut request = Request::post(&uri).body(Vec::new()).unwrap();
        let bearer = format!("Bearer {token}").parse().unwrap();
        request.headers_mut().insert("authorization", bearer);
        let call = recorder.request(&request, begin);
        let year = 1970 + start / 31_536_000_000;
        let body = format!(r#"{{"id":"{id}","url":"{uri}/{id}","at":"{year}-01-01T00:00:00.5Z"}}"#);
        let response = Response::builder()
            .header("date", start.to_string())
            .header("x-request-id", token);
        let outcome = Ok(response.body(body.into_bytes()).unwrap());
        recorder.outcome(call, &outcome, begin + Duration::from_millis(start % 900));
        recorder.to_json().unwrap()
    };
    let one = run(
        4711,
        300,
        "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d",
        "token-one",
    );
    let two = run(
        815,
        31_536_000_200,
        "a00b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d",
        "token-two",
    );
    assert_eq!(one, two);
}
