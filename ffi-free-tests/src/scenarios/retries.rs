//! Each row of the retry table, and both forms of `Retry-After`.

use std::time::Duration;

use http::StatusCode;
use sanspay_core::RetryPolicy;
use sanspay_core::partner::ListPayments;
use sanspay_testkit::sandbox::RecordKind;

use super::{PAYMENTS, PAYOUTS};
use crate::scenario::{Call, Scenario, Step};
use sanspay_testkit::world::Canned;

fn list() -> Call {
    Call::List(ListPayments::new())
}

/// A list that meets the fault once.
fn once(name: &'static str, fault: &'static str, expected: &[&'static str]) -> Scenario {
    Scenario::warm(name)
        .fault(fault, PAYMENTS)
        .call(list())
        .expect(expected)
}

macro_rules! repeated_after {
    ($status:literal) => {
        once(
            concat!("a list is asked for again after ", $status),
            $status,
            &[
                concat!("GET /partner/payments: ", $status),
                "wait at most 200ms",
                "GET /partner/payments: 200",
                "ok: 0 records",
            ],
        )
    };
}

macro_rules! final_after {
    ($status:literal, $kind:literal, $code:literal) => {
        once(
            concat!("nothing is asked for again after ", $status),
            $status,
            &[
                concat!("GET /partner/payments: ", $status),
                concat!(
                    "error: list payments, ",
                    $kind,
                    ", status ",
                    $status,
                    ", code ",
                    $code,
                    ", attempts 1"
                ),
            ],
        )
    };
}

pub(super) fn all() -> Vec<Scenario> {
    [connections(), statuses(), retry_after()].concat()
}

fn connections() -> Vec<Scenario> {
    vec![
        Scenario::warm("a payout that was not sent is sent again, and the waits may double")
            .faults(3, "not-connected", PAYOUTS)
            .call(Call::Payout("payout-1"))
            .step(Step::Executions(RecordKind::Payout, "payout-1"))
            .expect(&[
                "POST /partner/payouts: not sent",
                "wait at most 200ms",
                "POST /partner/payouts: not sent",
                "wait at most 400ms",
                "POST /partner/payouts: not sent",
                "wait at most 800ms",
                "POST /partner/payouts: 201",
                "ok: payout payout-1, 25.50 EUR, created",
                "executed: payout payout-1, 1 times",
            ]),
        Scenario::warm("a payout that could never be sent is known not to be executed")
            .faults(4, "not-connected", PAYOUTS)
            .call(Call::Payout("payout-1"))
            .expect(&[
                "POST /partner/payouts: not sent",
                "wait at most 200ms",
                "POST /partner/payouts: not sent",
                "wait at most 400ms",
                "POST /partner/payouts: not sent",
                "wait at most 800ms",
                "POST /partner/payouts: not sent",
                "error: request payout, NotSent, attempts 4",
            ]),
        once(
            "a list whose answer was lost is asked for again",
            "lost-answer",
            &[
                "GET /partner/payments: lost",
                "wait at most 200ms",
                "GET /partner/payments: 200",
                "ok: 0 records",
            ],
        ),
        once(
            "a list whose answer broke off is asked for again",
            "broken-off",
            &[
                "GET /partner/payments: lost",
                "wait at most 200ms",
                "GET /partner/payments: 200",
                "ok: 0 records",
            ],
        ),
    ]
}

fn statuses() -> Vec<Scenario> {
    vec![
        repeated_after!("408"),
        repeated_after!("429"),
        repeated_after!("500"),
        repeated_after!("502"),
        repeated_after!("503"),
        repeated_after!("504"),
        final_after!("400", "Refused", "refused"),
        final_after!("403", "Forbidden", "refused"),
        final_after!("404", "NotFound", "refused"),
        final_after!("409", "Conflict", "refused"),
        final_after!("422", "Refused", "refused"),
        final_after!("501", "Server", "server_error"),
        Scenario::warm("a server that goes on failing is asked four times")
            .faults(9, "503", PAYMENTS)
            .call(list())
            .expect(&[
                "GET /partner/payments: 503",
                "wait at most 200ms",
                "GET /partner/payments: 503",
                "wait at most 400ms",
                "GET /partner/payments: 503",
                "wait at most 800ms",
                "GET /partner/payments: 503",
                "error: list payments, Server, status 503, code server_error, attempts 4",
            ]),
        Scenario::warm("nothing is repeated where the policy says never")
            .settings(|settings| settings.retry = RetryPolicy::never())
            .fault("not-connected", PAYMENTS)
            .call(list())
            .expect(&[
                "GET /partner/payments: not sent",
                "error: list payments, NotSent, attempts 1",
            ]),
        Scenario::warm("a payment is not sent again after 503, and may have been executed")
            .fault("503", PAYMENTS)
            .call(Call::Payment("order-1"))
            .expect(&[
                "POST /partner/payments: 503",
                "error: create payment, Server, status 503, code server_error, attempts 1, outcome unknown",
            ]),
        Scenario::warm("a payment is not sent again after 408, which a gateway may have said")
            .fault("408 html executed", PAYMENTS)
            .call(Call::Payment("order-1"))
            .step(Step::Resolve)
            .expect(&[
                "POST /partner/payments: 408",
                "error: create payment, Server, status 408, not JSON, attempts 1, outcome unknown",
                "GET /partner/payments?type=payment&reference=order-1: 200",
                "found: payment order-1, 10.00 USD, created",
            ]),
        Scenario::warm("a payment is not sent again after 429, and was not executed")
            .fault("429 retry-after=2", PAYMENTS)
            .call(Call::Payment("order-1"))
            .expect(&[
                "POST /partner/payments: 429",
                "error: create payment, RateLimited, status 429, code rate_limited, attempts 1, retry after 2s",
            ]),
        Scenario::warm("a used reference is a conflict and not repeated")
            .call(Call::Payment("order-1"))
            .call(Call::Payment("order-1"))
            .step(Step::Executions(RecordKind::Payment, "order-1"))
            .expect(&[
                "POST /partner/payments: 201",
                "ok: payment order-1, 10.00 USD, created",
                "POST /partner/payments: 409",
                "error: create payment, Conflict, status 409, code duplicate_reference, attempts 1",
                "executed: payment order-1, 1 times",
            ]),
    ]
}

fn retry_after() -> Vec<Scenario> {
    vec![
        once(
            "the seconds of Retry-After are waited for",
            "429 retry-after=7",
            &[
                "GET /partner/payments: 429",
                "wait 7s",
                "GET /partner/payments: 200",
                "ok: 0 records",
            ],
        ),
        once(
            "the date of Retry-After is waited for",
            "503 retry-after-date=9",
            &[
                "GET /partner/payments: 503",
                "wait 9s",
                "GET /partner/payments: 200",
                "ok: 0 records",
            ],
        ),
        once(
            "a date of Retry-After that has come shortens no wait",
            "503 retry-after-date=0",
            &[
                "GET /partner/payments: 503",
                "wait at most 200ms",
                "GET /partner/payments: 200",
                "ok: 0 records",
            ],
        ),
        Scenario::warm("a Retry-After that nobody understands is none")
            .canned(
                Canned::new(PAYMENTS, "")
                    .status(StatusCode::SERVICE_UNAVAILABLE)
                    .header("retry-after", "in a while"),
            )
            .call(list())
            .expect(&[
                "GET /partner/payments: 503",
                "wait at most 200ms",
                "GET /partner/payments: 200",
                "ok: 0 records",
            ]),
        once(
            "a Retry-After that is too long ends the call at once",
            "429 retry-after=31",
            &[
                "GET /partner/payments: 429",
                "error: list payments, RateLimited, status 429, code rate_limited, attempts 1, retry after 31s",
            ],
        ),
        Scenario::warm("a Retry-After beyond the deadline ends the call at once")
            .fault("503 retry-after=10", PAYMENTS)
            .step(Step::CallWithin(Duration::from_secs(5), list()))
            .expect(&[
                "GET /partner/payments: 503",
                "error: list payments, Server, status 503, code server_error, attempts 1, retry after 10s",
            ]),
    ]
}
