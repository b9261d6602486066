//! What payers do.

use std::sync::Arc;

use fantoccini::actions::{InputSource, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};
use fantoccini::key::Key;
use sanspay_testkit::sandbox::OrderStatus;

use super::stage::{Stage, play, send};

#[tokio::test(flavor = "multi_thread")]
async fn three_clicks_lead_to_a_paid_order() {
    play(|stage| Box::pin(pay(stage))).await;
}

async fn pay(stage: Arc<Stage>) {
    stage.browser.open(stage.shop.base_url()).await;
    stage.check().await;
    stage.browser.click("Buy Tea set").await;
    stage.browser.shows("yzhan pay").await;
    stage.check().await;
    let page = stage.browser.text().await;
    for expected in [
        "USD 64.00",
        "Tea set",
        "Teapot",
        "Stoneware, 0.6 l",
        "Pay with",
    ] {
        assert!(page.contains(expected), "{expected}");
    }
    stage.choose("Card (sandbox)").await;
    stage.browser.click("Pay USD 64.00").await;
    stage.browser.shows("Paid").await;
    stage.check().await;
    stage.browser.click("For developers").await;
    // Both messages count, whichever comes first.
    for expected in [
        "Notification: accepted",
        "Browser return: accepted",
        "stored together with",
        "was handled before",
    ] {
        stage.browser.shows(expected).await;
    }
    let drawer = stage.browser.text().await;
    for expected in [
        "/checkout?app_id=sandbox-app&",
        "The text that was signed, without the secret",
        "channel_id=3",
        "✓ passed\nSignature: made with the provider’s key",
    ] {
        assert!(drawer.contains(expected), "{expected} in {drawer}");
    }
    stage.check().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_fails_is_told_and_can_be_tried_again() {
    play(|stage| Box::pin(fail(stage))).await;
}

async fn fail(stage: Arc<Stage>) {
    stage.order("Buy Sencha").await;
    stage.browser.click("Let it fail").await;
    stage.browser.shows("Declined").await;
    stage.check().await;
    stage.browser.click("Go to the checkout").await;
    stage.browser.shows("yzhan pay").await;
    stage.browser.click("Pay USD 18.50").await;
    stage.browser.shows("Paid").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_leads_back_and_changes_nothing() {
    play(|stage| Box::pin(cancel(stage))).await;
}

async fn cancel(stage: Arc<Stage>) {
    stage.order("Buy Sencha").await;
    let number = stage.number_at_checkout().await;
    stage.browser.click("Cancel").await;
    stage.browser.shows("You left the checkout").await;
    stage.check().await;
    assert!(stage.browser.text().await.contains("Waiting for payment"));
    let status = stage
        .shop
        .provider()
        .with(|sandbox, _| sandbox.order_status(&number));
    assert_eq!(status, Some(OrderStatus::Created));
    assert_eq!(stage.in_drawer(&number, "Notification:").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn going_back_and_paying_again_is_never_hidden() {
    play(|stage| Box::pin(back(stage))).await;
}

async fn back(stage: Arc<Stage>) {
    let trade =
        "return document.querySelector('[formaction$=\"/pay\"]').getAttribute('formaction')";
    stage.order("Buy Sencha").await;
    let number = stage.number_at_checkout().await;
    let first = stage.browser.run(trade).await;
    stage.browser.click("Pay USD 18.50").await;
    stage.browser.shows("Paid").await;
    stage.check().await;
    stage.browser.client.back().await.unwrap();
    stage.browser.shows("yzhan pay").await;
    // Out of its cache the browser shows the trade that is paid; otherwise the provider makes
    // another one, which takes money again.
    let again = stage.browser.run(trade).await;
    stage.browser.click("Pay USD 18.50").await;
    stage.browser.shows("Paid").await;
    stage.all_delivered().await;
    let twice = stage.in_drawer(&number, "Paid more than once").await;
    assert_eq!(twice, usize::from(again != first));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_double_click_pays_once() {
    play(|stage| Box::pin(double_click(stage))).await;
}

async fn double_click(stage: Arc<Stage>) {
    stage.order("Buy Sencha").await;
    let number = stage.number_at_checkout().await;
    let button = stage.browser.find("Pay USD 18.50").await.unwrap();
    let (down, up) = (
        PointerAction::Down {
            button: MOUSE_BUTTON_LEFT,
        },
        PointerAction::Up {
            button: MOUSE_BUTTON_LEFT,
        },
    );
    let twice = MouseActions::new("mouse".into())
        .then(PointerAction::MoveToElement {
            element: button,
            duration: None,
            x: 0.0,
            y: 0.0,
        })
        .then(down.clone())
        .then(up.clone())
        .then(down)
        .then(up);
    stage.browser.client.perform_actions(twice).await.unwrap();
    stage.browser.shows("Paid").await;
    stage.check().await;
    stage.told_once(&number).await;
    // Also when the second request is a whole one, and not cut short by the first.
    let path = stage.shop.provider().with(|sandbox, _| {
        let pay = sandbox.seen().find(|seen| seen.path.ends_with("/pay"));
        pay.unwrap().path.clone()
    });
    let again = send(
        "POST",
        &format!("{}{path}", stage.shop.provider().base_url()),
        "",
    )
    .await;
    assert!(again.starts_with("HTTP/1.1 302"), "{again}");
    stage.told_once(&number).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notification_may_come_before_the_payer_is_back() {
    play(|stage| Box::pin(before(stage))).await;
}

async fn before(stage: Arc<Stage>) {
    stage.order("Buy Sencha").await;
    let number = stage.number_at_checkout().await;
    // Paid by another device, while this one still shows the checkout.
    let paid = stage
        .shop
        .provider()
        .with(|sandbox, now| sandbox.pay_order(&number, now));
    assert!(paid.unwrap().is_some());
    stage.shop_says(&number, "Notification: accepted").await;
    assert_eq!(stage.in_drawer(&number, "Browser return").await, 0);
    stage.browser.click("Pay USD 18.50").await;
    stage.browser.shows("Paid").await;
    stage.check().await;
    assert_eq!(
        stage.in_drawer(&number, "Browser return: accepted").await,
        1
    );
    assert_eq!(stage.in_drawer(&number, "Notification: accepted").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keyboard_is_enough() {
    play(|stage| Box::pin(keyboard(stage))).await;
}

/// Goes on with Tab until the button has the focus, and presses Enter.
async fn press(stage: &Stage, label: &str) {
    for _ in 0..20 {
        let active = stage.browser.client.active_element().await.unwrap();
        if active.text().await.unwrap().starts_with(label) {
            // It has to be seen where the focus is.
            assert_ne!(active.css_value("outline-style").await.unwrap(), "none");
            return active.send_keys(&Key::Enter.to_string()).await.unwrap();
        }
        active.send_keys(&Key::Tab.to_string()).await.unwrap();
    }
    panic!("{label} is not reached by the keyboard");
}

async fn keyboard(stage: Arc<Stage>) {
    stage.browser.open(stage.shop.base_url()).await;
    press(&stage, "Buy Sencha").await;
    stage.browser.shows("yzhan pay").await;
    press(&stage, "Pay USD 18.50").await;
    stage.browser.shows("Paid").await;
    press(&stage, "For developers").await;
    stage.browser.shows("The signed URL").await;
}
