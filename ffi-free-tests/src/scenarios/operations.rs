//! Each operation succeeds.

use http::Method;
use sanspay_core::Currency;
use sanspay_core::partner::{ListPayments, RecordType, Status};
use sanspay_testkit::sandbox::Shape;
use serde_json::json;

use super::{PAYMENTS, PAYOUTS};
use crate::scenario::{Call, Scenario, Step};

/// A webhook about a record that nobody made.
const FORGED: &str = r#"{"event":"payment.paid","data":{"id":"6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d","type":"payment","status":"paid","amount":"10.00","currency":"USD","reference":"order-1"}}"#;

pub(super) fn all() -> Vec<Scenario> {
    vec![
        Scenario::new("a token is an operation like the others")
            .call(Call::Token)
            .expect(&["POST /partner/auth/token: 200", "ok: token, For(3600s)"]),
        Scenario::new("a cold client fetches a token and creates the payment")
            .call(Call::Payment("order-1"))
            .expect(&[
                "POST /partner/auth/token: 200",
                "POST /partner/payments: 201",
                "ok: payment order-1, 10.00 USD, created",
            ]),
        Scenario::warm("a payout is requested")
            .call(Call::Payout("payout-1"))
            .expect(&[
                "POST /partner/payouts: 201",
                "ok: payout payout-1, 25.50 EUR, created",
            ]),
        Scenario::warm("a list is filtered by the server")
            .call(Call::Payment("order-1"))
            .call(Call::Payout("payout-1"))
            .call(Call::Payment("order-2"))
            .step(Step::Pay("order-2"))
            .call(Call::List(
                ListPayments::new()
                    .status(Status::Paid)
                    .record_type(RecordType::Payment)
                    .currency(Currency::USD),
            ))
            .expect(&[
                "POST /partner/payments: 201",
                "ok: payment order-1, 10.00 USD, created",
                "POST /partner/payouts: 201",
                "ok: payout payout-1, 25.50 EUR, created",
                "POST /partner/payments: 201",
                "ok: payment order-2, 10.00 USD, created",
                "GET /partner/payments?status=paid&type=payment&currency=USD: 200",
                "ok: 1 records: order-2",
            ]),
        Scenario::warm("a record is shown by its id")
            .call(Call::Payment("order-1"))
            .step(Step::Pay("order-1"))
            .call(Call::Show("order-1"))
            .expect(&[
                "POST /partner/payments: 201",
                "ok: payment order-1, 10.00 USD, created",
                "GET /partner/payments/{id}: 200",
                "ok: payment order-1, 10.00 USD, paid",
            ]),
        Scenario::warm("an operation that the SDK does not know has token and errors like the rest")
            .call(Call::Raw(Method::GET, PAYMENTS, None))
            .call(Call::Raw(Method::DELETE, PAYOUTS, None))
            .expect(&[
                "GET /partner/payments: 200",
                "ok: JSON with 3 fields",
                "DELETE /partner/payouts: 405",
                "error: raw request, Refused, status 405, code method_not_allowed, attempts 1",
            ]),
        Scenario::warm("a webhook is confirmed by fetching its record")
            .call(Call::Payment("order-1"))
            .step(Step::Webhooks)
            .step(Step::Pay("order-1"))
            .step(Step::Webhooks)
            .expect(&[
                "POST /partner/payments: 201",
                "ok: payment order-1, 10.00 USD, created",
                "GET /partner/payments/{id}: 200",
                "ok: payment.created confirms payment order-1, 10.00 USD, created",
                "GET /partner/payments/{id}: 200",
                "ok: payment.paid confirms payment order-1, 10.00 USD, paid",
            ]),
        Scenario::warm("a webhook that comes late confirms the present status")
            .call(Call::Payment("order-1"))
            .step(Step::Pay("order-1"))
            .step(Step::Webhooks)
            .expect(&[
                "POST /partner/payments: 201",
                "ok: payment order-1, 10.00 USD, created",
                "GET /partner/payments/{id}: 200",
                "ok: payment.created confirms payment order-1, 10.00 USD, paid, otherwise than claimed",
                "GET /partner/payments/{id}: 200",
                "ok: payment.paid confirms payment order-1, 10.00 USD, paid",
            ]),
        Scenario::warm("a forged webhook confirms nothing")
            .call(Call::Confirm(FORGED.into()))
            .expect(&[
                "GET /partner/payments/{id}: 404",
                "error: confirm event, NotFound, status 404, code record_not_found, attempts 1",
            ]),
        Scenario::warm("a lookup finds the payout, and no payment of the same reference")
            .settings(|s| s.authoritative_lists.push(RecordType::Payout))
            .call(Call::Payment("same"))
            .call(Call::LookUp("same"))
            .call(Call::Payout("same"))
            .call(Call::LookUp("same"))
            .expect(&[
                "POST /partner/payments: 201",
                "ok: payment same, 10.00 USD, created",
                "GET /partner/payments?type=payout&reference=same: 200",
                "ok: absent",
                "POST /partner/payouts: 201",
                "ok: payout same, 25.50 EUR, created",
                "GET /partner/payments?type=payout&reference=same: 200",
                "ok: found: payout same, 25.50 EUR, created",
            ]),
        Scenario::new("the other shapes of token and record are read as well")
            .sandbox(|config| {
                config.partner.token_shape = Shape::Data;
                config.partner.record_shape = Shape::Bare;
            })
            .call(Call::Payment("order-1"))
            .call(Call::Show("order-1"))
            .expect(&[
                "POST /partner/auth/token: 200",
                "POST /partner/payments: 201",
                "ok: payment order-1, 10.00 USD, created",
                "GET /partner/payments/{id}: 200",
                "ok: payment order-1, 10.00 USD, created",
            ]),
        Scenario::new("invalid input costs no request, not even one for a token")
            .call(Call::Payment(""))
            .call(Call::Raw(Method::GET, "/x?y", Some(json!(null))))
            .expect(&[
                "error: create payment, Invalid, reference must not be empty, attempts 0",
                "error: raw request, Invalid, path must not hold a query: add it as parameters, body must not be null, attempts 0",
            ]),
    ]
}
