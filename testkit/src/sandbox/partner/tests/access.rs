//! Tokens, certificates, routes and bodies.

use super::*;

#[test]
fn a_token_lives_its_hour_and_not_a_second_longer() {
    let mut merchant = with(|_| {});
    merchant.now += seconds(3599);
    assert_eq!(merchant.get("/partner/payments").status(), 200);
    merchant.now += seconds(1);
    let expired = merchant.get("/partner/payments");
    assert_eq!(code(&expired), (401, "token_expired".into()));
    assert!(expired.headers().contains_key("x-request-id"));
}

#[test]
fn revoked_missing_and_invented_tokens_are_refused() {
    let mut merchant = with(|_| {});
    merchant.sandbox.revoke_tokens();
    assert_eq!(code(&merchant.get("/partner/payments")).1, "token_revoked");
    merchant.renew_token();
    assert_eq!(merchant.get("/partner/payments").status(), 200);
    merchant.token.push('x');
    assert_eq!(code(&merchant.get("/partner/payments")).1, "token_invalid");
    let bare = Request::get("/partner/payments").body(Vec::new()).unwrap();
    assert_eq!(code(&merchant.send(&bare)), (401, "token_missing".into()));
}

#[test]
fn a_token_carries_its_true_expiry_and_says_expires_in_only_if_it_is_to() {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let mut merchant = with(|config| {
        config.partner.expires_in = false;
        config.partner.token_shape = Shape::Data;
        config.partner.token_life = seconds(100);
    });
    let keys = json!({"key_id": "sandbox-key-id", "key_secret": "sandbox-key-secret"});
    let answer = merchant.send(&merchant.post("/partner/auth/token", &keys));
    let answer = body(&answer)["data"].clone();
    assert!(answer.get("expires_in").is_none());
    let token = answer["access_token"].as_str().unwrap();
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap());
    let payload: Value = serde_json::from_slice(&payload.unwrap()).unwrap();
    assert_eq!(payload["exp"], 1_800_000_100);
    assert_eq!(merchant.sandbox.token_requests(), 2);
}

#[test]
fn wrong_credentials_get_no_token() {
    let mut merchant = with(|_| {});
    let keys = json!({"key_id": "sandbox-key-id", "key_secret": "wrong"});
    let answer = merchant.send(&merchant.post("/partner/auth/token", &keys));
    assert_eq!(code(&answer), (401, "invalid_credentials".into()));
    assert_eq!(
        refused(&mut merchant, "/partner/auth/token", &json!({})),
        ["key_id", "key_secret"]
    );
}

#[test]
fn bodies_that_are_no_json_object_or_too_large_are_refused_before_anything_else() {
    let mut merchant = with(|config| config.body_limit = 1000);
    for text in ["", "{", "[]", "\"x\"", "{\"a\":\u{1}}"] {
        let mut request = merchant.post("/partner/payments", &Value::Null);
        *request.body_mut() = text.as_bytes().to_vec();
        assert_eq!(
            code(&merchant.send(&request)),
            (400, "malformed_json".into())
        );
    }
    let mut request = merchant.post("/partner/payments", &Merchant::payment("a"));
    request.headers_mut().remove(header::CONTENT_TYPE);
    assert_eq!(merchant.send(&request).status(), 415);
    let mut request = merchant.post("/partner/payments", &Value::Null);
    *request.body_mut() = vec![b' '; 1001];
    let answer = merchant.send(&request);
    assert_eq!(answer.status(), 413);
    assert!(
        answer
            .body()
            .starts_with(b"<html>\r\n<head><title>413 Request Entity Too Large</title>")
    );
}

#[test]
fn unknown_routes_are_404_and_wrong_methods_405() {
    let mut merchant = with(|_| {});
    assert_eq!(
        code(&merchant.get("/partner/balance")),
        (404, "route_not_found".into())
    );
    assert_eq!(code(&merchant.get("/partner/payments/a/b")).0, 404);
    for (method, path, allow) in [
        (Method::GET, "/partner/auth/token", "POST"),
        (Method::DELETE, "/partner/payments", "GET, POST"),
        (Method::GET, "/partner/payouts", "POST"),
        (Method::PUT, "/partner/payments/x", "GET"),
    ] {
        let answer = merchant.send(&merchant.request(method, path));
        assert_eq!(code(&answer).0, 405);
        assert_eq!(answer.headers()[header::ALLOW], allow);
    }
}

#[test]
fn nginx_demands_a_verified_certificate_where_it_is_told_to() {
    let mut merchant = with(|config| config.partner.require_mtls = true);
    let mut title = |verify: Option<&str>| {
        let mut request = merchant.post("/partner/auth/token", &json!({}));
        if let Some(verify) = verify {
            let value = verify.parse().unwrap();
            request.headers_mut().insert("x-ssl-client-verify", value);
        }
        let page = merchant.send(&request);
        let text = String::from_utf8(page.body().clone()).unwrap();
        let title = text.split("title>").nth(1).unwrap_or("JSON").to_owned();
        (page.status().as_u16(), title)
    };
    assert_eq!(
        title(None),
        (400, "400 No required SSL certificate was sent</".into())
    );
    assert_eq!(
        title(Some("FAILED:expired")),
        (400, "400 The SSL certificate error</".into())
    );
    assert_eq!(title(Some("SUCCESS")), (422, "JSON".into()));
}

#[test]
fn neither_keys_nor_tokens_nor_customers_show_in_debug() {
    let mut merchant = with(|_| {});
    let mut payment = Merchant::payment("ref-of-jane");
    payment["customer"] = json!({"email": "jane@example.com"});
    merchant.send(&merchant.post("/partner/payments", &payment));
    let due = merchant.sandbox.due(merchant.now);
    let outcome = merchant
        .sandbox
        .exchange(&merchant.get_request(), merchant.now);
    let shown = format!("{:?} {:?} {due:?} {outcome:?}", merchant.sandbox, config());
    let token_parts: Vec<&str> = merchant.token.split('.').skip(1).collect();
    for secret in ["sandbox-key", "jane", token_parts[0], token_parts[1]] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

proptest! {
    #[test]
    fn no_body_whatever_panics(text in "\\PC{0,60}", path in "/partner/(auth/token|payments|payouts)") {
        let mut merchant = with(|_| {});
        let mut request = merchant.post(&path, &Value::Null);
        *request.body_mut() = text.into_bytes();
        prop_assert!(merchant.send(&request).status().is_client_error());
    }
}
