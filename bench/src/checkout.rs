//! Signing, and verifying what was signed.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, SystemTime};

use md5::{Digest, Md5};
use sanspay_core::Currency;
use sanspay_core::checkout::{
    BillingCycle, Checkout, Customer, Environment, IntervalUnit, Order, Plan, Product, ProductType,
    SafeBecause, SigningKey, TestMessage, Verifier, signed_text,
};

use crate::measure::{Effort, compare};
use crate::table::{Row, Target, ratio};

/// The secret of the invented installation.
pub const SECRET: &str = "an installation's own secret key of 40 b";

/// The key of the invented installation.
pub fn key() -> SigningKey {
    SigningKey::new(SECRET).expect("a key")
}

/// The twelve parameters of the provider's own sample, by the typed builder.
pub fn checkout() -> Checkout {
    let product = Product::new(
        "Product Name",
        ProductType::Digital,
        "AC_REFRIGERATION_REPAIR",
    )
    .description("Product Description")
    .image_url("https://image.com/url")
    .url("https://url.com/url")
    .status("ACTIVE")
    .item("Prodcut Name 1", "Product Description 1")
    .item("Prodcut Name 2", "Product Description 2");
    let price = "0.01".parse().expect("an amount");
    let cycle = BillingCycle::regular(IntervalUnit::Day, 1, price, Currency::USD);
    let plan = Plan::new("Plan Name")
        .description("Plan Description")
        .status("ACTIVE");
    let customer = Customer::new("Chao", "Wang")
        .description("Customer Description")
        .email("m126@126.com");
    Checkout::payers_choice("2021122412586601", Environment::Sandbox, product)
        .order("20211215023844979652579806", price, Currency::USD)
        .allow_extendable(SafeBecause::ConfirmedByQuery)
        .plan(plan.cycle(cycle).auto_bill_outstanding(true))
        .customer(customer)
        .notify_url("https://p.yzhan.co/api/test/notify-url")
        .cancel_url("https://p.yzhan.co/api/test/cancel-url")
        .return_url("https://p.yzhan.co/api/test/return-url")
}

/// The time at which the sample was made.
pub fn sample_time() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_639_535_924)
}

/// MD5 as it is, over a text that lies ready.
fn md5_of(text: &str) -> [u8; 16] {
    Md5::digest(black_box(text).as_bytes()).into()
}

/// The notification that is verified: every name that the provider sends, 598 bytes.
pub fn notification() -> (Order, Vec<u8>) {
    let order = Order::new(
        "2021122412586601",
        "20211215023844979652579806",
        "1299.00".parse().expect("an amount"),
        Currency::USD,
        "Product Name, 2 \u{d7} 500 g & a gift",
    )
    .channel("3", Currency::USD)
    .allow_extendable(SafeBecause::ConfirmedByQuery);
    let message = |text: &str| {
        TestMessage::paid(&order)
            .with("body", text)
            .with("subscription_id", "SUB-20211215-0042")
            .with("customer_id", "CUS-20211215-0007")
            .form_body(&key())
    };
    let mut text = "Two tins, \u{fc}ber Nacht geliefert: ".to_owned();
    while message(&text).len() < 598 {
        text.push('x');
    }
    let body = message(&text);
    assert_eq!(body.len(), 598);
    (order, body)
}

/// The usual way: decode into a map, join, append, hash, compare.
fn verify_by_map(body: &[u8]) -> Option<BTreeMap<String, String>> {
    let mut fields: BTreeMap<_, _> = form_urlencoded::parse(body).into_owned().collect();
    let sign = fields.remove("sign")?;
    fields.retain(|_, value| !value.is_empty() && value != "0");
    let joined: Vec<_> = fields
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let digest = Md5::digest(format!("{}{SECRET}", joined.join("&")));
    let hex = hex::encode(digest);
    (hex == sign).then_some(fields)
}

/// Every row of the checkout.
pub fn rows(effort: Effort) -> Vec<Row> {
    let key = key();
    let signed = checkout().sign(&key, sample_time()).expect("a checkout");
    let typed: Vec<(&str, &str)> = signed
        .parameters()
        .filter(|(name, _)| *name != "sign")
        .collect();
    assert_eq!(typed.len(), 12);
    let mut unsorted: Vec<(String, String)> = typed
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    fastrand::Rng::with_seed(8).shuffle(&mut unsorted);
    let text = format!("{}{SECRET}", signed_text(&typed));
    let md5 = "md-5 over the same final bytes";
    let mut rows = vec![
        Row::of(
            "sign 12 parameters of a typed checkout",
            md5,
            ratio(1.8).allocations(32),
            compare(effort, || md5_of(&text), || key.sign(black_box(&typed))),
        ),
        Row::of(
            "sign the same as arbitrary pairs, unsorted",
            md5,
            ratio(1.8).allocations(32),
            compare(effort, || md5_of(&text), || key.sign(black_box(&unsorted))),
        ),
        Row::of(
            "complete signed URL",
            md5,
            ratio(3.0).allocations(40),
            compare(
                effort,
                || md5_of(&text),
                || key.signed_url(Checkout::DEFAULT_PAGE, black_box(&typed)),
            ),
        ),
        Row::of(
            "typed checkout from values: validation, JSON, signature, URL",
            md5,
            Target::default(),
            compare(
                effort,
                || md5_of(&text),
                || {
                    checkout()
                        .sign(&key, sample_time())
                        .map(|signed| signed.url())
                },
            ),
        ),
    ];
    rows.extend(verify_rows(effort));
    rows
}

fn verify_rows(effort: Effort) -> [Row; 3] {
    let (order, body) = notification();
    let verifier = Verifier::new([key()]).expect("a verifier");
    let fields = verify_by_map(&body).expect("the map way agrees");
    let pairs: Vec<_> = fields.into_iter().collect();
    let text = format!("{}{SECRET}", signed_text(&pairs));
    let matched = verifier
        .notification(&body)
        .map(|signed| signed.matches(&order));
    assert!(matched.is_ok_and(|matched| matched.is_ok()));
    let mut forged = body.clone();
    // The amount's last digit: everything is read, and then refused.
    let place = body
        .windows(7)
        .position(|w| w == b"1299.00")
        .expect("the amount");
    forged[place + 6] = b'1';
    let verify = |body: &[u8]| verifier.notification(black_box(body));
    [
        Row::of(
            "verify a notification (598 bytes), every rule",
            "md-5 over its canonical text",
            ratio(1.9),
            compare(effort, || md5_of(&text), || verify(&body)),
        ),
        Row::of(
            "verify a notification (598 bytes), every rule",
            "form_urlencoded and a BTreeMap",
            ratio(0.5),
            compare(effort, || verify_by_map(black_box(&body)), || verify(&body)),
        ),
        Row::of(
            "refuse a forged notification",
            "md-5 over its canonical text",
            ratio(1.9).allocations(0),
            compare(effort, || md5_of(&text), || verify(&forged)),
        ),
    ]
}
