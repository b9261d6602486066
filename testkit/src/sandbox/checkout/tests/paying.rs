//! What the payer does, and what the merchant is told.

use super::*;

#[test]
fn a_payment_is_notified_and_returned_with_the_same_signed_fields() {
    let mut payer = Payer::new();
    let action = payer.action(&once());
    let target = payer.click(&action, "pay", "channel_id=2&ability=checkout");
    let [notification] = &payer.notified()[..] else {
        panic!("not exactly one notification")
    };
    assert_eq!(
        names(notification),
        [
            "app_id",
            "channel_id",
            "trade_no",
            "out_trade_no",
            "total_amount",
            "currency",
            "subject",
            "body",
            "status",
            "sign"
        ]
    );
    assert_eq!(get(notification, "status"), "CHECKOUT_SUCCEED");
    assert_eq!(get(notification, "total_amount"), "10.00");
    assert_eq!(get(notification, "subject"), "Tea & <cake>");
    let query = target.strip_prefix("https://shop.example/return?").unwrap();
    assert_eq!(query, php_query(notification));
    assert!(query.contains("subject=Tea+%26+%3Ccake%3E"));
    let key = SigningKey::new("sandbox-default-key").unwrap();
    let unsigned: Pairs = notification
        .iter()
        .filter(|(n, _)| n != "sign")
        .cloned()
        .collect();
    assert_eq!(key.sign(&unsigned).as_str(), get(notification, "sign"));
}

#[test]
fn without_a_default_key_the_apps_own_key_signs() {
    let mut config = config();
    config.checkout.default_key = None;
    let mut payer = Payer(Merchant::new(config));
    payer.action(&once());
    payer.0.sandbox.pay_order("order-1", payer.0.now).unwrap();
    let mut notification = payer.notified().remove(0);
    let (_, sign) = notification.pop().unwrap();
    assert_eq!(
        SigningKey::new("sandbox-app-key")
            .unwrap()
            .sign(&notification)
            .as_str(),
        sign
    );
}

#[test]
fn paying_twice_takes_one_payment() {
    let mut payer = Payer::new();
    let action = payer.action(&once());
    let first = payer.click(&action, "pay", "");
    assert_eq!(payer.click(&action, "pay", ""), first);
    assert_eq!(
        payer.click(&action, "fail", ""),
        first,
        "and it cannot be un-paid"
    );
    assert_eq!(payer.notified().len(), 1);
    assert_eq!(refused(&payer.open(&once())), ["out_trade_no"]);
    assert_eq!(
        payer.0.sandbox.order_status("order-1"),
        Some(OrderStatus::CheckoutSucceed)
    );
    assert_eq!(
        payer.0.sandbox.fail_order("order-1", payer.0.now),
        Err(ActionError::Ended)
    );
}

#[test]
fn a_declined_payment_is_told_and_can_be_tried_again() {
    let mut payer = Payer::new();
    let action = payer.action(&once());
    assert!(
        payer
            .click(&action, "fail", "")
            .contains("status=CHECKOUT_FAIL")
    );
    assert_eq!(
        payer.action(&once()),
        action,
        "the same order is opened again"
    );
    assert!(
        payer
            .click(&action, "pay", "")
            .contains("status=CHECKOUT_SUCCEED")
    );
    let told: Vec<String> = payer
        .notified()
        .iter()
        .map(|n| get(n, "status").to_owned())
        .collect();
    assert_eq!(told, ["CHECKOUT_FAIL", "CHECKOUT_SUCCEED"]);
}

#[test]
fn cancelling_is_unsigned_navigation_and_tells_the_merchant_nothing() {
    let mut payer = Payer::new();
    let action = payer.action(&once());
    assert_eq!(
        payer.click(&action, "cancel", ""),
        "https://shop.example/cancel"
    );
    assert!(payer.notified().is_empty());
    assert_eq!(
        payer.0.sandbox.order_status("order-1"),
        Some(OrderStatus::Created)
    );
}

#[test]
fn a_payer_may_pay_through_a_channel_of_another_environment() {
    let mut payer = Payer::new();
    let action = payer.action(&once());
    assert!(
        payer
            .click(&action, "fail", "channel_id=1")
            .contains("&channel_id=1&")
    );
    assert!(
        payer
            .click(&action, "pay", "channel_id=99")
            .contains("&channel_id=1&")
    );
}

#[test]
fn a_subscription_costs_its_plan_and_names_subscription_and_customer() {
    let mut payer = Payer::new();
    let mut pairs = subscription();
    pairs.retain(|(name, _)| name != "total_amount");
    let action = payer.action(&pairs);
    let _ = payer.click(&action, "pay", "");
    let notification = payer.notified().remove(0);
    assert_eq!(get(&notification, "status"), "SUBSCRIPTION_CHARGE_SUCCEED");
    assert_eq!(get(&notification, "total_amount"), "9.90");
    assert_eq!(get(&notification, "customer_id"), "1");
    assert!(get(&notification, "subscription_id").starts_with("I-"));
    assert_eq!(get(&notification, "channel_id"), "1");
}

#[test]
fn without_an_ability_the_payer_chooses_among_what_was_given() {
    let mut pairs = subscription();
    set(&mut pairs, "channel", r#"{"env":"sandbox","ability":""}"#);
    let mut payer = Payer::new();
    let action = payer.action(&pairs);
    let target = payer.click(&action, "pay", "ability=subscribe");
    assert!(target.contains("status=SUBSCRIPTION_CHARGE_SUCCEED"));
    let mut payer = Payer::new();
    let action = payer.action(&pairs);
    let target = payer.click(&action, "pay", "ability=checkout");
    assert!(target.contains("status=CHECKOUT_SUCCEED") && !target.contains("subscription_id"));
    let mut only_once = once();
    set(
        &mut only_once,
        "channel",
        r#"{"env":"sandbox","ability":""}"#,
    );
    set(&mut only_once, "out_trade_no", "order-2");
    let action = payer.action(&only_once);
    assert!(
        payer
            .click(&action, "pay", "ability=subscribe")
            .contains("CHECKOUT_SUCCEED")
    );
}

#[test]
fn products_are_created_changed_and_used_again_by_their_id() {
    let mut payer = Payer::new();
    let mut subject = |number: &str, product: &str| {
        let mut pairs = once();
        set(&mut pairs, "out_trade_no", number);
        set(&mut pairs, "product", product);
        let action = payer.action(&pairs);
        payer.click(&action, "pay", "");
        let notification = payer.notified().remove(0);
        format!(
            "{} {}",
            get(&notification, "subject"),
            get(&notification, "body")
        )
    };
    assert_eq!(subject("a", &product().to_string()), "Tea & <cake> warm");
    assert_eq!(subject("b", r#"{"id":1,"name":"Coffee"}"#), "Coffee warm");
    assert_eq!(subject("c", r#"{"id":"1"}"#), "Coffee warm");
}

#[test]
fn a_notification_is_tried_eleven_times_without_a_pause_unless_it_is_answered_succeed() {
    let mut payer = Payer::new();
    payer.action(&once());
    payer.0.sandbox.pay_order("order-1", payer.0.now).unwrap();
    let mut tried = 0;
    while payer.0.sandbox.pending_deliveries() > 0 {
        for delivery in payer.0.sandbox.due(payer.0.now) {
            tried += 1;
            assert_eq!(delivery.timeout, seconds(5));
            let answer = status(200, "success");
            payer
                .0
                .sandbox
                .delivered(delivery.id, payer.0.now, Some(&answer));
        }
    }
    assert_eq!((tried, payer.0.sandbox.given_up_deliveries()), (11, 1));
}

#[test]
fn an_answer_after_five_seconds_is_too_late() {
    let mut payer = Payer::new();
    payer.action(&once());
    payer.0.sandbox.pay_order("order-1", payer.0.now).unwrap();
    let first = payer.0.sandbox.due(payer.0.now);
    let late = payer.0.now + seconds(6);
    payer
        .0
        .sandbox
        .delivered(first[0].id, late, Some(&status(200, "succeed")));
    let second = payer.0.sandbox.due(late);
    assert_eq!(second[0].id.attempt(), 2);
    payer
        .0
        .sandbox
        .delivered(second[0].id, late, Some(&status(200, "succeed")));
    assert_eq!(payer.0.sandbox.pending_deliveries(), 0);
}

#[test]
fn the_staff_can_send_a_status_that_goes_back() {
    let mut payer = Payer::new();
    payer.action(&once());
    let now = payer.0.now;
    payer.0.sandbox.pay_order("order-1", now).unwrap();
    payer
        .0
        .sandbox
        .set_order_status("order-1", OrderStatus::Created, now)
        .unwrap();
    let told: Vec<String> = payer
        .notified()
        .iter()
        .map(|n| get(n, "status").to_owned())
        .collect();
    assert_eq!(told, ["CHECKOUT_SUCCEED", "CREATED"]);
    let nobody = payer.0.sandbox.pay_order("nobody", now);
    assert_eq!(nobody, Err(ActionError::NotFound));
}

#[test]
fn signing_keys_and_orders_do_not_show_in_debug() {
    let mut payer = Payer::new();
    payer.action(&subscription());
    payer.0.sandbox.pay_order("order-1", payer.0.now).unwrap();
    let due = payer.0.sandbox.due(payer.0.now);
    let sign = String::from_utf8_lossy(due[0].request.body());
    let sign = sign.rsplit('=').next().unwrap();
    let shown = format!("{:?} {:?} {due:?}", payer.0.sandbox, config());
    for secret in [
        "sandbox-app-key",
        "sandbox-default-key",
        "Jane",
        "order-1",
        sign,
    ] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

#[test]
fn without_a_return_address_the_payer_stays() {
    let mut payer = Payer::new();
    let mut pairs = once();
    pairs.retain(|(name, _)| name != "return_url");
    payer.action(&pairs);
    assert_eq!(payer.0.sandbox.pay_order("order-1", payer.0.now), Ok(None));
    assert_eq!(payer.notified().len(), 1);
}

#[test]
fn the_clients_checkout_opens_and_its_verifier_calls_the_notification_paid() {
    use sanspay_core::Currency;
    use sanspay_core::checkout::{Checkout, Environment, Order, Product, ProductType, Verifier};
    let mut payer = Payer::new();
    let tea = Product::new("Tea", ProductType::Physical, "FOOD").description("1+1=2 & more");
    let app_key = SigningKey::new("sandbox-app-key").unwrap();
    let signed = Checkout::one_off("sandbox-app", Environment::Sandbox, tea)
        .order(
            "A-1_0f8c2d5b7e9a4c613f8c2d5b7e9a4c61a4c61",
            "10.5".parse().unwrap(),
            Currency::USD,
        )
        .notify_url("https://shop.example/notify")
        .return_url("https://shop.example/return")
        .sign(&app_key, payer.0.now)
        .unwrap();
    let url = signed.url();
    let (_, query) = url.split_once('?').unwrap();
    assert_eq!(payer.open_query(query).status(), 200);
    let target = payer
        .0
        .sandbox
        .pay_order("A-1_0f8c2d5b7e9a4c613f8c2d5b7e9a4c61a4c61", payer.0.now)
        .unwrap()
        .unwrap();
    let verifier =
        Verifier::for_sandbox([SigningKey::new("sandbox-default-key").unwrap()]).unwrap();
    let order = Order::new(
        "sandbox-app",
        "A-1_0f8c2d5b7e9a4c613f8c2d5b7e9a4c61a4c61",
        "10.50".parse().unwrap(),
        Currency::USD,
        "Tea",
    )
    .channel("2", Currency::USD);
    let delivery = payer.0.receive().remove(0);
    let notification = verifier.notification(delivery.request.body()).unwrap();
    assert!(notification.matches(&order).unwrap().paid().is_some());
    let (_, query) = target.split_once('?').unwrap();
    let returned = verifier.browser_return(query).unwrap();
    assert!(returned.matches(&order).unwrap().paid().is_some());
}
