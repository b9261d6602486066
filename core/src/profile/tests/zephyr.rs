//! An invented provider that differs in everything.

use super::*;

/// The leaves of an invented provider that differs in everything.
pub(super) fn zephyr() -> Leaves {
    let mut leaves = Leaves::new();
    for (path, value) in [
        ("settle_seconds", json!(120)),
        ("headers.idempotency_key", json!("X-Zephyr-Once")),
        ("headers.request_id", json!("x-trace")),
        ("money.form", json!("minor-integer")),
        ("money.decimals", json!({"ISK": "2"})),
        ("time.form", json!("unix-seconds")),
        ("token.route", json!("/oauth/token")),
        ("token.body", json!("form")),
        ("token.at", json!("/auth")),
        (
            "token.constants",
            json!({"/grant_type": "\"client_credentials\""}),
        ),
        ("token.send.key_id", json!("/client_id")),
        ("token.send.key_secret", json!("/client_secret")),
        ("token.answer.access_token", json!("/bearer")),
        ("token.answer.token_type", json!(false)),
        ("token.answer.expires_in", json!("/ttl")),
        ("record.at", json!("/result/transaction")),
        ("record.id", json!("/uuid")),
        ("record.type", json!("/kind")),
        ("record.status", json!("/state/name")),
        ("record.amount", json!("/money/minor")),
        ("record.currency", json!("/money/iso")),
        ("record.reference", json!("/merchant/order")),
        ("record.checkout_url", json!("/links/0/href")),
        ("record.failure_reason", json!("/state/why")),
        ("record.metadata", json!("/merchant/data")),
        ("record.created_at", json!("/times/created")),
        ("record.updated_at", json!("/times/changed")),
        ("record.paid_at", json!("/times/settled")),
        ("record.expires_at", json!("/times/deadline")),
        ("status.created", json!(["PENDING", "REQUIRES_ACTION"])),
        ("status.paid", json!("SETTLED")),
        ("status.failed", json!(["DECLINED", "RETURNED"])),
        ("status.expired", json!("LAPSED")),
        ("type.payment", json!("CHARGE")),
        ("type.payout", json!("TRANSFER")),
        ("create_payment.route", json!("/v3/charges")),
        (
            "create_payment.constants",
            json!({"/capture": "true", "/version": "3"}),
        ),
        ("create_payment.send.reference", json!("/merchant/order")),
        ("create_payment.send.amount", json!("/money/minor")),
        ("create_payment.send.currency", json!("/money/iso")),
        ("create_payment.send.description", json!("/statement/text")),
        ("create_payment.send.customer", json!("/payer")),
        ("create_payment.send.return_url", json!("/urls/back")),
        ("create_payment.send.cancel_url", json!(false)),
        ("create_payment.send.expires_at", json!("/times/deadline")),
        ("create_payment.send.metadata", json!("/merchant/data")),
        ("request_payout.route", json!("/v3/transfers")),
        ("request_payout.send.reference", json!("/merchant/order")),
        ("request_payout.send.amount", json!("/money/minor")),
        ("request_payout.send.currency", json!("/money/iso")),
        ("request_payout.send.beneficiary", json!("/receiver")),
        ("request_payout.send.description", json!("/statement/text")),
        ("request_payout.send.metadata", json!("/merchant/data")),
        ("show.route", json!("/v3/transactions/{uuid}")),
        ("list.route", json!("/v3/transactions")),
        ("list.item", json!("/transaction")),
        ("list.query.status", json!("state")),
        ("list.query.type", json!("kind")),
        ("list.query.currency", json!(false)),
        ("list.query.reference", json!("order")),
        ("list.query.created_from", json!("since")),
        ("list.query.created_to", json!("until")),
        ("page.number", json!(false)),
        ("page.cursor", json!("after")),
        ("page.size", json!("limit")),
        ("page.items", json!("/result/entries")),
        ("page.next_cursor", json!("/result/cursor")),
        ("page.more", json!("/result/has_more")),
        ("page.total", json!("/result/count")),
        ("error.message", json!("/problem/title")),
        ("error.code", json!("/problem/kind")),
        ("error.errors", json!("/problem/parts")),
        ("webhook.id", json!("/delivery")),
        ("webhook.event", json!("/topic")),
        ("webhook.created_at", json!("/at")),
        ("webhook.record", json!("/object/transaction")),
        ("event.payment_created", json!("charge.opened")),
        ("event.payment_paid", json!("charge.settled")),
        (
            "event.payment_failed",
            json!(["charge.declined", "charge.returned"]),
        ),
        ("event.payment_expired", json!("charge.lapsed")),
    ] {
        leaves
            .set(path, leaf_value(&value))
            .unwrap_or_else(|why| panic!("{path} {why}"));
    }
    leaves
}

pub(super) fn leaf_value(value: &Value) -> LeafValue {
    match value {
        Value::String(text) => LeafValue::Text(text.clone()),
        Value::Number(number) => LeafValue::Number(number.as_u64().unwrap()),
        Value::Array(texts) => {
            let texts = texts.iter().map(|text| text.as_str().unwrap().to_owned());
            LeafValue::Texts(texts.collect())
        }
        Value::Object(table) => {
            let entries = table.iter();
            let entries = entries.map(|(k, v)| (k.clone(), v.as_str().unwrap().to_owned()));
            LeafValue::Table(entries.collect())
        }
        _ => LeafValue::No,
    }
}

pub(super) fn api_of(leaves: Leaves) -> Api {
    let profile = Profile::new(leaves).unwrap_or_else(|error| panic!("{error}"));
    Api::new(BaseUrl::new("https://api.example.com").unwrap()).with_wire(Wire::from(profile))
}

pub(super) fn zephyr_record() -> Value {
    json!({
        "uuid": ID, "kind": "CHARGE", "state": {"name": "SETTLED", "colour": "green"},
        "money": {"minor": 1050, "iso": "USD", "fee": 12},
        "merchant": {"order": "order-1", "data": {"cart": 7}},
        "links": [{"href": "https://pay.example/1"}],
        "times": {"created": 1_800_000_000, "settled": 1_800_000_060},
        "status": "paid", "id": "another",
    })
}

pub(super) fn show(api: &Api, record: &Value) -> Result<Record, crate::Error> {
    let body = json!({"result": {"transaction": record}}).to_string();
    ShowPayment::new(ID.parse().unwrap()).read(api, &Response::new(body.as_bytes()))
}

pub(super) fn fields(error: &crate::Error) -> Vec<&str> {
    error.problems().iter().map(crate::Problem::field).collect()
}

pub(super) fn body(request: &Request<Vec<u8>>) -> Value {
    serde_json::from_slice(request.body()).unwrap()
}
