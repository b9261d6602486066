//! The life of the token.

use std::time::Duration;

use http::StatusCode;
use sanspay_core::Secret;
use sanspay_core::partner::ListPayments;
use sanspay_testkit::sandbox::RecordKind;

use super::{PAYMENTS, TOKEN};
use crate::scenario::{Call, Scenario, Step};
use sanspay_testkit::world::Canned;

fn list() -> Call {
    Call::List(ListPayments::new())
}

fn seconds(n: u64) -> Step {
    Step::Advance(Duration::from_secs(n))
}

pub(super) fn all() -> Vec<Scenario> {
    [windows(), refusals(), failures(), leaders()].concat()
}

/// A token lives for 3600 seconds; the soft window is 300 seconds, the hard one 10.
fn windows() -> Vec<Scenario> {
    vec![
        Scenario::new("a token is fetched once and used until it ages")
            .call(list())
            .step(seconds(3299))
            .call(list())
            .expect(&[
                "POST /partner/auth/token: 200",
                "GET /partner/payments: 200",
                "ok: 0 records",
                "GET /partner/payments: 200",
                "ok: 0 records",
            ]),
        Scenario::warm("in the soft window the token is renewed before the call")
            .step(seconds(3301))
            .call(list())
            .call(list())
            .expect(&[
                "POST /partner/auth/token: 200",
                "GET /partner/payments: 200",
                "ok: 0 records",
                "GET /partner/payments: 200",
                "ok: 0 records",
            ]),
        Scenario::warm("a renewal that fails in the soft window is no error, nor repeated at once")
            .step(seconds(3301))
            .fault("503", TOKEN)
            .call(list())
            .call(list())
            .step(seconds(2))
            .call(list())
            .expect(&[
                "POST /partner/auth/token: 503",
                "GET /partner/payments: 200",
                "ok: 0 records",
                "GET /partner/payments: 200",
                "ok: 0 records",
                "POST /partner/auth/token: 200",
                "GET /partner/payments: 200",
                "ok: 0 records",
            ]),
        Scenario::warm("in the hard window the old token is used no more")
            .step(seconds(3591))
            .faults(4, "503", TOKEN)
            .call(list())
            .expect(&[
                "POST /partner/auth/token: 503",
                "wait at most 200ms",
                "POST /partner/auth/token: 503",
                "wait at most 400ms",
                "POST /partner/auth/token: 503",
                "wait at most 800ms",
                "POST /partner/auth/token: 503",
                "error: list payments, Server, status 503, code server_error, attempts 4",
            ]),
        Scenario::warm("an expired token is replaced before it is refused")
            .step(seconds(7200))
            .call(list())
            .expect(&[
                "POST /partner/auth/token: 200",
                "GET /partner/payments: 200",
                "ok: 0 records",
            ]),
        Scenario::new("without expires_in the token's own claim counts")
            .sandbox(|config| {
                config.partner.expires_in = false;
                config.partner.token_life = Duration::from_secs(100);
            })
            .call(list())
            .step(seconds(74))
            .call(list())
            .step(seconds(2))
            .call(list())
            .expect(&[
                "POST /partner/auth/token: 200",
                "GET /partner/payments: 200",
                "ok: 0 records",
                "GET /partner/payments: 200",
                "ok: 0 records",
                "POST /partner/auth/token: 200",
                "GET /partner/payments: 200",
                "ok: 0 records",
            ]),
        Scenario::warm("a clock that jumps back neither loses the token nor keeps it permanently")
            .step(Step::TurnBack(Duration::from_secs(24 * 3600)))
            .call(list())
            .step(seconds(3599))
            .call(list())
            .expect(&[
                "GET /partner/payments: 200",
                "ok: 0 records",
                "POST /partner/auth/token: 200",
                "GET /partner/payments: 200",
                "ok: 0 records",
            ]),
        Scenario::warm("a clock that jumps ahead costs one token")
            .step(seconds(10 * 365 * 24 * 3600))
            .call(list())
            .call(list())
            .expect(&[
                "POST /partner/auth/token: 200",
                "GET /partner/payments: 200",
                "ok: 0 records",
                "GET /partner/payments: 200",
                "ok: 0 records",
            ]),
    ]
}

fn refusals() -> Vec<Scenario> {
    vec![
        Scenario::warm("a revoked token is renewed and the request repeated")
            .step(Step::RevokeTokens)
            .call(list())
            .expect(&[
                "GET /partner/payments: 401",
                "POST /partner/auth/token: 200",
                "GET /partner/payments: 200",
                "ok: 0 records",
            ]),
        Scenario::warm("a payment refused for its token is repeated and executed once")
            .step(Step::RevokeTokens)
            .call(Call::Payment("order-1"))
            .step(Step::Executions(RecordKind::Payment, "order-1"))
            .expect(&[
                "POST /partner/payments: 401",
                "POST /partner/auth/token: 200",
                "POST /partner/payments: 201",
                "ok: payment order-1, 10.00 USD, created",
                "executed: payment order-1, 1 times",
            ]),
        Scenario::warm("a second 401 is the answer")
            .faults(2, "401", PAYMENTS)
            .call(list())
            .call(list())
            .expect(&[
                "GET /partner/payments: 401",
                "POST /partner/auth/token: 200",
                "GET /partner/payments: 401",
                "error: list payments, Unauthorized, status 401, code token_invalid, attempts 2",
                "GET /partner/payments: 200",
                "ok: 0 records",
            ]),
        Scenario::warm("a token that cannot be renewed after 401 fails the call")
            .step(Step::RevokeTokens)
            .fault("403", TOKEN)
            .call(list())
            .expect(&[
                "GET /partner/payments: 401",
                "POST /partner/auth/token: 403",
                "error: list payments, Forbidden, status 403, code refused, attempts 1",
            ]),
        Scenario::new("wrong credentials are not tried twice")
            .sandbox(|config| config.partner.key_secret = Secret::new("another"))
            .call(list())
            .expect(&[
                "POST /partner/auth/token: 401",
                "error: list payments, Unauthorized, status 401, code invalid_credentials, attempts 1",
            ]),
    ]
}

fn failures() -> Vec<Scenario> {
    vec![
        Scenario::new("a token whose answer was lost is asked for again")
            .fault("lost-answer", TOKEN)
            .call(list())
            .expect(&[
                "POST /partner/auth/token: lost",
                "wait at most 200ms",
                "POST /partner/auth/token: 200",
                "GET /partner/payments: 200",
                "ok: 0 records",
            ]),
        Scenario::new("a failed fetch answers further callers and is soon forgotten")
            .fault("400", TOKEN)
            .call(Call::Payment("order-1"))
            .call(list())
            .step(seconds(2))
            .call(list())
            .expect(&[
                "POST /partner/auth/token: 400",
                "error: create payment, Refused, status 400, code refused, attempts 1",
                "error: list payments, Refused, status 400, code refused, attempts 1",
                "POST /partner/auth/token: 200",
                "GET /partner/payments: 200",
                "ok: 0 records",
            ]),
        Scenario::new("an answer without a token is unreadable and its body is not kept")
            .canned(Canned::new(TOKEN, r#"{"token":"x"}"#))
            .call(list())
            .expect(&[
                "POST /partner/auth/token: 200",
                "error: list payments, Unreadable, status 200, no body, attempts 1",
            ]),
        Scenario::new("a gateway's page in place of a token is repeated and named")
            .settings(|settings| settings.retry.max_attempts = 2)
            .faults(2, "502 html", TOKEN)
            .call(list())
            .expect(&[
                "POST /partner/auth/token: 502",
                "wait at most 200ms",
                "POST /partner/auth/token: 502",
                "error: list payments, Server, status 502, the page `502 Bad Gateway`, attempts 2",
            ]),
        Scenario::new("a token endpoint that is moved is not followed")
            .canned(
                Canned::new(TOKEN, "")
                    .status(StatusCode::FOUND)
                    .header("location", "https://evil.example/"),
            )
            .call(list())
            .expect(&[
                "POST /partner/auth/token: 302",
                "error: list payments, Unreadable, status 302, no body, attempts 1",
            ]),
    ]
}

fn leaders() -> Vec<Scenario> {
    vec![
        Scenario::new("the token fetch of a call that is given up is taken over")
            .step(Step::Abandon)
            .expect(&[
                "POST /partner/auth/token: abandoned",
                "POST /partner/auth/token: 200",
                "GET /partner/payments?per_page=5: 200",
                "ok: 0 records",
            ]),
        Scenario::warm("a renewal that is given up does not keep others from renewing")
            .step(seconds(3301))
            .step(Step::Abandon)
            .call(list())
            .call(list())
            .expect(&[
                "POST /partner/auth/token: abandoned",
                "GET /partner/payments?per_page=5: 200",
                "ok: 0 records",
                "POST /partner/auth/token: 200",
                "GET /partner/payments: 200",
                "ok: 0 records",
                "GET /partner/payments: 200",
                "ok: 0 records",
            ]),
        Scenario::warm("a call that is given up does not disturb another")
            .step(Step::Abandon)
            .expect(&[
                "GET /partner/payments: abandoned",
                "GET /partner/payments?per_page=5: 200",
                "ok: 0 records",
            ]),
    ]
}
