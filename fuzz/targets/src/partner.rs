//! The partner API's answers and webhooks.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Response, StatusCode};
use sanspay_core::partner::{
    FetchToken, ListPayments, Record, RecordId, ShowPayment, UnconfirmedEvent,
};
use sanspay_core::{
    AccessToken, Api, BaseUrl, Credentials, Endpoint, Error, ErrorKind, Lifetime, Pager,
};
use serde_json::Value;

use crate::assert_silent;

const ID: &str = "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d";

fn api() -> Api {
    Api::new(BaseUrl::new("https://api.example.com").unwrap())
}

fn show() -> ShowPayment {
    ShowPayment::new(ID.parse().unwrap())
}

fn answer(body: &[u8]) -> Result<AccessToken, Error> {
    let fetch = FetchToken::new(Credentials::new("key", "secret").unwrap());
    let answer = fetch.read(&api(), &Response::new(body));
    match &answer {
        Ok(token) => {
            assert!(token.authorization().is_sensitive());
            assert_silent(&format!("{token:?} {:?}", token.authorization()));
        }
        Err(error) => {
            let is_error = error.api().is_some();
            let kinds = [ErrorKind::Unreadable, ErrorKind::Unauthorized];
            assert!(kinds.contains(&error.kind()) && is_error == (error.kind() == kinds[1]));
            // It may have held a token.
            assert_eq!(error.body(), Some(&b""[..]));
            assert_silent(&format!("{error} {error:?}"));
        }
    }
    answer
}

const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
const YEAR_9999: u64 = 253_402_300_799;

fn assert_sensible(lifetime: Lifetime) {
    match lifetime {
        Lifetime::For(life) => assert!(life > Duration::ZERO && life <= YEAR),
        Lifetime::Until(end) => {
            let since = end.duration_since(SystemTime::UNIX_EPOCH).unwrap();
            assert!(since > Duration::ZERO && since.as_secs() <= YEAR_9999);
        }
    }
}

/// The answer to a token request.
pub fn token_answer(data: &[u8]) {
    if let Ok(token) = answer(data) {
        assert_sensible(token.lifetime());
        // Ignored fields may hold what a stricter reader refuses.
        if let Ok(value) = serde_json::from_slice::<Value>(data) {
            let bare = value.get("access_token");
            let text = bare.or_else(|| value["data"].get("access_token"));
            let text = text.and_then(Value::as_str).unwrap();
            assert_eq!(token.authorization(), format!("Bearer {text}").as_str());
        }
    }
}

/// The claims of a token whose answer does not say how long it lives.
pub fn jwt_expiry(data: &[u8]) {
    let body = format!(
        r#"{{"access_token":"e30.{}.c2ln"}}"#,
        URL_SAFE_NO_PAD.encode(data)
    );
    let lifetime = answer(body.as_bytes()).unwrap().lifetime();
    assert_sensible(lifetime);
    let claims: Option<Value> = serde_json::from_slice(data).ok();
    let expiry = claims.as_ref().and_then(|claims| claims["exp"].as_u64());
    match expiry {
        Some(seconds @ 1..=YEAR_9999) => {
            let end = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            // A claim that is there twice is none.
            let hour = Lifetime::For(Duration::from_secs(3600));
            assert!(lifetime == Lifetime::Until(end) || lifetime == hour);
        }
        Some(_) => assert_eq!(lifetime, Lifetime::For(Duration::from_secs(3600))),
        None => {}
    }
    if claims.is_some_and(|claims| claims.get("exp").is_none()) {
        assert_eq!(lifetime, Lifetime::For(Duration::from_secs(3600)));
    }
}

/// Writes down all that a record tells, to be read again.
fn rewritten(record: &Record) -> String {
    let mut fields = vec![
        format!(r#""id":"{}""#, record.id()),
        format!(r#""amount":"{}""#, record.amount()),
    ];
    let mut text = |name: &str, text: Option<&str>| {
        if let Some(text) = text {
            fields.push(format!("\"{name}\":{}", Value::from(text)));
        }
    };
    text("status", Some(record.status().as_str()));
    text("currency", Some(record.currency().as_str()));
    text("type", record.record_type().map(|kind| kind.as_str()));
    text("reference", record.reference());
    text("checkout_url", record.checkout_url());
    text("failure_reason", record.failure_reason());
    let times = [
        ("created_at", record.created_at()),
        ("updated_at", record.updated_at()),
        ("paid_at", record.paid_at()),
        ("expires_at", record.expires_at()),
    ];
    for (name, time) in times {
        text(name, time.map(|time| time.to_string()).as_deref());
    }
    if let Some(metadata) = record.metadata() {
        fields.push(format!("\"metadata\":{}", metadata.get()));
    }
    // What is odd comes after what is unknown, so the order between names may change.
    let mut extras: Vec<_> = record.extras().collect();
    extras.sort_by_key(|(name, _)| *name);
    for (name, value) in extras {
        fields.push(format!("{}:{}", Value::from(name), value.get()));
    }
    format!("{{{}}}", fields.join(","))
}

fn assert_consistent(record: &Record) {
    assert_silent(&format!("{record:?}"));
    let text = rewritten(record);
    let again = Record::parse(text.as_bytes(), &sanspay_core::Wire::default());
    let again = again.unwrap_or_else(|e| panic!("{e}: {text}"));
    assert_eq!(rewritten(&again), text);
    assert_eq!(
        record.status().is_paid(),
        record.status().as_str() == "paid"
    );
    for time in [record.created_at(), record.paid_at()]
        .into_iter()
        .flatten()
    {
        let _ = SystemTime::from(time);
    }
}

/// One record, in both shapes.
pub fn record(data: &[u8]) {
    match show().read(&api(), &Response::new(data)) {
        Ok(record) => {
            assert_eq!(record.id().to_string(), ID);
            assert_consistent(&record);
        }
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Unreadable);
            assert_eq!(error.body(), Some(&data[..data.len().min(64 * 1024)]));
            assert_silent(&format!("{error} {error:?}"));
        }
    }
    if let Ok(record) = Record::parse(data, &sanspay_core::Wire::default()) {
        assert_consistent(&record);
    }
}

/// One page of a list, answered again and again: the reading ends, and every request is the list's
/// own.
pub fn page(data: &[u8]) {
    let mut pager = Pager::new(ListPayments::new().page(1));
    let mut last_page = None;
    for _ in 0..4 {
        let list = match pager.next() {
            Ok(Some(list)) => list,
            Ok(None) => return,
            Err(error) => return assert_incomplete(&error),
        };
        let request = list.request(&api()).unwrap();
        assert_eq!(request.uri().host(), Some("api.example.com"));
        assert_eq!(request.uri().scheme_str(), Some("https"));
        assert_eq!(request.uri().path(), "/partner/payments");
        match list.read(&api(), &Response::new(data)) {
            Ok(page) => {
                assert_silent(&format!("{page:?} {pager:?}"));
                page.items().iter().for_each(assert_consistent);
                last_page = page.last_page();
                if let Err(error) = pager.accept(page) {
                    assert_incomplete(&error);
                }
            }
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Unreadable);
                assert_silent(&format!("{error} {error:?}"));
                return;
            }
        }
    }
    // Without a number of its own a page may be any page up to the last one.
    let announced = last_page.is_some_and(|last| last > 4);
    assert!(
        announced || !matches!(pager.next(), Ok(Some(_))),
        "the same page was read four times"
    );
}

fn assert_incomplete(error: &Error) {
    assert_eq!(error.kind(), ErrorKind::Paging);
    assert_silent(&format!("{error} {error:?}"));
}

/// An answer that is no success: two bytes of status, the rest its body and its `Retry-After`.
pub fn error_body(data: &[u8]) {
    let Some(([high, low], body)) = data.split_first_chunk() else {
        return;
    };
    let number = 100 + u16::from_be_bytes([*high, *low]) % 500;
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(number).unwrap();
    for name in ["retry-after", "x-request-id"] {
        let line = body.split(|b| *b == b'\n').next().unwrap_or_default();
        if let Ok(value) = line.try_into() {
            response.headers_mut().insert(name, value);
        }
    }
    let Err(error) = show().read(&api(), &response) else {
        assert!(response.status().is_success());
        return;
    };
    assert_eq!(error.status(), Some(response.status()));
    assert_eq!(error.body(), Some(&body[..body.len().min(64 * 1024)]));
    assert!(error.request_id().is_none_or(|id| id.len() <= 128));
    let fields = error.api().map(|api| api.fields().count());
    assert!(fields.unwrap_or_default() <= body.len());
    // The request id is printed, and here it is the body's first line.
    if error.request_id().is_none() {
        assert_silent(&format!("{error} {error:?}"));
    }
}

/// A webhook from anybody.
pub fn webhook(data: &[u8]) {
    let event = match UnconfirmedEvent::parse(data, &sanspay_core::Wire::default()) {
        Ok(event) => event,
        Err(error) => {
            let kinds = [ErrorKind::Unreadable, ErrorKind::TooLarge];
            assert!(kinds.contains(&error.kind()));
            assert_silent(&format!("{error} {error:?}"));
            return;
        }
    };
    assert_silent(&format!("{event:?}"));
    if let Some(claimed) = event.unconfirmed_record() {
        assert_consistent(claimed);
    }
    let confirm = event.confirm();
    let request = confirm.request(&api()).unwrap();
    let id: RecordId = event.record_id();
    assert_eq!(request.uri().path(), format!("/partner/payments/{id}"));
    // Only what is fetched counts, whatever is claimed.
    let fetched = format!(r#"{{"id":"{id}","status":"created","amount":"1","currency":"USD"}}"#);
    let confirmed = confirm
        .read(&api(), &Response::new(fetched.as_bytes()))
        .unwrap();
    assert!(!confirmed.record().status().is_paid());
    assert_eq!(confirmed.dedup_key().to_string(), format!("{id}:created"));
    let foreign = fetched.replace(&id.to_string(), "00000000-0000-4000-8000-000000000000");
    if foreign != fetched {
        assert!(
            confirm
                .read(&api(), &Response::new(foreign.as_bytes()))
                .is_err()
        );
    }
}
