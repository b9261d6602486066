//! Text of others that would draw on a terminal, or forge a line of a log, wherever it can come in.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue, Method, Request, Response};
use sanspay_core::checkout::{Order, SigningKey, TestMessage, Verifier};
use sanspay_core::journal::{Entries, Entry, OrderUpdate};
use sanspay_core::partner::{
    EventKind, Expected, FetchToken, ListPayments, NewPayment, Record, RecordId, RecordType,
    ShowPayment, Status, TrustedSenders, UnconfirmedEvent,
};
use sanspay_core::{
    Amount, Api, BaseUrl, Credentials, Currency, Cursor, Endpoint, Error, Intent, Pager, Timestamp,
    UnknownOutcome, printable,
};
use sanspay_ffi_free_tests::{Canned, World};
use sanspay_testkit::cassette::{Cassette, Recorder, Redaction, Replay};
use sanspay_testkit::sandbox::{Fault, Guard, Sandbox, SandboxConfig};
use serde_json::{Value, json};

use super::search::Shown;

const ID: &str = "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d";

/// Line feeds, ANSI sequences in seven and eight bits, and marks that turn the direction of writing.
const DRAWING: &str = "x\r\n\u{1b}[31m\u{9b}1m\u{202e}\u{2066}\u{2028}\u{7f}y";

/// What a browser's address or a header can hold of it.
const VISIBLE: &str = "x\u{202e}\u{2066}\u{2028}y";

pub(crate) fn show(shown: &mut Shown) {
    for text in [DRAWING.to_owned(), VISIBLE.to_owned(), DRAWING.repeat(500)] {
        words(shown, &text);
        records(shown, &text);
        refusals(shown, &text);
        notifications(shown, &text);
        files(shown, &text);
        sandbox(shown, &text);
    }
}

fn api() -> Api {
    Api::new(BaseUrl::new("https://api.example.com").unwrap())
}

fn words(shown: &mut Shown, text: &str) {
    shown.debug(&Status::from(text));
    shown.text("Status", &Status::from(text).to_string());
    shown.text("RecordType", &RecordType::from(text).to_string());
    shown.text("EventKind", &EventKind::from(text).to_string());
    shown.text("printable", &printable(text).to_string());
    shown.both(&Currency::from_received(text));
    shown.error(&Currency::new(text).unwrap_err());
    shown.error(&text.parse::<Amount>().unwrap_err());
    shown.error(&text.parse::<Timestamp>().unwrap_err());
    shown.error(&text.parse::<RecordId>().unwrap_err());
    shown.error(&text.parse::<Fault>().unwrap_err());
    shown.error(&BaseUrl::new(text).unwrap_err());
    let host = format!("https://{text}");
    if let Err(error) = BaseUrl::new(&host) {
        shown.error(&error);
    }
    shown.debug(&Cursor::After(text.into()));
    // The merchant's own texts have the length that the merchant gave them.
    let unknown = UnknownOutcome::new(Intent::new(text, text), SystemTime::UNIX_EPOCH);
    shown.whole("UnknownOutcome", &format!("{unknown:?}"));
}

/// A record in which everything is the text but what has to be right.
fn record(text: &str) -> Value {
    json!({
        "id": ID, "amount": "10.00", "currency": text, "status": text, "type": text,
        "reference": text, "description": text, "checkout_url": text, "failure_reason": text,
        "metadata": {text: text}, text: text,
    })
}

fn records(shown: &mut Shown, text: &str) {
    let body = record(text).to_string();
    let show = ShowPayment::new(ID.parse().unwrap());
    let read = |body: &str| show.read(&api(), &Response::new(body.as_bytes()));
    let ten: Amount = "10.00".parse().unwrap();
    match read(&body) {
        Ok(record) => {
            shown.debug(&record);
            let expected = Expected::payout("order-1", ten, Currency::USD);
            let differences = expected.differences(&record);
            for problem in &differences {
                shown.both(problem);
            }
            shown.both(record.status());
            shown.both(record.currency());
            record
                .record_type()
                .into_iter()
                .for_each(|kind| shown.both(kind));
        }
        Err(error) => shown.error(&error),
    }
    let payment = NewPayment::new("order-1", ten, Currency::USD);
    if let Err(error) = payment.read(&api(), &Response::new(body.as_bytes())) {
        refused(shown, &error);
    }
    for field in ["id", "amount", "created_at", "paid_at"] {
        let mut odd = record(text);
        odd[field] = text.into();
        if let Err(error) = read(&odd.to_string()) {
            shown.error(&error);
        }
        let wire = sanspay_core::Wire::default();
        if let Err(error) = Record::parse(odd.to_string().as_bytes(), &wire) {
            shown.error(&error);
        }
    }
    let posted = json!({"id": text, "event": text, "data": record(text), text: text});
    if let Ok(event) = UnconfirmedEvent::parse(
        posted.to_string().as_bytes(),
        &sanspay_core::Wire::default(),
    ) {
        shown.debug(&event);
        if let Some(kind) = event.kind() {
            shown.both(kind);
        }
        let confirm = event.confirm();
        if let Ok(confirmed) = confirm.read(&api(), &Response::new(body.as_bytes())) {
            shown.debug(&confirmed);
            let expected = Expected::payment(text, ten, Currency::USD);
            shown.debug(&confirmed.matches(&expected));
            // A key is shown in full, because no two may look the same.
            shown.whole("DedupKey", &confirmed.dedup_key().to_string());
        }
    }
    if let Err(error) = UnconfirmedEvent::parse(text.as_bytes(), &sanspay_core::Wire::default()) {
        shown.error(&error);
    }
    let page = json!({
        "data": [record(text)],
        "links": {"next": text, text: text},
        "meta": {"total": text, "last_page": text, text: text},
    });
    let mut pager = Pager::new(ListPayments::new());
    let list = pager.next().unwrap().unwrap();
    match list.read(&api(), &Response::new(page.to_string().as_bytes())) {
        Ok(page) => {
            shown.debug(&page);
            if let Err(error) = pager.accept(page) {
                shown.error(&error);
            }
            if let Err(error) = pager.next() {
                shown.error(&error);
            }
            shown.debug(&pager);
        }
        Err(error) => shown.error(&error),
    }
}

fn refused(shown: &mut Shown, error: &Error) {
    shown.error(error);
    shown.debug(&error.request_id());
    if let Some(body) = error.error_body() {
        shown.both(body);
    }
    if let Some(api) = error.api() {
        shown.debug(api);
    }
}

/// Headers with as much of the text as they can hold.
fn headers(text: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let end = text.len().min(100);
    for value in [
        text.as_bytes(),
        b"a\tb",
        text.get(..end).unwrap_or("y").as_bytes(),
    ] {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            for name in ["x-request-id", "retry-after", "x-ssl-client-verify"] {
                headers.insert(name, value.clone());
            }
        }
    }
    headers
}

fn refusals(shown: &mut Shown, text: &str) {
    let standard = json!({"message": text, "code": text, "errors": {text: [text], "a": text}});
    let payment = NewPayment::new("order-1", "10.00".parse().unwrap(), Currency::USD);
    let fetch = FetchToken::new(Credentials::new("key", "secret").unwrap());
    for body in [
        standard.to_string(),
        format!("<title>{text}</title>"),
        text.to_owned(),
        json!({"access_token": text, "token_type": text, "expires_in": text}).to_string(),
        json!({"error": text, "error_description": text}).to_string(),
    ] {
        for status in [200, 400, 401, 409, 422, 429, 502] {
            let mut response = Response::new(body.as_bytes());
            *response.status_mut() = status.try_into().unwrap();
            *response.headers_mut() = headers(text);
            refused(shown, &payment.read(&api(), &response).unwrap_err());
            if let Err(error) = fetch.read(&api(), &response) {
                refused(shown, &error);
            }
        }
    }
    let trusted = TrustedSenders::new(["0123456789abcdef0123456789abcdef01234567"]).unwrap();
    shown.error(&trusted.check(&headers(text)).unwrap_err());
    shown.error(&TrustedSenders::new([text]).unwrap_err());
}

fn notifications(shown: &mut Shown, text: &str) {
    let key = SigningKey::new("fuzz-key").unwrap();
    let verifier = Verifier::for_sandbox([key.clone()]).unwrap();
    let amount = "10.00".parse().unwrap();
    let names = [
        "app_id",
        "channel_id",
        "trade_no",
        "out_trade_no",
        "total_amount",
        "currency",
        "subject",
        "body",
        "status",
        "subscription_id",
        "customer_id",
        "sign",
        text,
    ];
    for name in names {
        let number = if name == "out_trade_no" {
            text
        } else {
            super::checkout::NUMBER
        };
        let order =
            Order::new("7", number, amount, Currency::USD, "Tea").channel("3", Currency::USD);
        shown.whole("Order", &format!("{order:?}"));
        let message = TestMessage::paid(&order).with(name, text);
        match verifier.notification(&message.form_body(&key)) {
            Ok(signed) => {
                shown.debug(&signed);
                match signed.matches(&order) {
                    Ok(matched) => {
                        shown.debug(&matched);
                        shown.both(&matched.status());
                        shown.whole("DedupKey", &matched.dedup_key().to_string());
                    }
                    Err(refusal) => shown.error(&refusal),
                }
            }
            Err(refusal) => {
                shown.error(&refusal);
                shown.text("log_reason", &refusal.log_reason());
            }
        }
    }
}

fn files(shown: &mut Shown, text: &str) {
    shown.error(&Entries::read(format!("{text}\n").as_bytes()).unwrap_err());
    let update = Entry::Committed(OrderUpdate::new(text, text, text));
    shown.whole("Entry", &format!("{update:?}"));

    // What a name is kept for is shown of the recording and of the request.
    let recorder = Recorder::new("raw", Redaction::new().keep("note"));
    let note = |text: &str| json!({ "note": text }).to_string().into_bytes();
    let request = Request::post("https://api.example.com/a")
        .body(note(text))
        .unwrap();
    let id = recorder.request(&request, SystemTime::UNIX_EPOCH);
    let answer = Response::new(text.as_bytes().to_vec());
    recorder.outcome(
        id,
        &Ok(answer),
        SystemTime::UNIX_EPOCH + Duration::from_secs(1),
    );
    let cassette = recorder.cassette().unwrap();
    shown.debug(&cassette);
    let replay = Replay::new(cassette);
    shown.debug(&replay);
    let other = Request::post("https://api.example.com/a").body(note(&format!("{text}{text}")));
    let mismatch = replay.take(&other.unwrap()).unwrap_err();
    assert!(
        mismatch.to_string().contains("body /note: recorded `"),
        "{mismatch}"
    );
    // One line for each difference.
    mismatch
        .to_string()
        .lines()
        .for_each(|line| shown.text("ReplayError", line));
    for file in [
        text.to_owned(),
        json!({"sanspay_cassette": 1, text: text}).to_string(),
    ] {
        shown.error(&Cassette::from_json("a.json", &file).unwrap_err());
    }
}

fn sandbox(shown: &mut Shown, text: &str) {
    let mut config = SandboxConfig::default();
    config.receivers = vec![text.into()];
    let guard = Guard::new(&config, [127, 0, 0, 1].into());
    let elsewhere = ["10.0.0.1:80".parse().unwrap()];
    shown.error(&guard.receivers(&format!("{text}."), elsewhere).unwrap_err());
    let request = || Request::post("/").header("host", "a.example");
    for name in ["host", "origin", "sec-fetch-site"] {
        if let Ok(request) = request().header(name, text).body(()) {
            shown.error(&guard.admit(&request).unwrap_err());
        }
    }
    let world = World::new(config.clone());
    let mut sandbox = Sandbox::new(config);
    let path = format!("https://api.example.com/{text}?{text}");
    if let Ok(request) = Request::builder()
        .method(Method::GET)
        .uri(path)
        .body(Vec::new())
    {
        shown.debug(&sandbox.exchange(&request, SystemTime::UNIX_EPOCH));
        sandbox.seen().for_each(|seen| shown.debug(seen));
        world.answer_with(Canned::new("/", text));
        let flight = world.depart(&request);
        shown.debug(&flight);
        let _ = world.land(flight);
        for event in world.trace().events() {
            shown.whole("Event", &event.to_string());
        }
    }
}
