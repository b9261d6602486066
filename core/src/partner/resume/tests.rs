use super::*;
use crate::api::BaseUrl;
use crate::error::{ErrorKind, Intent};
use http::StatusCode;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::time::Duration;

const SETTLE: u64 = 60;

fn api() -> Api {
    Api::new(BaseUrl::new("https://api.example.com").unwrap())
}

fn sent_at() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

fn unknown() -> UnknownOutcome {
    UnknownOutcome::new(Intent::new("payout", "ref-SECRET"), sent_at())
}

fn record(record_type: &str, reference: &str) -> Value {
    json!({"id": "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d", "type": record_type, "status": "created",
        "amount": "1", "currency": "USD", "reference": reference})
}

fn mine() -> Value {
    record("payout", "ref-SECRET")
}

fn resolve_at(now: SystemTime, answer: &Value) -> Resolution {
    let body = answer.to_string();
    unknown()
        .lookup(now)
        .parse(&api(), &Response::new(body.as_bytes()))
        .unwrap()
}

fn resolve(answer: &Value) -> Resolution {
    resolve_at(sent_at() + Duration::from_secs(SETTLE), answer)
}

#[test]
fn it_asks_by_type_and_reference_and_only_reads() {
    let lookup = unknown().lookup(sent_at());
    let request = lookup.request(&api()).unwrap();
    assert_eq!(
        request.uri(),
        "https://api.example.com/partner/payments?type=payout&reference=ref-SECRET"
    );
    assert_eq!(
        (request.method().as_str(), lookup.replay()),
        ("GET", Replay::Safe)
    );
    assert!(!format!("{lookup:?}").contains("SECRET"));
}

#[test]
fn the_one_record_of_this_type_and_reference_is_found_at_any_time() {
    let answers = [
        json!([mine()]),
        json!({"data": [mine()], "meta": {"current_page": 1, "last_page": 1}}),
        json!([
            record("payment", "ref-SECRET"),
            mine(),
            record("payout", "other")
        ]),
    ];
    for (answer, now) in answers
        .iter()
        .zip([sent_at(), SystemTime::UNIX_EPOCH, sent_at()])
    {
        let Resolution::Found(found) = resolve_at(now, answer) else {
            panic!("{answer}")
        };
        assert_eq!(found.reference(), Some("ref-SECRET"));
    }
}

#[test]
fn several_records_and_ignored_filters_stay_unknown() {
    let several = resolve(&json!([mine(), mine()]));
    assert!(matches!(
        several,
        Resolution::Unknown(Unresolved::Several { records: 2 })
    ));
    let mut untyped = mine();
    untyped["type"] = Value::Null;
    for strangers in [
        json!([record("payout", "other")]),
        json!([record("payment", "ref-SECRET")]),
        json!([untyped]),
    ] {
        let resolution = resolve(&strangers);
        assert!(
            matches!(resolution, Resolution::Unknown(Unresolved::FilterIgnored)),
            "{strangers}"
        );
    }
    let more = [
        json!({"data": [], "links": {"next": "?page=2"}}),
        json!({"data": [], "links": {"next": "https://evil.example/"}}),
        json!({"data": [], "meta": {"current_page": 1, "last_page": 2}}),
        json!({"data": [], "meta": {"last_page": "2"}}),
        json!({"data": [], "meta": {"total": 1}}),
    ];
    for answer in more {
        assert!(
            matches!(resolve(&answer), Resolution::Unknown(Unresolved::MorePages)),
            "{answer}"
        );
    }
}

#[test]
fn nothing_listed_is_absent_only_once_the_request_has_settled() {
    for answer in [json!([]), json!({"data": [], "links": {"next": null}})] {
        assert!(matches!(resolve(&answer), Resolution::Absent));
        let early = resolve_at(sent_at() + Duration::from_secs(SETTLE - 1), &answer);
        let Resolution::Unknown(Unresolved::TooEarly { again_at }) = early else {
            panic!("{early:?}")
        };
        assert!(matches!(resolve_at(again_at, &answer), Resolution::Absent));
    }
}

#[test]
fn a_lookup_that_failed_leaves_it_unknown_and_keeps_the_error() {
    for status in [401, 403, 404, 409, 429, 500, 503] {
        let mut response = Response::new(&b"<html>SECRET</html>"[..]);
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        let looked_up = unknown().lookup(sent_at()).parse(&api(), &response);
        let resolution = Resolution::from(looked_up);
        assert!(!format!("{resolution:?}").contains("SECRET"));
        let Resolution::Unknown(Unresolved::Failed(error)) = resolution else {
            panic!("{status}")
        };
        assert_eq!(error.status().unwrap().as_u16(), status);
        assert_eq!(error.operation(), "look up outcome");
        assert_eq!(error.kind() == ErrorKind::NotFound, status == 404);
        assert_eq!(error.kind() == ErrorKind::Conflict, status == 409);
    }
    let empty = UnknownOutcome::new(Intent::new("payout", ""), sent_at());
    let error = empty.lookup(sent_at()).request(&api()).unwrap_err();
    assert_eq!(
        (error.kind(), error.operation()),
        (ErrorKind::Invalid, "look up outcome")
    );
}

proptest! {
    #[test]
    fn absent_is_never_said_before_the_request_has_settled(now in 0u64..4_000_000_000) {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(now);
        let absent = matches!(resolve_at(now, &json!([])), Resolution::Absent);
        prop_assert_eq!(absent, now >= sent_at() + Duration::from_secs(SETTLE));
    }

    #[test]
    fn absent_is_never_said_while_anything_is_listed(kinds in prop::collection::vec(0usize..3, 1..5)) {
        let records: Vec<_> = kinds.iter().map(|kind| match kind {
            0 => mine(),
            1 => record("payment", "ref-SECRET"),
            _ => record("payout", "other"),
        }).collect();
        let matching = kinds.iter().filter(|kind| **kind == 0).count();
        match resolve(&json!(records)) {
            Resolution::Found(_) => prop_assert_eq!(matching, 1),
            Resolution::Unknown(Unresolved::Several { records }) => prop_assert_eq!(records, matching),
            other => prop_assert!(matching == 0 && matches!(other, Resolution::Unknown(_))),
        }
    }
}
