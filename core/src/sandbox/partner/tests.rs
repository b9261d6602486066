//! What the partner provider does, told by a merchant.

use http::{Method, Request, Response, header};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::testing::{Merchant, body, config, seconds, status};
use super::super::{
    DuplicateReferences, PageShape, RecordKind, RecordStatus, SandboxConfig, Shape,
};

fn with(change: impl FnOnce(&mut SandboxConfig)) -> Merchant {
    let mut config = config();
    change(&mut config);
    Merchant::new(config)
}

fn code(response: &Response<Vec<u8>>) -> (u16, String) {
    let code = body(response)["code"].as_str().unwrap().to_owned();
    (response.status().as_u16(), code)
}

fn refused(merchant: &mut Merchant, path: &str, json: &Value) -> Vec<String> {
    let response = merchant.send(&merchant.post(path, json));
    assert_eq!(code(&response), (422, "validation_failed".into()));
    let errors = body(&response)["errors"].as_object().unwrap().clone();
    errors.keys().cloned().collect()
}

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
fn a_payment_is_created_shown_and_never_found_under_another_id() {
    let mut merchant = with(|_| {});
    let created = merchant.pay_in("a-1");
    assert_eq!(created.status(), 201);
    let record = body(&created)["data"].clone();
    assert_eq!(record["status"], "created");
    assert_eq!(record["amount"], "10.00");
    assert_eq!(record["created_at"], "2027-01-15T08:00:00Z");
    assert_eq!(record["expires_at"], "2027-01-16T08:00:00Z");
    let path = format!("/partner/payments/{}", record["id"].as_str().unwrap());
    assert_eq!(body(&merchant.get(&path))["data"], record);
    for missing in ["00000000-0000-4000-8000-000000000000", "x", "a-1"] {
        let answer = merchant.get(&format!("/partner/payments/{missing}"));
        assert_eq!(code(&answer), (404, "record_not_found".into()));
    }
}

#[test]
fn every_wrong_field_is_named_at_once() {
    let mut merchant = with(|_| {});
    let wrong = json!({
        "reference": "", "amount": "1e1", "currency": "usd", "description": 7, "customer": [],
        "return_url": "/x", "cancel_url": "ftp://h/x", "expires_at": "2020-01-01T00:00:00Z",
        "metadata": "m", "colour": "red",
    });
    let mut names: Vec<&String> = wrong.as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(
        refused(&mut merchant, "/partner/payments", &wrong)
            .iter()
            .collect::<Vec<_>>(),
        names
    );
    let payout = json!({"reference": "p", "amount": "0.00", "currency": "USD"});
    assert_eq!(
        refused(&mut merchant, "/partner/payouts", &payout),
        ["amount", "beneficiary"]
    );
    for amount in [
        json!(10),
        json!("-1"),
        json!("01"),
        json!("1."),
        json!("1.00001"),
        json!(null),
    ] {
        let mut payment = Merchant::payment("a");
        payment["amount"] = amount;
        assert_eq!(
            refused(&mut merchant, "/partner/payments", &payment),
            ["amount"]
        );
    }
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
fn a_reference_is_unique_per_type_where_duplicates_are_refused() {
    let mut merchant = with(|_| {});
    assert_eq!(merchant.pay_in("a").status(), 201);
    assert_eq!(merchant.pay_out("a").status(), 201);
    assert_eq!(
        code(&merchant.pay_in("a")),
        (409, "duplicate_reference".into())
    );
    assert_eq!(merchant.sandbox.executions(RecordKind::Payment, "a"), 1);
}

#[test]
fn a_server_that_accepts_duplicates_executes_twice_even_with_a_key() {
    let mut merchant = with(|c| c.partner.duplicate_references = DuplicateReferences::Accept);
    for _ in 0..2 {
        let mut request = merchant.post("/partner/payouts", &Merchant::payout("a"));
        request
            .headers_mut()
            .insert("idempotency-key", "k".parse().unwrap());
        assert_eq!(merchant.send(&request).status(), 201);
    }
    assert_eq!(merchant.sandbox.executions(RecordKind::Payout, "a"), 2);
}

#[test]
fn an_honoured_idempotency_key_gets_its_first_answer_again_and_no_other() {
    let mut merchant = with(|config| {
        config.partner.idempotency = true;
        config.partner.duplicate_references = DuplicateReferences::Accept;
    });
    let keyed = |merchant: &mut Merchant, path: &str, json: &Value| {
        let mut request = merchant.post(path, json);
        request
            .headers_mut()
            .insert("idempotency-key", "k".parse().unwrap());
        merchant.send(&request)
    };
    let first = keyed(&mut merchant, "/partner/payments", &Merchant::payment("a"));
    merchant.sandbox.pay("a", merchant.now).unwrap();
    let again = keyed(&mut merchant, "/partner/payments", &Merchant::payment("a"));
    assert_eq!(
        (first.status(), first.body()),
        (again.status(), again.body())
    );
    assert_eq!(merchant.sandbox.executions(RecordKind::Payment, "a"), 1);
    let other = keyed(&mut merchant, "/partner/payments", &Merchant::payment("b"));
    assert_eq!(code(&other), (422, "idempotency_key_reused".into()));
    let other = keyed(&mut merchant, "/partner/payouts", &Merchant::payout("a"));
    assert_eq!(other.status(), 422);
}

#[test]
fn filters_narrow_the_list() {
    let mut merchant = with(|_| {});
    merchant.pay_in("a");
    merchant.now += seconds(10);
    merchant.pay_in("b");
    merchant.pay_out("a");
    merchant.sandbox.pay("b", merchant.now).unwrap();
    let mut found = |query: &str| {
        let answer = body(&merchant.get(&format!("/partner/payments?{query}")));
        let label = |r: &Value| {
            format!(
                "{}-{}",
                &r["type"].as_str().unwrap()[3..],
                r["reference"].as_str().unwrap()
            )
        };
        let labels: Vec<String> = answer["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(label)
            .collect();
        labels.join(" ")
    };
    assert_eq!(found(""), "out-a ment-b ment-a");
    assert_eq!(found("type=payout"), "out-a");
    assert_eq!(found("status=paid"), "ment-b");
    assert_eq!(found("currency=USD&reference=a"), "ment-a");
    assert_eq!(found("created_from=2027-01-15T08:00:10Z"), "out-a ment-b");
    assert_eq!(found("created_to=2027-01-15T09:00:00%2B01:00"), "ment-a");
    assert_eq!(found("reference=nobody"), "");
}

#[test]
fn unknown_filters_and_pages_out_of_bounds_are_refused() {
    let mut merchant = with(|_| {});
    for query in [
        "colour=red",
        "status=maybe",
        "type=refund",
        "currency=usd",
        "reference=",
        "page=0",
        "per_page=101",
        "per_page=0",
        "page=-1",
        "page=",
        "page=99999999999999999999999",
        "created_from=yesterday",
        "created_to=2027-01-15",
    ] {
        let answer = merchant.get(&format!("/partner/payments?{query}"));
        let name = query.split('=').next().unwrap();
        assert_eq!(answer.status(), 422, "{query}");
        assert!(body(&answer)["errors"].get(name).is_some(), "{query}");
    }
}

#[test]
fn lists_come_in_each_shape() {
    for (shape, members) in [
        (PageShape::Full, &["data", "links", "meta"][..]),
        (PageShape::Meta, &["data", "meta"]),
        (PageShape::Links, &["data", "links"]),
    ] {
        let mut merchant = with(|config| config.partner.page_shape = shape);
        let answer = body(&merchant.get("/partner/payments"));
        assert!(answer.as_object().unwrap().keys().eq(members));
    }
    let mut merchant = with(|config| config.partner.page_shape = PageShape::Bare);
    assert_eq!(body(&merchant.get("/partner/payments")), json!([]));
}

#[test]
fn next_links_stay_on_the_origin_that_was_asked() {
    let mut merchant = with(|config| config.public_url = "http://127.0.0.1:9/".into());
    merchant.pay_in("a");
    merchant.pay_in("b");
    let mut next = |url: &str| body(&merchant.get(url))["links"]["next"].clone();
    assert_eq!(
        next("https://api.example:8443/partner/payments?per_page=1&type=payment"),
        "https://api.example:8443/partner/payments?per_page=1&type=payment&page=2"
    );
    let path = "/partner/payments?per_page=1&page=1";
    assert_eq!(
        next(path),
        "http://127.0.0.1:9/partner/payments?per_page=1&page=2"
    );
    assert_eq!(next("/partner/payments?per_page=1&page=2"), Value::Null);
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
fn every_change_of_a_record_delivers_its_webhook_once() {
    let mut merchant = with(|_| {});
    for reference in ["paid", "failed", "expired"] {
        merchant.pay_in(reference);
        assert_eq!(
            merchant.events(),
            [("payment.created".into(), reference.into())]
        );
    }
    let now = merchant.now;
    merchant.sandbox.pay("paid", now).unwrap();
    merchant.sandbox.pay("paid", now).unwrap();
    merchant.sandbox.fail("failed", now).unwrap();
    let event = |name: &str| (format!("payment.{name}"), name.to_owned());
    assert_eq!(merchant.events(), [event("paid"), event("failed")]);
    assert_eq!(merchant.sandbox.next_due(), Some(now + seconds(24 * 3600)));
    merchant.now = now + seconds(24 * 3600);
    assert_eq!(merchant.events(), [event("expired")]);
    assert_eq!(
        (
            merchant.sandbox.pending_deliveries(),
            merchant.sandbox.next_due()
        ),
        (0, None)
    );
}

#[test]
fn an_ended_record_never_ends_again() {
    let mut merchant = with(|_| {});
    merchant.pay_in("a");
    let now = merchant.now;
    merchant.sandbox.pay("a", now).unwrap();
    assert!(merchant.sandbox.fail("a", now).is_err() && merchant.sandbox.expire("a", now).is_err());
    assert!(merchant.sandbox.pay("nobody", now).is_err());
    merchant.now += seconds(100_000);
    merchant.receive();
    assert_eq!(merchant.sandbox.status("a"), Some(RecordStatus::Paid));
}

#[test]
fn a_payout_is_paid_after_its_delay_and_a_payment_expires_at_its_own_time() {
    let mut merchant = with(|_| {});
    merchant.pay_out("out");
    let mut payment = Merchant::payment("in");
    payment["expires_at"] = json!("2027-01-15T08:00:30Z");
    merchant.send(&merchant.post("/partner/payments", &payment));
    merchant.receive();
    merchant.now += seconds(60);
    let expired = ("payment.expired".into(), "in".into());
    assert_eq!(
        merchant.events(),
        [expired, ("payment.paid".into(), "out".into())]
    );
    let list = body(&merchant.get("/partner/payments?status=expired"));
    assert_eq!(list["data"][0]["updated_at"], "2027-01-15T08:00:30Z");
}

#[test]
fn a_webhook_that_is_not_answered_2xx_returns_on_schedule_and_then_no_more() {
    let mut merchant = with(|_| {});
    merchant.pay_in("a");
    let mut minutes = Vec::new();
    let start = merchant.now;
    while merchant.sandbox.pending_deliveries() > 0 {
        merchant.now = merchant.sandbox.next_due().unwrap();
        for delivery in merchant.sandbox.due(merchant.now) {
            minutes.push(merchant.now.duration_since(start).unwrap().as_secs() / 60);
            let answer = status(302, "");
            merchant
                .sandbox
                .delivered(delivery.id, merchant.now, Some(&answer));
        }
    }
    assert_eq!(minutes, [0, 1, 3, 7, 15, 31]);
    assert_eq!(merchant.sandbox.given_up_deliveries(), 1);
}

#[test]
fn webhooks_can_be_doubled_delayed_and_put_out_of_order() {
    let mut merchant = with(|config| config.partner.webhooks.event_in_type = true);
    let mut webhooks = merchant.sandbox.webhooks();
    (webhooks.copies, webhooks.delay) = (2, seconds(5));
    merchant.sandbox.set_webhooks(webhooks);
    merchant.pay_in("a");
    assert!(merchant.receive().is_empty());
    merchant.now += seconds(5);
    let copies = merchant.receive();
    assert_eq!(
        (copies.len(), copies[0].request.body()),
        (2, copies[1].request.body())
    );
    let event: Value = serde_json::from_slice(copies[0].request.body()).unwrap();
    assert_eq!(
        (&event["type"], event.get("event")),
        (&json!("payment.created"), None)
    );

    (webhooks.copies, webhooks.delay, webhooks.spread) = (1, seconds(0), seconds(60));
    merchant.sandbox.set_webhooks(webhooks);
    (0..20).for_each(|n| {
        merchant.pay_in(&n.to_string());
    });
    merchant.now += seconds(60);
    let arrived: Vec<u64> = merchant.receive().iter().map(|d| d.id.message()).collect();
    assert_eq!(arrived.len(), 20);
    assert!(!arrived.is_sorted());
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

#[test]
fn the_payer_pays_on_the_page_behind_the_checkout_url_and_goes_back_to_the_shop() {
    let mut merchant = with(|config| config.public_url = "https://pay.example".into());
    let mut payment = Merchant::payment("a<1>");
    payment["return_url"] = json!("https://shop.example/back");
    let created = merchant.send(&merchant.post("/partner/payments", &payment));
    let url = body(&created)["data"]["checkout_url"].clone();
    let path = url
        .as_str()
        .unwrap()
        .strip_prefix("https://pay.example")
        .unwrap()
        .to_owned();
    let page = String::from_utf8(merchant.get(&path).into_body()).unwrap();
    assert!(page.contains("a&lt;1&gt;") && page.contains("USD 10.00") && page.contains("<button"));
    let mut click = |verb: &str| {
        let answer = merchant.send(&merchant.request(Method::POST, &format!("{path}/{verb}")));
        let location = answer.headers().get(header::LOCATION);
        (
            answer.status().as_u16(),
            location.map(|l| l.to_str().unwrap().to_owned()),
        )
    };
    assert_eq!(click("cancel"), (200, None));
    assert_eq!(
        click("pay"),
        (302, Some("https://shop.example/back".into()))
    );
    assert_eq!(click("fail").0, 302);
    assert_eq!(merchant.sandbox.status("a<1>"), Some(RecordStatus::Paid));
    assert!(
        !String::from_utf8(merchant.get(&path).into_body())
            .unwrap()
            .contains("<button")
    );
    assert_eq!(merchant.get("/pay/nobody").status(), 404);
    assert_eq!(
        merchant
            .send(&merchant.request(Method::PUT, &path))
            .status(),
        405
    );
}

proptest! {
    #[test]
    fn pages_put_together_are_the_whole_list(records in 0usize..40, per_page in 1usize..12) {
        let mut merchant = with(|_| {});
        (0..records).for_each(|n| { merchant.pay_in(&n.to_string()); });
        let mut url = Some(format!("/partner/payments?per_page={per_page}"));
        let (mut found, mut pages) = (Vec::new(), 0);
        while let Some(next) = url {
            let page = body(&merchant.get(&next));
            let data = page["data"].as_array().unwrap();
            prop_assert!(data.len() <= per_page);
            prop_assert_eq!(&page["meta"]["total"], records);
            found.extend(data.iter().map(|r| r["reference"].as_str().unwrap().parse::<usize>().unwrap()));
            url = page["links"]["next"].as_str().map(str::to_owned);
            pages += 1;
        }
        prop_assert!(found.into_iter().eq((0..records).rev()));
        prop_assert_eq!(pages, records.div_ceil(per_page).max(1));
    }

    #[test]
    fn no_body_whatever_panics(text in "\\PC{0,60}", path in "/partner/(auth/token|payments|payouts)") {
        let mut merchant = with(|_| {});
        let mut request = merchant.post(&path, &Value::Null);
        *request.body_mut() = text.into_bytes();
        prop_assert!(merchant.send(&request).status().is_client_error());
    }
}
