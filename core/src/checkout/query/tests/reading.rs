//! What is read of the installation's answers, and what is not taken for one.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{answer, api, refused_in_a_header};
use crate::access_token::Lifetime;
use crate::checkout::Status;
use crate::checkout::query::{ListTrades, LogIn, Operator, ShowTrade, Trade};
use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind};
use crate::{SessionBuilder, Wire};

/// A row as the provider's server writes it.
fn row() -> Value {
    json!({
        "id": 7, "trade_no": "2026112522213977664160", "out_trade_no": "V-1", "api_trade_no": null,
        "status": "CHECKOUT_SUCCEED", "user_id": 1, "app_id": "2020102012563901",
        "subject": "Tea", "total_amount": "10.00", "request_time": "2026-11-25 22:21:38",
        "add_time": "2026-11-25 22:21:39", "return_url": "https://shop.example/thanks",
        "notify_url": "https://shop.example/notify", "body": "", "notify_status": 0,
    })
}

fn list(body: &Value) -> Result<Vec<Trade>, Error> {
    ListTrades::newest(10).read(&api(), &answer(200, &body.to_string()))
}

fn show(body: &str) -> Result<Trade, Error> {
    ShowTrade::new(7).read(&api(), &answer(200, body))
}

#[test]
fn a_row_is_read_and_what_is_null_or_empty_is_absent() {
    let trades = list(&json!([row()])).unwrap();
    let trade = &trades[0];
    assert_eq!(trade.id(), 7);
    assert_eq!(trade.trade_no(), Some("2026112522213977664160"));
    assert_eq!(trade.out_trade_no(), Some("V-1"));
    assert_eq!(trade.app_id(), Some("2020102012563901"));
    assert_eq!(trade.total_amount(), "10".parse().ok());
    assert_eq!(trade.status(), Some(Status::CheckoutSucceed));
    assert_eq!(trade.field("subject"), Some("Tea"));
    assert_eq!(trade.field("notify_status"), Some("0"));
    for absent in ["api_trade_no", "body", "currency"] {
        assert_eq!(trade.field(absent), None, "{absent}");
    }
}

#[test]
fn numbers_are_read_as_texts_or_numbers_and_an_odd_row_costs_only_itself() {
    let mut odd = row();
    odd["id"] = json!("7");
    odd["total_amount"] = json!(10.5);
    odd["app_id"] = json!(2_020_102_012_563_901_u64);
    odd["status"] = Value::Null;
    odd["trade_no"] = json!(["?"]);
    let trades = list(&json!([odd, row()])).unwrap();
    assert_eq!(trades[0].total_amount(), "10.50".parse().ok());
    assert_eq!(trades[0].app_id(), trades[1].app_id());
    assert_eq!((trades[0].id(), trades[0].status()), (7, None));
    assert_ne!(trades[0].trade_no(), trades[1].trade_no());
    assert_eq!(trades[1].total_amount(), "10.00".parse().ok());
}

#[test]
fn what_is_no_list_is_never_an_empty_one() {
    let empty = list(&json!([]));
    assert!(empty.unwrap().is_empty());
    for body in [
        "",
        " ",
        "null",
        "{}",
        "false",
        "[{}]",
        r#"[{"id":"x"}]"#,
        "<html></html>",
    ] {
        let read = ListTrades::newest(10).read(&api(), &answer(200, body));
        assert_eq!(read.unwrap_err().kind(), ErrorKind::Unreadable, "{body}");
    }
    let refused = ListTrades::newest(10).read(&api(), &refused_in_a_header());
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Forbidden);
}

#[test]
fn a_trade_that_does_not_exist_is_answered_with_nothing() {
    assert_eq!(show("").unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(show(&row().to_string()).unwrap().id(), 7);
    let other = row().to_string().replace("\"id\":7", "\"id\":8");
    assert_eq!(show(&other).unwrap_err().kind(), ErrorKind::Unreadable);
    let request = ShowTrade::new(7).request(&api()).unwrap();
    assert_eq!(request.uri().path(), "/api/admin/trade/7");
}

#[test]
fn the_log_in_is_sent_as_json_and_its_token_lives_an_hour() {
    let operator = Operator::new("s\"dk", "a b").unwrap();
    let log_in = LogIn::new(operator);
    let request = log_in.request(&api()).unwrap();
    assert_eq!(request.headers()["content-type"], "application/json");
    let body: Value = serde_json::from_slice(request.body()).unwrap();
    assert_eq!(body, json!({"username": "s\"dk", "password": "a b"}));
    let token = log_in
        .read(&api(), &answer(200, r#"{"auth":"a.b.c"}"#))
        .unwrap();
    let hour = std::time::Duration::from_secs(3600);
    assert_eq!(token.lifetime(), Lifetime::For(hour));
}

#[test]
fn a_refused_log_in_is_named_and_an_unreadable_one_keeps_no_token() {
    let log_in = LogIn::new(Operator::new("sdk", "password").unwrap());
    for refused in [answer(403, ""), refused_in_a_header(), answer(401, "")] {
        let error = log_in.read(&api(), &refused).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthorized, "{error}");
    }
    for body in [
        "",
        "{}",
        r#"{"auth":1}"#,
        r#"{"auth":"SECRET\n"}"#,
        "SECRET",
    ] {
        let error = log_in.read(&api(), &answer(200, body)).unwrap_err();
        assert!(error.body().is_none_or(<[u8]>::is_empty), "{error}");
        assert!(!format!("{error} {error:?}").contains("SECRET"));
    }
}

#[test]
fn routes_and_names_can_be_replaced() {
    let mut wire = Wire::default();
    wire.admin.log_in = "/pay/log-in".into();
    wire.admin.username = "user".into();
    wire.admin.newest_first = vec![("sort".into(), "-id".into())];
    wire.admin.start = "from".into();
    let api = api().with_wire(wire);
    let request = LogIn::new(Operator::new("sdk", "p").unwrap())
        .request(&api)
        .unwrap();
    assert_eq!(request.uri().path(), "/pay/log-in");
    assert!(request.body().starts_with(br#"{"user":"#));
    let request = ListTrades::newest(10).skip(20).request(&api).unwrap();
    assert_eq!(request.uri().query(), Some("sort=-id&from=20&_end=30"));
}

#[test]
fn a_session_has_one_kind_of_credentials_and_says_what_is_wrong_with_them() {
    let builder = || SessionBuilder::new(0).base_url("https://pay.shop.example");
    assert!(builder().operator("sdk", "password").build().is_ok());
    let fields = |builder: SessionBuilder| -> Vec<String> {
        let error = builder.build().unwrap_err();
        error
            .problems()
            .iter()
            .map(|p| p.field().to_owned())
            .collect()
    };
    assert_eq!(fields(builder()), ["credentials"]);
    assert_eq!(
        fields(builder().operator("", "line\n")),
        ["username", "password"]
    );
    let both = builder()
        .operator("sdk", "password")
        .credentials("key", "secret");
    assert_eq!(fields(both), ["credentials"]);
    let mut wire = Wire::default();
    wire.admin.trade = "/trade".into();
    let without_id = builder().operator("sdk", "password").wire(wire);
    assert_eq!(fields(without_id), ["wire.admin.trade"]);
}

proptest! {
    #[test]
    fn no_answer_is_read_as_a_trade_that_it_does_not_hold(
        body in prop_oneof![
            any::<String>(),
            r#"\[?\{("id":[0-9"]{0,3},?)?("trade_no":("[0-9]{0,4}"|null|[0-9]{1,4}))?\}?\]?"#,
        ],
    ) {
        let response = answer(200, &body);
        let json: Option<Value> = serde_json::from_str(&body).ok();
        if let Ok(trades) = ListTrades::newest(10).read(&api(), &response) {
            let rows = json.as_ref().and_then(Value::as_array).unwrap();
            prop_assert_eq!(rows.len(), trades.len());
        }
        if let Ok(trade) = ShowTrade::new(7).read(&api(), &response) {
            let id = &json.unwrap()["id"];
            prop_assert!(id == 7 || id == "7" || id == "07" || id == "007", "{}", id);
            prop_assert_eq!(trade.id(), 7);
        }
    }

    #[test]
    fn every_text_of_a_row_comes_back_as_it_was(
        texts in proptest::collection::btree_map("[a-z_]{3,9}", "(.|\\\\|\"){1,9}", 0..6),
    ) {
        let mut row = json!({"id": 1});
        for (name, text) in &texts {
            row[name] = json!(text);
        }
        let trades = list(&json!([row])).unwrap();
        for (name, text) in &texts {
            prop_assert_eq!(trades[0].field(name), Some(text.as_str()));
        }
    }
}
