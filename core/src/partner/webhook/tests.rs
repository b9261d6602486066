use super::*;
use crate::wire::BaseUrl;
use http::Response;
use proptest::prelude::*;
use serde_json::{Value, json};

const ID: &str = "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d";

fn api() -> Api {
    Api::new(BaseUrl::new("https://api.example.com").unwrap())
}

fn record(status: &str) -> Value {
    json!({"id": ID, "type": "payment", "status": status, "amount": "10.00", "currency": "USD",
        "reference": "SECRET"})
}

fn event(kind: &str, status: &str) -> UnconfirmedEvent {
    let body = json!({
        "id": "evt-SECRET", "event": kind, "created_at": "2026-05-19T15:38:44Z",
        "data": record(status), "attempt": 3,
    });
    UnconfirmedEvent::parse(body.to_string().as_bytes(), &crate::Wire::default()).unwrap()
}

fn confirm(event: &UnconfirmedEvent, present: &str) -> ConfirmedEvent {
    let body = record(present).to_string();
    event
        .confirm()
        .read(&api(), &Response::new(body.as_bytes()))
        .unwrap()
}

#[test]
fn the_four_events_are_known_and_another_keeps_its_text() {
    for (text, kind) in [
        ("payment.created", EventKind::PaymentCreated),
        ("payment.paid", EventKind::PaymentPaid),
        ("payment.failed", EventKind::PaymentFailed),
        ("payment.expired", EventKind::PaymentExpired),
        ("payment.held", EventKind::Other("payment.held".into())),
    ] {
        let event = event(text, "created");
        assert_eq!(event.kind(), Some(&kind));
        assert_eq!(
            (event.id(), event.record_id().to_string()),
            (Some("evt-SECRET"), ID.into())
        );
        assert_eq!(
            event.created_at().unwrap().to_string(),
            "2026-05-19T15:38:44Z"
        );
        assert!(!format!("{event:?} {:?}", confirm(&event, "paid")).contains("SECRET"));
    }
}

#[test]
fn keys_come_in_any_order_and_type_stands_in_for_event() {
    let data = record("paid");
    let bodies = [
        format!(r#"{{"data":{data},"event":"payment.paid"}}"#),
        format!(r#"{{"event":"payment.paid","data":{data}}}"#),
        format!(r#"{{"type":"payment.paid","data":{data}}}"#),
        format!(r#"{{"type":"x","data":{data},"event":"payment.paid"}}"#),
        format!(r#"{{"event":null,"type":"payment.paid","id":null,"data":{data}}}"#),
    ];
    for body in bodies {
        let event = UnconfirmedEvent::parse(body.as_bytes(), &crate::Wire::default()).unwrap();
        assert_eq!(event.kind(), Some(&EventKind::PaymentPaid), "{body}");
        assert!(event.unconfirmed_record().unwrap().status().is_paid());
    }
}

#[test]
fn the_id_of_a_record_is_enough() {
    let paid = record("paid");
    for (body, kind, whole) in [
        (format!(r#"{{"data":{{"id":"{ID}"}}}}"#), None, false),
        (
            format!(r#"{{"event":"payment.paid","id":"{ID}"}}"#),
            Some("payment.paid"),
            false,
        ),
        (format!(r#"{{"event":7,"data":{paid}}}"#), None, true),
        (
            format!(r#"{{"event":"a","event":"b","data":{paid}}}"#),
            None,
            true,
        ),
        (
            format!(r#"{{"event":[],"type":"a","created_at":"soon","id":7,"data":{paid}}}"#),
            Some("a"),
            true,
        ),
        (
            format!(
                r#"{{"event":"a","data":{{"id":"{ID}","status":"paid","amount":null,"currency":""}}}}"#
            ),
            Some("a"),
            false,
        ),
        (format!("\u{feff}{{\"data\":{paid}}}"), None, true),
    ] {
        let event = UnconfirmedEvent::parse(body.as_bytes(), &crate::Wire::default()).unwrap();
        assert_eq!(event.record_id().to_string(), ID, "{body}");
        assert_eq!(event.kind().map(EventKind::as_str), kind, "{body}");
        assert_eq!(event.unconfirmed_record().is_some(), whole, "{body}");
        assert_eq!((event.id(), event.created_at()), (None, None), "{body}");
    }
}

#[test]
fn what_is_about_no_record_is_an_error_that_quotes_nothing() {
    let paid = record("paid");
    let bodies = [
        String::new(),
        "<html>SECRET</html>".into(),
        format!(r#"{{"event":"SECRET","data":{paid}"#),
        format!(r#"{{"event":"SECRET","data":{paid},"data":{paid}}}"#),
        r#"{"event":"SECRET"}"#.into(),
        r#"{"event":"SECRET","data":null}"#.into(),
        r#"{"event":"SECRET","data":["SECRET"]}"#.into(),
        r#"{"event":"SECRET","data":{"id":"SECRET"}}"#.into(),
        r#"{"event":"SECRET","data":{"id":7}}"#.into(),
        format!(r#"{{"event":"SECRET","data":{{"id":"{ID}","id":"{ID}"}}}}"#),
        format!(r#"{{"id":"{ID}","data":{{"status":"SECRET"}}}}"#),
        "[]".into(),
    ];
    for body in bodies
        .iter()
        .map(String::as_bytes)
        .chain([&b"\xff\xfe"[..]])
    {
        let error = UnconfirmedEvent::parse(body, &crate::Wire::default()).unwrap_err();
        assert_eq!(
            (error.kind(), error.operation()),
            (ErrorKind::Unreadable, "read webhook")
        );
        assert!(!format!("{error} {error:?}").contains("SECRET"), "{error}");
    }
    let long = vec![b' '; MAX_BODY + 1];
    assert_eq!(
        UnconfirmedEvent::parse(&long, &crate::Wire::default())
            .unwrap_err()
            .kind(),
        ErrorKind::TooLarge
    );
}

#[test]
fn confirming_asks_for_the_record_and_believes_only_the_answer() {
    let forged = event("payment.paid", "paid");
    let request = forged.confirm().request(&api()).unwrap();
    assert_eq!(request.uri().path(), format!("/partner/payments/{ID}"));
    assert_eq!(
        (forged.confirm().replay(), forged.confirm().auth()),
        (Replay::Safe, crate::Auth::Bearer)
    );
    let confirmed = confirm(&forged, "created");
    assert!(!confirmed.record().status().is_paid() && !confirmed.agrees());
    assert_eq!(confirmed.dedup_key().to_string(), format!("{ID}:created"));
    let mut other = record("paid");
    other["id"] = json!("00000000-6a0e-4f53-9f0e-0d6f3a1b2c3d");
    let body = other.to_string();
    let error = forged
        .confirm()
        .read(&api(), &Response::new(body.as_bytes()))
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.operation()),
        (ErrorKind::Unreadable, "confirm event")
    );
}

#[test]
fn an_event_agrees_where_name_claim_and_record_say_the_same() {
    assert!(confirm(&event("payment.paid", "paid"), "paid").agrees());
    assert!(confirm(&event("payment.held", "paid"), "paid").agrees());
    assert!(!confirm(&event("payment.paid", "created"), "created").agrees());
    assert!(!confirm(&event("payment.created", "created"), "paid").agrees());
    for (name, other) in [
        ("type", json!("payout")),
        ("amount", json!("99999.00")),
        ("currency", json!("CNY")),
        ("reference", json!("another")),
    ] {
        let mut claim = record("paid");
        claim[name] = other.clone();
        let body = json!({"event": "payment.paid", "data": claim}).to_string();
        let event = UnconfirmedEvent::parse(body.as_bytes(), &crate::Wire::default()).unwrap();
        assert!(!confirm(&event, "paid").agrees(), "{name}");
        let mut thin = json!({"id": ID});
        thin[name] = other;
        let body = json!({"data": thin}).to_string();
        let event = UnconfirmedEvent::parse(body.as_bytes(), &crate::Wire::default()).unwrap();
        assert!(!confirm(&event, "paid").agrees(), "{name}");
    }
    let thin = format!(r#"{{"event":"payment.paid","data":{{"id":"{ID}"}}}}"#);
    let thin = UnconfirmedEvent::parse(thin.as_bytes(), &crate::Wire::default()).unwrap();
    assert!(confirm(&thin, "paid").agrees() && !confirm(&thin, "created").agrees());
}

proptest! {
    #[test]
    fn every_delivery_about_one_status_has_the_same_key(kind in "payment\\.[a-z]{1,8}", claimed in "[a-z]{1,8}") {
        let confirmed = confirm(&event(&kind, &claimed), "paid");
        prop_assert_eq!(confirmed.dedup_key(), confirm(&event("payment.paid", "paid"), "paid").dedup_key());
    }

    #[test]
    fn any_bytes_give_an_event_or_an_error(bytes: Vec<u8>, cut in 0usize..300) {
        let _ = UnconfirmedEvent::parse(&bytes, &crate::Wire::default());
        let whole = format!(r#"{{"event":"payment.paid","data":{}}}"#, record("paid"));
        let cut = cut.min(whole.len());
        let parsed = UnconfirmedEvent::parse(&whole.as_bytes()[..cut], &crate::Wire::default());
        prop_assert_eq!(parsed.is_ok(), cut == whole.len());
    }
}
