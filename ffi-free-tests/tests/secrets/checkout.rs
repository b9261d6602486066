//! The hosted checkout: what is signed, what comes back, and what is refused.

use std::time::UNIX_EPOCH;

use sanspay_core::Currency;
use sanspay_core::checkout::{
    Ability, Answer, BillingCycle, Checkout, Customer, Environment, IntervalUnit, Matched, Order,
    OrderNumber, Plan, Product, ProductType, Progress, Recorded, Resource, SafeBecause, SigningKey,
    Status, TestMessage, Verifier,
};

use super::search::{Secrets, Shown};

/// The order's number, which no payer can extend.
pub(super) const NUMBER: &str = "A-1_0f8c2d5b7e9a4c613f8c2d5b7e9a4c61a4c61";

fn order() -> Order {
    let amount = "10.00".parse().unwrap();
    Order::new("7", NUMBER, amount, Currency::USD, "Tea").channel("3", Currency::USD)
}

pub(crate) fn show(shown: &mut Shown, secrets: &mut Secrets) {
    let key = SigningKey::new("PlantedSigningKey").unwrap();
    shown.debug(&key);
    outward(shown, secrets, &key);
    inward(shown, secrets, &key);
    shown.debug(&Environment::Sandbox);
    shown.debug(&Ability::Checkout);
    shown.debug(&ProductType::Digital);
    shown.debug(&SafeBecause::ConfirmedByQuery);
    shown.both(&OrderNumber::new(NUMBER).unwrap());
    shown.debug(&IntervalUnit::Month);
}

fn outward(shown: &mut Shown, secrets: &mut Secrets, key: &SigningKey) {
    let amount = "10.00".parse().unwrap();
    let product = Product::new("Tea", ProductType::Physical, "FOOD_PRODUCTS");
    shown.debug(&product);
    shown.debug(&Resource::Create(product.clone()));
    let customer = Customer::new("PlantedJane", "PlantedDoe")
        .email("planted.mail@customer.example")
        .phone("49", "5550007788");
    shown.debug(&customer);
    let cycle = BillingCycle::regular(IntervalUnit::Month, 1, amount, Currency::USD);
    shown.debug(&cycle);
    let plan = Plan::new("Tea").cycle(cycle);
    shown.debug(&plan);
    shown.debug(&plan.first_charge().unwrap());
    let checkout = Checkout::subscription("7", Environment::Sandbox, product)
        .order(NUMBER, amount, Currency::USD)
        .plan(plan)
        .customer(customer)
        .notify_url("https://shop.example/notify")
        .return_url("https://shop.example/thanks");
    shown.debug(&checkout);
    let signed = checkout.sign(key, UNIX_EPOCH).unwrap();
    secrets.add(signed.sign().as_str());
    shown.debug(signed.sign());
    shown.debug(&signed);

    let wrong = Checkout::subscription(
        "7",
        Environment::Production,
        Product::new(
            "PlantedJane & a=b",
            ProductType::Physical,
            "planted.mail@customer.example",
        ),
    )
    .order("A-1\n", "0".parse().unwrap(), Currency::EUR)
    .customer(
        Customer::new("", "PlantedDoe\n")
            .email("PlantedJane")
            .phone("PlantedJane", "PlantedDoe"),
    )
    .notify_url("PlantedJane")
    .return_url("https://shop.example/?PlantedJane")
    .cancel_url("ftp://PlantedJane");
    let error = wrong.sign(key, UNIX_EPOCH).unwrap_err();
    assert!(error.problems().len() > 5, "{error}");
    shown.error(&error);
    shown.error(&SigningKey::new("").unwrap_err());
}

fn inward(shown: &mut Shown, secrets: &mut Secrets, key: &SigningKey) {
    let other = SigningKey::new("PlantedDefaultKey").unwrap();
    let verifier = Verifier::for_sandbox([key.clone(), other.clone()]).unwrap();
    shown.debug(&verifier);
    shown.debug(&order());
    let message = TestMessage::paid(&order()).with("body", "PlantedJane PlantedDoe");
    shown.debug(&message);
    let body = String::from_utf8(message.form_body(&other)).unwrap();
    secrets.add(body.split("sign=").nth(1).unwrap());
    let signed = verifier.notification(body.as_bytes()).unwrap();
    shown.debug(&signed);
    let matched = signed.matches(&order()).unwrap();
    shown.debug(&matched);
    shown.both(&matched.dedup_key());
    shown.both(&matched.status());
    let Matched::Paid(paid) = &matched else {
        panic!("not paid")
    };
    shown.debug(paid);
    shown.debug(&paid.source());
    let recorded = Recorded {
        trade_no: paid.trade_no(),
        notified: true,
    };
    shown.debug(&recorded);
    shown.debug(&paid.payment(Some(recorded)));
    let failed = message.with("status", Status::CheckoutFail.as_str());
    let signed = verifier.notification(&failed.form_body(key)).unwrap();
    let Matched::NotPaid(not_paid) = signed.matches(&order()).unwrap() else {
        panic!("paid")
    };
    shown.debug(&not_paid);
    let progress: Progress = Status::Created.progress(not_paid.status());
    shown.debug(&progress);

    let planted = "PlantedJane planted.mail@customer.example";
    let fields = [
        "app_id",
        "channel_id",
        "trade_no",
        "out_trade_no",
        "total_amount",
        "currency",
        "subject",
        "body",
        "status",
        "subscription_id",
        "customer_id",
        planted,
    ];
    let mut refused = 0;
    for field in fields {
        for value in [planted, "PlantedJane&a=b", "PlantedJane\n", ""] {
            let message = TestMessage::paid(&order()).with(field, value);
            let unsigned = body.clone() + "&" + field + "=" + value;
            for body in [message.form_body(key), unsigned.into_bytes()] {
                let result = verifier.notification(&body).and_then(|signed| {
                    shown.debug(&signed);
                    signed.matches(&order())
                });
                shown.debug(&Answer::to(&result));
                if let Err(refusal) = result {
                    refused += 1;
                    shown.both(&refusal);
                    shown.both(&refusal.log_reason());
                }
            }
        }
    }
    assert!(refused > 60, "{refused}");
}
