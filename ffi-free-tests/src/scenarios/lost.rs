//! Payments and payouts whose answers are lost, and how the merchant finds out.

use std::time::Duration;

use sanspay_core::Idempotency;
use sanspay_core::partner::RecordType;
use sanspay_testkit::sandbox::{DuplicateReferences, RecordKind};

use super::{PAYMENTS, PAYOUTS};
use crate::scenario::{Call, Scenario, Step};
use sanspay_testkit::world::Canned;

fn payout(scenario: Scenario) -> Scenario {
    scenario.call(Call::Payout("payout-1"))
}

fn executions() -> Step {
    Step::Executions(RecordKind::Payout, "payout-1")
}

fn settle() -> Step {
    Step::Advance(Duration::from_secs(60))
}

pub(super) fn all() -> Vec<Scenario> {
    [without_idempotency(), resolutions(), with_idempotency()].concat()
}

fn without_idempotency() -> Vec<Scenario> {
    vec![
        Scenario::warm("a payment whose answer was lost is not sent again and is found")
            .fault("lost-answer", PAYMENTS)
            .call(Call::Payment("order-1"))
            .step(Step::Resolve)
            .step(Step::Executions(RecordKind::Payment, "order-1"))
            .expect(&[
                "POST /partner/payments: lost",
                "error: create payment, Lost, attempts 1, outcome unknown",
                "GET /partner/payments?type=payment&reference=order-1: 200",
                "found: payment order-1, 10.00 USD, created",
                "executed: payment order-1, 1 times",
            ]),
        payout(
            Scenario::warm("a payout whose answer was lost is not sent again and is found")
                .fault("lost-answer", PAYOUTS),
        )
        .step(Step::Resolve)
        .step(executions())
        .expect(&[
            "POST /partner/payouts: lost",
            "error: request payout, Lost, attempts 1, outcome unknown",
            "GET /partner/payments?type=payout&reference=payout-1: 200",
            "found: payout payout-1, 25.50 EUR, created",
            "executed: payout payout-1, 1 times",
        ]),
        payout(
            Scenario::warm("a payout behind a gateway that gave up may have been executed")
                .fault("504 html executed", PAYOUTS),
        )
        .step(Step::Resolve)
        .expect(&[
            "POST /partner/payouts: 504",
            "error: request payout, Server, status 504, the page `504 Gateway Time-out`, attempts 1, outcome unknown",
            "GET /partner/payments?type=payout&reference=payout-1: 200",
            "found: payout payout-1, 25.50 EUR, created",
        ]),
        payout(
            Scenario::warm("a payout whose answer is cut off may have been executed")
                .fault("truncated", PAYOUTS),
        )
        .step(Step::Resolve)
        .expect(&[
            "POST /partner/payouts: 201",
            "error: request payout, Unreadable, status 201, not JSON, attempts 1, outcome unknown",
            "GET /partner/payments?type=payout&reference=payout-1: 200",
            "found: payout payout-1, 25.50 EUR, created",
        ]),
        payout(
            Scenario::warm("a payout whose connection breaks in the answer may have been executed")
                .fault("broken-off", PAYOUTS),
        )
        .step(executions())
        .expect(&[
            "POST /partner/payouts: lost",
            "error: request payout, Lost, attempts 1, outcome unknown",
            "executed: payout payout-1, 1 times",
        ]),
    ]
}

fn resolutions() -> Vec<Scenario> {
    vec![
        payout(
            Scenario::warm(
                "a payout that never arrived is absent once it has settled, and not before",
            )
            .settings(|s| s.authoritative_lists.push(RecordType::Payout))
            .fault("lost-request", PAYOUTS),
        )
        .step(Step::Resolve)
        .step(settle())
        .step(Step::Resolve)
        .call(Call::Payout("payout-1"))
        .step(executions())
        .expect(&[
            "POST /partner/payouts: lost",
            "error: request payout, Lost, attempts 1, outcome unknown",
            "GET /partner/payments?type=payout&reference=payout-1: 200",
            "unknown: nothing is listed, and it is too early to say",
            "GET /partner/payments?type=payout&reference=payout-1: 200",
            "absent",
            "POST /partner/payouts: 201",
            "ok: payout payout-1, 25.50 EUR, created",
            "executed: payout payout-1, 1 times",
        ]),
        payout(
            Scenario::warm("an empty list of which nothing is known leaves the payout unknown")
                .fault("lost-request", PAYOUTS),
        )
        .step(settle())
        .step(Step::Resolve)
        .expect(&[
            "POST /partner/payouts: lost",
            "error: request payout, Lost, attempts 1, outcome unknown",
            "GET /partner/payments?type=payout&reference=payout-1: 200",
            "unknown: nothing is listed, and nothing proves that the list would show it: look up a \
             record of this type that exists, or declare the list authoritative",
        ]),
        payout(
            Scenario::warm("a list that has shown a payout of ours proves that another is absent")
                .call(Call::Payout("payout-0"))
                .call(Call::LookUp("payout-0"))
                .fault("lost-request", PAYOUTS),
        )
        .step(settle())
        .step(Step::Resolve)
        .expect(&[
            "POST /partner/payouts: 201",
            "ok: payout payout-0, 25.50 EUR, created",
            "GET /partner/payments?type=payout&reference=payout-0: 200",
            "ok: found: payout payout-0, 25.50 EUR, created",
            "POST /partner/payouts: lost",
            "error: request payout, Lost, attempts 1, outcome unknown",
            "GET /partner/payments?type=payout&reference=payout-1: 200",
            "absent",
        ]),
        payout(
            Scenario::warm("a lookup that fails leaves the payout unknown")
                .fault("lost-answer", PAYOUTS)
                .fault("403", PAYMENTS),
        )
        .step(Step::Resolve)
        .expect(&[
            "POST /partner/payouts: lost",
            "error: request payout, Lost, attempts 1, outcome unknown",
            "GET /partner/payments?type=payout&reference=payout-1: 403",
            "unknown: error: look up outcome, Forbidden, status 403, code refused, attempts 1",
        ]),
        payout(
            Scenario::warm("a list that was not filtered leaves the payout unknown")
                .fault("lost-request", PAYOUTS)
                .canned(Canned::new(
                    PAYMENTS,
                    r#"[{"id":"6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d","type":"payout",
                        "status":"paid","amount":"1","currency":"EUR","reference":"other"}]"#,
                )),
        )
        .step(settle())
        .step(Step::Resolve)
        .expect(&[
            "POST /partner/payouts: lost",
            "error: request payout, Lost, attempts 1, outcome unknown",
            "GET /partner/payments?type=payout&reference=payout-1: 200",
            "unknown: the server did not apply the filter",
        ]),
        Scenario::warm("two payouts of one reference are a case for people")
            .sandbox(|config| config.partner.duplicate_references = DuplicateReferences::Accept)
            .call(Call::Payout("payout-1"))
            .fault("lost-answer", PAYOUTS)
            .call(Call::Payout("payout-1"))
            .step(Step::Resolve)
            .expect(&[
                "POST /partner/payouts: 201",
                "ok: payout payout-1, 25.50 EUR, created",
                "POST /partner/payouts: lost",
                "error: request payout, Lost, attempts 1, outcome unknown",
                "GET /partner/payments?type=payout&reference=payout-1: 200",
                "unknown: 2 records have this reference",
            ]),
    ]
}

fn with_idempotency() -> Vec<Scenario> {
    let honoured = |name| {
        Scenario::warm(name)
            .sandbox(|config| {
                config.partner.idempotency = true;
                config.partner.duplicate_references = DuplicateReferences::Accept;
            })
            .settings(|settings| settings.idempotency = Idempotency::Honoured)
    };
    vec![
        honoured("a payment is sent again where the server honours the key, and executed once")
            .fault("lost-answer", PAYMENTS)
            .call(Call::Payment("order-1"))
            .step(Step::Executions(RecordKind::Payment, "order-1"))
            .expect(&[
                "POST /partner/payments: lost",
                "wait at most 200ms",
                "POST /partner/payments: 201",
                "ok: payment order-1, 10.00 USD, created",
                "executed: payment order-1, 1 times",
            ]),
        payout(
            honoured("a payout is sent again where the server honours the key, and executed once")
                .fault("504 executed", PAYOUTS),
        )
        .step(executions())
        .expect(&[
            "POST /partner/payouts: 504",
            "wait at most 200ms",
            "POST /partner/payouts: 201",
            "ok: payout payout-1, 25.50 EUR, created",
            "executed: payout payout-1, 1 times",
        ]),
        payout(
            honoured("a payout whose every answer is lost stays unknown and was executed once")
                .faults(4, "lost-answer", PAYOUTS),
        )
        .step(Step::Resolve)
        .step(executions())
        .expect(&[
            "POST /partner/payouts: lost",
            "wait at most 200ms",
            "POST /partner/payouts: lost",
            "wait at most 400ms",
            "POST /partner/payouts: lost",
            "wait at most 800ms",
            "POST /partner/payouts: lost",
            "error: request payout, Lost, attempts 4, outcome unknown",
            "GET /partner/payments?type=payout&reference=payout-1: 200",
            "found: payout payout-1, 25.50 EUR, created",
            "executed: payout payout-1, 1 times",
        ]),
        payout(
            honoured("a refusal after a lost answer leaves the payout unknown")
                .fault("lost-answer", PAYOUTS)
                .fault("403", PAYOUTS),
        )
        .step(Step::Resolve)
        .expect(&[
            "POST /partner/payouts: lost",
            "wait at most 200ms",
            "POST /partner/payouts: 403",
            "error: request payout, Forbidden, status 403, code refused, attempts 2, outcome unknown",
            "GET /partner/payments?type=payout&reference=payout-1: 200",
            "found: payout payout-1, 25.50 EUR, created",
        ]),
    ]
}
