//! Creating, showing and listing records.

use super::*;

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
        "reference": "", "amount": "1e1", "currency": "usd", "description": 7,
        "return_url": "/x", "cancel_url": "ftp://h/x", "expires_at": "2020-01-01T00:00:00Z",
        "colour": "red",
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
        let labels: Vec<String> = answer["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r: &Value| {
                format!(
                    "{}-{}",
                    &r["type"].as_str().unwrap()[3..],
                    r["reference"].as_str().unwrap()
                )
            })
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
}
