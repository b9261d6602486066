//! Any bytes, any JSON, and good answers with changes.

use http::StatusCode;
use proptest::prelude::*;
use sanspay_core::checkout::{Answer, Order, SigningKey, TestMessage, Verifier};
use sanspay_core::partner::UnconfirmedEvent;
use sanspay_core::{Currency, Error, ErrorKind};
use serde_json::{Value, json};

use super::{ID, Merchant, Operation, operations, record};

/// What holds for any answer at all.
fn check_any(
    operation: &Operation,
    status: StatusCode,
    result: Result<String, Error>,
) -> Result<(), TestCaseError> {
    let Err(error) = result else {
        prop_assert!(status.is_success());
        return Ok(());
    };
    prop_assert_eq!(error.operation(), operation.name);
    prop_assert_eq!(error.status(), Some(status));
    prop_assert!(error.to_string().starts_with(operation.name));
    if status.is_success() {
        // A refusal of the credentials may have the status of a success.
        let refused = operation.name == "fetch token" && error.api().is_some();
        let unreadable = if refused {
            ErrorKind::Unauthorized
        } else {
            ErrorKind::Unreadable
        };
        let kinds = [unreadable, ErrorKind::TooLarge, ErrorKind::Mismatch];
        prop_assert!(kinds.contains(&error.kind()), "{}", error);
    } else {
        prop_assert_ne!(error.kind(), ErrorKind::TooLarge);
    }
    Ok(())
}

/// Any status but 401, which is answered by another request.
fn any_status() -> impl Strategy<Value = StatusCode> {
    let any = (200u16..600).prop_filter_map("401 is repeated", |status| {
        StatusCode::from_u16(status)
            .ok()
            .filter(|s| *s != StatusCode::UNAUTHORIZED)
    });
    prop_oneof![Just(StatusCode::OK), Just(StatusCode::CREATED), any]
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(json!(ID)),
        Just(json!("2026-05-19T15:38:44Z")),
    ];
    let name = prop_oneof![
        prop::sample::select(vec![
            "access_token",
            "amount",
            "code",
            "created_at",
            "currency",
            "current_page",
            "data",
            "errors",
            "expires_in",
            "id",
            "last_page",
            "links",
            "message",
            "meta",
            "metadata",
            "next",
            "reference",
            "status",
            "total",
            "type",
        ])
        .prop_map(str::to_owned),
        ".{0,6}",
    ];
    leaf.prop_recursive(4, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(name.clone(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// A change of some bytes: replaced, cut off, doubled, or put somewhere.
#[derive(Debug, Clone)]
enum Change {
    Replace(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Double(prop::sample::Index, prop::sample::Index),
    Insert(prop::sample::Index, Vec<u8>),
}

fn any_change() -> impl Strategy<Value = Change> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        4 => (at(), any::<u8>()).prop_map(|(at, byte)| Change::Replace(at, byte)),
        1 => at().prop_map(Change::Cut),
        2 => (at(), at()).prop_map(|(from, to)| Change::Double(from, to)),
        2 => (at(), prop::collection::vec(any::<u8>(), 0..9))
            .prop_map(|(at, bytes)| Change::Insert(at, bytes)),
    ]
}

fn changed(mut body: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        let places = body.len() + 1;
        match change {
            Change::Replace(at, byte) => {
                if let Some(place) = body.get_mut(at.index(places)) {
                    *place = *byte;
                }
            }
            Change::Cut(at) => body.truncate(at.index(places)),
            Change::Double(from, to) => {
                let (from, to) = (from.index(places), to.index(places));
                let part = body[from.min(to)..from.max(to)].to_vec();
                body.splice(from..from, part);
            }
            Change::Insert(at, bytes) => {
                let at = at.index(places);
                body.splice(at..at, bytes.iter().copied());
            }
        }
    }
    body
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_bytes_are_taken_or_refused_by_every_operation(
        status in any_status(),
        body in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let merchant = Merchant::new();
        for operation in operations() {
            let result = merchant.answered(&operation, status, &body);
            check_any(&operation, status, result)?;
        }
    }

    #[test]
    fn any_json_is_taken_or_refused_by_every_operation(status in any_status(), json in any_json()) {
        let merchant = Merchant::new();
        for operation in operations() {
            let result = merchant.answered(&operation, status, json.to_string().as_bytes());
            check_any(&operation, status, result)?;
        }
    }

    #[test]
    fn changed_good_answers_are_taken_or_refused_by_every_operation(
        status in any_status(),
        changes in prop::collection::vec(any_change(), 1..4),
    ) {
        let merchant = Merchant::new();
        for operation in operations() {
            let body = changed(operation.good().to_string().into_bytes(), &changes);
            let result = merchant.answered(&operation, status, &body);
            check_any(&operation, status, result)?;
        }
    }

    #[test]
    fn changed_webhooks_are_read_or_refused(
        changes in prop::collection::vec(any_change(), 0..4),
        json in any_json(),
    ) {
        let event = json!({"id": "e", "event": "payment.paid", "created_at": null, "data": record()});
        for body in [event.to_string(), json.to_string()] {
            let body = changed(body.into_bytes(), &changes);
            if let Err(error) = UnconfirmedEvent::parse(&body, &sanspay_core::Wire::default()) {
                prop_assert_eq!((error.kind(), error.operation()), (ErrorKind::Unreadable, "read webhook"));
            }
        }
    }

    #[test]
    fn changed_notifications_are_the_same_message_or_refused(
        changes in prop::collection::vec(any_change(), 1..4),
        junk in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let key = SigningKey::new("key").unwrap();
        let verifier = Verifier::for_sandbox([key.clone()]).unwrap();
        let order = Order::new(
            "7", "A-1_0f8c2d5b7e9a4c613f8c2d5b7e9a4c61a4c61", "10.00".parse().unwrap(), Currency::USD, "Tea",
        ).channel("3", Currency::USD);
        let whole = TestMessage::paid(&order).form_body(&key);
        prop_assert!(verifier.notification(&whole).is_ok());
        for body in [changed(whole.clone(), &changes), junk] {
            let result = verifier.notification(&body).and_then(|signed| signed.matches(&order));
            if body != whole && result.is_ok() {
                // The same parameters in other bytes, such as `%54ea` for `Tea`, are the same message.
                let read = |body: &[u8]| verifier.notification(body).unwrap().out_trade_no().to_owned();
                prop_assert_eq!(read(&body), read(&whole));
            } else if body != whole {
                prop_assert_eq!(Answer::to(&result).body(), "refused");
            }
            let text = String::from_utf8_lossy(&body);
            let _ = verifier.browser_return(&text);
        }
    }
}
