//! The limits of the provider's server, which are checked when a checkout is signed.

use super::tests::{NUMBER, complete, fields, key, now, one_off, problems, product};
use super::*;
use crate::money::Currency;

#[test]
fn a_number_that_can_be_extended_is_signed_only_with_a_word() {
    let price = || "1".parse().unwrap();
    for (length, fine) in [(1, false), (40, false), (41, true), (64, true)] {
        let checkout = one_off().order("x".repeat(length), price(), Currency::USD);
        assert_eq!(checkout.sign(&key(), now()).is_ok(), fine, "{length}");
        let believing = checkout.allow_extendable(SafeBecause::ConfirmedByQuery);
        assert!(believing.sign(&key(), now()).is_ok());
    }
    let short = one_off().order("A-1", price(), Currency::USD);
    assert_eq!(problems(&short), ["out_trade_no"]);
}

#[test]
fn a_url_that_web_servers_refuse_is_not_made() {
    let long = (0..80).fold(product(), |product, n| {
        product.item(format!("Item {n}"), "x".repeat(60))
    });
    let checkout = complete(Checkout::one_off("7", Environment::Sandbox, long));
    let error = checkout.sign(&key(), now()).unwrap_err();
    assert_eq!(fields(&error), ["checkout page"]);
    let signed = checkout
        .clone()
        .max_url_len(20_000)
        .sign(&key(), now())
        .unwrap();
    let length = signed.url().len();
    assert!(
        error
            .to_string()
            .contains(&format!("the URL is {length} bytes long"))
    );
    assert!(
        checkout
            .clone()
            .max_url_len(length)
            .sign(&key(), now())
            .is_ok()
    );
    assert!(
        checkout
            .max_url_len(length - 1)
            .sign(&key(), now())
            .is_err()
    );
}

#[test]
fn amounts_outside_of_the_range_are_refused_and_its_ends_are_not() {
    for (amount, fine) in [
        ("0.01", true),
        ("99999999.99", true),
        ("10.500", true),
        ("0", false),
        ("0.00", false),
        ("0.009", false),
        ("10.505", false),
        ("100000000", false),
        ("999999999", false),
        ("999999999999999999", false),
    ] {
        let checkout = one_off().order(NUMBER, amount.parse().unwrap(), Currency::CNY);
        let signed = checkout.sign(&key(), now());
        assert_eq!(signed.is_ok(), fine, "{amount}");
        if let Err(error) = signed {
            assert_eq!(fields(&error), ["total_amount"]);
        }
    }
}

#[test]
fn lengths_are_counted_in_characters_up_to_the_servers_limits() {
    let url = |len: usize| format!("https://shop.example.com/{}", "a".repeat(len - 25));
    let named = |len: usize| Product::new("茶".repeat(len), ProductType::Service, "SOFTWARE");
    let price = || "1".parse().unwrap();
    let with_product = |product| complete(Checkout::one_off("7", Environment::Sandbox, product));
    let with_app = |len| {
        complete(Checkout::one_off(
            "7".repeat(len),
            Environment::Sandbox,
            product(),
        ))
    };
    let described = |len: usize| named(1).description("茶".repeat(len));
    let customer =
        |name: &str, email: &str| one_off().customer(Customer::new(name, "Doe").email(email));
    let fine = [
        with_product(described(255)),
        with_product(named(1).url(url(255)).image_url(url(255))),
        customer(&"é".repeat(30), &format!("{}@b.example", "a".repeat(20))),
        one_off()
            .notify_url(url(255))
            .return_url(url(255))
            .cancel_url(url(255)),
        one_off().order("1".repeat(64), price(), Currency::USD),
        with_product(named(254)),
        with_app(16),
    ];
    for checkout in fine {
        assert!(checkout.sign(&key(), now()).is_ok());
    }
    for (checkout, field) in [
        (one_off().notify_url(url(256)), "notify_url"),
        (one_off().return_url(url(256)), "return_url"),
        (one_off().cancel_url(url(256)), "cancel_url"),
        (
            one_off().order("1".repeat(65), price(), Currency::USD),
            "out_trade_no",
        ),
        (with_product(named(255)), "product.name"),
        (with_product(described(256)), "product.description"),
        (with_product(named(1).url(url(256))), "product.url"),
        (
            with_product(named(1).image_url(url(256))),
            "product.image_url",
        ),
        (
            customer(&"é".repeat(31), "a@b.example"),
            "customer.name.first_name",
        ),
        (
            customer("Jane", &format!("{}@b.example", "a".repeat(21))),
            "customer.email",
        ),
        (with_app(17), "app_id"),
    ] {
        assert_eq!(problems(&checkout), [field]);
    }
}
