//! The operator of a checkout installation: logging in, asking for trades, and the doctor.

use std::time::{Duration, SystemTime};

use http::{Request, Response};
use sanspay_core::checkout::doctor::CheckoutDoctor;
use sanspay_core::checkout::query::{
    Confirmation, ListTrades, LogIn, Operator, ShowTrade, TradeSearch,
};
use sanspay_core::checkout::{Matched, Order, Paid, SigningKey, TestMessage, Verifier};
use sanspay_core::exchange::Step;
use sanspay_core::{
    Api, BaseUrl, Currency, Diagnosis, Endpoint, Error, Session, SessionBuilder, Verdict, Wire,
};
use sanspay_testkit::cassette::{Recorder, Redaction};

use super::search::{Secrets, Shown};

/// Rows with everything that a payer or merchant may have written.
const ROWS: &str = r#"[{"id":7,"trade_no":"20261125222139776641","out_trade_no":"A-1","app_id":"7",
    "total_amount":"10.00","status":"CHECKOUT_FAIL","subject":"PlantedJane","body":"PlantedDoe",
    "return_url":"https://shop.example/?mail=planted.mail@customer.example"}]"#;

const TOKEN: &str = "eyJwbGFudGVk.PlantedToken.c2lnbmF0dXJl";

pub(crate) fn show(shown: &mut Shown, secrets: &mut Secrets) {
    secrets.add("PlantedOperator");
    secrets.add("PlantedPassword");
    secrets.add(TOKEN);
    operator(shown);
    calls(shown);
    trades(shown);
    doctor(shown, secrets);
    recorded();
}

fn operator(shown: &mut Shown) {
    let operator = Operator::new("PlantedOperator", "PlantedPassword").unwrap();
    shown.debug(&operator);
    shown.debug(&LogIn::new(operator));
    shown.error(&Operator::new("PlantedOperator\n", "PlantedPassword\n").unwrap_err());
    let builder = SessionBuilder::new(0).operator("PlantedOperator\n", "PlantedPassword");
    shown.debug(&builder);
    shown.error(&builder.build().unwrap_err());
    shown.debug(&Wire::default().admin);
}

fn session() -> Session {
    let builder = SessionBuilder::new(0).base_url("https://pay.shop.example");
    builder
        .operator("PlantedOperator", "PlantedPassword")
        .build()
        .unwrap()
}

/// Drives a call whose log-in and whose own request are answered so.
fn call<E: Endpoint>(
    shown: &mut Shown,
    endpoint: E,
    log_in: &str,
    answer: &str,
) -> Result<E::Output, Error> {
    let mut exchange = session().exchange(endpoint);
    let now = SystemTime::UNIX_EPOCH;
    loop {
        let step = exchange.poll(now);
        shown.debug(&step);
        shown.debug(&exchange);
        match step {
            Step::Send(request) => {
                shown.debug(request.headers());
                let body = if request.method() == "POST" {
                    log_in
                } else {
                    answer
                };
                exchange.reply(now, Ok(Response::new(body.as_bytes().to_vec())));
            }
            Step::Store(op) => panic!("no token is shared here: {op:?}"),
            Step::Wait(wait) => panic!("{wait:?}"),
            Step::Done(result) => return result,
        }
    }
}

fn calls(shown: &mut Shown) {
    let good = format!(r#"{{"auth":"{TOKEN}"}}"#);
    let list = ListTrades::newest(9);
    shown.debug(&list);
    let trades = call(shown, list, &good, ROWS).unwrap();
    shown.debug(&trades);
    let show = ShowTrade::new(7);
    shown.debug(&show);
    for wrong in ["", ROWS, "PlantedJane", r#"[{"id":"PlantedJane"}]"#] {
        let error = call(shown, show, &good, wrong).unwrap_err();
        shown.error(&error);
        if let Err(error) = call(shown, list, &good, wrong) {
            shown.error(&error);
        }
    }
    for bad in [
        format!(r#"{{"token":"{TOKEN}"}}"#),
        TOKEN.into(),
        format!(r#"{{"auth":"{TOKEN}\n"}}"#),
    ] {
        let error = call(shown, list, &bad, ROWS).unwrap_err();
        shown.error(&error);
    }
}

fn paid() -> Paid {
    let order = Order::new(
        "7",
        super::checkout::NUMBER,
        "10.00".parse().unwrap(),
        Currency::USD,
        "Tea",
    )
    .channel("3", Currency::USD);
    let key = SigningKey::new("PlantedSigningKey").unwrap();
    let message = TestMessage::paid(&order).form_body(&key);
    let signed = Verifier::for_sandbox([key])
        .unwrap()
        .notification(&message)
        .unwrap();
    let Ok(Matched::Paid(paid)) = signed.matches(&order) else {
        panic!("not paid")
    };
    paid
}

fn trades(shown: &mut Shown) {
    let api = Api::new(BaseUrl::new("https://pay.shop.example").unwrap());
    let rows = || {
        ListTrades::newest(9)
            .read(&api, &Response::new(ROWS.as_bytes()))
            .unwrap()
    };
    shown.debug(&rows()[0]);
    let mut search = TradeSearch::new("20261125222139776641");
    shown.debug(&search);
    search.accept(rows()).unwrap();
    shown.debug(&search);
    shown.error(&search.accept(rows()).unwrap_err());
    let confirmation = Confirmation::of(&paid(), search.finish().unwrap());
    shown.both(&confirmation);
    let Confirmation::Contradicted { differences, .. } = &confirmation else {
        panic!("{confirmation}")
    };
    shown.both(&differences[0]);
}

fn doctor(shown: &mut Shown, secrets: &mut Secrets) {
    let api = Api::new(BaseUrl::new("https://pay.shop.example").unwrap());
    let signature = "0123456789abcdef0123456789abcdef";
    secrets.add(signature);
    let answer = format!(r#"{{"trueSign":"{signature}"}}"#);
    let doctor = CheckoutDoctor::new("https://pay.shop.example");
    shown.debug(&doctor);
    let mut examination = doctor.examination();
    while let Some(probe) = examination.next() {
        shown.debug(&probe);
        let probed = probe.read(&api, &Response::new(answer.as_bytes()));
        shown.debug(probed.as_ref().unwrap());
        examination.accept(SystemTime::UNIX_EPOCH + Duration::from_secs(1), probed);
        shown.debug(&examination);
    }
    let diagnosis = examination.finish();
    shown.both(&diagnosis);
    shown.debug(&diagnosis.proof());
    shown.both(&diagnosis.checks()[0]);
    let verdict: Verdict = diagnosis.checks()[0].verdict();
    shown.debug(&verdict);
    let mut general = Diagnosis::new();
    general.good("name", "told");
    shown.both(&general);
}

/// A recorded log-in holds neither password nor token.
fn recorded() {
    let recorder = Recorder::new("operator", Redaction::new());
    let now = SystemTime::UNIX_EPOCH;
    let body = r#"{"username":"PlantedOperator","password":"PlantedPassword"}"#;
    let request = Request::post("https://pay.shop.example/api/auth/login");
    let request = request.header("content-type", "application/json");
    let id = recorder.request(&request.body(body.as_bytes().to_vec()).unwrap(), now);
    let answer = format!(r#"{{"auth":"{TOKEN}"}}"#).into_bytes();
    recorder.outcome(id, &Ok(Response::new(answer)), now);
    let text = recorder.to_json().unwrap();
    for secret in ["PlantedOperator", "PlantedPassword", "PlantedToken"] {
        assert!(!text.contains(secret), "{text}");
    }
}
