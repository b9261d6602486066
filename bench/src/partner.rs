//! Records, pages, webhooks, tokens and requests.

use std::hint::black_box;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use http::header::{ACCEPT, AUTHORIZATION, USER_AGENT};
use http::{HeaderValue, Method, Request, Response, Uri};
use sanspay_core::exchange::Step;
use sanspay_core::partner::{
    EventKind, FetchToken, ListPayments, RecordId, RecordType, ShowPayment, Status,
    UnconfirmedEvent,
};
use sanspay_core::{
    Amount, Api, BaseUrl, Credentials, Currency, Endpoint, Limits, Session, Settings, Timestamp,
    Wire,
};
use serde::Deserialize;

use crate::measure::{Effort, compare};
use crate::nested::{NestedAnswer, NestedPage, nested_record};
use crate::table::{Row, ratio};

/// The id of the record that is shown.
pub const ID: &str = "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d";

/// A record as the sandbox answers it, with or without fields that the SDK does not know.
pub fn record(id: &str, unknown: bool) -> String {
    let extra = if unknown {
        r#","merchant_id":"m_4711","fee":{"amount":"0.35","currency":"USD"},"risk":{"score":3,"rules":["velocity","bin"]},"channel":"card""#
    } else {
        ""
    };
    format!(
        r#"{{"id":"{id}","type":"payment","status":"paid","amount":"129.90","currency":"USD","reference":"order-2026-0004711","checkout_url":"https://pay.example.com/c/{id}","failure_reason":null,"metadata":{{"cart":"c-81","lines":3}},"created_at":"2026-05-19T15:38:44Z","updated_at":"2026-05-19T15:41:07Z","paid_at":"2026-05-19T15:41:07Z","expires_at":"2026-05-19T16:08:44Z"{extra}}}"#
    )
}

/// A page of 100 records, number `page` of `last`.
pub fn page(page: u64, last: u64) -> String {
    let records: Vec<_> = (0..100)
        .map(|index| {
            record(
                &format!("{page:08x}-6a0e-4f53-9f0e-{index:012x}"),
                index % 2 == 0,
            )
        })
        .collect();
    format!(
        r#"{{"data":[{}],"meta":{{"current_page":{page},"last_page":{last},"per_page":100,"total":{}}}}}"#,
        records.join(","),
        last * 100
    )
}

/// The floor: what one writes in a minute, with nothing checked and nothing unknown kept.
#[derive(Deserialize)]
#[allow(dead_code)]
pub struct PlainRecord {
    id: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    status: String,
    amount: String,
    currency: String,
    reference: Option<String>,
    checkout_url: Option<String>,
    failure_reason: Option<String>,
    metadata: Option<PlainMetadata>,
    created_at: Option<String>,
    updated_at: Option<String>,
    paid_at: Option<String>,
    expires_at: Option<String>,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct PlainMetadata {
    cart: String,
    lines: u32,
}

/// A page read into plain types: the floor.
#[derive(Deserialize)]
#[allow(dead_code)]
pub struct PlainPage {
    /// The records.
    pub data: Vec<PlainRecord>,
    meta: PlainMeta,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct PlainMeta {
    current_page: u64,
    last_page: u64,
    per_page: u64,
    total: u64,
}

/// The floor of a webhook: derived, with the SDK's own checked types and nothing unknown kept.
#[derive(Deserialize)]
#[allow(dead_code)]
struct DerivedEvent {
    id: Option<Box<str>>,
    event: EventKind,
    created_at: Option<Timestamp>,
    data: DerivedRecord,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct DerivedRecord {
    id: RecordId,
    #[serde(rename = "type")]
    kind: Option<RecordType>,
    status: Status,
    amount: Amount,
    currency: Currency,
    reference: Option<Box<str>>,
    checkout_url: Option<Box<str>>,
    failure_reason: Option<Box<str>>,
    metadata: Option<Box<serde_json::value::RawValue>>,
    created_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
    paid_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct PlainToken {
    access_token: String,
    token_type: String,
    expires_in: u64,
}

fn api() -> Api {
    Api::new(BaseUrl::new("https://api.example.com").expect("a URL"))
}

/// The API as a session has it, which counts what is not known.
fn counting(api: Api) -> Api {
    let source = FetchToken::new(Credentials::new("key-4711", "a-long-secret-4711").expect("keys"));
    Session::new(api, source, Settings::default()).api().clone()
}

/// Every row of the partner API without IO.
pub fn rows(effort: Effort) -> Vec<Row> {
    let mut rows = record_rows(effort);
    rows.extend(spelled_rows(effort));
    rows.extend(webhook_rows(effort));
    rows.push(token_row(effort));
    rows.push(request_row(effort));
    rows
}

fn record_rows(effort: Effort) -> Vec<Row> {
    let api = counting(api());
    let floor = "serde_json into plain Strings, unknown ignored";
    let show = ShowPayment::new(ID.parse().expect("an id"));
    let mut rows = Vec::new();
    for (name, unknown, target) in [
        ("parse a record, four unknown fields kept", true, 1.15),
        ("parse a record, no unknown field", false, 1.15),
    ] {
        let body = record(ID, unknown);
        let plain = || serde_json::from_slice::<PlainRecord>(black_box(body.as_bytes()));
        let ours = || show.read(&api, &Response::new(black_box(body.as_bytes())));
        assert!(plain().is_ok() && ours().is_ok());
        let (low, cost) = compare(effort, plain, ours);
        let fewer = low.allocations.saturating_sub(1);
        rows.push(Row::of(
            name,
            floor,
            ratio(target).allocations(fewer),
            (low, cost),
        ));
    }
    let body = page(1, 10);
    let list = ListPayments::new();
    let plain = || serde_json::from_slice::<PlainPage>(black_box(body.as_bytes()));
    let ours = || list.read(&api, &Response::new(black_box(body.as_bytes())));
    assert!(plain().is_ok() && ours().is_ok());
    rows.push(Row::of(
        "parse a page of 100, half with unknown fields",
        floor,
        ratio(0.95),
        compare(effort, plain, ours),
    ));
    rows
}

/// The same record and page as a provider writes them that differs in everything: nested, in minor
/// units, with other words.
fn spelled_rows(effort: Effort) -> Vec<Row> {
    let file = sanspay_profile::from_toml(sanspay_profile::ZEPHYR).expect("a profile");
    let api = counting(api().with_wire(Wire::from(file.profile().clone())));
    let floor = "serde_json into plain nested Strings, unknown ignored";
    let show = ShowPayment::new(ID.parse().expect("an id"));
    let body = format!(
        r#"{{"result":{{"transaction":{}}}}}"#,
        nested_record(ID, true)
    );
    let plain = || serde_json::from_slice::<NestedAnswer>(black_box(body.as_bytes()));
    let ours = || show.read(&api, &Response::new(black_box(body.as_bytes())));
    assert!(plain().is_ok() && ours().is_ok());
    let costs = compare(effort, plain, ours);
    let mut rows = vec![Row::of(
        "parse a record of another profile, four unknown fields kept",
        floor,
        ratio(1.4),
        costs,
    )];
    let entries: Vec<String> = (0..100)
        .map(|index| {
            let record = nested_record(
                &format!("00000001-6a0e-4f53-9f0e-{index:012x}"),
                index % 2 == 0,
            );
            format!(r#"{{"transaction":{record}}}"#)
        })
        .collect();
    let body = format!(
        r#"{{"result":{{"entries":[{}],"count":1000,"has_more":true,"cursor":"m"}}}}"#,
        entries.join(",")
    );
    let list = ListPayments::new();
    let plain = || serde_json::from_slice::<NestedPage>(black_box(body.as_bytes()));
    let ours = || list.read(&api, &Response::new(black_box(body.as_bytes())));
    assert!(plain().is_ok() && ours().is_ok());
    rows.push(Row::of(
        "parse a page of 100 of another profile",
        floor,
        ratio(1.2),
        compare(effort, plain, ours),
    ));
    rows
}

fn webhook_rows(effort: Effort) -> Vec<Row> {
    let wire = Wire::default();
    let record = record(ID, false);
    let head = r#""id":"evt_01","event":"payment.paid","created_at":"2026-05-19T15:41:07Z""#;
    let orders = [
        (
            "webhook, data last",
            format!(r#"{{{head},"data":{record}}}"#),
        ),
        (
            "webhook, data first",
            format!(r#"{{"data":{record},{head}}}"#),
        ),
    ];
    orders
        .map(|(name, body): (&str, String)| {
            let plain = || serde_json::from_slice::<DerivedEvent>(black_box(body.as_bytes()));
            let ours = || UnconfirmedEvent::parse(black_box(body.as_bytes()), &wire);
            assert!(plain().is_ok() && ours().is_ok());
            let costs = compare(effort, plain, ours);
            Row::of(
                name,
                "concrete derive of the same types",
                ratio(1.10),
                costs,
            )
        })
        .into()
}

/// An answer with a JWT of usual length.
pub fn token_answer() -> String {
    let part = |length: usize| "eyJhbGciOiJSUzI1NiJ9".repeat(length / 20);
    let jwt = format!("{}.{}.{}", part(40), part(240), part(340));
    format!(r#"{{"access_token":"{jwt}","token_type":"Bearer","expires_in":3600}}"#)
}

/// An `Authorization` as long as that of the answer.
pub fn bearer() -> HeaderValue {
    static BEARER: OnceLock<HeaderValue> = OnceLock::new();
    BEARER
        .get_or_init(|| {
            let answer = token_answer();
            let token: PlainToken = serde_json::from_str(&answer).expect("a token");
            let mut value =
                HeaderValue::try_from(format!("Bearer {}", token.access_token)).expect("a header");
            value.set_sensitive(true);
            value
        })
        .clone()
}

fn token_row(effort: Effort) -> Row {
    let api = api();
    let fetch = FetchToken::new(Credentials::new("key-4711", "a-long-secret-4711").expect("keys"));
    let body = token_answer();
    let plain = || serde_json::from_slice::<PlainToken>(black_box(body.as_bytes()));
    let ours = || {
        let request = fetch.request(&api);
        (
            request,
            fetch.read(&api, &Response::new(black_box(body.as_bytes()))),
        )
    };
    assert!(plain().is_ok() && ours().1.is_ok());
    Row::of(
        "token request built and answer parsed",
        "serde_json over the answer alone",
        ratio(6.0),
        compare(effort, plain, ours),
    )
}

/// A session with a token in it.
pub fn warm_session(now: SystemTime) -> Session {
    let source = FetchToken::new(Credentials::new("key-4711", "a-long-secret-4711").expect("keys"));
    let session = Session::new(api(), source, Settings::default());
    let mut exchange = session.exchange(ShowPayment::new(ID.parse().expect("an id")));
    let Step::Send(_) = exchange.poll(now) else {
        panic!("the token is asked for first");
    };
    exchange.reply(now, Ok(Response::new(token_answer().into_bytes())));
    let Step::Send(request) = exchange.poll(now) else {
        panic!("then the call is made");
    };
    assert!(request.headers().contains_key(AUTHORIZATION));
    session
}

fn request_row(effort: Effort) -> Row {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let session = warm_session(now);
    let id: RecordId = ID.parse().expect("an id");
    let ours = || match session.exchange(ShowPayment::new(black_box(id))).poll(now) {
        Step::Send(request) => request,
        _ => panic!("a request"),
    };
    let template = ours();
    let token = template.headers()[AUTHORIZATION].clone();
    let limits = Limits::of(&template);
    let by_hand = || {
        let id = black_box(id);
        let url = format!("https://api.example.com/partner/payments/{id}");
        let uri = Uri::try_from(url).expect("a URI");
        Request::builder()
            .method(Method::GET)
            .uri(uri)
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .header(USER_AGENT, HeaderValue::from_static("sanspay/0.1.0"))
            .header(AUTHORIZATION, token.clone())
            .extension(limits)
            .body(Vec::<u8>::new())
            .expect("a request")
    };
    assert_eq!(by_hand().headers(), template.headers());
    assert_eq!(by_hand().uri(), template.uri());
    Row::of(
        "authorised request for a warm token",
        "the same http::Request by hand",
        ratio(1.15),
        compare(effort, by_hand, ours),
    )
}
