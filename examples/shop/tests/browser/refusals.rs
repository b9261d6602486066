//! Every refusal of the checkout is a page of its own, and as good a page as the others; and so
//! are those that a shop seldom shows.

use std::sync::Arc;

use sanspay_core::checkout::{SigningKey, php_query};
use serde_json::json;

use super::stage::{Stage, play, send};

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_says_what_is_wrong() {
    play(|stage| Box::pin(refusals(stage))).await;
}

fn parameters() -> Vec<(&'static str, &'static str)> {
    vec![
        ("app_id", "sandbox-app"),
        ("request_time", "2027-01-15 08:00:00"),
        ("notify_url", "http://127.0.0.1:9/notify"),
        (
            "product",
            r#"{"name":"Tea","type":"PHYSICAL","category":"FOOD"}"#,
        ),
        ("channel", r#"{"env":"sandbox","ability":"checkout"}"#),
        ("out_trade_no", "A-1"),
        ("total_amount", "10.00"),
        ("currency", "USD"),
    ]
}

fn checkout(stage: &Stage, parameters: &[(&str, &str)]) -> String {
    let page = format!("{}/checkout", stage.shop.provider().base_url());
    format!("{page}?{}", php_query(parameters))
}

fn signed(stage: &Stage, parameters: &[(&str, &str)]) -> String {
    let sign = SigningKey::new("sandbox-app-key").unwrap().sign(parameters);
    let mut parameters = parameters.to_vec();
    parameters.push(("sign", sign.as_str()));
    checkout(stage, &parameters)
}

async fn refusals(stage: Arc<Stage>) {
    let cases: [(&str, Option<&str>, &str, &str); 6] = [
        (
            "total_amount",
            Some("0.00"),
            "The amount is out of range",
            "total_amount is not a decimal",
        ),
        (
            "product",
            None,
            "Something is missing",
            "product is required",
        ),
        (
            "out_trade_no",
            None,
            "Something is missing",
            "out_trade_no is required",
        ),
        (
            "app_id",
            Some("nobody"),
            "The shop is not known here",
            "app_id is not known",
        ),
        (
            "channel",
            Some(r#"{"env":"sandbox","ability":"gift"}"#),
            "This checkout cannot be opened",
            "channel has an ability other than",
        ),
        (
            "sign",
            Some("x"),
            "The signature is not right",
            "sign is not 32 lower-case",
        ),
    ];
    for (name, value, heading, reason) in cases {
        let mut parameters = parameters();
        parameters.retain(|(known, _)| *known != name);
        parameters.extend(value.map(|value| (name, value)));
        let url = if name == "sign" {
            checkout(&stage, &parameters)
        } else {
            signed(&stage, &parameters)
        };
        stage.browser.open(&url).await;
        stage.browser.shows(heading).await;
        stage.browser.shows(reason).await;
        stage.check_refusal().await;
    }
    let gone = format!("{}/pay/none", stage.shop.provider().base_url());
    stage.browser.open(&gone).await;
    stage.browser.shows("There is no such checkout").await;
    stage.check_refusal().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_payer_may_choose_and_needs_no_shop_to_go_back_to() {
    play(|stage| Box::pin(choice(stage))).await;
}

async fn choice(stage: Arc<Stage>) {
    let cycle = json!({
        "frequency": {"interval_unit": "month", "interval_count": 3},
        "pricing_scheme": {"fixed_price": {"value": "25", "currency_code": "USD"}},
        "tenure_type": "REGULAR", "sequence": 1, "total_cycles": 4,
    });
    let plan = json!({"name": "Tea club", "billing_cycles": [cycle]}).to_string();
    let customer = json!({"name": {"first_name": "Jane", "last_name": "Doe"}}).to_string();
    let mut parameters = parameters();
    parameters.retain(|(name, _)| *name != "channel");
    parameters.extend([
        ("channel", r#"{"env":"production","ability":""}"#),
        ("plan", &plan),
        ("customer", &customer),
    ]);
    stage.browser.open(&signed(&stage, &parameters)).await;
    for text in [
        "Choose how to pay",
        "USD 10.00",
        "USD 25.00 every 3 months, 4 times",
    ] {
        stage.browser.shows(text).await;
    }
    stage.check().await;
    // The shop gave no address to return to.
    stage.browser.click("Subscribe").await;
    stage.browser.shows("The payment was made").await;
    stage.check().await;
    // Reached by typing the address in.
    let url = stage.browser.url().await;
    let answer = send("GET", &url, "").await;
    assert!(answer.starts_with("HTTP/1.1 405"), "{answer}");
    stage.browser.open(&url).await;
    stage.browser.shows("This cannot be done here").await;
    stage.check_refusal().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_beyond_a_limit_is_cut_in_silence() {
    play(|stage| Box::pin(cut(stage))).await;
}

async fn cut(stage: Arc<Stage>) {
    for (name, value, shown) in [
        ("total_amount", "1000000000", "USD 99999999.99"),
        ("currency", "EUR", "Pay 10.00"),
    ] {
        let mut parameters = parameters();
        parameters.retain(|(known, _)| *known != name);
        parameters.push((name, value));
        stage.browser.open(&signed(&stage, &parameters)).await;
        stage.browser.shows(shown).await;
        stage.check().await;
    }
}
