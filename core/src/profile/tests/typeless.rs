//! A provider whose records do not say whether they are payments or payouts.

use std::time::{Duration, SystemTime};

use super::*;
use crate::partner::{Expected, Resolution, Unresolved};
use crate::{Intent, UnknownOutcome};

fn typeless(extra: &[(&str, LeafValue)]) -> Api {
    let mut leaves = Leaves::new();
    for (path, value) in [
        ("money.form", LeafValue::Text("decimal-string".into())),
        ("record.type", LeafValue::No),
    ] {
        leaves.set(path, value).unwrap();
    }
    for (path, value) in extra {
        leaves.set(path, value.clone()).unwrap();
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
    for api in [typeless(&[]), api_of(Leaves::new())] {
        let answer = record().to_string();
        let answer = Response::new(answer.as_bytes());
        let payment = NewPayment::new("r", amount(), Currency::USD);
        assert_eq!(payment.read(&api, &answer).unwrap().record_type(), None);
        let payout = NewPayout::new("r", amount(), Currency::USD, &json!({"iban": "x"}));
        assert_eq!(payout.read(&api, &answer).unwrap().record_type(), None);
    }
}

#[test]
fn a_shown_record_is_the_expected_one_only_where_no_record_says_its_type() {
    let show = ShowPayment::new(ID.parse().unwrap());
    let expected = Expected::payment("r", amount(), Currency::USD);
    let body = record().to_string();
    let shown = show
        .read(&typeless(&[]), &Response::new(body.as_bytes()))
        .unwrap();
    assert!(expected.differences(&shown).is_empty());
    let shown = show
        .read(&api_of(Leaves::new()), &Response::new(body.as_bytes()))
        .unwrap();
    assert_eq!(expected.differences(&shown)[0].field(), "type");
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
fn a_look_up_finds_it_only_where_the_list_was_asked_for_the_type() {
    assert!(matches!(looked_up(&typeless(&[])), Resolution::Found(_)));
    // A payment with the same reference would look the same.
    let no_filter = [("list.query.type", LeafValue::No)];
    assert!(matches!(
        looked_up(&typeless(&no_filter)),
        Resolution::Unknown(Unresolved::FilterIgnored)
    ));
    // Records of this provider say a type, and this one does not.
    assert!(matches!(
        looked_up(&api_of(Leaves::new())),
        Resolution::Unknown(Unresolved::FilterIgnored)
    ));
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
