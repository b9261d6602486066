//! What somebody may try while a payer is on the page.

use std::sync::Arc;

use http::Response;
use sanspay_core::checkout::{SigningKey, TestMessage, php_query};
use sanspay_shop::Config;
use sanspay_testkit::sandbox::OrderStatus;
use sanspay_testkit::server::{FREE_PORT, Merchant};

use super::stage::{Stage, play, play_in, send};

#[tokio::test(flavor = "multi_thread")]
async fn an_altered_checkout_is_refused_with_its_reason() {
    play(|stage| Box::pin(altered_checkout(stage))).await;
}

async fn altered_checkout(stage: Arc<Stage>) {
    stage.order("Buy Tea set").await;
    let url = stage.browser.url().await;
    assert!(url.contains("total_amount=64.00"));
    stage
        .browser
        .open(&url.replace("total_amount=64.00", "total_amount=0.01"))
        .await;
    stage.browser.shows("The signature is not right").await;
    stage.check_refusal().await;
    let page = stage.browser.text().await;
    assert!(
        page.contains("sign is not the signature of the other parameters"),
        "{page}"
    );
    assert!(
        page.contains("total_amount=0.01"),
        "the signed text helps to find out why"
    );
    assert!(stage.browser.find("Pay").await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_altered_return_changes_nothing() {
    play(|stage| Box::pin(altered_return(stage))).await;
}

async fn altered_return(stage: Arc<Stage>) {
    stage.order("Buy Sencha").await;
    let number = stage.number_at_checkout().await;
    let declined = stage
        .shop
        .provider()
        .with(|sandbox, now| sandbox.fail_order(&number, now));
    let declined = declined.unwrap().unwrap();
    stage.shop_says(&number, "Declined").await;
    stage
        .browser
        .open(&declined.replace("CHECKOUT_FAIL", "CHECKOUT_SUCCEED"))
        .await;
    stage.browser.shows("Declined").await;
    stage.browser.click("For developers").await;
    stage.browser.shows("Browser return: refused").await;
    assert!(!stage.browser.text().await.contains("Being looked into"));
    stage
        .browser
        .shows("✗ failed\nSignature: made with the provider’s key")
        .await;
    stage.check().await;
    // One that names no order of this shop leads nowhere.
    stage
        .browser
        .open(&declined.replace(&number, "another"))
        .await;
    stage.browser.shows("There is no such page").await;
    stage.check_refusal().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_notifications_change_nothing_while_the_payer_is_on_the_page() {
    play(|stage| Box::pin(forged(stage))).await;
}

async fn forged(stage: Arc<Stage>) {
    stage.order("Buy Tea set").await;
    let number = stage.number_at_checkout().await;
    let notify = format!("{}/notify", stage.shop.base_url());
    let message = |amount: &str, number: &str| {
        TestMessage::from_pairs([
            ("app_id", "sandbox-app"),
            ("channel_id", "2"),
            ("trade_no", "1"),
            ("out_trade_no", number),
            ("total_amount", amount),
            ("currency", "USD"),
            ("subject", "Tea set"),
            ("status", "CHECKOUT_SUCCEED"),
        ])
    };
    let key = |text| SigningKey::new(text).unwrap();
    let forgeries = [
        // Unsigned, with a guessed key, and with the key that the app signs with.
        message("64.00", &number).return_query(&key("guess")),
        message("64.00", &number).return_query(&key("sandbox-app-key")),
        // Signed by the provider itself, but for less, and through a channel of others.
        message("0.01", &number).return_query(&key("sandbox-default-key")),
        message("64.00", &number)
            .with("channel_id", "1")
            .return_query(&key("sandbox-default-key")),
        php_query(&[
            ("out_trade_no", number.as_str()),
            ("status", "CHECKOUT_SUCCEED"),
        ]),
    ];
    for body in &forgeries {
        let answer = send("POST", &notify, body).await;
        assert!(
            answer.starts_with("HTTP/1.1 400") && answer.ends_with("refused"),
            "{answer}"
        );
    }
    stage.browser.open(&stage.order_url(&number)).await;
    stage.browser.shows("Waiting for payment").await;
    stage.browser.click("For developers").await;
    stage
        .browser
        .shows("✗ failed\nAmount and currency: the order’s")
        .await;
    stage
        .browser
        .shows("✗ failed\nChannel: one that we allow")
        .await;
    stage.browser.shows("And older ones.").await;
    stage.check().await;
    // The genuine one counts all the same.
    stage.browser.click("Go to the checkout").await;
    stage.browser.shows("yzhan pay").await;
    stage.browser.click("Pay USD 64.00").await;
    stage.browser.shows("Paid").await;
    // Told again and again it is acknowledged, and changes nothing.
    stage.told_once(&number).await;
    let told = stage
        .shop
        .provider()
        .with(|sandbox, now| sandbox.pay_order(&number, now));
    let told = told.unwrap().unwrap();
    let (_, body) = told.split_once('?').unwrap();
    let answer = send("POST", &notify, body).await;
    assert!(answer.ends_with("succeed"), "{answer}");
    assert_eq!(stage.in_drawer(&number, "(2 times)").await, 1);
    assert_eq!(stage.in_drawer(&number, "was handled before").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_pays_its_own_order_and_no_other() {
    play(|stage| Box::pin(replayed_return(stage))).await;
}

async fn replayed_return(stage: Arc<Stage>) {
    stage.order("Buy Sencha").await;
    let victim = stage.number_at_checkout().await;
    stage.order("Buy Sencha").await;
    let own = stage.number_at_checkout().await;
    let returned = stage
        .shop
        .provider()
        .with(|sandbox, now| sandbox.pay_order(&own, now));
    let returned = returned.unwrap().unwrap();
    // For another order of the same price.
    stage.browser.open(&returned.replace(&own, &victim)).await;
    stage.browser.shows("Waiting for payment").await;
    assert_eq!(stage.in_drawer(&victim, "Browser return: refused").await, 1);
    // Its own order counts it once, also where the payer posts it as a notification.
    stage.browser.open(&returned).await;
    stage.browser.shows("Paid").await;
    stage.told_once(&own).await;
    let (_, query) = returned.split_once('?').unwrap();
    let notify = format!("{}/notify", stage.shop.base_url());
    let answer = send("POST", &notify, query).await;
    assert!(answer.ends_with("succeed"), "{answer}");
    assert_eq!(stage.in_drawer(&own, "stored together with").await, 1);
    assert_eq!(stage.in_drawer(&own, "Paid more than once").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_in_the_order_number_of_a_failed_charge_pays_nothing() {
    play(|stage| Box::pin(status_in_number(stage))).await;
}

async fn status_in_number(stage: Arc<Stage>) {
    stage.order("Buy Sencha").await;
    let number = stage.number_at_checkout().await;
    // The gateway takes any parameters, and a charge through this channel is signed without a
    // status, also one that failed.
    let shop = stage.shop.base_url();
    let (notify, back) = (format!("{shop}/notify"), format!("{shop}/return"));
    let extended = format!("{number}&status=CHECKOUT_SUCCEED");
    let form = php_query(&[
        ("app_id", "sandbox-app"),
        ("request_time", "2027-01-15 08:00:00"),
        ("notify_url", &notify),
        ("return_url", &back),
        (
            "product",
            r#"{"name":"Sencha","type":"PHYSICAL","category":"FOOD_PRODUCTS"}"#,
        ),
        ("channel", r#"{"env":"sandbox","ability":"checkout"}"#),
        ("out_trade_no", &extended),
        ("total_amount", "18.50"),
        ("currency", "USD"),
    ]);
    let provider = stage.shop.provider().base_url();
    let page = send("POST", &format!("{provider}/api/gateway/22"), &form).await;
    let action = page
        .split("formaction=\"")
        .find(|part| part.contains("/fail\""));
    let action = action.unwrap().split('"').next().unwrap();
    let answer = send("POST", &format!("{provider}{action}"), "").await;
    let returned = answer
        .lines()
        .find_map(|line| line.strip_prefix("location: "));
    let (_, query) = returned.unwrap().split_once('?').unwrap();
    let cut = query.replace("%26status%3D", "&status=");
    assert_ne!(cut, query, "there was nothing to cut");
    for message in [query, &cut] {
        let answer = send("POST", &notify, message).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    }
    stage.browser.open(&stage.order_url(&number)).await;
    stage.browser.shows("Waiting for payment").await;
    stage.browser.click("For developers").await;
    // The column had no room for the whole status.
    stage.browser.shows("status=CHECK&").await;
    stage.check().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_reaches_the_signing_route_is_believed() {
    play(|stage| Box::pin(signing_route(stage))).await;
}

/// The third hole, which no check of a message closes: the operator has to block that route.
async fn signing_route(stage: Arc<Stage>) {
    stage.order("Buy Sencha").await;
    let number = stage.number_at_checkout().await;
    let forged = php_query(&[
        ("app_id", "sandbox-app"),
        ("channel_id", "12"),
        ("trade_no", "1"),
        ("out_trade_no", &number),
        ("total_amount", "18.50"),
        ("currency", "USD"),
        ("subject", "Sencha"),
        ("status", "CHECKOUT_SUCCEED"),
    ]);
    let provider = stage.shop.provider().base_url();
    let answer = send("GET", &format!("{provider}/api/auth/sign?{forged}"), "").await;
    let sign = answer.split("\"trueSign\":\"").nth(1).unwrap();
    let sign = sign.split('"').next().unwrap();
    let back = format!("{}/return?{forged}&sign={sign}", stage.shop.base_url());
    stage.browser.open(&back).await;
    stage.browser.shows("Paid").await;
    let paid = stage
        .shop
        .provider()
        .with(|sandbox, _| sandbox.order_status(&number));
    assert_eq!(paid, Some(OrderStatus::Created), "nobody paid");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_wrote_is_text_on_every_page() {
    let mut config = Config::default();
    for item in &mut config.items {
        item.name = format!("\"><img src=x onerror=alert(1)>{}", item.name);
        item.about = "</p><script>alert(2)</script>'".to_owned();
        item.parts = vec![(item.name.clone(), item.about.clone())];
    }
    play_in(config, |stage| Box::pin(hostile_names(stage))).await;
}

async fn hostile_names(stage: Arc<Stage>) {
    let clean = async || {
        stage.browser.shows("<img src=x onerror=alert(1)>").await;
        let found = stage
            .browser
            .run("return document.querySelectorAll('img').length")
            .await;
        assert_eq!(found, 0);
        // A script that ran would have opened an alert, and nothing more could be asked.
        stage.check().await;
    };
    stage.browser.open(stage.shop.base_url()).await;
    clean().await;
    stage
        .browser
        .run("document.querySelector('main button').click()")
        .await;
    stage.browser.shows("yzhan pay").await;
    clean().await;
    stage.browser.click("Pay USD 18.50").await;
    stage.browser.shows("Paid").await;
    clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_another_site_orders_nothing() {
    play(|stage| Box::pin(other_site(stage))).await;
}

async fn other_site(stage: Arc<Stage>) {
    let shop = stage.shop.base_url();
    let form = format!(
        "<form method=post action={shop}/buy><button name=item value=sencha>Win</button></form>"
    );
    // Another port of the same machine is the same site, and another origin.
    let page = form.clone();
    let neighbour = Merchant::listen(FREE_PORT, move |_| {
        let answer = Response::builder().header("content-type", "text/html");
        answer.body(page.clone().into_bytes()).unwrap()
    });
    let neighbour = neighbour.unwrap();
    for page in [format!("data:text/html,{form}"), neighbour.base_url()] {
        stage.browser.open(&page).await;
        stage.browser.click("Win").await;
        stage.browser.shows("a page of another origin").await;
        stage.check_refusal().await;
    }
}
