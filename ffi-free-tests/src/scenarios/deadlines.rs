//! No call takes longer than its deadline.

use std::time::Duration;

use sanspay_core::partner::ListPayments;
use sanspay_testkit::sandbox::RecordKind;

use super::{PAYMENTS, PAYOUTS, TOKEN};
use crate::scenario::{Call, Scenario, Step};

fn list() -> Call {
    Call::List(ListPayments::new())
}

fn within(seconds: u64, call: Call) -> Step {
    Step::CallWithin(Duration::from_secs(seconds), call)
}

pub(super) fn all() -> Vec<Scenario> {
    vec![
        Scenario::warm("an answer that comes after the deadline is not waited for")
            .fault("latency=30001", PAYMENTS)
            .call(list())
            .expect(&[
                "GET /partner/payments: lost",
                "error: list payments, Deadline, attempts 1",
            ]),
        Scenario::warm("a payout whose answer comes after the deadline may have been executed")
            .fault("latency=5001", PAYOUTS)
            .step(within(5, Call::Payout("payout-1")))
            .step(Step::Resolve)
            .step(Step::Executions(RecordKind::Payout, "payout-1"))
            .expect(&[
                "POST /partner/payouts: lost",
                "error: request payout, Deadline, attempts 1, outcome unknown",
                "GET /partner/payments?type=payout&reference=payout-1: 200",
                "found: payout payout-1, 25.50 EUR, created",
                "executed: payout payout-1, 1 times",
            ]),
        Scenario::warm("an answer shortly before the deadline counts")
            .fault("latency=4999", PAYMENTS)
            .step(within(5, list()))
            .expect(&["GET /partner/payments: 200", "ok: 0 records"]),
        Scenario::warm("attempts share one deadline")
            .fault("503", PAYMENTS)
            .faults(2, "latency=20000", PAYMENTS)
            .call(list())
            .expect(&[
                "GET /partner/payments: 503",
                "wait at most 200ms",
                "GET /partner/payments: lost",
                "error: list payments, Deadline, attempts 2",
            ]),
        Scenario::new("a token that comes after the deadline ends the call, and nothing was sent")
            .fault("latency=3000", TOKEN)
            .step(within(2, Call::Payment("order-1")))
            .step(Step::Executions(RecordKind::Payment, "order-1"))
            .expect(&[
                "POST /partner/auth/token: lost",
                "error: create payment, Deadline, attempts 0",
                "executed: payment order-1, 0 times",
            ]),
        Scenario::new("a token that is slow leaves less time to the call")
            .fault("latency=20000", TOKEN)
            .fault("latency=20000", PAYMENTS)
            .call(Call::Payment("order-1"))
            .expect(&[
                "POST /partner/auth/token: 200",
                "POST /partner/payments: lost",
                "error: create payment, Deadline, attempts 1, outcome unknown",
            ]),
        Scenario::warm("a renewal that hangs leaves time for the call itself")
            .step(Step::Advance(Duration::from_secs(3301)))
            .fault("latency=60000", TOKEN)
            .call(list())
            .expect(&[
                "POST /partner/auth/token: lost",
                "GET /partner/payments: 200",
                "ok: 0 records",
            ]),
        Scenario::warm("a call does not wait for a connection beyond its deadline")
            .faults(9, "latency=1100", PAYMENTS)
            .faults(9, "not-connected", PAYMENTS)
            .step(within(2, list()))
            .expect(&[
                "GET /partner/payments: not sent",
                "wait at most 200ms",
                "GET /partner/payments: not sent",
                "error: list payments, Deadline, attempts 2",
            ]),
    ]
}
