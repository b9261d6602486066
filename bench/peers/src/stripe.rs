//! async-stripe: a request, an object and a webhook.

use std::hint::black_box;
use std::time::{Duration, SystemTime};

use http::header::{AUTHORIZATION, USER_AGENT};
use http::{HeaderName, HeaderValue, Method, Request, Response};
use sanspay_core::checkout::Verifier;
use sanspay_core::exchange::Step;
use sanspay_core::partner::{RecordId, ShowPayment, UnconfirmedEvent};
use sanspay_core::{Api, BaseUrl, Endpoint};
use stripe_client_core::{RequestBuilder, StripeRequest, VERSION};
use stripe_core::payment_intent::RetrievePaymentIntent;
use stripe_shared::PaymentIntent;
use stripe_webhook::Webhook;

use crate::row::{Row, version};
use sanspay_bench::measure::{Effort, compare};
use sanspay_bench::{checkout, partner};

const ID: &str = "pi_3MtwBwLkdIwHu7ix28a3tqPa";
const SECRET: &str = "whsec_of_an_endpoint_4711";
/// When the webhook was signed and is received.
const NOW: i64 = 1_800_000_000;

/// A payment as Stripe answers it: most of its fields are null.
fn payment_intent() -> String {
    format!(
        r#"{{"id":"{ID}","object":"payment_intent","amount":12990,"amount_capturable":0,"amount_details":{{"tip":{{}}}},"amount_received":12990,"application":null,"application_fee_amount":null,"automatic_payment_methods":{{"enabled":true}},"canceled_at":null,"cancellation_reason":null,"capture_method":"automatic","client_secret":"{ID}_secret_YrKJUKribcBjcG8HVhfZluoGH","confirmation_method":"automatic","created":1799999924,"currency":"usd","customer":null,"description":"order-2026-0004711","last_payment_error":null,"latest_charge":"ch_3MtwBwLkdIwHu7ix0lC8H1tN","livemode":false,"metadata":{{"cart":"c-81","lines":"3"}},"next_action":null,"on_behalf_of":null,"payment_method":"pm_1MtwBwLkdIwHu7ixK1tQ2bXy","payment_method_options":{{"card":{{"installments":null,"mandate_options":null,"network":null,"request_three_d_secure":"automatic"}},"link":{{"persistent_token":null}}}},"payment_method_types":["card","link"],"processing":null,"receipt_email":null,"review":null,"setup_future_usage":null,"shipping":null,"source":null,"statement_descriptor":null,"statement_descriptor_suffix":null,"status":"succeeded","transfer_data":null,"transfer_group":null}}"#
    )
}

fn event() -> String {
    let (version, object) = (VERSION.as_str(), payment_intent());
    format!(
        r#"{{"id":"evt_3MtwBwLkdIwHu7ix2x","object":"event","api_version":"{version}","created":{NOW},"data":{{"object":{object}}},"livemode":false,"pending_webhooks":1,"request":{{"id":"req_4711","idempotency_key":null}},"type":"payment_intent.succeeded"}}"#
    )
}

/// Every row of async-stripe.
pub(crate) fn rows(effort: Effort) -> Vec<Row> {
    let mut rows = request_rows(effort);
    rows.push(object_row(effort));
    rows.extend(webhook_rows(effort));
    rows
}

fn request_rows(effort: Effort) -> Vec<Row> {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let session = partner::warm_session(now);
    let id: RecordId = partner::ID.parse().expect("an id");
    let ours = || match session.exchange(ShowPayment::new(black_box(id))).poll(now) {
        Step::Send(request) => request,
        _ => panic!("a request"),
    };
    let build = || RetrievePaymentIntent::new(black_box(ID)).build();
    let headers = [
        (AUTHORIZATION, partner::bearer()),
        (
            USER_AGENT,
            HeaderValue::from_static("Stripe/v1 RustBindings"),
        ),
        (
            HeaderName::from_static("stripe-version"),
            HeaderValue::from_str(VERSION.as_str()).expect("a header"),
        ),
    ];
    let completed = || complete(build(), &headers);
    assert_eq!(
        completed().uri().path(),
        format!("/v1/payment_intents/{ID}")
    );
    let peer = || version("async-stripe-core");
    vec![
        Row::of(
            "build a request",
            peer(),
            compare(effort, build, ours),
            "theirs: method, path and query as text, no header; ours: `http::Request`, authorised, and the state of its retries",
        ),
        Row::of(
            "build an authorised `http::Request`",
            peer(),
            compare(effort, completed, ours),
            "theirs completed here as its client does privately; ours with the state of its retries",
        ),
    ]
}

/// What the client of async-stripe makes of a request before it is sent.
fn complete(request: RequestBuilder, headers: &[(HeaderName, HeaderValue)]) -> Request<String> {
    let RequestBuilder {
        query, body, path, ..
    } = request;
    let mut uri = format!("https://api.stripe.com/v1{path}");
    if let Some(query) = query {
        uri.push('?');
        uri.push_str(&query);
    }
    let mut builder = Request::builder().method(Method::GET).uri(uri);
    for (name, value) in headers {
        builder = builder.header(name, value.clone());
    }
    builder.body(body.unwrap_or_default()).expect("a request")
}

fn object_row(effort: Effort) -> Row {
    let theirs = payment_intent();
    let body = partner::record(partner::ID, true);
    let api = Api::new(BaseUrl::new("https://api.example.com").expect("a URL"));
    let show = ShowPayment::new(partner::ID.parse().expect("an id"));
    // As `send` reads an answer.
    let read = || {
        let text = std::str::from_utf8(black_box(theirs.as_bytes())).expect("UTF-8");
        miniserde::json::from_str::<PaymentIntent>(text)
    };
    let ours = || show.read(&api, &Response::new(black_box(body.as_bytes())));
    assert!(read().is_ok_and(|intent| intent.amount == 12_990));
    assert!(ours().is_ok());
    let differs = format!(
        "theirs: {} bytes, most fields null, unknown ones dropped; ours: {} bytes, id, times and amount checked, unknown fields kept",
        theirs.len(),
        body.len()
    );
    let costs = compare(effort, read, ours);
    Row::of(
        "parse an object",
        version("async-stripe-shared"),
        costs,
        differs,
    )
}

fn webhook_rows(effort: Effort) -> [Row; 2] {
    let payload = event();
    let header = Webhook::generate_test_header(&payload, SECRET, Some(NOW));
    let construct = |secret: &str| {
        Webhook::construct_event_with_timestamp(black_box(&payload), &header, secret, NOW)
    };
    assert!(construct(SECRET).is_ok() && construct("another").is_err());
    let read = || Webhook::insecure(black_box(&payload));

    let (order, form) = checkout::notification();
    let verifier = Verifier::new([checkout::key()]).expect("a verifier");
    let verify = || verifier.notification(black_box(&form));
    assert!(verify().is_ok_and(|signed| signed.matches(&order).is_ok()));
    let record = partner::record(partner::ID, true);
    let unsigned = format!(
        r#"{{"id":"evt_01","event":"payment.paid","created_at":"2026-05-19T15:41:07Z","data":{record}}}"#
    );
    let parse = || UnconfirmedEvent::parse(black_box(unsigned.as_bytes()), &sanspay_core::Wire::default());
    assert!(parse().is_ok());

    let verify_differs = format!(
        "theirs: one HMAC-SHA256 over {} bytes of JSON, then parsed; ours: MD5 over the sorted fields of a form of {} bytes, and every rule against forging",
        payload.len(),
        form.len()
    );
    let parse_differs = format!(
        "neither checks a signature: theirs `Webhook::insecure` over {} bytes, ours over {} bytes",
        payload.len(),
        unsigned.len()
    );
    let peer = || version("async-stripe-webhook");
    [
        Row::of(
            "verify a webhook",
            peer(),
            compare(effort, || construct(SECRET), verify),
            verify_differs,
        ),
        Row::of(
            "read a webhook's JSON alone",
            peer(),
            compare(effort, read, parse),
            parse_differs,
        ),
    ]
}
