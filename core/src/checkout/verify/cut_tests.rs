//! The hole in the scheme: one signed text, cut into other parameters.

use std::time::SystemTime;

use proptest::prelude::*;

use super::form::NAMES;
use super::tests::{NUMBER, key, order, subscription, verifier};
use super::*;
use crate::checkout::testing::TestMessage;
use crate::checkout::{
    Checkout, Environment, Product, ProductType, SafeBecause, php_query, signed_text,
};
use crate::money::Currency;

/// The pairs sent with the signature of what the provider signed.
fn recut(provider_signed: &[(&str, &str)], presented: &[(&str, &str)]) -> Result<Signed, Refusal> {
    assert_eq!(signed_text(provider_signed), signed_text(presented));
    let sign = key().sign(provider_signed);
    let mut pairs = presented.to_vec();
    pairs.push(("sign", sign.as_str()));
    verifier().notification(php_query(&pairs).as_bytes())
}

/// A payer who controls a product's description has a text signed without paying, and cuts the
/// same text into a paid notification of somebody else's order.
#[test]
fn the_description_attack_is_refused_however_the_text_is_cut() {
    let injected = "x&channel_id=3&currency=USD&out_trade_no=VICTIM\
                    &status=CHECKOUT_SUCCEED&subject=y";
    let by_provider = [
        ("app_id", "7"),
        ("body", injected),
        ("channel_id", "3"),
        ("currency", "USD"),
        ("out_trade_no", "MINE"),
        ("status", "CREATED"),
        ("subject", "mine"),
        ("total_amount", "10.00"),
        ("trade_no", "T1"),
    ];
    let subject = "y&channel_id=3&currency=USD&out_trade_no=MINE&status=CREATED&subject=mine";
    let forged = [
        ("app_id", "7"),
        ("body", "x"),
        ("channel_id", "3"),
        ("currency", "USD"),
        ("out_trade_no", "VICTIM"),
        ("status", "CHECKOUT_SUCCEED"),
        ("subject", subject),
        ("total_amount", "10.00"),
        ("trade_no", "T1"),
    ];
    assert_eq!(
        recut(&by_provider, &forged),
        Err(Refusal::Ambiguous("subject"))
    );
    // Even the provider's own cut: it is quarantined, because nobody can tell which is which.
    assert_eq!(
        recut(&by_provider, &by_provider),
        Err(Refusal::Ambiguous("body"))
    );
    // With every part cut apart, names are there twice.
    let sign = key().sign(&by_provider);
    let apart = format!("{}&sign={}", signed_text(&by_provider), sign.as_str());
    assert_eq!(
        verifier().notification(apart.as_bytes()),
        Err(Refusal::Duplicate("channel_id"))
    );
}

#[test]
fn the_same_attack_through_a_subject_is_refused() {
    let by_provider = [
        ("app_id", "7"),
        ("body", "d"),
        ("channel_id", "3"),
        ("currency", "USD"),
        ("out_trade_no", NUMBER),
        ("status", "CREATED"),
        ("subject", "y&total_amount=10.00"),
        ("total_amount", "0.01"),
        ("trade_no", "T1"),
    ];
    let mut forged = by_provider;
    forged[6].1 = "y";
    forged[7].1 = "10.00&total_amount=0.01";
    assert_eq!(
        recut(&by_provider, &forged),
        Err(Refusal::Ambiguous("total_amount"))
    );
}

/// Cut out of a subject without a trace, so it says nothing unless the provider must have set it.
#[test]
fn a_subscription_cut_out_of_a_subject_counts_nowhere() {
    let by_provider = |status| {
        [
            ("app_id", "7"),
            ("body", ""),
            ("channel_id", "3"),
            ("currency", "USD"),
            ("out_trade_no", NUMBER),
            ("status", status),
            ("subject", "Tea & cake&subscription_id=S-9"),
            ("subscription_id", ""),
            ("total_amount", "10.00"),
            ("trade_no", "T1"),
        ]
    };
    let cut = |status| {
        let mut cut = by_provider(status);
        cut[6].1 = "Tea & cake";
        cut[7].1 = "S-9";
        recut(&by_provider(status), &cut).unwrap()
    };
    for (status, order) in [
        ("CHECKOUT_SUCCEED", order()),
        ("SUBSCRIPTION_CHARGE_SUCCEED", subscription()),
    ] {
        let matched = cut(status).matches(&order).unwrap();
        assert!(matched.paid().is_some());
        assert!(!format!("{matched:?}").contains("S-9"));
    }
}

/// The second hole: the payer lets a charge through Alipay Global fail, for which the server
/// signs no status, and had written one into the order number.
#[test]
fn a_status_cut_out_of_a_short_order_number_is_refused() {
    let short = "ORDER-7777777777777777777777777777777777";
    assert_eq!(short.len(), 40);
    let extended = format!("{short}&status=CHECKOUT_SUCCEED");
    let by_provider = [
        ("app_id", "7"),
        ("channel_id", "3"),
        ("currency", "USD"),
        ("customer_id", "22"),
        ("out_trade_no", &extended),
        ("subject", "Tea & cake"),
        ("total_amount", "10.00"),
        ("trade_no", "T1"),
    ];
    let mut cut = by_provider.to_vec();
    cut[4].1 = short;
    cut.insert(5, ("status", "CHECKOUT_SUCCEED"));
    let read = recut(&by_provider, &cut).unwrap();
    let order = Order::new(
        "7",
        short,
        "10.00".parse().unwrap(),
        Currency::USD,
        "Tea & cake",
    )
    .channel("3", Currency::USD);
    assert_eq!(read.matches(&order), Err(Refusal::Extendable));
    let believing = order.allow_extendable(SafeBecause::EveryChannelSignsItsStatus);
    let matched = read.matches(&believing).unwrap();
    assert!(matched.paid().is_some(), "the attack is real");
    // Nobody can tell that this is the provider's own cut.
    let own = recut(&by_provider, &by_provider);
    assert_eq!(own, Err(Refusal::Ambiguous("out_trade_no")));
}

/// The payer sees the signature of the checkout itself, and the same key may sign both.
#[test]
fn a_signed_checkout_is_no_notification_however_it_is_cut() {
    let product = Product::new("Tea & cake", ProductType::Service, "SOFTWARE");
    let checkout = Checkout::one_off("7", Environment::Sandbox, product)
        .order(NUMBER, "10.00".parse().unwrap(), Currency::USD)
        .notify_url("https://shop.example.com/notify")
        .return_url("https://shop.example.com/thanks")
        .sign(&key(), SystemTime::UNIX_EPOCH)
        .unwrap();
    for last in 0..1 << 12 {
        let mut message = cut(checkout.signed_text(), last);
        message.push(("sign".to_owned(), checkout.sign().as_str().to_owned()));
        let query = php_query(&message);
        assert!(verifier().notification(query.as_bytes()).is_err());
    }
    let url = checkout.url();
    let (_, query) = url.split_once('?').unwrap();
    let unknown = Err(Refusal::UnknownSignedName("request_time".into()));
    assert_eq!(verifier().browser_return(query), unknown);
}

/// The parameters of another, paid order, as they stand in a signed text.
const PARTS: [&str; 11] = [
    "&app_id=7",
    "&body=b",
    "&channel_id=3",
    "&currency=USD",
    "&customer_id=C-9",
    "&out_trade_no=VICTIM",
    "&status=CHECKOUT_SUCCEED",
    "&subject=y",
    "&subscription_id=S-9",
    "&total_amount=99.00",
    "&trade_no=T9",
];

/// What somebody who may choose texts would try: some of the parts in their right order.
fn hostile_text() -> impl Strategy<Value = String> {
    let part = |range| prop::sample::subsequence(PARTS.to_vec(), range);
    let whole = Just([&PARTS[2..4], &PARTS[5..8]].concat());
    let parts = prop_oneof![3 => whole, 1 => part(0..=3), 1 => part(0..=11)];
    let text = ("[x&=0]{0,2}", parts, "[&=]{0,1}");
    text.prop_map(|(before, parts, after)| format!("{before}{}{after}", parts.concat()))
}

/// `text` cut before the first `&name=` of each known name, or the last where its bit in `last`
/// is set, so that no name is there twice.
fn cut(text: &str, last: u16) -> Vec<(String, String)> {
    let name_of = |piece: &str| {
        let name = piece.split_once('=')?.0;
        NAMES.iter().position(|known| *known == name)
    };
    let pieces: Vec<&str> = text.split('&').collect();
    let mut pairs: Vec<(String, String)> = Vec::new();
    for (place, piece) in pieces.iter().enumerate() {
        let begins = name_of(piece).is_some_and(|name| {
            let others = if last >> name & 1 == 1 {
                &pieces[place + 1..]
            } else {
                &pieces[..place]
            };
            others.iter().all(|other| name_of(other) != Some(name))
        });
        match (piece.split_once('='), pairs.last_mut()) {
            (Some((name, value)), _) if begins => pairs.push((name.to_owned(), value.to_owned())),
            (_, Some((_, value))) => {
                value.push('&');
                value.push_str(piece);
            }
            (_, None) => {}
        }
    }
    pairs
}

proptest! {
    #[test]
    fn no_cut_of_what_the_provider_signed_says_anything_else(
        subject in prop_oneof![Just("mine".to_owned()), hostile_text()],
        body in hostile_text(),
        last in prop_oneof![Just(0), Just(u16::MAX), any::<u16>()],
    ) {
        prop_assume!(!["", "0"].contains(&&*subject));
        let by_provider = TestMessage::paid(&order())
            .with("subject", subject.clone())
            .with("body", body)
            .with("status", "CREATED");
        let query = by_provider.return_query(&key());
        let mut pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let sign = pairs.pop().unwrap();
        let mut message = cut(&signed_text(&pairs), last);
        message.push(sign);
        if let Ok(read) = verifier().browser_return(&php_query(&message)) {
            prop_assert_eq!(read.claimed_status(), Status::Created);
            prop_assert_eq!([read.app_id(), read.channel_id(), read.out_trade_no()], ["7", "3", NUMBER]);
            prop_assert_eq!((read.total_amount().to_string(), read.currency()), ("10.00".to_owned(), &Currency::USD));
            prop_assert!(subject.starts_with(read.subject()));
        }
    }
}
