//! The provider's server as it really behaves: subscriptions, short numbers, limits, new names.

use super::tests::{NUMBER, key, matched, order, signed, subscription, verifier};
use super::*;
use crate::checkout::number::SafeBecause;
use crate::checkout::plan::FirstCharge;
use crate::checkout::testing::TestMessage;
use crate::money::Currency;

#[test]
fn ids_of_subscriptions_and_customers_decide_nothing() {
    for order in [order(), subscription()] {
        let message = TestMessage::paid(&order);
        let with = message
            .clone()
            .with("subscription_id", "S-1")
            .with("customer_id", "C-1");
        let without = message.without("customer_id");
        let facts = matched(&with, &order).unwrap();
        assert!(facts.paid().is_some());
        assert_eq!(facts, matched(&without, &order).unwrap());
        let shown = format!("{facts:?}");
        assert!(!shown.contains("S-1") && !shown.contains("C-1"), "{shown}");
    }
}

#[test]
fn a_subscription_is_matched_by_the_amount_of_its_first_charge() {
    let charge = |amount: &str, currency| FirstCharge::new(amount.parse().unwrap(), currency);
    let with = |first| Order::subscription("7", NUMBER, first, "Tea").channel("3", Currency::USD);
    let trial = with(charge("0.00", Currency::USD));
    let message = TestMessage::paid(&trial);
    assert!(matched(&message, &trial).unwrap().paid().is_some());
    let dearer = with(charge("9.99", Currency::USD));
    assert_eq!(matched(&message, &dearer), Err(Refusal::WrongAmount));
    let foreign = with(charge("0", Currency::CNY));
    assert_eq!(matched(&message, &foreign), Err(Refusal::WrongCurrency));
}

#[test]
fn where_the_payer_chooses_each_way_has_its_own_price() {
    let first = FirstCharge::new("9.99".parse().unwrap(), Currency::USD);
    let choice = order().or_subscription(first);
    let judge = |status: &str, amount: &str| {
        let message = TestMessage::paid(&order());
        matched(
            &message.with("status", status).with("total_amount", amount),
            &choice,
        )
    };
    for (status, right, wrong) in [
        ("CHECKOUT_SUCCEED", "10.00", "9.99"),
        ("SUBSCRIPTION_CHARGE_SUCCEED", "9.99", "10.00"),
    ] {
        assert!(judge(status, right).unwrap().paid().is_some());
        assert_eq!(judge(status, wrong), Err(Refusal::WrongAmount));
    }
    // Of these it is not known which of the two they are about.
    for amount in ["10.00", "9.99"] {
        assert!(judge("CLOSED", amount).unwrap().paid().is_none());
    }
    assert_eq!(judge("CLOSED", "1.00"), Err(Refusal::WrongAmount));
}

#[test]
fn a_number_that_can_be_extended_needs_a_word() {
    for (length, fine) in [(1, false), (40, false), (41, true), (64, true)] {
        let number = "x".repeat(length);
        let order = Order::new("7", number, "10.00".parse().unwrap(), Currency::USD, "Tea")
            .channel("3", Currency::USD);
        let message = TestMessage::paid(&order);
        let judged = matched(&message, &order);
        assert_eq!(
            judged.as_ref().err(),
            (!fine).then_some(&Refusal::Extendable)
        );
        let word = SafeBecause::ConfirmedByQuery;
        let allowed = matched(&message, &order.allow_extendable(word)).unwrap();
        let said = allowed.paid().unwrap().safe_because();
        assert_eq!(said, (!fine).then_some(word), "{length}");
    }
}

#[test]
fn what_the_server_cut_off_is_named() {
    let amount = |text: &str| text.parse().unwrap();
    let long = "x".repeat(300);
    let order = Order::new("7", NUMBER, amount("100000000"), Currency::USD, &*long)
        .channel("3", Currency::USD);
    let message = TestMessage::paid(&order);
    let cut = message
        .with("total_amount", "99999999.99")
        .with("subject", &long[..255]);
    let judged = matched(&cut, &order);
    assert_eq!(judged, Err(Refusal::CutByServer("total_amount")));
    let most = Order::new("7", NUMBER, amount("99999999.99"), Currency::USD, &*long)
        .channel("3", Currency::USD);
    assert_eq!(matched(&cut, &most), Err(Refusal::CutByServer("subject")));
    let short = cut.with("subject", &long[..253]);
    assert_eq!(matched(&short, &most), Err(Refusal::WrongSubject));
}

#[test]
fn a_name_that_is_not_known_is_named_where_it_is_signed() {
    let paid = TestMessage::paid(&order());
    let named = |name: &str| Err(Refusal::UnknownSignedName(name.into()));
    let newer = paid.clone().with("version", "2").with("paid_at", "2026");
    assert_eq!(signed(&newer), named("version"));
    assert!(signed(&newer).unwrap_err().is_signed());
    let reason = signed(&newer).unwrap_err().log_reason();
    assert!(reason.starts_with("version is signed"), "{reason}");
    // Nothing is named that was not signed, and nothing that does not look like a name.
    assert_eq!(
        signed(&paid.clone().with("version", "0")),
        Err(Refusal::UnknownName)
    );
    for odd in ["Version", "Jane Doe", &"v".repeat(65)] {
        assert_eq!(signed(&paid.clone().with(odd, "2")), named(""));
    }
    let many = (0..60).fold(paid, |message, n| message.with(&format!("x{n}"), "1"));
    assert_eq!(signed(&many), Err(Refusal::UnknownName));
}

#[test]
fn an_allowed_name_is_signed_and_ignored() {
    let allowing = |names: &[&'static str]| verifier().allowing(names.iter().copied());
    let judge = |message: &TestMessage, names: &[&'static str]| {
        let signed = allowing(names)
            .unwrap()
            .notification(&message.form_body(&key()))?;
        signed.matches(&order())
    };
    let paid = TestMessage::paid(&order());
    let newer = paid
        .clone()
        .with("version", "2")
        .with("attach", "x y")
        .with("body", "b");
    assert_eq!(
        judge(&newer, &["version", "attach"]),
        matched(&paid, &order())
    );
    assert_eq!(
        judge(&newer, &["version"]),
        Err(Refusal::UnknownSignedName("attach".into()))
    );
    let ambiguous = paid.clone().with("version", "2&x=3");
    assert_eq!(
        judge(&ambiguous, &["version"]),
        Err(Refusal::Ambiguous("version"))
    );
    // A status can hide where a payer's text would stand right before it.
    for (name, hides) in [
        ("channel_id2", true),
        ("paid_at", true),
        ("attach", false),
        ("stat", true),
        ("store", false),
    ] {
        let judged = judge(&paid.clone().with(name, "1"), &[name]);
        assert_eq!(judged.err(), hides.then_some(Refusal::Extendable), "{name}");
        assert!(judge(&paid, &[name]).is_ok());
    }
    for wrong in ["sign", "status", "", "Version", "1", "a b", "a-b"] {
        assert!(verifier().allowing([wrong]).is_err(), "{wrong}");
    }
    let twice = format!("{}&version=2", newer.return_query(&key()));
    let both = allowing(&["version", "attach"]).unwrap();
    assert_eq!(
        both.browser_return(&twice),
        Err(Refusal::Duplicate("version"))
    );
}

#[test]
fn a_paid_message_is_the_first_the_same_perhaps_a_renewal_or_a_second_payment() {
    let once = TestMessage::paid(&order());
    let often = TestMessage::paid(&subscription());
    let said = |message: &TestMessage, order: &Order, recorded, returned: bool| {
        let query = message.return_query(&key());
        let signed = if returned {
            verifier().browser_return(&query)
        } else {
            verifier().notification(query.as_bytes())
        };
        let matched = signed.unwrap().matches(order).unwrap();
        matched.paid().unwrap().payment(recorded)
    };
    let trade_no = "T20211224125866010001";
    let by = |notified| Some(Recorded { trade_no, notified });
    let other = Some(Recorded {
        trade_no: "T2",
        notified: true,
    });
    for returned in [true, false] {
        assert_eq!(said(&once, &order(), None, returned), Payment::First);
        assert_eq!(said(&once, &order(), by(true), returned), Payment::Repeated);
        assert_eq!(said(&once, &order(), other, returned), Payment::Double);
        assert_eq!(
            said(&often, &subscription(), None, returned),
            Payment::First
        );
        assert_eq!(
            said(&often, &subscription(), other, returned),
            Payment::Double
        );
        let first = said(&often, &subscription(), by(false), returned);
        assert_eq!(
            first,
            Payment::Repeated,
            "the return came before the notification"
        );
    }
    // A browser comes back once; only a notification can be that of the next period.
    assert_eq!(
        said(&often, &subscription(), by(true), true),
        Payment::Repeated
    );
    assert_eq!(
        said(&often, &subscription(), by(true), false),
        Payment::PossibleRenewal
    );
}

/// One channel may settle in both currencies (as the provider's `PayPal` channel 4 does), and a
/// payer's choice may have a price in each.
#[test]
fn a_channel_can_be_allowed_in_more_than_one_currency() {
    let first = FirstCharge::new("70.00".parse().unwrap(), Currency::CNY);
    let order = Order::new(
        "7",
        "V".repeat(41),
        "10.00".parse().unwrap(),
        Currency::USD,
        "Tea",
    )
    .or_subscription(first)
    .channel("3", Currency::USD)
    .channel("3", Currency::CNY);
    let message = TestMessage::paid(&order).with("channel_id", "3");
    assert!(matched(&message, &order).unwrap().paid().is_some());
    let often = message
        .with("status", "SUBSCRIPTION_CHARGE_SUCCEED")
        .with("total_amount", "70.00")
        .with("currency", "CNY");
    assert!(matched(&often, &order).unwrap().paid().is_some());
}
