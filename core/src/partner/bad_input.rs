//! Every operation against every kind of bad answer.

use http::{Response, StatusCode};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::time::SystemTime;

use super::*;
use crate::{
    Api, BaseUrl, Credentials, Currency, Endpoint, Error, ErrorBody, ErrorKind, Intent,
    UnknownOutcome,
};

const ID: &str = "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d";

type Parse = Box<dyn Fn(&Response<&[u8]>) -> Option<Error>>;

fn parser<E: Endpoint + 'static>(endpoint: E) -> (String, Parse) {
    let api = Api::new(BaseUrl::new("https://api.example.com").unwrap());
    endpoint.request(&api).unwrap();
    let operation = endpoint.operation().to_owned();
    (
        operation,
        Box::new(move |response: &Response<&[u8]>| endpoint.read(&api, response).err()),
    )
}

fn record() -> Value {
    json!({"id": ID, "type": "payment", "status": "created", "amount": "1.00", "currency": "USD",
        "reference": "r", "created_at": "2026-05-19T15:38:44Z"})
}

/// The operations that answer one record.
fn one_record() -> Vec<(String, Parse)> {
    let id: RecordId = ID.parse().unwrap();
    let amount = "1.00".parse().unwrap();
    let event = json!({"event": "payment.paid", "data": record()}).to_string();
    vec![
        parser(NewPayment::new("r", amount, Currency::USD)),
        parser(NewPayout::new(
            "r",
            amount,
            Currency::USD,
            &json!({"name": "x"}),
        )),
        parser(ShowPayment::new(id)),
        parser(
            UnconfirmedEvent::parse(event.as_bytes(), &crate::Wire::default())
                .unwrap()
                .confirm(),
        ),
    ]
}

/// The operations that answer a list.
fn lists() -> Vec<(String, Parse)> {
    let unknown = UnknownOutcome::new(Intent::new("payout", "r"), SystemTime::UNIX_EPOCH);
    vec![
        parser(ListPayments::new()),
        parser(unknown.lookup(SystemTime::UNIX_EPOCH)),
    ]
}

fn all() -> Vec<(String, Parse)> {
    let credentials = Credentials::new("k", "s").unwrap();
    let token = parser(FetchToken::new(credentials));
    one_record()
        .into_iter()
        .chain(lists())
        .chain([token])
        .collect()
}

fn response(status: u16, body: &[u8]) -> Response<&[u8]> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
        .headers_mut()
        .insert("x-request-id", "req-7".parse().unwrap());
    response
}

/// The error of a bad success: typed, complete and silent about what was received.
fn assert_unreadable(operation: &str, parse: &Parse, body: &[u8]) {
    let shown = String::from_utf8_lossy(body);
    let error = parse(&response(200, body)).unwrap_or_else(|| panic!("{operation}: {shown}"));
    assert_eq!(error.kind(), ErrorKind::Unreadable, "{operation}: {shown}");
    assert_eq!(error.operation(), operation);
    assert_eq!(
        (error.status(), error.request_id()),
        (Some(StatusCode::OK), Some("req-7"))
    );
    let kept = if operation == "fetch token" {
        b""
    } else {
        body
    };
    assert_eq!(error.body(), Some(kept), "{operation}");
    assert!(!format!("{error} {error:?}").contains("SECRET"), "{error}");
}

#[test]
fn what_is_not_the_expected_json_is_unreadable_for_every_operation() {
    let bodies: [&[u8]; 12] = [
        b"",
        b"<html><title>SECRET</title></html>",
        b"\xff\xfe\x00SECRET",
        b"{\"id\":\"\xc3\x28\"}",
        b"{\"id\":\"SECRET",
        b"[{\"id\":\"SECRET\"",
        b"\"SECRET\"",
        b"7",
        b"true",
        b"{\"SECRET\":1}",
        b"{\"data\":\"SECRET\"}",
        b"{} SECRET",
    ];
    for (operation, parse) in all() {
        for body in bodies {
            assert_unreadable(&operation, &parse, body);
        }
        let deep = "[".repeat(10_000);
        assert_unreadable(&operation, &parse, deep.as_bytes());
    }
}

#[test]
fn a_record_with_a_bad_field_of_weight_is_unreadable_for_every_operation() {
    let bad = [
        ("id", json!("SECRET")),
        ("id", json!(7)),
        ("id", Value::Null),
        ("status", json!(["SECRET"])),
        ("status", Value::Null),
        ("amount", json!("-1.00")),
        ("amount", json!(-1)),
        ("amount", json!("1e3")),
        ("amount", json!(u64::MAX)),
        ("amount", json!("SECRET")),
        ("amount", json!({})),
        ("amount", json!("9".repeat(400))),
        ("currency", json!(840)),
    ];
    let missing = ["id", "status", "amount", "currency"].map(|name| {
        let mut fields = record();
        fields.as_object_mut().unwrap().remove(name);
        fields
    });
    let wrong = bad.map(|(name, value)| {
        let mut fields = record();
        fields[name] = value;
        fields
    });
    for record in missing.iter().chain(&wrong) {
        for (operation, parse) in one_record() {
            assert_unreadable(&operation, &parse, record.to_string().as_bytes());
            if operation != "raw request" {
                assert_unreadable(
                    &operation,
                    &parse,
                    json!({"data": record}).to_string().as_bytes(),
                );
            }
        }
        for (operation, parse) in lists() {
            assert_unreadable(&operation, &parse, json!([record]).to_string().as_bytes());
            assert_unreadable(
                &operation,
                &parse,
                json!({"data": [record]}).to_string().as_bytes(),
            );
        }
    }
}

#[test]
fn every_refusal_keeps_status_request_id_and_body() {
    let standard = br#"{"message":"SECRET","code":"bad_input","errors":{"amount":["SECRET"]}}"#;
    let page = b"<html><head><title>400 No required SSL certificate was sent</title></head>";
    for (operation, parse) in all() {
        for status in [
            301, 400, 401, 403, 404, 408, 409, 422, 429, 500, 502, 503, 504,
        ] {
            for body in [&standard[..], page, b"", b"{\"code\":", b"[]"] {
                let error = parse(&response(status, body)).unwrap();
                assert_eq!(error.status().unwrap().as_u16(), status);
                assert_eq!(
                    (error.operation(), error.request_id()),
                    (&*operation, Some("req-7"))
                );
                assert_eq!(error.body(), Some(body));
                assert!(!format!("{error} {error:?}").contains("SECRET"), "{error}");
            }
            let error = parse(&response(status, standard)).unwrap();
            assert_eq!(error.api().unwrap().fields().count(), 1);
            let error = parse(&response(status, page)).unwrap();
            assert!(matches!(
                error.error_body(),
                Some(ErrorBody::NotJson { title: Some(_) })
            ));
        }
    }
}

proptest! {
    #[test]
    fn altered_answers_never_panic(
        at in 0usize..400, byte: u8, cut in 0usize..400, status in 100u16..600, list: bool,
    ) {
        let whole = if list {
            json!({"data": [record()], "meta": {"current_page": 1, "last_page": "2"},
                "links": {"next": "?page=2"}})
        } else {
            record()
        };
        let mut body = whole.to_string().into_bytes();
        if let Some(b) = body.get_mut(at) {
            *b = byte;
        }
        body.truncate(cut);
        for (operation, parse) in all() {
            for status in [200, status] {
                if let Some(error) = parse(&response(status, &body)) {
                    prop_assert_eq!(error.operation(), &operation);
                    prop_assert_eq!(error.status().unwrap().as_u16(), status);
                }
            }
        }
    }
}
