use sanspay_core::profile::{LeafValue, Leaves, Profile};
use serde_json::{Value, json};

use super::*;

fn dialect(leaves: &[(&str, LeafValue)]) -> Dialect {
    let mut said = Leaves::new();
    said.set("money.form", LeafValue::Text("minor-integer".into()))
        .unwrap();
    for (path, value) in leaves {
        said.set(path, value.clone()).unwrap();
    }
    Dialect::of(&Wire::from(Profile::new(said).unwrap())).unwrap()
}

fn text(text: &str) -> LeafValue {
    LeafValue::Text(text.into())
}

#[test]
fn what_is_assumed_needs_no_dialect() {
    assert!(Dialect::of(&Wire::default()).is_none());
}

#[test]
fn a_request_is_put_into_the_assumed_form_and_its_answer_out_of_it() {
    let dialect = dialect(&[
        ("create_payment.route", text("/v3/charges")),
        ("create_payment.send.amount", text("/money/minor")),
        ("create_payment.send.currency", text("/money/iso")),
        ("record.at", text("/result")),
        ("record.amount", text("/money/minor")),
        ("record.currency", text("/money/iso")),
    ]);
    let body = json!({"reference": "r", "money": {"minor": 1050, "iso": "USD"}, "odd": 1});
    let request = Request::post("/v3/charges")
        .body(body.to_string().into_bytes())
        .unwrap();
    let read = dialect.request_in(&request);
    assert_eq!(read.uri().path(), "/partner/payments");
    let body: Value = serde_json::from_slice(read.body()).unwrap();
    let expected = json!({
        "reference": "r", "amount": "10.50", "currency": "USD", "unknown.odd": 1,
    });
    assert_eq!(body, expected);

    let answer = json!({"data": {"amount": "10.50", "currency": "USD", "note": 1}});
    let answer = Response::new(answer.to_string().into_bytes());
    let answer = dialect.answer_out(&read, answer);
    let said = r#"{"result":{"money":{"iso":"USD","minor":1050},"note":1}}"#;
    assert_eq!(std::str::from_utf8(answer.body()).unwrap(), said);
}

#[test]
fn a_route_of_the_assumed_form_is_none_of_the_providers() {
    let dialect = dialect(&[("list.route", text("/v3/all"))]);
    let get = |path: &str| Request::get(path).body(Vec::new()).unwrap();
    let read = dialect.request_in(&get("/partner/payments?page=2"));
    assert!(read.uri().path().starts_with("/not-a-route"));
    let read = dialect.request_in(&get("/v3/all?page=2&x=1"));
    assert_eq!(read.uri(), "/partner/payments?page=2&unknown.x=1");
    assert_eq!(
        dialect.request_in(&get("/checkout?a=1")).uri(),
        "/checkout?a=1"
    );
}

#[test]
fn decimal_numbers_keep_their_digits() {
    let mut leaves = Leaves::new();
    leaves.set("money.form", text("decimal-number")).unwrap();
    let dialect = Dialect::of(&Wire::from(Profile::new(leaves).unwrap())).unwrap();
    let body = br#"{"amount":12345678901234.10,"currency":"USD"}"#.to_vec();
    let request = Request::post("/partner/payouts").body(body).unwrap();
    let read = dialect.request_in(&request);
    assert!(String::from_utf8_lossy(read.body()).contains(r#""amount":"12345678901234.10""#));
    let record = json!({"amount": "12345678901234.10", "currency": "USD"});
    let said = forms::write(&dialect.record(record));
    assert!(String::from_utf8_lossy(&said).contains(r#""amount":12345678901234.10"#));
}
