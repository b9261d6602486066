//! What is kept, what stands for the rest, and how it stays the same.

use super::*;
use sanspay_core::checkout::{SigningKey, php_query};

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
fn only_listed_names_are_written_and_their_values_only_in_the_listed_form() {
    let body = r#"{"reference":"order-1","amount":10.00,"status":"paid","currency":"EUR",
        "customer":{"first_name":"Jane","notes":["likes tea",true,null,""],"country":"DE"},
        "type":"Jane","page":2,"total":"4111111111111111","code":"validation_failed",
        "metadata":{"jane@mail.example":[{"email":"jane@mail.example","n":{"phone":4915112345}}]}}"#;
    let with = [
        "\"reference\": \"<redacted:reference:1>\"",
        "\"amount\": 10.00",
        "\"status\": \"paid\"",
        "\"currency\": \"EUR\"",
        "\"first_name\": \"<redacted:first_name:1>\"",
        "\"type\": \"<redacted:first_name:1>\"",
        "\"<redacted:field:1>\": [\n                \"<redacted:value:1>\",\n                true,\n                null,\n                \"\"",
        "\"page\": 2",
        "\"total\": \"<redacted:total:1>\"",
        "\"code\": \"validation_failed\"",
        "\"phone\": \"<redacted:phone:1>\"",
    ];
    let without = [
        "order-1", "Jane", "jane", "tea", "notes", "\"DE\"", "49151", "4111",
    ];
    written(post("/payments", body), "", &with, &without);
}

#[test]
fn equal_values_have_equal_placeholders_and_an_address_may_be_a_name() {
    let body =
        r#"{"email":"jane@mail.example","list":[{"jane@mail.example":"jane@mail.example"}]}"#;
    let text = text_of(Redaction::new(), post("/p", body), body);
    assert_eq!(text.matches("<redacted:email:1>").count(), 6, "{text}");
    assert_eq!(
        text.matches("redacted").count(),
        7,
        "with a part of the path: {text}"
    );
}

#[test]
fn json_in_a_text_is_redacted_like_any_other() {
    let product = r#"{"name":"Green tea","type":"PHYSICAL","secret_name":[{"name":"Cup"}]}"#;
    let query = php_query(&[
        ("product", product),
        ("customer", r#"{"name":{"first_name":"Jane"}}"#),
    ]);
    let with = [
        r#"product={\"name\":\"<redacted:name:1>\",\"type\":\"PHYSICAL\",\"<redacted:field:1>\":[{\"name\":\"<redacted:name:2>\"}]}"#,
        r#"customer={\"name\":{\"first_name\":\"<redacted:first_name:1>\"}}"#,
    ];
    written(
        get(&format!("/checkout?{query}")),
        "",
        &with,
        &["Jane", "tea", "Cup", "secret_name"],
    );
}

#[test]
fn what_is_neither_json_nor_a_form_is_not_written() {
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
        let length = format!("\"hidden\": {}", body.len());
        written(get("/"), body, &[&length], &[secret]);
    }
    let page = "<html><head><title>502 Bad Gateway</title></head>from 203.0.113.9";
    let with = ["\"text\": \"<title>502 Bad Gateway</title>\""];
    written(get("/"), page, &with, &["203"]);
}

#[test]
fn bytes_that_are_no_text_are_not_written() {
    let body = b"{\"name\":\"Erika \xff\",\"email\":\"erika@mail.example\"}\xfe".to_vec();
    let length = format!("\"hidden\": {}", body.len());
    let recorder = record(Redaction::new(), vec![(get("/"), answer(body))]);
    let text = recorder.to_json().unwrap();
    assert!(text.contains(&length) && !text.contains("rika"), "{text}");
}

#[test]
fn cookies_addresses_and_machine_values_are_not_written() {
    let mut request = get("/payments/6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d");
    for (name, value) in [
        ("cookie", "sid=s3ss10n; theme=dark"),
        ("x-forwarded-for", "203.0.113.9"),
        ("user-agent", "sanspay/1"),
        ("host", "127.0.0.1:4711"),
        ("accept", "application/json, text/html; charset=utf-8"),
        ("content-type", "application/vnd.jane+json"),
    ] {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    let body = r#"{"id":"6F2B7C1E-6a0e-4f53-9f0e-0d6f3a1b2c3d","message":"s3ss10n from 203.0.113.9",
        "next":"http://127.0.0.1:4711/payments?page=2","created_at":"1970-01-01T00:00:07.123Z",
        "birthday":"1970-01-01T00:00:07.123Z",
        "checkout_url":"https://pay.example/pay/7?cursor=k7&page=3#top"}"#;
    let with = [
        "/payments/00000000-0000-4000-8000-000000000001",
        "\"id\": \"00000000-0000-4000-8000-000000000001\"",
        "\"next\": \"<origin>/payments?page=2\"",
        "\"created_at\": \"2027-01-15T08:00:07Z\"",
        "\"<redacted:field:1>\": \"<redacted:value:2>\"",
        "https://origin-1.invalid/pay/<redacted:segment:1>?cursor=<redacted:cursor:1>&page=3\"",
        "\"accept\": \"application/json, text/html; charset=utf-8\"",
        "\"content-type\": \"<redacted:value:1>\"",
    ];
    written(
        request,
        body,
        &with,
        &["4711", "6f2b", "203.0", "sanspay/1", "s3ss", "1970", "k7"],
    );
}

#[test]
fn users_keep_more_by_name() {
    let body = r#"{"loyalty_card":{"number":"L-1"},"city":"Bonn","Shop-Note":"hush"}"#;
    let rules = Redaction::new()
        .keep_name("loyalty_card")
        .keep("City")
        .keep_name("shop-note")
        .keep("X-Shop");
    let mut request = post("/p", body);
    request.headers_mut().insert("x-shop", "7".parse().unwrap());
    let text = text_of(rules, request, "");
    for kept in [
        "\"city\": \"Bonn\"",
        "\"x-shop\": \"7\"",
        "\"loyalty_card\": {",
        "\"Shop-Note\": \"<redacted:shop_note:1>\"",
    ] {
        assert!(text.contains(kept), "{kept} is not in {text}");
    }
    for hidden in ["L-1", "number", "hush"] {
        assert!(!text.contains(hidden), "{hidden} is in {text}");
    }
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
        ("app_id", "redacted-1"),
        ("out_trade_no", "redacted-2"),
        ("body", "<redacted:body:1>"),
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
        let body = format!(
            r#"{{"id":"{id}","url":"{uri}/{id}","created_at":"{year}-01-01T00:00:00.5Z"}}"#
        );
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
    assert!(one.contains("2027-01-15T08:00:00Z"), "{one}");
}
