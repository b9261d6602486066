//! What the records say beside what a message says.

use serde_json::{Value, json};

use super::{answer, api};
use crate::Currency;
use crate::checkout::query::{Confirmation, ListTrades, Trade};
use crate::checkout::{Matched, Order, Paid, SigningKey, TestMessage, Verifier};
use crate::endpoint::Endpoint;

const ORDER: &str = "A-17-2f1c9b0e7d5a4c3b8e6f1a2b3c4d5e6f708192a3b4";
const TRADE: &str = "2026112522213977664160";

fn paid() -> Paid {
    let order = Order::new("7", ORDER, "10.00".parse().unwrap(), Currency::USD, "Tea")
        .channel("3", Currency::USD);
    let key = SigningKey::new("a key of tests alone, 7f3a9c").unwrap();
    let message = TestMessage::paid(&order).with("trade_no", TRADE);
    let verifier = Verifier::new([key.clone()]).unwrap();
    let signed = verifier.notification(&message.form_body(&key)).unwrap();
    let Ok(Matched::Paid(paid)) = signed.matches(&order) else {
        panic!("not paid")
    };
    paid
}

/// What is booked where nothing is forged, with one field changed.
fn booked(field: &str, value: &Value) -> Trade {
    let mut row = json!({
        "id": 7, "trade_no": TRADE, "out_trade_no": ORDER, "app_id": "7",
        "total_amount": "10.00", "status": "CHECKOUT_SUCCEED",
    });
    row[field] = value.clone();
    let body = json!([row]).to_string();
    let mut trades = ListTrades::newest(1)
        .read(&api(), &answer(200, &body))
        .unwrap();
    trades.remove(0)
}

fn differing(field: &str, value: &Value) -> Vec<&'static str> {
    match Confirmation::of(&paid(), Some(booked(field, value))) {
        Confirmation::Contradicted { differences, .. } => differences
            .iter()
            .map(super::super::Difference::field)
            .collect(),
        other => panic!("{other}"),
    }
}

#[test]
fn the_same_in_all_five_is_confirmed_however_the_amount_is_written() {
    for amount in [json!("10.00"), json!("10"), json!(10), json!(10.0)] {
        let confirmation = Confirmation::of(&paid(), Some(booked("total_amount", &amount)));
        assert!(confirmation.is_confirmed(), "{confirmation}");
    }
}

#[test]
fn each_field_contradicts_by_itself_and_is_named() {
    for (field, value) in [
        ("trade_no", json!("2026112522213977664161")),
        ("out_trade_no", json!("A-18")),
        ("app_id", json!("8")),
        ("total_amount", json!("0.01")),
        ("total_amount", json!("ten")),
        ("status", json!("CHECKOUT_FAIL")),
        ("status", json!("A_NEW_ONE")),
    ] {
        assert_eq!(differing(field, &value), [field]);
        assert_eq!(differing(field, &Value::Null), [field], "a missing one too");
    }
}

#[test]
fn all_differences_are_named_at_once_and_what_a_payer_wrote_is_escaped() {
    let mut row = json!({"id": 7, "trade_no": TRADE, "out_trade_no": "x\n\u{1b}[2J"});
    row["total_amount"] = json!("0.01");
    let body = json!([row]).to_string();
    let mut trades = ListTrades::newest(1)
        .read(&api(), &answer(200, &body))
        .unwrap();
    let confirmation = Confirmation::of(&paid(), Some(trades.remove(0)));
    assert_eq!(
        confirmation.to_string(),
        format!(
            "the trade contradicts the message: \
             out_trade_no is {ORDER:?} in the message and \"x\\n\\u{{1b}}[2J\" in the trade; \
             app_id is \"7\" in the message and missing in the trade; \
             status is \"CHECKOUT_SUCCEED\" in the message and missing in the trade; \
             total_amount is \"10.00\" in the message and \"0.01\" in the trade"
        )
    );
}

/// The second hole: the text that the server signed for this trade can be cut so that it says paid
/// for the order that the trade's number begins with.
#[test]
fn an_order_number_that_was_cut_short_is_contradicted() {
    let extended = format!("{ORDER}&status=CHECKOUT_SUCCEED");
    assert_eq!(
        differing("out_trade_no", &json!(extended)),
        ["out_trade_no"]
    );
}

#[test]
fn no_trade_is_no_confirmation() {
    assert_eq!(Confirmation::of(&paid(), None), Confirmation::NotFound);
}
