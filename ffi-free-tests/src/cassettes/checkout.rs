//! The hosted checkout: a payer's page, notifications and returns.

use std::error::Error;
use std::time::SystemTime;

use http::{Request, Response};
use sanspay_core::Currency;
use sanspay_core::checkout::{
    Answer, BillingCycle, Checkout, Customer, Environment, IntervalUnit, Order, Plan, Product,
    ProductType, SignedCheckout, SigningKey, TestMessage, Verifier,
};
use sanspay_testkit::cassette::{Cassette, Kind, Recorder, Redaction};
use sanspay_testkit::sandbox::SandboxConfig;
use sanspay_testkit::world::World;

use super::recorder;

/// The cassette of an order that is paid: page, notification, return.
pub const PAID: &str = "checkout-paid.json";

/// The cassette of notifications for that order which the provider did not sign.
pub const FORGED: &str = "checkout-forged.json";

/// The cassette of a subscription that is opened.
const SUBSCRIPTION: &str = "checkout-subscription.json";

const APP: &str = "sandbox-app";

/// The order's number, which no payer can extend.
const NUMBER: &str = "A-1_0f8c2d5b7e9a4c613f8c2d5b7e9a4c61a4c61";

/// The order that [`PAID`] pays.
///
/// # Errors
/// None that can be expected.
pub fn order() -> Result<Order, Box<dyn Error>> {
    let order = Order::new(APP, NUMBER, "10.00".parse()?, Currency::USD, "Tea");
    Ok(order.channel("2", Currency::USD))
}

/// A verifier of what cassettes hold.
///
/// # Errors
/// None that can be expected.
pub fn verifier() -> Result<Verifier, Box<dyn Error>> {
    Ok(Verifier::for_sandbox([Redaction::test_key()])?)
}

pub(super) fn record() -> Result<Vec<(String, String)>, Box<dyn Error>> {
    Ok(vec![
        (PAID.to_owned(), paid()?),
        (FORGED.to_owned(), forged()?),
        (SUBSCRIPTION.to_owned(), subscription()?),
    ])
}

fn app_key() -> Result<SigningKey, Box<dyn Error>> {
    Ok(SigningKey::new("sandbox-app-key")?)
}

fn default_key() -> Result<SigningKey, Box<dyn Error>> {
    Ok(SigningKey::new("sandbox-default-key")?)
}

fn tea() -> Product {
    Product::new("Tea", ProductType::Physical, "FOOD_PRODUCTS")
}

fn begin(name: &str) -> Result<(World, Recorder), Box<dyn Error>> {
    let rules = Redaction::new()
        .signing_key(app_key()?)
        .signing_key(default_key()?);
    let recorder = recorder(name, rules);
    let world = World::new(SandboxConfig::default());
    world.record(&recorder);
    Ok((world, recorder))
}

/// The request with which the payer opens the page of [`order`], signed with a key of the test's
/// own.
///
/// # Errors
/// None that can be expected.
pub fn page() -> Result<Request<Vec<u8>>, Box<dyn Error>> {
    let key = SigningKey::new("a key of the test")?;
    request(one_off()?, &key, Cassette::beginning())
}

fn one_off() -> Result<Checkout, Box<dyn Error>> {
    let checkout = Checkout::one_off(APP, Environment::Sandbox, tea());
    Ok(checkout.order(NUMBER, "10.00".parse()?, Currency::USD))
}

fn request(
    checkout: Checkout,
    key: &SigningKey,
    now: SystemTime,
) -> Result<Request<Vec<u8>>, Box<dyn Error>> {
    let signed: SignedCheckout = checkout
        .notify_url("https://shop.example/notify")
        .return_url("https://shop.example/thanks")
        .sign(key, now)?;
    Ok(Request::get(signed.url()).body(Vec::new())?)
}

fn open(world: &World, checkout: Checkout) -> Result<(), Box<dyn Error>> {
    world.send(&request(checkout, &app_key()?, world.now())?)?;
    Ok(())
}

fn paid() -> Result<String, Box<dyn Error>> {
    let (world, recorder) = begin("checkout: paid")?;
    open(&world, one_off()?)?;
    let target = world.sandbox(|sandbox, now| sandbox.pay_order(NUMBER, now))?;
    let (real, order) = (Verifier::for_sandbox([default_key()?])?, order()?);
    world.deliver(|request| {
        let judged = real.notification(request.body());
        let judged = judged.and_then(|signed| signed.matches(&order));
        let answer = Answer::to(&judged).body();
        Some(Response::new(answer.as_bytes().to_vec()))
    });
    let back = Request::get(target.unwrap_or_default()).body(Vec::new())?;
    let _ = recorder.delivery(Kind::Return, &back, world.now());
    Ok(recorder.to_json()?)
}

fn forged() -> Result<String, Box<dyn Error>> {
    let (world, recorder) = begin("checkout: forged")?;
    let message = TestMessage::paid(&order()?);
    let foreign = SigningKey::new("a key that the provider does not have")?;
    let genuine = String::from_utf8(message.form_body(&default_key()?))?;
    let bodies = [
        String::from_utf8(message.form_body(&foreign))?,
        genuine.replace("total_amount=10.00", "total_amount=1.00"),
    ];
    for body in bodies {
        let request = Request::post("https://shop.example/notify")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.into_bytes())?;
        let id = recorder.delivery(Kind::Notification, &request, world.now());
        recorder.answered(id, &Response::new(b"refused".to_vec()), world.now());
    }
    Ok(recorder.to_json()?)
}

fn subscription() -> Result<String, Box<dyn Error>> {
    let (world, recorder) = begin("checkout: subscription")?;
    let price = "9.99".parse()?;
    let monthly = BillingCycle::regular(IntervalUnit::Month, 1, price, Currency::USD);
    let checkout = Checkout::subscription(APP, Environment::Sandbox, tea())
        .order_number("S-1_0f8c2d5b7e9a4c613f8c2d5b7e9a4c61a4c61")
        .plan(Plan::new("Tea club").cycle(monthly))
        .customer(Customer::new("Jane", "Doe").email("jane.doe@mail.example"));
    open(&world, checkout)?;
    Ok(recorder.to_json()?)
}
