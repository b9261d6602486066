use super::*;
use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind};
use crate::partner::{Matched, NewPayment, NewPayout, UnconfirmedEvent};
use crate::wire::Api;
use crate::wire::BaseUrl;
use http::Response;
use serde_json::{Value, json};

const ID: &str = "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d";

fn api() -> Api {
    Api::new(BaseUrl::new("https://api.example.com").unwrap())
}

fn order() -> Expected {
    Expected::payment("ref-SECRET", "10.00".parse().unwrap(), Currency::EUR)
}

/// The record of the order, with these fields changed; `null` leaves one out.
fn record_json(changes: &Value) -> String {
    let mut record = json!({
        "id": ID, "type": "payment", "status": "paid", "amount": "10.00", "currency": "EUR",
        "reference": "ref-SECRET",
    });
    let fields = record.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(fields.remove(name)),
            value => drop(fields.insert(name.clone(), value.clone())),
        }
    }
    record.to_string()
}

fn record(changes: &Value) -> Record {
    Record::parse(record_json(changes).as_bytes(), &crate::Wire::default()).unwrap()
}

fn differing(changes: &Value) -> Vec<String> {
    let differences = order().differences(&record(changes));
    differences.iter().map(|d| d.field().to_owned()).collect()
}

#[test]
fn every_difference_is_named_at_once() {
    assert!(differing(&json!({})).is_empty());
    assert!(
        differing(&json!({"amount": "10"})).is_empty(),
        "the same number"
    );
    let all = json!({"type": "payout", "reference": "x", "amount": "1", "currency": "KWD"});
    assert_eq!(differing(&all), ["type", "reference", "amount", "currency"]);
    let silent = json!({"type": null, "reference": null});
    assert_eq!(differing(&silent), ["type", "reference"]);
    assert_eq!(differing(&json!({"type": "refund"})), ["type"]);
    assert_eq!(differing(&json!({"currency": "SECRET"})), ["currency"]);
}

#[test]
fn nothing_that_may_be_customer_data_is_printed() {
    let changes = json!({"type": "a SECRET", "reference": "SECRET", "currency": "SECRET"});
    let record = record(&changes);
    let mismatch = Mismatch::of(&record, order().differences(&record)).unwrap();
    let shown = format!("{mismatch} {mismatch:?} {:?}", order());
    assert!(!shown.contains("SECRET"), "{shown}");
}

fn answer<E: Endpoint<Output = Record>>(endpoint: &E, changes: &Value) -> Result<Record, Error> {
    let body = record_json(changes);
    endpoint.read(&api(), &Response::new(body.as_bytes()))
}

/// 5.00 EUR answered as 5000.00, as KWD, or as a payment: nobody knows what was paid.
#[test]
fn an_answer_that_contradicts_the_request_is_a_mismatch_that_keeps_the_record() {
    let payout = NewPayout::new(
        "ref-SECRET",
        "10.00".parse().unwrap(),
        Currency::EUR,
        "DE00",
    );
    for (changes, field) in [
        (json!({"type": "payout", "amount": "1000.00"}), "amount"),
        (json!({"type": "payout", "currency": "KWD"}), "currency"),
        (json!({"type": "payment"}), "type"),
        (json!({"type": "payout", "reference": "other"}), "reference"),
    ] {
        let error = answer(&payout, &changes).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Mismatch, "{changes}");
        let fields: Vec<_> = error.problems().iter().map(Problem::field).collect();
        assert_eq!(fields, [field]);
        assert_eq!(error.mismatch().unwrap().record().id().to_string(), ID);
        assert!(error.body().is_some());
        assert!(!error.to_string().contains("SECRET"), "{error}");
    }
    let silent = json!({"type": null, "reference": null});
    assert!(
        answer(&payout, &silent).is_ok(),
        "it answers this very request"
    );
    let payment = NewPayment::new("ref-SECRET", "10.00".parse().unwrap(), Currency::EUR);
    assert!(answer(&payment, &json!({"amount": "10"})).is_ok());
    assert!(answer(&payment, &json!({"amount": "9.70"})).is_err());
}

fn confirmed(posted: &Value, fetched: &Value) -> Matched {
    let posted = format!(
        r#"{{"event":"payment.paid","data":{}}}"#,
        record_json(posted)
    );
    let event = UnconfirmedEvent::parse(posted.as_bytes(), &crate::Wire::default()).unwrap();
    let body = record_json(fetched);
    let confirmed = event
        .confirm()
        .read(&api(), &Response::new(body.as_bytes()));
    confirmed.unwrap().matches(&order())
}

#[test]
fn a_confirmed_event_is_paid_only_for_the_very_order() {
    let claim = json!({});
    let Matched::Paid(paid) = confirmed(&claim, &json!({})) else {
        panic!("it is the order's")
    };
    assert_eq!(
        (paid.id().to_string().as_str(), paid.record().amount()),
        (ID, order().amount())
    );
    assert_eq!(paid.dedup_key().to_string(), format!("{ID}:paid"));
    // What was claimed plays no part.
    assert!(matches!(
        confirmed(&json!({"amount": "1"}), &json!({})),
        Matched::Paid(_)
    ));
    for status in ["created", "failed", "expired", "settled", "PAID"] {
        let fetched = json!({"status": status});
        let Matched::NotPaid(found) = confirmed(&claim, &fetched) else {
            panic!("{status}")
        };
        assert_eq!(found.as_str(), status);
    }
}

/// A paid payout that carries the order's reference, a cheaper record, a foreign one.
#[test]
fn a_record_of_another_kind_or_amount_never_pays_an_order() {
    for fetched in [
        json!({"type": "payout"}),
        json!({"type": null}),
        json!({"reference": null}),
        json!({"reference": "order-2"}),
        json!({"amount": "9.99"}),
        json!({"amount": "1000"}),
        json!({"currency": "CNY"}),
    ] {
        let matched = confirmed(&json!({}), &fetched);
        assert!(
            matches!(matched, Matched::Mismatch(_)),
            "{fetched}: {matched:?}"
        );
    }
}
