//! Each shape in which an answer can be something else than what was asked for.

use http::{Method, StatusCode};
use sanspay_core::partner::ListPayments;
use serde_json::json;

use super::{PAYMENTS, PAYOUTS};
use crate::scenario::{Call, Scenario};
use sanspay_testkit::world::Canned;

const ID: &str = "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d";
const SHOWN: &str = "/partner/payments/6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d";

/// A record is asked for, and this is answered.
fn shown(name: &'static str, answer: Canned, expected: &[&'static str]) -> Scenario {
    Scenario::warm(name)
        .canned(answer)
        .call(Call::Show(ID))
        .expect(expected)
}

pub(super) fn all() -> Vec<Scenario> {
    [refusals(), bodies()].concat()
}

fn refusals() -> Vec<Scenario> {
    vec![
        Scenario::warm("a refusal with field messages names the fields")
            .call(Call::Raw(
                Method::POST,
                PAYMENTS,
                Some(json!({"reference": "r", "amount": "-1", "currency": "usd"})),
            ))
            .expect(&[
                "POST /partner/payments: 422",
                "error: raw request, Refused, status 422, code validation_failed, refused fields amount currency, attempts 1",
            ]),
        Scenario::new("NGINX's page for a missing client certificate is named")
            .sandbox(|config| config.partner.require_mtls = true)
            .call(Call::List(ListPayments::new()))
            .expect(&[
                "POST /partner/auth/token: 400",
                "error: list payments, Tls, status 400, the page `400 No required SSL certificate was sent`, attempts 1",
            ]),
        Scenario::warm("NGINX's page for a payment is named, and the payment may be executed")
            .fault("502 html", PAYMENTS)
            .call(Call::Payment("order-1"))
            .expect(&[
                "POST /partner/payments: 502",
                "error: create payment, Server, status 502, the page `502 Bad Gateway`, attempts 1, outcome unknown",
            ]),
        shown(
            "a refusal without a body keeps its status",
            Canned::new(SHOWN, "").status(StatusCode::NOT_FOUND),
            &[
                "GET /partner/payments/{id}: 404",
                "error: show payment, NotFound, status 404, no body, attempts 1",
            ],
        ),
        shown(
            "a refusal in JSON of another form keeps its status",
            Canned::new(SHOWN, "[\"no\"]").status(StatusCode::CONFLICT),
            &[
                "GET /partner/payments/{id}: 409",
                "error: show payment, Conflict, status 409, JSON of another form, attempts 1",
            ],
        ),
        shown(
            "a redirect is not followed",
            Canned::new(SHOWN, "")
                .status(StatusCode::MOVED_PERMANENTLY)
                .header("location", "https://evil.example/"),
            &[
                "GET /partner/payments/{id}: 301",
                "error: show payment, Unreadable, status 301, no body, attempts 1",
            ],
        ),
        Scenario::warm("a route that does not exist is not found")
            .call(Call::Raw(Method::GET, "/partner/nothing", None))
            .expect(&[
                "GET /partner/nothing: 404",
                "error: raw request, NotFound, status 404, code route_not_found, attempts 1",
            ]),
    ]
}

fn bodies() -> Vec<Scenario> {
    let unreadable: &[&'static str] = &[
        "GET /partner/payments/{id}: 200",
        "error: show payment, Unreadable, status 200, not JSON, attempts 1",
    ];
    let other_json: &[&'static str] = &[
        "GET /partner/payments/{id}: 200",
        "error: show payment, Unreadable, status 200, JSON of another form, attempts 1",
    ];
    let whole = r#"{"id":"6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d","type":"payment","status":"paid","amount":"1.00","currency":"USD","reference":"r"}"#;
    vec![
        shown(
            "a page in place of a record is unreadable",
            Canned::new(SHOWN, "<html><title>Welcome</title></html>").content_type("text/html"),
            unreadable,
        ),
        shown(
            "JSON under another content type is read all the same",
            Canned::new(SHOWN, whole).content_type("text/plain"),
            &[
                "GET /partner/payments/{id}: 200",
                "ok: payment r, 1.00 USD, paid",
            ],
        ),
        shown(
            "an empty answer in place of a record is unreadable",
            Canned::new(SHOWN, ""),
            &[
                "GET /partner/payments/{id}: 200",
                "error: show payment, Unreadable, status 200, no body, attempts 1",
            ],
        ),
        shown(
            "truncated JSON is unreadable and not asked for again",
            Canned::new(SHOWN, whole.get(..60).unwrap_or_default()),
            unreadable,
        ),
        shown(
            "a record in invalid UTF-8 is unreadable",
            Canned::new(SHOWN, b"{\"id\":\"\xc3\x28\"}".to_vec()),
            unreadable,
        ),
        shown(
            "a negative amount is unreadable",
            Canned::new(SHOWN, whole.replace("1.00", "-1.00")),
            other_json,
        ),
        shown(
            "a record without its status is unreadable",
            Canned::new(SHOWN, whole.replace("status", "state")),
            other_json,
        ),
        shown(
            "another record than the one asked for is unreadable",
            Canned::new(SHOWN, whole.replace("6f2b", "0000")),
            other_json,
        ),
        shown(
            "a status that nobody knows is kept and is not paid",
            Canned::new(SHOWN, whole.replace(r#""paid""#, r#""on_hold""#)),
            &[
                "GET /partner/payments/{id}: 200",
                "ok: payment r, 1.00 USD, on_hold",
            ],
        ),
        Scenario::warm("a body over the limit is too large")
            .settings(|settings| settings.max_body = 1024)
            .canned(Canned::new(SHOWN, " ".repeat(1025)))
            .call(Call::Show(ID))
            .expect(&[
                "GET /partner/payments/{id}: 200",
                "error: show payment, TooLarge, status 200, no body, attempts 1",
            ]),
        Scenario::warm("a payout whose answer is too large may have been executed")
            .settings(|settings| settings.max_body = 1024)
            .canned(Canned::new(PAYOUTS, " ".repeat(100_000)))
            .call(Call::Payout("payout-1"))
            .expect(&[
                "POST /partner/payouts: 200",
                "error: request payout, TooLarge, status 200, no body, attempts 1, outcome unknown",
            ]),
    ]
}
