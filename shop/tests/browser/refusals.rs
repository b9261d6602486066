//! Every refusal of the checkout is a page of its own, and as good a page as the others.

use std::sync::Arc;

use sanspay_core::checkout::{SigningKey, php_query};

use super::stage::{Stage, play};

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

async fn refusals(stage: Arc<Stage>) {
    let cases: [(&str, Option<&str>, &str, &str); 7] = [
        (
            "total_amount",
            Some("1000000000"),
            "The amount is out of range",
            "total_amount is not a decimal",
        ),
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
            "currency",
            Some("EUR"),
            "This checkout cannot be opened",
            "currency is neither USD nor CNY",
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
        let sign = SigningKey::new("sandbox-app-key")
            .unwrap()
            .sign(&parameters);
        if name != "sign" {
            parameters.push(("sign", sign.as_str()));
        }
        let page = format!("{}/checkout", stage.shop.provider().base_url());
        let url = format!("{page}?{}", php_query(&parameters));
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
