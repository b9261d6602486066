//! The hosted checkout against the in-memory sandbox: what the core signs the provider accepts,
//! and what the provider sends the core accepts.

#![allow(clippy::unwrap_used, clippy::panic)]

use http::{Request, Response, StatusCode};
use sanspay_core::Currency;
use sanspay_core::checkout::{
    Answer, BillingCycle, Checkout, Customer, Environment, IntervalUnit, Matched, Order, Plan,
    Product, ProductType, Refusal, SignedCheckout, SigningKey, Verifier,
};
use sanspay_ffi_free_tests::World;
use sanspay_testkit::sandbox::{OrderStatus, SandboxConfig};

const APP: &str = "sandbox-app";

/// The order's number, which no payer can extend.
const NUMBER: &str = "A-1_0f8c2d5b7e9a4c613f8c2d5b7e9a4c61a4c61";

fn key(text: &str) -> SigningKey {
    SigningKey::new(text).unwrap()
}

fn app_key() -> SigningKey {
    key("sandbox-app-key")
}

fn verifier() -> Verifier {
    Verifier::for_sandbox([key("sandbox-default-key")]).unwrap()
}

fn tea() -> Product {
    Product::new("Tea", ProductType::Physical, "FOOD_PRODUCTS")
}

fn signed(world: &World, key: &SigningKey) -> SignedCheckout {
    Checkout::one_off(APP, Environment::Sandbox, tea())
        .order(NUMBER, "10.00".parse().unwrap(), Currency::USD)
        .notify_url("https://shop.example/notify")
        .return_url("https://shop.example/thanks")
        .sign(key, world.now())
        .unwrap()
}

fn order() -> Order {
    Order::new(APP, NUMBER, "10.00".parse().unwrap(), Currency::USD, "Tea")
        .channel("2", Currency::USD)
}

fn open(world: &World, url: &str) -> Response<Vec<u8>> {
    let request = Request::get(url).body(Vec::new()).unwrap();
    world.send(&request).unwrap()
}

/// Delivers what is due and yields how each body was judged.
fn notified(world: &World, order: &Order) -> Vec<Result<Matched, Refusal>> {
    let mut judged = Vec::new();
    world.deliver(|request| {
        let result = verifier()
            .notification(request.body())
            .and_then(|signed| signed.matches(order));
        let answer = Response::new(Answer::to(&result).body().as_bytes().to_vec());
        judged.push(result);
        Some(answer)
    });
    judged
}

#[test]
fn a_signed_url_is_accepted_paid_notified_and_returned() {
    let world = World::new(SandboxConfig::default());
    let page = open(&world, &signed(&world, &app_key()).url());
    assert_eq!(page.status(), StatusCode::OK);

    let target = world
        .sandbox(|sandbox, now| sandbox.pay_order(NUMBER, now))
        .unwrap()
        .unwrap();
    let [Ok(Matched::Paid(paid))] = &notified(&world, &order())[..] else {
        panic!("not exactly one notification of a paid order")
    };
    let (_, query) = target.split_once('?').unwrap();
    let back = verifier()
        .browser_return(query)
        .unwrap()
        .matches(&order())
        .unwrap();
    assert_eq!(back.paid().unwrap().dedup_key(), paid.dedup_key());
    let pending = world.sandbox(|sandbox, _| sandbox.pending_deliveries());
    assert_eq!(pending, 0, "`succeed` ends the deliveries");
}

#[test]
fn one_altered_byte_is_refused_by_the_provider() {
    let world = World::new(SandboxConfig::default());
    let url = signed(&world, &app_key()).url().replace("10.00", "10.01");
    assert_eq!(open(&world, &url).status(), StatusCode::BAD_REQUEST);
    let other = signed(&world, &key("another"));
    assert_eq!(open(&world, &other.url()).status(), StatusCode::BAD_REQUEST);
    let status = world.sandbox(|sandbox, _| sandbox.order_status(NUMBER));
    assert_eq!(status, None, "there is no order");
}

#[test]
fn a_notification_for_another_order_is_refused_and_comes_again() {
    let world = World::new(SandboxConfig::default());
    open(&world, &signed(&world, &app_key()).url());
    world
        .sandbox(|sandbox, now| sandbox.pay_order(NUMBER, now))
        .unwrap();
    let dearer = Order::new(APP, NUMBER, "99.00".parse().unwrap(), Currency::USD, "Tea")
        .channel("2", Currency::USD);
    let [Err(refusal)] = &notified(&world, &dearer)[..] else {
        panic!("not exactly one refusal")
    };
    assert_eq!(*refusal, Refusal::WrongAmount);
    let again = notified(&world, &order());
    assert!(
        matches!(&again[..], [Ok(Matched::Paid(_))]),
        "it is tried again"
    );
}

#[test]
fn a_payment_that_failed_is_signed_and_not_paid() {
    let world = World::new(SandboxConfig::default());
    open(&world, &signed(&world, &app_key()).url());
    world
        .sandbox(|sandbox, now| sandbox.fail_order(NUMBER, now))
        .unwrap();
    let judged = notified(&world, &order());
    assert!(matches!(&judged[..], [Ok(Matched::NotPaid(_))]));
    let status = world.sandbox(|sandbox, _| sandbox.order_status(NUMBER));
    assert_eq!(status, Some(OrderStatus::CheckoutFail));
}

#[test]
fn a_subscription_is_accepted_by_the_provider() {
    let world = World::new(SandboxConfig::default());
    let price = "9.99".parse().unwrap();
    let monthly = BillingCycle::regular(IntervalUnit::Month, 1, price, Currency::USD);
    let signed = Checkout::subscription(APP, Environment::Sandbox, tea())
        .order_number("S-1_0f8c2d5b7e9a4c613f8c2d5b7e9a4c61a4c61")
        .plan(Plan::new("Tea club").cycle(monthly))
        .customer(Customer::new("Jane", "Doe"))
        .notify_url("https://shop.example/notify")
        .return_url("https://shop.example/thanks")
        .sign(&app_key(), world.now())
        .unwrap();
    let page = open(&world, &signed.url());
    assert_eq!(
        page.status(),
        StatusCode::OK,
        "{}",
        String::from_utf8_lossy(page.body())
    );
}
