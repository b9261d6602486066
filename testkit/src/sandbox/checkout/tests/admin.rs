//! The operator's side: who is let in, and what is listed.

use http::{Method, Request, Response};
use serde_json::{Value, json};

use super::{Payer, once, set};
use crate::sandbox::OPERATOR;
use crate::sandbox::testing::body;

fn log_in(
    payer: &mut Payer,
    username: &str,
    password: &str,
    content_type: &str,
) -> Response<Vec<u8>> {
    let keys = json!({"username": username, "password": password});
    let request = Request::post("/api/auth/login").header("content-type", content_type);
    payer
        .0
        .send(&request.body(keys.to_string().into_bytes()).unwrap())
}

fn token(payer: &mut Payer) -> String {
    let answer = log_in(payer, OPERATOR.0, OPERATOR.1, "application/json");
    body(&answer)["auth"].as_str().unwrap().to_owned()
}

fn ask(payer: &mut Payer, path: &str, token: &str) -> Response<Vec<u8>> {
    let request = Request::get(path).header("authorization", format!("Bearer {token}"));
    payer.0.send(&request.body(Vec::new()).unwrap())
}

fn list(payer: &mut Payer, query: &str, token: &str) -> Vec<Value> {
    let answer = ask(payer, &format!("/api/admin/trade?{query}"), token);
    body(&answer).as_array().unwrap().clone()
}

/// Opens three checkouts and pays the second.
fn three_orders() -> Payer {
    let mut payer = Payer::new();
    for number in ["A-1", "A-2", "A-3"] {
        let mut pairs = once();
        set(&mut pairs, "out_trade_no", number);
        assert_eq!(payer.open(&pairs).status(), 200);
    }
    payer.0.sandbox.pay_order("A-2", payer.0.now).unwrap();
    payer
}

#[test]
fn only_the_operator_is_let_in_and_refusals_say_nothing() {
    let mut payer = three_orders();
    for (username, password, content_type, status) in [
        (OPERATOR.0, OPERATOR.1, "application/json", 200),
        (OPERATOR.0, "wrong", "application/json", 403),
        ("wrong", OPERATOR.1, "application/json", 403),
        (
            OPERATOR.0,
            OPERATOR.1,
            "application/json; charset=utf-8",
            403,
        ),
    ] {
        let answer = log_in(&mut payer, username, password, content_type);
        assert_eq!(
            answer.status(),
            status,
            "{username} {password} {content_type}"
        );
        assert_eq!(answer.body().is_empty(), status == 403);
    }
    for (token, status) in [("", 403), ("a.b.c", 500)] {
        for path in ["/api/admin/trade?_start=0&_end=9", "/api/admin/trade/1"] {
            assert_eq!(ask(&mut payer, path, token).status(), status, "{path}");
        }
    }
    let delete = Request::builder()
        .method(Method::DELETE)
        .uri("/api/admin/trade/1");
    assert_eq!(
        payer.0.send(&delete.body(Vec::new()).unwrap()).status(),
        404
    );
}

#[test]
fn trades_are_listed_from_place_to_place_in_the_order_that_is_asked_for() {
    let mut payer = three_orders();
    let token = token(&mut payer);
    let orders = |rows: &[Value]| -> Vec<String> {
        rows.iter()
            .map(|row| row["out_trade_no"].as_str().unwrap().to_owned())
            .collect()
    };
    let newest = list(&mut payer, "_sort=id&_order=DESC&_start=0&_end=9", &token);
    assert_eq!(orders(&newest), ["A-3", "A-2", "A-1"]);
    let second = list(&mut payer, "_sort=id&_order=DESC&_start=1&_end=2", &token);
    assert_eq!(orders(&second), ["A-2"]);
    let oldest = list(&mut payer, "_sort=id&_order=ASC&_start=0&_end=2", &token);
    assert_eq!(orders(&oldest), ["A-1", "A-2"]);
    assert!(list(&mut payer, "_sort=id&_order=DESC&_start=3&_end=9", &token).is_empty());
    let answer = ask(&mut payer, "/api/admin/trade?_start=0&_end=1", &token);
    assert_eq!(answer.headers()["x-total-count"], "3");
}

#[test]
fn a_row_says_what_happened_and_neither_currency_nor_channel() {
    let mut payer = three_orders();
    let token = token(&mut payer);
    let row = body(&ask(&mut payer, "/api/admin/trade/2", &token));
    assert_eq!(row["id"], 2);
    assert_eq!(row["out_trade_no"], "A-2");
    assert_eq!(row["status"], "CHECKOUT_SUCCEED");
    assert_eq!(row["total_amount"], "10.00");
    assert_eq!(row["app_id"], "sandbox-app");
    // 1,800,000,000 seconds after 1970.
    assert_eq!(row["add_time"], "2027-01-15 08:00:00");
    assert!(
        row["trade_no"]
            .as_str()
            .unwrap()
            .starts_with("20270115080000")
    );
    assert_eq!(row["trade_no"].as_str().unwrap().len(), 22);
    for absent in ["currency", "channel_id"] {
        assert!(row.get(absent).is_none(), "{absent}");
    }
    let nothing = ask(&mut payer, "/api/admin/trade/4", &token);
    assert_eq!((nothing.status().as_u16(), nothing.body().len()), (200, 0));
}
