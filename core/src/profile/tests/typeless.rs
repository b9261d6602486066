//! A provider whose records do not say whether they are payments or payouts.

use std::time::{Duration, SystemTime};

use super::*;
use crate::partner::{Expected, Resolution, Unresolved};
use crate::{Intent, UnknownOutcome};

fn typeless() -> Api {
    let mut leaves = Leaves::new();
    for (path, value) in [
        ("money.form", LeafValue::Text("decimal-string".into())),
        ("record.type", LeafValue::No),
    ] {
        leaves.set(path, value).unwrap();
    }
    api_of(leaves)
}

fn record() -> Value {
    json!({"id": ID, "status": "created", "amount": "10.50", "currency": "USD", "reference": "r"})
}

fn amount() -> crate::Amount {
    "10.50".parse().unwrap()
}

#[test]
fn what_was_created_follows_from_the_route_and_is_not_put_into_the_record() {
    for api in [typeless(), api_of(Leaves::new())] {
        let answer = record().to_string();
        let answer = Response::new(answer.as_bytes());
        let payment = NewPayment::new("r", amount(), Currency::USD);
        assert_eq!(payment.read(&api, &answer).unwrap().record_type(), None);
        let payout = NewPayout::new("r", amount(), Currency::USD, &json!({"iban": "x"}));
        assert_eq!(payout.read(&api, &answer).unwrap().record_type(), None);
    }
}

#[test]
fn a_shown_record_without_a_type_is_never_the_expected_one() {
    let show = ShowPayment::new(ID.parse().unwrap());
    let expected = Expected::payment("r", amount(), Currency::USD);
    let body = record().to_string();
    for api in [typeless(), api_of(Leaves::new())] {
        let shown = show.read(&api, &Response::new(body.as_bytes())).unwrap();
        assert_eq!(expected.differences(&shown)[0].field(), "type");
    }
}

/// What a payout whose outcome is unknown comes to, with this record in the list.
fn looked_up(api: &Api) -> Resolution {
    let sent_at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let unknown = UnknownOutcome::new(Intent::new("payout", "r"), sent_at);
    let body = json!({"data": [record()]}).to_string();
    unknown
        .lookup(sent_at + Duration::from_secs(600))
        .read(api, &Response::new(body.as_bytes()))
        .unwrap()
}

#[test]
fn a_look_up_finds_no_record_that_does_not_say_its_type() {
    // A payment with the same reference and amount would look the same.
    for api in [typeless(), api_of(Leaves::new())] {
        assert!(matches!(
            looked_up(&api),
            Resolution::Unknown(Unresolved::FilterIgnored)
        ));
    }
}

#[test]
fn a_reference_of_digits_may_come_as_a_number() {
    let mut record = record();
    record["reference"] = json!(100_234);
    record["type"] = json!("payout");
    let show = ShowPayment::new(ID.parse().unwrap());
    let body = record.to_string();
    let shown = show
        .read(&api_of(Leaves::new()), &Response::new(body.as_bytes()))
        .unwrap();
    assert_eq!(shown.reference(), Some("100234"));
    assert_eq!(shown.quirks().count(), 0);
    record["reference"] = json!(1.5);
    let body = record.to_string();
    let shown = show
        .read(&api_of(Leaves::new()), &Response::new(body.as_bytes()))
        .unwrap();
    assert_eq!((shown.reference(), shown.quirks().count()), (None, 1));
}

/// A refund is paid out under the reference and in the amount of the order.
#[test]
fn a_payout_never_pays_an_order_and_never_proves_another_operation() {
    let api = typeless();
    let mut refund = record();
    refund["status"] = json!("paid");
    let posted = json!({"id": "e", "event": "payment.paid", "data": refund}).to_string();
    let event = UnconfirmedEvent::parse(posted.as_bytes(), api.wire()).unwrap();
    let body = refund.to_string();
    let confirmed = event
        .confirm()
        .read(&api, &Response::new(body.as_bytes()))
        .unwrap();
    let order = Expected::payment("r", amount(), Currency::USD);
    assert!(
        !matches!(confirmed.matches(&order), crate::partner::Matched::Paid(_)),
        "nothing says that the record is a payment"
    );
}
