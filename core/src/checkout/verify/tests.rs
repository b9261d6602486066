//! Notifications and returns: genuine, broken and foreign.

use proptest::prelude::*;

use super::form::NAMES;
use super::*;
use crate::checkout::plan::FirstCharge;
use crate::checkout::testing::TestMessage;
use crate::money::{Amount, Currency};

/// A number that nobody can extend.
pub(super) const NUMBER: &str = "A-1_0f8c2d5b7e9a4c613f8c2d5b7e9a4c61a4c61";

pub(super) fn key() -> SigningKey {
    SigningKey::new("sk_4711").unwrap()
}

pub(super) fn verifier() -> Verifier {
    Verifier::for_sandbox([SigningKey::new("another").unwrap(), key()]).unwrap()
}

pub(super) fn order() -> Order {
    Order::new(
        "7",
        NUMBER,
        "10.00".parse().unwrap(),
        Currency::USD,
        "Tea & cake",
    )
    .channel("3", Currency::USD)
    .channel("4", Currency::CNY)
}

pub(super) fn first_charge() -> FirstCharge {
    FirstCharge::new("10.00".parse().unwrap(), Currency::USD)
}

pub(super) fn subscription() -> Order {
    Order::subscription("7", NUMBER, first_charge(), "Tea & cake").channel("3", Currency::USD)
}

pub(super) fn signed(message: &TestMessage) -> Result<Signed, Refusal> {
    verifier().notification(&message.form_body(&key()))
}

pub(super) fn matched(message: &TestMessage, order: &Order) -> Result<Matched, Refusal> {
    signed(message)?.matches(order)
}

#[test]
fn a_genuine_notification_and_return_say_that_the_order_is_paid() {
    let message = TestMessage::paid(&order()).with("body", "two tins");
    let returned = verifier()
        .browser_return(&format!("?{}", message.return_query(&key())))
        .unwrap();
    let notified = signed(&message).unwrap();
    assert_eq!(
        [returned.source(), notified.source()],
        [Source::BrowserReturn, Source::Notification]
    );
    assert_eq!(
        (returned.trade_no(), returned.claimed_status()),
        (notified.trade_no(), notified.claimed_status())
    );
    assert_eq!(returned.subject(), "Tea & cake");
    assert_eq!(returned.body(), Some("two tins"));
    let Matched::Paid(paid) = returned.matches(&order()).unwrap() else {
        panic!("not paid")
    };
    assert_eq!(
        [paid.app_id(), paid.out_trade_no(), paid.channel_id()],
        ["7", NUMBER, "3"]
    );
    assert_eq!(
        paid.dedup_key().to_string(),
        "T20211224125866010001:CHECKOUT_SUCCEED"
    );
}

#[test]
fn only_a_success_is_paid() {
    for status in Status::ALL {
        let order = order().or_subscription(first_charge());
        let message = TestMessage::paid(&order).with("status", status.as_str());
        let matched = matched(&message, &order).unwrap();
        assert_eq!(matched.paid().is_some(), status.is_success(), "{status}");
        assert_eq!(matched.status(), status);
    }
}

#[test]
fn each_thing_that_is_not_the_orders_is_refused_by_name() {
    let paid = TestMessage::paid(&order());
    for (name, value, refusal) in [
        ("app_id", "8", Refusal::WrongApp),
        ("out_trade_no", "A-2", Refusal::WrongOrder),
        ("total_amount", "10.01", Refusal::WrongAmount),
        ("total_amount", "1000", Refusal::WrongAmount),
        ("currency", "CNY", Refusal::WrongCurrency),
        ("channel_id", "5", Refusal::WrongChannel),
        ("channel_id", "4", Refusal::WrongChannel),
        ("subject", "Tea", Refusal::WrongSubject),
        ("subject", "Tea & cake ", Refusal::WrongSubject),
        (
            "status",
            "SUBSCRIPTION_CHARGE_SUCCEED",
            Refusal::WrongAbility,
        ),
    ] {
        let refused = matched(&paid.clone().with(name, value), &order()).unwrap_err();
        assert_eq!(refused, refusal);
        assert_eq!(refused.parameter(), Some(name));
        assert!(refused.is_signed());
    }
    let no_channel = Order::new(
        "7",
        NUMBER,
        "10".parse().unwrap(),
        Currency::USD,
        "Tea & cake",
    );
    assert_eq!(
        matched(&paid, &no_channel).unwrap_err(),
        Refusal::WrongChannel
    );
}

#[test]
fn amounts_are_compared_as_decimals_and_read_strictly() {
    let paid = TestMessage::paid(&order());
    for same in ["10", "10.0", "10.00", "10.000"] {
        assert!(matched(&paid.clone().with("total_amount", same), &order()).is_ok());
    }
    for wrong in [
        "1e1", " 10", "10 ", "+10", "-10", "10.", ".5", "010", "0x0a", "10,00", "１０",
    ] {
        let refused = signed(&paid.clone().with("total_amount", wrong)).unwrap_err();
        assert_eq!(refused, Refusal::Shape("total_amount"), "{wrong}");
    }
}

#[test]
fn machine_fields_are_read_strictly() {
    let paid = TestMessage::paid(&order());
    for (name, values) in [
        ("app_id", &["a b", "12345678901234567", "é"][..]),
        ("channel_id", &["3 ", "3/4", "a=b"]),
        ("trade_no", &["T 1", "T&1"]),
        ("out_trade_no", &["A 1", "A=1", "é"]),
        ("currency", &["usd", "US", "USDT", "USD "]),
        ("status", &["PAID", "checkout_succeed", "CHECKOUT_SUCCEED "]),
        ("subscription_id", &["a b", "é"]),
        ("customer_id", &["a b", "1=2"]),
    ] {
        for value in values {
            let refused = signed(&paid.clone().with(name, *value)).unwrap_err();
            assert_eq!(refused, Refusal::Shape(name), "{value}");
        }
    }
}

#[test]
fn each_required_parameter_is_missed_and_empty_or_zero_is_missing() {
    let paid = TestMessage::paid(&order());
    let optional = ["body", "subscription_id", "customer_id", "sign"];
    for name in NAMES.into_iter().filter(|name| !optional.contains(name)) {
        let missing = Err(match name {
            "status" => Refusal::NoStatus,
            name => Refusal::Missing(name),
        });
        assert_eq!(signed(&paid.clone().without(name)), missing, "{name}");
        assert_eq!(signed(&paid.clone().with(name, "")), missing, "{name}");
        assert_eq!(signed(&paid.clone().with(name, "0")), missing, "{name}");
    }
    let unsigned = verifier().notification(b"app_id=7").unwrap_err();
    assert_eq!(unsigned, Refusal::Missing("sign"));
    assert!(!unsigned.is_signed());
}

#[test]
fn the_signature_has_one_form_and_no_second_try() {
    let body = TestMessage::paid(&order()).return_query(&key());
    let (rest, sign) = body.rsplit_once("&sign=").unwrap();
    let with = |sign: &str| verifier().browser_return(&format!("{rest}&sign={sign}"));
    assert!(with(sign).is_ok());
    let upper = sign.to_uppercase();
    for wrong in [
        &upper,
        &sign[1..],
        "z",
        &format!("{sign}0"),
        &format!("+{sign}"),
    ] {
        assert_eq!(with(wrong), Err(Refusal::SignShape), "{wrong}");
    }
    assert_eq!(with(&"0".repeat(32)), Err(Refusal::WrongSignature));
    let other = SigningKey::new("foreign").unwrap();
    let foreign = TestMessage::paid(&order()).form_body(&other);
    assert_eq!(
        verifier().notification(&foreign),
        Err(Refusal::WrongSignature)
    );
}

#[test]
fn what_is_not_a_strict_form_is_refused_whatever_its_signature() {
    let body = TestMessage::paid(&order()).return_query(&key());
    let added = |text: &str| {
        verifier()
            .browser_return(&format!("{body}{text}"))
            .unwrap_err()
    };
    assert_eq!(added("&utm_source=mail"), Refusal::UnknownName);
    assert_eq!(added("&utm_source="), Refusal::UnknownName);
    assert_eq!(added("&Status=1"), Refusal::UnknownName);
    assert_eq!(added("&status[]=1"), Refusal::ArrayName);
    assert_eq!(added("&status%5B0%5D=1"), Refusal::ArrayName);
    assert_eq!(added("&status=CLOSED"), Refusal::Duplicate("status"));
    assert_eq!(added("&%73tatus="), Refusal::Duplicate("status"));
    assert_eq!(added("&sign=0"), Refusal::Duplicate("sign"));
    assert_eq!(added("&body=again"), Refusal::Duplicate("body"));
    for malformed in [
        "&",
        "&customer_id",
        "&customer_id=%",
        "&customer_id=%4",
        "&customer_id=%4g",
        "&customer_id=%4%31",
    ] {
        assert_eq!(added(malformed), Refusal::Malformed, "{malformed}");
    }
    assert_eq!(added("&customer_id=%ff"), Refusal::NotUtf8);
    assert_eq!(added("&customer_id=%C0%80"), Refusal::NotUtf8);
    assert_eq!(added("&customer_id=%00"), Refusal::ControlCharacter);
    assert_eq!(added("&customer_id=1%0A"), Refusal::ControlCharacter);
    assert_eq!(verifier().notification(b""), Err(Refusal::Malformed));
    assert_eq!(verifier().notification(b"\xff=\xff"), Err(Refusal::NotUtf8));
    assert_eq!(
        verifier().notification(b"{\"status\":\"PAID\"}"),
        Err(Refusal::Malformed)
    );
    let huge = vec![b'a'; Verifier::MAX_LEN + 1];
    assert_eq!(verifier().notification(&huge), Err(Refusal::TooLarge));
}

#[test]
fn parameters_that_the_signature_does_not_see_change_nothing() {
    let message = TestMessage::paid(&order()).without("body");
    let query = message.return_query(&key());
    let plain = verifier().browser_return(&query).unwrap();
    for added in [
        "&body=",
        "&body=0",
        "&subscription_id=0&customer_id=",
        "&customer_id=0",
    ] {
        let read = verifier()
            .browser_return(&format!("{query}{added}"))
            .unwrap();
        assert_eq!(read, plain);
    }
}

#[test]
fn a_subscription_is_not_paid_by_a_single_payment() {
    let message = TestMessage::paid(&order());
    let refused = matched(&message, &subscription()).unwrap_err();
    assert_eq!(refused, Refusal::WrongAbility);
}

#[test]
fn a_verifier_needs_keys_that_are_secret_and_cannot_be_confused() {
    let keys = |texts: &[&str]| {
        texts
            .iter()
            .map(|t| SigningKey::new(*t).unwrap())
            .collect::<Vec<_>>()
    };
    let strong = "9f2c51d07be84a6630c1f5e2ab97d8443e6b01fc";
    assert!(Verifier::new([]).is_err());
    assert!(Verifier::new(keys(&[strong, &strong[4..]])).is_err());
    assert!(Verifier::new(keys(&[strong, strong])).is_ok());
    let published = [
        SigningKey::PUBLIC_SAMPLE,
        "sandbox-app-key",
        "sandbox-default-key",
        "sanspay-cassette-test-key",
    ];
    for weak in ["a", "0123456789abcdef012", "aaaaaaaaaaaaaaaaaaaaaaaa"]
        .into_iter()
        .chain(published)
    {
        let error = Verifier::new(keys(&[strong, weak])).unwrap_err();
        assert_eq!(error.problems()[0].field(), "keys");
        assert!(!error.to_string().contains(weak) || weak == "a");
        assert!(Verifier::for_sandbox(keys(&[weak])).is_ok());
    }
    assert!(Verifier::for_sandbox(keys(&["abc", "bc"])).is_err());
}

#[test]
fn the_answer_is_the_same_whatever_the_reason() {
    assert_eq!(SUCCEED.as_bytes(), b"succeed");
    let paid = TestMessage::paid(&order());
    let wrong_order = matched(&paid.clone().with("out_trade_no", "A-2"), &order());
    let wrong_sign = verifier()
        .notification(b"sign=0123456789abcdef0123456789abcdef")
        .and_then(|signed| signed.matches(&order()));
    assert_ne!(wrong_order.clone().err(), wrong_sign.clone().err());
    let answers = [Answer::to(&wrong_order), Answer::to(&wrong_sign)];
    assert_eq!(answers, [Answer::Refused; 2]);
    let response = Answer::to(&matched(&paid, &order())).response();
    assert_eq!(
        (response.status().as_u16(), &response.body()[..]),
        (200, &b"succeed"[..])
    );
}

#[test]
fn neither_values_nor_keys_are_printed() {
    let message = TestMessage::paid(&order())
        .with("subject", "Tea for Jane Doe")
        .with("customer_id", "C-4242");
    let read = signed(&message).unwrap();
    let refused = read.matches(&order()).unwrap_err();
    let printed = format!(
        "{:?} {message:?} {read:?} {refused:?} {refused} {} {:?}",
        verifier(),
        refused.log_reason(),
        order(),
    );
    for hidden in ["4711", "another", "Jane", "C-4242"] {
        assert!(!printed.contains(hidden), "{hidden} in {printed}");
    }
}

proptest! {
    #[test]
    fn a_signed_message_reads_back_with_the_same_fields(
        app in "[a-zA-Z0-9_.-]{1,16}", number in "[!-%'-<>-~]{41,64}", subject in "[^\\p{Cc}&]{1,20}",
        body in "[^\\p{Cc}=]{0,20}", cents in 1u64..99_999_999_900,
    ) {
        prop_assume!(![app.as_str(), subject.as_str()].contains(&"0"));
        let amount = Amount::from_minor_units(cents, 2).unwrap();
        let order = Order::new(&*app, &*number, amount, Currency::CNY, &*subject).channel("c", Currency::CNY);
        let read = signed(&TestMessage::paid(&order).with("body", &*body)).unwrap();
        prop_assert_eq!([read.app_id(), read.out_trade_no(), read.subject()], [&*app, &*number, &*subject]);
        prop_assert_eq!(read.body().unwrap_or_default(), if body == "0" { "" } else { &body });
        prop_assert_eq!(read.total_amount(), amount);
        prop_assert!(read.matches(&order).unwrap().paid().is_some());
    }

    #[test]
    fn a_changed_byte_is_refused_or_means_the_same(place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let message = TestMessage::paid(&order()).with("body", "é+%20");
        let mut bytes = message.form_body(&key());
        let genuine = verifier().notification(&bytes).unwrap();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        if let Ok(read) = verifier().notification(&bytes) {
            prop_assert_eq!(read, genuine);
        }
    }

    #[test]
    fn no_bytes_make_the_verifier_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[a-z_&=%+0-9]{0,80}") {
        prop_assert!(verifier().notification(&bytes).is_err());
        prop_assert!(verifier().browser_return(&text).is_err());
    }
}
