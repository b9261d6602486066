//! One order, and the ways in which the real server tells of its payment: by both messages, by the
//! return alone, twice, or in a way that says nothing.

use std::sync::Arc;

use sanspay_shop::Config;
use sanspay_shop::catalogue::Offer;
use sanspay_testkit::sandbox::OrderStatus;

use super::stage::{Stage, play, play_in, send};

/// What the shop says where a person has to look.
const TWICE: &str = "Paid more than once";
const AGAIN: &str = "Possibly renewed";

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_without_a_notification_is_finished_by_the_return_alone() {
    play(|stage| Box::pin(by_return(stage))).await;
}

async fn by_return(stage: Arc<Stage>) {
    stage.order("Buy Sencha").await;
    let number = stage.number_at_checkout().await;
    stage.choose("PayPal sandbox").await;
    stage.browser.click("Pay USD 18.50").await;
    stage.browser.shows("Paid").await;
    stage
        .browser
        .shows("Your browser’s return says so, signed by the provider")
        .await;
    stage.check().await;
    stage.all_delivered().await;
    assert_eq!(stage.in_drawer(&number, "Notification:").await, 0);
    assert_eq!(
        stage.in_drawer(&number, "Browser return: accepted").await,
        1
    );
    assert!(stage.browser.find("Go to the checkout").await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn notification_and_return_of_one_payment_count_once() {
    play(|stage| Box::pin(by_both(stage))).await;
}

async fn by_both(stage: Arc<Stage>) {
    stage.order("Buy Sencha").await;
    let number = stage.number_at_checkout().await;
    let provider = stage.shop.provider();
    provider.with(|sandbox, _| sandbox.hold_deliveries());
    stage.choose("Alipay sandbox").await;
    stage.browser.click("Pay USD 18.50").await;
    stage.browser.shows("Paid").await;
    let returned = stage
        .shop
        .provider()
        .with(|sandbox, now| sandbox.pay_order(&number, now));
    let returned = returned.unwrap().unwrap();
    // The return may be loaded as often as the payer likes.
    for _ in 0..2 {
        stage.browser.open(&returned).await;
        stage.browser.client.refresh().await.unwrap();
        stage.browser.shows("Paid").await;
    }
    assert_eq!(stage.in_drawer(&number, "(3 times)").await, 1);
    // The notification comes after the return, and the page follows by itself.
    stage
        .shop
        .provider()
        .with(|sandbox, _| sandbox.release_deliveries());
    stage
        .browser
        .shows("The provider’s notification and your browser’s return")
        .await;
    stage.check().await;
    stage.told_once(&number).await;
    assert_eq!(stage.in_drawer(&number, "stored together with").await, 1);
    assert_eq!(stage.in_drawer(&number, TWICE).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_url_that_is_paid_twice_is_a_double_payment_and_not_a_second_order() {
    play(|stage| Box::pin(twice(stage))).await;
}

async fn twice(stage: Arc<Stage>) {
    stage.order("Buy Sencha").await;
    let number = stage.number_at_checkout().await;
    let checkout = stage.browser.url().await;
    stage.choose("PayPal sandbox").await;
    stage.browser.click("Pay USD 18.50").await;
    stage.browser.shows("Paid").await;
    // The provider sells the same URL again.
    for channel in ["Alipay sandbox", "PayPal sandbox"] {
        stage.browser.open(&checkout).await;
        stage.choose(channel).await;
        stage.browser.click("Pay USD 18.50").await;
        stage.browser.shows(TWICE).await;
    }
    stage.check().await;
    stage.all_delivered().await;
    // Three payments, one of which counts; the notification of the second one adds none.
    let page = send("GET", &stage.order_url(&number), "").await;
    let counts = ["is a second payment of this order", "stored together with"];
    assert_eq!(counts.map(|text| page.matches(text).count()), [2, 1]);
    let alert = page.split("class=\"alert\"").nth(1).unwrap();
    let alert = alert.split("</div>").next().unwrap();
    assert_eq!(alert.matches("<code>").count(), 3, "{alert}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_is_subscribed_to_for_nothing_and_a_renewal_is_never_swallowed() {
    play(|stage| Box::pin(trial(stage))).await;
}

async fn trial(stage: Arc<Stage>) {
    stage.order("Subscribe to Tea club").await;
    stage.check().await;
    let page = stage.browser.text().await;
    assert!(
        page.contains("USD 9.99 every month, first 7 days free"),
        "{page}"
    );
    let number = stage.number_at_checkout().await;
    stage.browser.click("Subscribe").await;
    stage.browser.shows("Subscribed").await;
    stage.check().await;
    let status = stage
        .shop
        .provider()
        .with(|sandbox, _| sandbox.order_status(&number));
    assert_eq!(status, Some(OrderStatus::SubscriptionChargeSucceed));
    stage.told_once(&number).await;
    assert_eq!(stage.in_drawer(&number, "total_amount=0.00").await, 2);
    assert_eq!(stage.in_drawer(&number, "subscription_id").await, 0);
    assert_eq!(stage.in_drawer(&number, AGAIN).await, 0);
    // The next month is charged: the same bytes once more, and the page follows.
    let renewed = stage
        .shop
        .provider()
        .with(|sandbox, now| sandbox.renew_order(&number, now));
    renewed.unwrap();
    stage.browser.shows(AGAIN).await;
    stage.browser.shows("said 1 more time that").await;
    stage.check().await;
    assert_eq!(
        stage
            .in_drawer(&number, "It was noted and not counted")
            .await,
        1
    );
    assert_eq!(stage.in_drawer(&number, TWICE).await, 0);
    // The payer's return is no renewal, however often it is loaded.
    stage.browser.click("For developers").await;
    let query = "return [...document.querySelectorAll('pre')].map(p => p.textContent).find(t => t.startsWith('app_id=') && t.includes('total_amount=0.00'))";
    let query = stage.browser.run(query).await;
    let query = query.as_str().unwrap();
    let back = format!("{}/return?{query}", stage.shop.base_url());
    stage.browser.open(&back).await;
    stage.browser.shows("said 1 more time that").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_without_a_trial_costs_its_first_month() {
    let mut config = Config::default();
    for item in &mut config.items {
        if item.offer != Offer::Once {
            item.offer = Offer::Monthly { free_days: 0 };
        }
    }
    play_in(config, |stage| Box::pin(first_month(stage))).await;
}

async fn first_month(stage: Arc<Stage>) {
    stage.order("Subscribe to Tea club").await;
    let number = stage.number_at_checkout().await;
    // Subscriptions are notified whatever the channel.
    stage.choose("PayPal sandbox").await;
    stage.browser.click("Subscribe").await;
    stage.browser.shows("Subscribed").await;
    stage.browser.shows("USD 9.99 every month").await;
    stage.check().await;
    stage.told_once(&number).await;
    assert_eq!(stage.in_drawer(&number, "total_amount=9.99").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_without_a_status_says_nothing_and_its_reason_is_shown() {
    play(|stage| Box::pin(without_status(stage))).await;
}

async fn without_status(stage: Arc<Stage>) {
    stage.order("Buy Sencha").await;
    stage.choose("Alipay Global sandbox").await;
    stage.browser.click("Pay USD 18.50").await;
    stage.browser.shows("Waiting for payment").await;
    stage.browser.click("For developers").await;
    stage.browser.shows("Browser return: refused").await;
    stage
        .browser
        .shows("✗ failed\nValues: each has its shape")
        .await;
    stage.browser.shows("status").await;
    stage
        .browser
        .shows("If you have paid, do not pay again.")
        .await;
    stage.check().await;
}
