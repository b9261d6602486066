//! How a message is read before anything in it is believed.

use super::form::{NAMES, Name};
use super::tests::{key, order, verifier};
use super::*;
use crate::checkout::testing::TestMessage;

#[test]
fn every_name_stands_in_its_place() {
    let names = [
        Name::AppId,
        Name::Body,
        Name::ChannelId,
        Name::Currency,
        Name::CustomerId,
        Name::OutTradeNo,
        Name::Sign,
        Name::Status,
        Name::Subject,
        Name::SubscriptionId,
        Name::TotalAmount,
        Name::TradeNo,
    ];
    for name in names {
        // `OutTradeNo` is `out_trade_no`.
        let plain = name.as_str().replace('_', "");
        assert_eq!(format!("{name:?}").to_lowercase(), plain);
    }
    assert_eq!(names.len(), NAMES.len());
    assert!(NAMES.is_sorted());
}

#[test]
fn control_characters_are_found_in_every_form() {
    for (value, refusal) in [
        ("a%0Ab", Refusal::ControlCharacter),
        ("a\nb", Refusal::ControlCharacter),
        ("%7F", Refusal::ControlCharacter),
        ("%C2%80", Refusal::ControlCharacter),
        ("\u{9f}", Refusal::ControlCharacter),
        ("sixteen+bytes+and+then%C2%85", Refusal::ControlCharacter),
        ("%C2%A0", Refusal::Missing("sign")),
        ("\u{a0}%C3%85", Refusal::Missing("sign")),
        ("%C2", Refusal::NotUtf8),
        ("%85", Refusal::NotUtf8),
        ("%C2&body=%80", Refusal::NotUtf8),
    ] {
        let message = format!("subject={value}");
        let refused = verifier().notification(message.as_bytes());
        assert_eq!(refused, Err(refusal), "{value:?}");
    }
}

#[test]
fn a_message_of_every_length_around_the_borders_is_read() {
    let paid = TestMessage::paid(&order()).with("body", "x");
    let short = paid.form_body(&key()).len() - 1;
    for length in [1022, 1023, 1024, 1025, Verifier::MAX_LEN] {
        let text = "x".repeat(length - short);
        let message = paid.clone().with("body", &*text);
        assert_eq!(message.form_body(&key()).len(), length);
        assert_eq!(
            verifier()
                .notification(&message.form_body(&key()))
                .unwrap()
                .body(),
            Some(&*text),
            "{length}"
        );
        let escaped = paid.clone().with("body", "é".repeat((length - short) / 6));
        assert!(
            verifier().notification(&escaped.form_body(&key())).is_ok(),
            "{length}"
        );
    }
}
