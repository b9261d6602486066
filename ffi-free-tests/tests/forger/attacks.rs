//! The hole in the scheme and each known way to use it, by name.

use std::time::SystemTime;

use sanspay_core::Currency;
use sanspay_core::checkout::{
    Checkout, Environment, Matched, Order, Product, ProductType, Refusal, SigningKey, TestMessage,
    Verifier, php_query, signed_text,
};

use crate::forge;
use crate::generate::VICTIM;
use crate::reader::{form, hide, key, strict, verifier, without_the_ambiguity_rule};
use sanspay_ffi_free_tests::cuts::{Pairs, known_cuts};

fn pairs(pairs: &[(&str, &str)]) -> Pairs {
    pairs
        .iter()
        .map(|(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// The attacker's own order.
const MINE: &str = "MINE_0f8c2d5b7e9a4c613f8c2d5b7e9a4c61a4c6";

/// What the provider signs for a payer who has paid nothing, with his texts in it.
fn unpaid(subject: &str, body: &str) -> Pairs {
    pairs(&[
        ("app_id", "7"),
        ("body", body),
        ("channel_id", "3"),
        ("currency", "USD"),
        ("out_trade_no", MINE),
        ("status", "CREATED"),
        ("subject", subject),
        ("total_amount", "10.00"),
        ("trade_no", "T1"),
    ])
}

fn order(number: &str, subject: &str) -> Order {
    let amount = "10.00".parse().unwrap();
    Order::new("7", number, amount, Currency::USD, subject).channel("3", Currency::USD)
}

/// The attack's text: parameters of a paid order inside of a description.
const INJECTED: &str = "x&channel_id=3&currency=USD&out_trade_no=VICTIM_0f8c2d5b7e9a4c613f8c2d5b7e9a4c61a4&status=CHECKOUT_SUCCEED&subject=y";

/// What is left of the original behind the injected subject.
const REST: &str = "y&channel_id=3&currency=USD&out_trade_no=MINE_0f8c2d5b7e9a4c613f8c2d5b7e9a4c61a4c6&status=CREATED&subject=mine";

/// The same text, cut for the victim's order.
fn cut_for_the_victim() -> Pairs {
    let mut forged = unpaid(REST, "x");
    VICTIM.clone_into(&mut forged[4].1);
    "CHECKOUT_SUCCEED".clone_into(&mut forged[5].1);
    forged
}

#[test]
fn the_description_attack_works_without_the_ambiguity_rule_and_is_refused_with_it() {
    let (signed, forged) = (unpaid("mine", INJECTED), cut_for_the_victim());
    assert_eq!(signed_text(&signed), signed_text(&forged));
    let sign = key().sign(&signed);

    // The payer named his second order so that even the comparison of the subject holds.
    let read = without_the_ambiguity_rule(&forged, sign.as_str()).unwrap();
    let matched = read.matches(&order(VICTIM, &hide(REST))).unwrap();
    assert!(matched.paid().is_some(), "the attack is real");

    let refused = strict(&forged, sign.as_str());
    assert_eq!(refused, Err(Refusal::Ambiguous("subject")));
    // Nobody can tell which reading is the honest one, so the original is quarantined as well.
    let original = strict(&signed, sign.as_str());
    assert_eq!(original, Err(Refusal::Ambiguous("body")));
    assert!(original.unwrap_err().is_signed());

    // The forger finds it by itself, and nothing behind the rule.
    assert!(forge(&signed, without_the_ambiguity_rule).is_err());
    assert_eq!(forge(&signed, strict).unwrap().accepted, 0);
}

#[test]
fn each_variant_of_the_description_attack_is_refused_in_every_cut() {
    let variants = [
        ("another order", INJECTED),
        (
            "the same order, paid",
            "x&status=CHECKOUT_SUCCEED&subject=y",
        ),
        ("another amount", "x&subject=y&total_amount=0.01"),
        ("another app", "x&body=z&channel_id=3"),
        ("a channel of one's own", "x&channel_id=99&currency=USD"),
        ("another currency", "x&currency=CNY"),
        ("a customer", "x&customer_id=C-9&out_trade_no=MINE"),
        ("a subscription", "x&subject=y&subscription_id=S-9"),
        ("another number of the provider's", "x&trade_no=T9"),
        ("a name that nobody knows", "x&aaa=1"),
        ("a signature", "x&sign=0123456789abcdef0123456789abcdef"),
        ("an empty name", "x&=1"),
        (
            "two at once",
            "x&channel_id=3&channel_id=4&status=CREATED&status=CHECKOUT_SUCCEED",
        ),
        (
            "everything",
            "x&channel_id=3&currency=USD&customer_id=C-9&out_trade_no=VICTIM_0f8c2d5b7e9a4c613f8c2d5b7e9a4c61a4\
             &status=SUBSCRIPTION_CHARGE_SUCCEED&subject=y&subscription_id=S-9\
             &total_amount=10.00&trade_no=T9",
        ),
    ];
    for (name, injected) in variants {
        for (subject, body) in [("mine", injected), (injected, "b"), (injected, injected)] {
            let tried = forge(&unpaid(subject, body), strict);
            let tried = tried.unwrap_or_else(|forgery| panic!("{name}: {forgery:#?}"));
            // Only a subscription can be cut off a subject, and only there does that say nothing.
            let harmless = name == "a subscription" || name == "everything";
            assert!(
                tried.accepted == 0 || (harmless && body == "b"),
                "{name}: {tried:?}"
            );
        }
    }
}

/// Texts that only look like the attack stay usable.
#[test]
fn an_ampersand_alone_and_an_equals_sign_alone_are_no_attack() {
    for text in [
        "Tea & cake",
        "a=b",
        "a=b&c",
        "&",
        "=",
        "&&&",
        "E=mc2 & more",
        "x=1&",
        "a==b",
    ] {
        let tried = forge(&unpaid(text, text), strict).unwrap();
        assert_eq!(tried.readings.len(), 1, "{text}");
        assert_eq!(tried.readings[0].subject(), text);
        assert_eq!(tried.readings[0].body(), Some(text));
    }
}

/// Every way to change a signed `CREATED` into a paid message without cutting.
#[test]
fn no_addition_to_an_unpaid_message_makes_it_paid() {
    let signed = unpaid("mine", "b");
    let sign = key().sign(&signed).as_str().to_owned();
    let genuine = form(&signed, &sign);
    let additions = [
        (
            "a second status",
            "&status=CHECKOUT_SUCCEED",
            Refusal::Duplicate("status"),
        ),
        (
            "a status that is an array",
            "&status[]=CHECKOUT_SUCCEED",
            Refusal::ArrayName,
        ),
        (
            "an escaped name",
            "&%73tatus=CHECKOUT_SUCCEED",
            Refusal::Duplicate("status"),
        ),
        (
            "an escaped ampersand",
            "%26status=CHECKOUT_SUCCEED",
            Refusal::SignShape,
        ),
        (
            "another spelling",
            "&Status=CHECKOUT_SUCCEED",
            Refusal::UnknownName,
        ),
        (
            "a name with a space",
            "& status=CHECKOUT_SUCCEED",
            Refusal::UnknownName,
        ),
        (
            "a name with a zero byte",
            "&status%00=CHECKOUT_SUCCEED",
            Refusal::ControlCharacter,
        ),
        ("a second signature", "&sign=0", Refusal::Duplicate("sign")),
        (
            "a semicolon",
            ";status=CHECKOUT_SUCCEED",
            Refusal::SignShape,
        ),
        (
            "an unsigned tracking parameter",
            "&utm=1",
            Refusal::UnknownName,
        ),
    ];
    for (name, added, refusal) in additions {
        let outcome = verifier().notification(format!("{genuine}{added}").as_bytes());
        assert_eq!(outcome, Err(refusal), "{name}");
    }
    for (name, changed) in [
        (
            "the upper case of the signature",
            genuine.replace(&sign, &sign.to_uppercase()),
        ),
        (
            "the signature without its end",
            genuine.replace(&sign, &sign[..31]),
        ),
        (
            "no signature",
            genuine.replace(&format!("&sign={sign}"), ""),
        ),
        (
            "the status alone",
            genuine.replace("CREATED", "CHECKOUT_SUCCEED"),
        ),
    ] {
        assert!(
            verifier().notification(changed.as_bytes()).is_err(),
            "{name}"
        );
    }
}

#[test]
fn what_the_provider_did_sign_pays_for_nothing_else() {
    let paid = TestMessage::paid(&order(MINE, "Tea"));
    let judge = |message: &TestMessage, order: &Order| {
        verifier()
            .notification(&message.form_body(&key()))?
            .matches(order)
    };
    let order = order(MINE, "Tea");
    assert!(matches!(judge(&paid, &order), Ok(Matched::Paid(_))));
    for (name, parameter, value, refusal) in [
        (
            "another order's payment",
            "out_trade_no",
            "A-2",
            Refusal::WrongOrder,
        ),
        (
            "a payment of a cent",
            "total_amount",
            "0.01",
            Refusal::WrongAmount,
        ),
        (
            "an amount with an exponent",
            "total_amount",
            "1e1",
            Refusal::Shape("total_amount"),
        ),
        (
            "a weaker currency",
            "currency",
            "CNY",
            Refusal::WrongCurrency,
        ),
        (
            "a sandbox's or a foreign channel",
            "channel_id",
            "99",
            Refusal::WrongChannel,
        ),
        (
            "another app on the installation",
            "app_id",
            "8",
            Refusal::WrongApp,
        ),
        (
            "a cheaper product",
            "subject",
            "Tea (sample)",
            Refusal::WrongSubject,
        ),
        (
            "a status of another kind",
            "status",
            "SUBSCRIPTION_CHARGE_SUCCEED",
            Refusal::WrongAbility,
        ),
    ] {
        let message = paid.clone().with(parameter, value);
        assert_eq!(judge(&message, &order), Err(refusal), "{name}");
    }
    for status in ["CREATED", "CHECKOUT_FAIL", "CLOSED"] {
        let matched = judge(&paid.clone().with("status", status), &order).unwrap();
        assert!(matched.paid().is_none(), "{status}");
    }
}

/// The payer sees the signature of the checkout that he is sent to, and the key may be the same.
#[test]
fn a_signed_checkout_is_no_notification_in_any_cut() {
    let product = Product::new("Tea", ProductType::Service, "SOFTWARE").description("two tins");
    let checkout = Checkout::one_off("7", Environment::Sandbox, product)
        .order(MINE, "10.00".parse().unwrap(), Currency::USD)
        .notify_url("https://shop.example.com/notify")
        .return_url("https://shop.example.com/thanks")
        .sign(&key(), SystemTime::UNIX_EPOCH)
        .unwrap();
    let cuts = known_cuts(checkout.signed_text(), &[], 100_000);
    assert!(cuts.len() > 1);
    for mut cut in cuts {
        cut.push(("sign".to_owned(), checkout.sign().as_str().to_owned()));
        assert!(verifier().notification(php_query(&cut).as_bytes()).is_err());
    }
}

#[test]
fn a_key_that_everybody_knows_or_that_ends_another_is_not_taken() {
    let key = |text: &str| SigningKey::new(text).unwrap();
    assert!(Verifier::new([key(SigningKey::PUBLIC_SAMPLE)]).is_err());
    // "…A" with the key "B" has the signature of "…" with the key "AB".
    assert!(Verifier::for_sandbox([key("10.00secret"), key("secret")]).is_err());
}

/// The id that a subject can lose its end to counts nowhere, and the order is what it was.
#[test]
fn a_subscription_cut_off_a_subject_says_nothing() {
    let mut signed = unpaid("Tea&subscription_id=S-9", "b");
    "CHECKOUT_SUCCEED".clone_into(&mut signed[5].1);
    let tried = forge(&signed, strict).unwrap();
    let [read] = &tried.readings[..] else {
        panic!("{tried:?}")
    };
    assert_eq!(read.subject(), "Tea");
    let matched = read.matches(&order(MINE, "Tea")).unwrap();
    assert!(matched.paid().is_some());
    assert!(!format!("{matched:?}").contains("S-9"));
    let whole = order(MINE, "Tea&subscription_id=S-9");
    assert_eq!(read.matches(&whole), Err(Refusal::WrongSubject));
}
