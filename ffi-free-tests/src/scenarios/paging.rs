//! Lists in every shape, read to their end.

use sanspay_core::partner::{ListPayments, Status};
use sanspay_testkit::sandbox::PageShape;

use super::{PAYMENTS, TOKEN};
use crate::scenario::{Call, Scenario, Step};
use sanspay_testkit::world::Canned;

/// One record, as an answer has it.
macro_rules! record {
    ($reference:literal) => {
        concat!(
            r#"{"id":"6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c"#,
            $reference,
            r#"","type":"payment","status":"paid","amount":"1.00","currency":"USD","reference":""#,
            $reference,
            r#""}"#
        )
    };
}

/// Five payments exist, a token is there, and the trace begins with the list.
fn five(name: &'static str) -> Scenario {
    ["one", "two", "three", "four", "five"]
        .into_iter()
        .fold(Scenario::new(name), |scenario, reference| {
            scenario.call(Call::Payment(reference))
        })
        .step(Step::Warm)
}

fn pages_of(count: u64) -> Step {
    Step::Pages(ListPayments::new().per_page(count))
}

pub(super) fn all() -> Vec<Scenario> {
    [shapes(), interruptions(), contradictions()].concat()
}

fn shapes() -> Vec<Scenario> {
    vec![
        five("a list with meta and links takes the pages of the links")
            .step(pages_of(2))
            .expect(&[
                "GET /partner/payments?per_page=2: 200",
                "GET /partner/payments?page=2&per_page=2: 200",
                "GET /partner/payments?page=3&per_page=2: 200",
                "ok: 5 records: five four three two one",
            ]),
        five("a list with links alone takes their pages")
            .sandbox(|config| config.partner.page_shape = PageShape::Links)
            .step(pages_of(2))
            .expect(&[
                "GET /partner/payments?per_page=2: 200",
                "GET /partner/payments?page=2&per_page=2: 200",
                "GET /partner/payments?page=3&per_page=2: 200",
                "ok: 5 records: five four three two one",
            ]),
        five("a list with meta alone counts pages up to the last")
            .sandbox(|config| config.partner.page_shape = PageShape::Meta)
            .step(pages_of(2))
            .expect(&[
                "GET /partner/payments?per_page=2: 200",
                "GET /partner/payments?page=2&per_page=2: 200",
                "GET /partner/payments?page=3&per_page=2: 200",
                "ok: 5 records: five four three two one",
            ]),
        five("a bare list counts pages until one is empty")
            .sandbox(|config| config.partner.page_shape = PageShape::Bare)
            .step(pages_of(2))
            .expect(&[
                "GET /partner/payments?per_page=2: 200",
                "GET /partner/payments?page=2&per_page=2: 200",
                "GET /partner/payments?page=3&per_page=2: 200",
                "GET /partner/payments?page=4&per_page=2: 200",
                "ok: 5 records: five four three two one",
            ]),
        Scenario::warm("an empty list is one page")
            .step(pages_of(2))
            .expect(&["GET /partner/payments?per_page=2: 200", "ok: 0 records"]),
        Scenario::warm("an empty page in the middle is no end")
            .canned(Canned::new(
                PAYMENTS,
                concat!(
                    r#"{"data":["#,
                    record!("11"),
                    r#"],"links":{"next":"?page=2"}}"#
                ),
            ))
            .canned(Canned::new(
                PAYMENTS,
                r#"{"data":[],"links":{"next":"/partner/payments?page=3"}}"#,
            ))
            .canned(Canned::new(
                PAYMENTS,
                concat!(r#"{"data":["#, record!("22"), r#"],"links":{"next":null}}"#),
            ))
            .step(Step::Pages(ListPayments::new()))
            .expect(&[
                "GET /partner/payments: 200",
                "GET /partner/payments?page=2: 200",
                "GET /partner/payments?page=3: 200",
                "ok: 2 records: 11 22",
            ]),
    ]
}

fn interruptions() -> Vec<Scenario> {
    vec![
        five("a token that is refused in the middle of a list is renewed there")
            .step(Step::Fault {
                fault: "401",
                path: PAYMENTS,
                skip: 1,
                times: 1,
            })
            .step(pages_of(4))
            .expect(&[
                "GET /partner/payments?per_page=4: 200",
                "GET /partner/payments?page=2&per_page=4: 401",
                "POST /partner/auth/token: 200",
                "GET /partner/payments?page=2&per_page=4: 200",
                "ok: 5 records: five four three two one",
            ]),
        five("a page that fails ends the list with an error after what was read")
            .step(Step::Fault {
                fault: "403",
                path: PAYMENTS,
                skip: 1,
                times: 1,
            })
            .step(pages_of(3))
            .expect(&[
                "GET /partner/payments?per_page=3: 200",
                "GET /partner/payments?page=2&per_page=3: 403",
                "ok: 3 records: five four three",
                "error: list payments, Forbidden, status 403, code refused, attempts 1",
            ]),
        Scenario::new("a list of a client without a token fails with the token's error")
            .fault("400", TOKEN)
            .step(pages_of(2))
            .expect(&[
                "POST /partner/auth/token: 400",
                "ok: 0 records",
                "error: list payments, Refused, status 400, code refused, attempts 1",
            ]),
    ]
}

fn contradictions() -> Vec<Scenario> {
    vec![
        Scenario::warm("a link back to the same page ends the list with an error")
            .canned(Canned::new(
                PAYMENTS,
                concat!(
                    r#"{"data":["#,
                    record!("11"),
                    r#"],"links":{"next":"?page=2"}}"#
                ),
            ))
            .canned(Canned::new(
                PAYMENTS,
                concat!(
                    r#"{"data":["#,
                    record!("22"),
                    r#"],"links":{"next":"?page=2"}}"#
                ),
            ))
            .step(Step::Pages(ListPayments::new()))
            .expect(&[
                "GET /partner/payments: 200",
                "GET /partner/payments?page=2: 200",
                "ok: 2 records: 11 22",
                "error: list payments, Paging, attempts 0",
            ]),
        Scenario::warm("of a link to another origin only the page is taken")
            .canned(Canned::new(
                PAYMENTS,
                concat!(
                    r#"{"data":["#,
                    record!("11"),
                    r#"],"links":{"next":"https://evil.example/partner/payments?page=2"}}"#
                ),
            ))
            .canned(Canned::new(
                PAYMENTS,
                concat!(r#"{"data":["#, record!("22"), r#"],"links":{"next":null}}"#),
            ))
            .step(Step::Pages(ListPayments::new().status(Status::Paid)))
            .expect(&[
                "GET /partner/payments?status=paid: 200",
                "GET /partner/payments?status=paid&page=2: 200",
                "ok: 2 records: 11 22",
            ]),
        Scenario::warm("a next page in a place that is not understood is no end")
            .canned(Canned::new(
                PAYMENTS,
                concat!(r#"{"data":["#, record!("11"), r#"],"next_page_token":"x"}"#),
            ))
            .step(Step::Pages(ListPayments::new()))
            .expect(&[
                "GET /partner/payments: 200",
                "ok: 1 records: 11",
                "error: list payments, Paging, attempts 0",
            ]),
        Scenario::warm("a server that ignores the page's number is noticed")
            .canned(Canned::new(PAYMENTS, concat!("[", record!("11"), "]")))
            .canned(Canned::new(PAYMENTS, concat!("[", record!("11"), "]")))
            .step(Step::Pages(ListPayments::new()))
            .expect(&[
                "GET /partner/payments: 200",
                "GET /partner/payments?page=2: 200",
                "ok: 1 records: 11",
                "error: list payments, Paging, attempts 0",
            ]),
    ]
}
