use super::*;
use crate::error::{ErrorKind, Intent};
use crate::exchange::Session;
use crate::partner::{Expected, FetchToken};
use crate::wire::BaseUrl;
use http::Response;
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
        .authoritative()
        .read(&api(), &Response::new(body.as_bytes()))
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

fn empty_list(lookup: &Lookup) -> Resolution {
    lookup.read(&api(), &Response::new(&b"[]"[..])).unwrap()
}

fn later() -> SystemTime {
    sent_at() + Duration::from_secs(10_000)
}

/// A list may leave out payouts, lag permanently, or be somebody else's.
#[test]
fn without_proof_an_empty_list_says_nothing_however_late() {
    let resolution = empty_list(&unknown().lookup(later()));
    let Resolution::Unknown(reason @ Unresolved::NotProven) = resolution else {
        panic!("{resolution:?}")
    };
    let text = reason.to_string();
    assert!(
        text.contains("look up a record of this type that exists"),
        "{text}"
    );
    assert!(text.contains("declare the list authoritative"), "{text}");
}

fn session(change: impl FnOnce(&mut crate::Settings)) -> Session {
    let mut settings = crate::Settings::default();
    change(&mut settings);
    let credentials = crate::Credentials::new("id", "secret").unwrap();
    Session::new(api(), FetchToken::new(credentials), settings)
}

/// Looks up a record of the session's own that is there.
fn control(session: &Session, record_type: &str) {
    let intent = Intent::new(record_type, "known");
    let lookup = session.lookup(&UnknownOutcome::new(intent, sent_at()), later());
    let body = json!([record(record_type, "known")]).to_string();
    let found = lookup
        .read(&api(), &Response::new(body.as_bytes()))
        .unwrap();
    assert!(matches!(found, Resolution::Found(_)));
}

#[test]
fn a_record_that_the_list_has_shown_proves_that_it_would_show_another_of_its_type() {
    let session = session(|_| ());
    control(&session, "payment");
    let resolution = empty_list(&session.lookup(&unknown(), later()));
    assert!(
        matches!(resolution, Resolution::Unknown(Unresolved::NotProven)),
        "payments say nothing about payouts"
    );
    control(&session, "payout");
    let resolution = empty_list(&session.lookup(&unknown(), later()));
    assert!(matches!(resolution, Resolution::Absent), "{resolution:?}");
}

#[test]
fn evidence_is_kept_for_a_later_session_with_the_same_environment() {
    let first = session(|_| ());
    assert!(first.list_evidence(&RecordType::Payout).is_none());
    control(&first, "payout");
    let evidence = first.list_evidence(&RecordType::Payout).unwrap();
    assert_eq!(evidence.record_type(), RecordType::Payout);
    assert_eq!(
        (evidence.shown_at(), evidence.shown_record().is_some()),
        (later(), true)
    );

    let second = session(|_| ());
    second.trust_list(evidence.clone());
    let resolution = empty_list(&second.lookup(&unknown(), later()));
    assert!(matches!(resolution, Resolution::Absent));

    // Another environment's list is another list.
    let other = Api::new(BaseUrl::new("https://other.example.com").unwrap());
    let lookup = unknown().lookup(later()).with_evidence(evidence);
    let resolution = lookup.read(&other, &Response::new(&b"[]"[..])).unwrap();
    assert!(matches!(
        resolution,
        Resolution::Unknown(Unresolved::NotProven)
    ));
}

#[test]
fn a_declared_list_needs_no_evidence_for_its_type_alone() {
    let session = session(|s| s.authoritative_lists.push(RecordType::Payout));
    let resolution = empty_list(&session.lookup(&unknown(), later()));
    assert!(matches!(resolution, Resolution::Absent));
    let payment = UnknownOutcome::new(Intent::new("payment", "p"), sent_at());
    let resolution = empty_list(&session.lookup(&payment, later()));
    assert!(matches!(
        resolution,
        Resolution::Unknown(Unresolved::NotProven)
    ));
}

#[test]
fn a_record_of_another_amount_under_the_reference_is_not_the_one() {
    let expected = Expected::payout("ref-SECRET", "64".parse().unwrap(), crate::Currency::USD);
    let unknown = UnknownOutcome::new(Intent::of(&expected), sent_at());
    let session = session(|_| ());
    let lookup = session.lookup(&unknown, later());
    let body = json!([mine()]).to_string();
    let resolution = lookup
        .read(&api(), &Response::new(body.as_bytes()))
        .unwrap();
    let Resolution::Unknown(Unresolved::Differs(mismatch)) = &resolution else {
        panic!("{resolution:?}")
    };
    assert_eq!(mismatch.to_string(), "amount is 1 and not 64");
    assert!(session.list_evidence(&RecordType::Payout).is_none());
}

#[test]
fn a_lookup_that_failed_leaves_it_unknown_and_keeps_the_error() {
    for status in [401, 403, 404, 409, 429, 500, 503] {
        let mut response = Response::new(&b"<html>SECRET</html>"[..]);
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        let looked_up = unknown().lookup(sent_at()).read(&api(), &response);
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

/// A gateway that caches answers can give the empty list of a minute ago.
#[test]
fn an_answer_from_a_cache_or_of_another_status_than_200_proves_no_absence() {
    let answer = |status: u16, header: Option<(&str, &str)>| {
        let mut response = Response::builder().status(status);
        if let Some((name, value)) = header {
            response = response.header(name, value);
        }
        let response = response.body(&br#"{"data":[]}"#[..]).unwrap();
        let late = sent_at() + Duration::from_secs(SETTLE);
        let lookup = unknown().lookup(late).authoritative();
        lookup.read(&api(), &response).unwrap()
    };
    for header in [None, Some(("age", "0")), Some(("server", "nginx"))] {
        assert!(matches!(answer(200, header), Resolution::Absent));
    }
    for (status, header) in [
        (200, Some(("age", "59"))),
        (200, Some(("age", "soon"))),
        (200, Some(("warning", "110 - \"Response is Stale\""))),
        (200, Some(("x-pagination", r#"{"totalCount":1}"#))),
        (200, Some(("total-count", "1"))),
        (202, None),
        (203, None),
        (206, None),
    ] {
        let looked_up = answer(status, header);
        assert!(
            matches!(looked_up, Resolution::Unknown(Unresolved::NotUnderstood)),
            "{status} {header:?}: {looked_up:?}"
        );
    }
}
