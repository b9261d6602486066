//! Signed checkouts as PHP receives them: from the URL, and from the form that a browser sends.

use std::cell::{Cell, RefCell};
use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use proptest::sample::select;
use sanspay_core::checkout::{
    BillingCycle, Checkout, Customer, Environment, IntervalUnit, Plan, Product, ProductType,
    SignedCheckout, SigningKey,
};
use sanspay_core::{Amount, Currency};

use crate::compare::check;
use crate::php::Php;
use crate::sets::{secret, text};

/// A checkout with the product's name and description; not every one of them can be signed.
#[derive(Debug, Clone)]
struct Draft {
    secret: String,
    name: String,
    description: String,
    checkout: Checkout,
}

fn drafts() -> impl Strategy<Value = Draft> {
    let free = || {
        prop_oneof![
            2 => text("[ -~]{1,20}"),
            2 => text("\\PC{1,12}"),
            1 => text("[&+%\"'<>;# a-z\\\\]{1,12}"),
            1 => text("(&amp;|&#38;|&quot|\\\\u0026|%26|\u{85}|\u{2028}|\u{feff}|[a-z]){1,6}"),
        ]
    };
    let order = (
        text("[!-%'-<>-~]{41,64}"),
        1u64..=9_999_999_999,
        select(vec![Currency::USD, Currency::CNY]),
    );
    let path = text("[!-~]{0,30}");
    let details = (free(), free(), free(), 0usize..3);
    (secret(), details, order, path, any::<bool>()).prop_map(
        |(
            secret,
            (name, description, other, items),
            (number, cents, currency),
            path,
            subscribe,
        )| {
            let mut product = Product::new(&*name, ProductType::Digital, "SOFTWARE");
            product = product.description(&*description);
            for _ in 0..items {
                product = product.item(&*other, "a&b=c\nd");
            }
            let amount = Amount::from_minor_units(cents, 2).unwrap();
            let env = Environment::Sandbox;
            let checkout = if subscribe {
                let cycle = BillingCycle::regular(IntervalUnit::Month, 1, amount, currency.clone());
                Checkout::payers_choice("7", env, product)
                    .plan(Plan::new(&*other).cycle(cycle))
                    .customer(Customer::new(&*other, "Doe & Söhne").email("a+b@example.com"))
            } else {
                Checkout::one_off("7", env, product)
            };
            let checkout = checkout
                .order(number, amount, currency)
                .notify_url(format!("https://shop.example.com/notify?{path}"))
                .return_url("https://shop.example.com/thanks");
            Draft {
                secret,
                name,
                description,
                checkout,
            }
        },
    )
}

fn owned<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<(String, String)> {
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// What a browser sends when it submits these hidden fields.
fn submitted(inputs: &[(String, String)]) -> String {
    // It would turn line breaks into CR LF, so that the signature would not fit any more.
    assert!(
        inputs
            .iter()
            .all(|(_, value)| !value.contains(['\r', '\n', '\0']))
    );
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(inputs).finish()
}

fn assert_php_takes(
    php: &mut Php,
    draft: &Draft,
    signed: &SignedCheckout,
) -> Result<(), TestCaseError> {
    let sent = owned(signed.parameters());
    let url = signed.url();
    let (_, query) = url.split_once('?').unwrap();
    let inputs = php.pairs("inputs", signed.form_html().as_bytes());
    prop_assert_eq!(&inputs, &sent);
    let form = submitted(&inputs);
    for query in [query, &form] {
        prop_assert_eq!(&php.pairs("parse", query.as_bytes()), &sent);
        prop_assert_eq!(
            php.ask("accept", &[draft.secret.as_bytes(), query.as_bytes()]),
            ["1"]
        );
    }
    let (_, product) = sent.iter().find(|(name, _)| name == "product").unwrap();
    let read = php.ask("json", &[product.as_bytes()]);
    prop_assert_eq!([&read[0], &read[1]], [&draft.name, &draft.description]);
    Ok(())
}

#[test]
fn phps_parse_str_of_our_url_and_of_our_form_gives_back_what_was_signed() {
    let Some(php) = Php::start_or_skip("the reading of checkouts by PHP") else {
        return;
    };
    let (php, taken) = (RefCell::new(php), Cell::new(0));
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    check(5000, &drafts(), |draft| {
        let key = SigningKey::new(&*draft.secret).unwrap();
        if let Ok(signed) = draft.checkout.sign(&key, now) {
            taken.set(taken.get() + 1);
            assert_php_takes(&mut php.borrow_mut(), &draft, &signed)?;
        }
        Ok(())
    });
    eprintln!(
        "PHP accepts {} of 5000 checkouts; the others cannot be signed",
        taken.get()
    );
    assert!(taken.get() > 1500);
}
