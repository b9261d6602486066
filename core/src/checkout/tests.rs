//! The signed checkout as a whole.

use std::time::{Duration, SystemTime};

use proptest::prelude::*;

use super::*;
use crate::error::{Error, ErrorKind, Problem};
use crate::money::Currency;

pub(super) fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_639_507_124)
}

/// A number that nobody can extend.
pub(super) const NUMBER: &str = "A-1_0f8c2d5b7e9a4c613f8c2d5b7e9a4c61a4c61";

pub(super) fn key() -> SigningKey {
    SigningKey::new("sk_4711").unwrap()
}

pub(super) fn product() -> Product {
    Product::new("Tea & cake", ProductType::Physical, "FOOD_PRODUCTS").description("a=b")
}

fn plan() -> Plan {
    let price = "9.99".parse().unwrap();
    Plan::new("Club").cycle(BillingCycle::regular(
        IntervalUnit::Month,
        1,
        price,
        Currency::USD,
    ))
}

pub(super) fn complete(checkout: Checkout) -> Checkout {
    checkout
        .order(NUMBER, "10".parse().unwrap(), Currency::USD)
        .notify_url("https://shop.example.com/notify?a=1")
        .return_url("https://shop.example.com/thanks")
        .cancel_url("https://shop.example.com/cancel")
}

pub(super) fn one_off() -> Checkout {
    complete(Checkout::one_off("7", Environment::Sandbox, product()))
}

/// As `openssl rand -hex 20` prints one.
fn strong_key() -> SigningKey {
    SigningKey::new("9f2c51d07be84a6630c1f5e2ab97d8443e6b01fc").unwrap()
}

pub(super) fn problems(checkout: &Checkout) -> Vec<String> {
    let error = checkout.sign(&key(), now()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    fields(&error)
}

pub(super) fn fields(error: &Error) -> Vec<String> {
    let mut fields: Vec<_> = error.problems().iter().map(Problem::field).collect();
    fields.dedup();
    fields.into_iter().map(str::to_owned).collect()
}

#[test]
fn a_payment_is_signed_over_exactly_what_is_sent() {
    let signed = one_off().sign(&key(), now()).unwrap();
    let query = signed
        .url()
        .strip_prefix("https://p.yzhan.co/checkout?")
        .unwrap()
        .to_owned();
    let mut read: Vec<_> = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let (name, sign) = read.pop().unwrap();
    assert_eq!(
        (name.as_str(), sign.as_str()),
        ("sign", signed.sign().as_str())
    );
    assert_eq!(key().sign(&read), *signed.sign());
    assert_eq!(signed_text(&read), signed.signed_text());
    assert_eq!(
        signed.signed_text(),
        "app_id=7&cancel_url=https://shop.example.com/cancel\
         &channel={\"env\":\"sandbox\",\"ability\":\"checkout\"}&currency=USD\
         &notify_url=https://shop.example.com/notify?a=1&out_trade_no=A-1_0f8c2d5b7e9a4c613f8c2d5b7e9a4c61a4c61\
         &product={\"name\":\"Tea \\u0026 cake\",\"description\":\"a\\u003db\",\
         \"type\":\"PHYSICAL\",\"category\":\"FOOD_PRODUCTS\"}\
         &request_time=2021-12-14 18:38:44&return_url=https://shop.example.com/thanks\
         &total_amount=10.00"
    );
}

#[test]
fn each_ability_is_written_as_the_document_has_it() {
    let customer = Resource::Get { id: 4 };
    let choice = |checkout: Checkout| {
        let signed = checkout
            .plan(plan())
            .customer(customer.clone())
            .sign(&strong_key(), now())
            .unwrap();
        let find = |name| {
            let mut parameters = signed.parameters();
            parameters.find(|(n, _)| *n == name).unwrap().1.to_owned()
        };
        (find("channel"), find("customer"))
    };
    let free = complete(Checkout::payers_choice(
        "7",
        Environment::Production,
        product(),
    ));
    let subscribe = complete(Checkout::subscription("7", Environment::Sandbox, product()));
    assert_eq!(
        [choice(free).0, choice(subscribe).0],
        [
            r#"{"env":"production","ability":""}"#,
            r#"{"env":"sandbox","ability":"subscribe"}"#
        ]
    );
}

#[test]
fn each_ability_names_every_parameter_that_it_lacks() {
    let always = ["notify_url", "return_url", "out_trade_no"];
    let money = ["total_amount", "currency"];
    let sandbox = Environment::Sandbox;
    assert_eq!(
        problems(&Checkout::one_off("7", sandbox, product())),
        [&always[..], &money].concat()
    );
    assert_eq!(
        problems(&Checkout::subscription("7", sandbox, product())),
        [&always[..], &["plan", "customer"]].concat()
    );
    assert_eq!(
        problems(&Checkout::payers_choice("7", sandbox, product())),
        [&always[..], &money, &["plan", "customer"]].concat()
    );
    assert_eq!(problems(&one_off().plan(plan())), ["plan"]);
    let subscription = Checkout::subscription("7", sandbox, Resource::Get { id: 1 })
        .plan(Resource::Get { id: 2 })
        .customer(Resource::Get { id: 3 })
        .order_number(NUMBER)
        .notify_url("https://shop.example.com/notify")
        .return_url("https://shop.example.com/thanks");
    let signed = subscription.sign(&key(), now()).unwrap();
    assert!(!signed.signed_text().contains("total_amount"));
}

#[test]
fn one_error_lists_the_problems_of_every_parameter() {
    let product = Product::new("0", ProductType::Service, "no such")
        .description("x&status=CHECKOUT_SUCCEED")
        .url("shop")
        .image_url("ftp://example.com")
        .status("")
        .item("", "");
    let checkout = Checkout::one_off("a b", Environment::Production, product)
        .order("A&1", "0.001".parse().unwrap(), Currency::EUR)
        .customer(Resource::Get { id: 0 })
        .page("https://p.example.com/checkout?x")
        .notify_url("/notify")
        .return_url("https://shop.example.com/thanks?x=1")
        .cancel_url("https://shop.example.com/?a=1&b=2")
        .utc_offset_minutes(900);
    let sample = SigningKey::new(SigningKey::PUBLIC_SAMPLE).unwrap();
    let error = checkout.sign(&sample, now()).unwrap_err();
    assert_eq!(
        fields(&error),
        [
            "request_time",
            "app_id",
            "secret_key",
            "checkout page",
            "notify_url",
            "return_url",
            "cancel_url",
            "out_trade_no",
            "total_amount",
            "currency",
            "product.name",
            "product.description",
            "product.category",
            "product.image_url",
            "product.url",
            "product.status",
            "product.list",
            "customer.id",
        ]
    );
}

#[test]
fn what_the_signature_would_leave_out_or_misread_is_refused() {
    for number in ["", "0", "a b", "a&b=c", "a\nb", "é"] {
        let number = if number.len() > 1 {
            format!("{number}{NUMBER}")
        } else {
            number.to_owned()
        };
        let checkout = one_off().order(&number, "1".parse().unwrap(), Currency::USD);
        assert_eq!(problems(&checkout), ["out_trade_no"], "{number:?}");
    }
    for name in ["", "0", "a&b=c", "a & b = c", "a\nb", "a\u{85}"] {
        let product = Product::new(name, ProductType::Service, "SOFTWARE");
        let checkout = complete(Checkout::one_off("7", Environment::Sandbox, product));
        assert_eq!(problems(&checkout), ["product.name"], "{name:?}");
    }
    for url in [
        "",
        "0",
        "shop.example.com",
        "//shop",
        "https://",
        "javascript:x",
        "https://é.de",
    ] {
        assert_eq!(
            problems(&one_off().notify_url(url)),
            ["notify_url"],
            "{url:?}"
        );
    }
    for url in ["https://shop.example.com/?", "https://shop.example.com/#a"] {
        assert_eq!(problems(&one_off().return_url(url)), ["return_url"]);
    }
}

#[test]
fn weak_and_published_keys_sign_for_the_sandbox_only() {
    for text in ["a", "sandbox-app-key", SigningKey::PUBLIC_SAMPLE] {
        let key = SigningKey::new(text).unwrap();
        assert!(one_off().sign(&key, now()).is_ok());
        let production = complete(Checkout::one_off("7", Environment::Production, product()));
        let error = production.sign(&key, now()).unwrap_err();
        assert_eq!(fields(&error), ["secret_key"]);
        assert!(!error.to_string().contains(text) || text == "a");
        assert!(production.sign(&strong_key(), now()).is_ok());
    }
}

#[test]
fn the_request_time_follows_the_offset() {
    let signed = one_off()
        .utc_offset_minutes(480)
        .sign(&key(), now())
        .unwrap();
    assert!(
        signed
            .signed_text()
            .contains("&request_time=2021-12-15 02:38:44&")
    );
    let never = SystemTime::UNIX_EPOCH - Duration::from_secs(100_000_000_000);
    assert_eq!(
        fields(&one_off().sign(&key(), never).unwrap_err()),
        ["request_time"]
    );
}

#[test]
fn the_form_holds_the_same_parameters_and_escapes_them() {
    let product = Product::new("<b>\"Tea\" & 'cake'", ProductType::Service, "SOFTWARE");
    let signed = complete(Checkout::one_off("7", Environment::Sandbox, product))
        .page("https://pay.example.com/checkout")
        .sign(&key(), now())
        .unwrap();
    let html = signed.form_html();
    assert!(html.contains("action=\"https://pay.example.com/checkout\""));
    assert!(!html.contains("<b>"));
    assert!(html.contains("<noscript><button"));
    let fields: Vec<_> = html
        .lines()
        .filter_map(|line| line.strip_prefix("<input type=\"hidden\" name=\""))
        .map(|rest| {
            rest.strip_suffix("\">")
                .unwrap()
                .split_once("\" value=\"")
                .unwrap()
        })
        .map(|(name, value)| {
            (
                name.to_owned(),
                html_escape::decode_html_entities(value).into_owned(),
            )
        })
        .collect();
    let sent: Vec<_> = signed
        .parameters()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    assert_eq!(fields, sent);
}

#[test]
fn nothing_secret_or_personal_is_printed() {
    let customer = Customer::new("Jane", "Doe").email("jane@example.com");
    let checkout = complete(Checkout::subscription("7", Environment::Sandbox, product()))
        .plan(plan())
        .customer(customer);
    let signed = checkout.sign(&key(), now()).unwrap();
    let printed = format!("{checkout:?} {signed:?} {:?}", signed.sign());
    for hidden in ["4711", "Jane", "Doe", "jane@", signed.sign().as_str()] {
        assert!(!printed.contains(hidden), "{hidden} in {printed}");
    }
    assert!(!signed.signed_text().contains("4711"));
}

proptest! {
    #[test]
    fn whatever_is_signed_can_be_cut_in_one_way_only(
        name in "(.|&|=){0,12}", text in "(.|&|=){0,12}", number in "[ -~]{40,42}", path in "[!-~]{0,9}",
    ) {
        let product = Product::new(name, ProductType::Service, "SOFTWARE").description(text).item("a&b=c", "d&e=f");
        let checkout = complete(Checkout::one_off("7", Environment::Sandbox, product))
            .order(number, "1".parse().unwrap(), Currency::USD)
            .notify_url(format!("https://shop.example.com/{path}"));
        if let Ok(signed) = checkout.sign(&key(), now()) {
            let pieces: Vec<_> = signed.signed_text().split('&').filter(|piece| piece.contains('=')).collect();
            // All parameters but `sign` begin a piece, and nothing else does.
            prop_assert_eq!(pieces.len(), signed.parameters().count() - 1);
        }
    }
}
