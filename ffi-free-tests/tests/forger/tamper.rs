//! Bytes and parameters of genuine messages, changed in every way.

use std::cell::Cell;

use proptest::prelude::*;
use sanspay_core::Currency;
use sanspay_core::checkout::{Order, Signed, TestMessage};

use crate::generate::{benign, check, text};
use crate::reader::{key, verifier};

/// One change to the raw bytes of a message.
#[derive(Debug, Clone)]
enum Change {
    Byte(u8),
    Drop(usize),
    Insert(Vec<u8>),
    Double(usize),
    /// Of the parameters from here on: this many are left out, doubled, or moved to the front.
    LeaveOut(usize),
    Repeat(usize),
    ToTheFront(usize),
    Shuffle(u64),
    /// A parameter that the signature does not see.
    Unsigned(usize, bool),
}

fn changes() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => any::<u8>().prop_map(Change::Byte),
        2 => (1usize..9).prop_map(Change::Drop),
        2 => prop::collection::vec(any::<u8>(), 1..4).prop_map(Change::Insert),
        1 => text("[&=%+0a]{1,3}").prop_map(|text| Change::Insert(text.into_bytes())),
        1 => (1usize..30).prop_map(Change::Double),
        1 => (1usize..3).prop_map(Change::LeaveOut),
        1 => (1usize..3).prop_map(Change::Repeat),
        1 => (1usize..4).prop_map(Change::ToTheFront),
        1 => any::<u64>().prop_map(Change::Shuffle),
        1 => (0usize..12, any::<bool>()).prop_map(|(name, zero)| Change::Unsigned(name, zero)),
    ]
}

impl Change {
    fn apply(&self, raw: &[u8], place: prop::sample::Index) -> Vec<u8> {
        let at = place.index(raw.len());
        let upto = |len: usize| (at + len).min(raw.len());
        let (before, after) = raw.split_at(at);
        let mut pieces: Vec<&[u8]> = raw.split(|b| *b == b'&').collect();
        let from = place.index(pieces.len());
        let some = |len: usize| from..(from + len).min(pieces.len());
        match self {
            Self::Byte(byte) => [before, &[*byte], &after[1..]].concat(),
            Self::Drop(len) => [before, &raw[upto(*len)..]].concat(),
            Self::Insert(bytes) => [before, bytes, after].concat(),
            Self::Double(len) => [&raw[..upto(*len)], after].concat(),
            Self::LeaveOut(len) => {
                pieces.drain(some(*len));
                pieces.join(&b'&')
            }
            Self::Repeat(len) => {
                let repeated = pieces[some(*len)].to_vec();
                pieces.extend(repeated);
                pieces.join(&b'&')
            }
            Self::ToTheFront(len) => {
                let moved: Vec<_> = pieces.drain(some(*len)).collect();
                pieces.splice(0..0, moved);
                pieces.join(&b'&')
            }
            Self::Shuffle(seed) => {
                let mut seed = *seed | 1;
                pieces.sort_by_key(|_| {
                    seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    seed >> 33
                });
                pieces.join(&b'&')
            }
            Self::Unsigned(name, zero) => {
                let names = sanspay_ffi_free_tests::cuts::NAMES
                    .into_iter()
                    .chain(["sign"]);
                let name = names.cycle().nth(*name).unwrap();
                let falsy = if *zero { "0" } else { "" };
                [raw, format!("&{name}={falsy}").as_bytes()].concat()
            }
        }
    }
}

const ONE: &str = "A-1_0f8c2d5b7e9a4c613f8c2d5b7e9a4c61a4c61";
const OTHER: &str = "A-2_0f8c2d5b7e9a4c613f8c2d5b7e9a4c61a4c61";

fn order(number: &str, subject: &str) -> Order {
    let amount = "10.00".parse().unwrap();
    Order::new("7", number, amount, Currency::USD, subject).channel("3", Currency::USD)
}

/// A genuine message of the order `A-1`, and the same merchant's order `A-2` of the same product.
fn genuine(subject: &str, body: &str) -> (Vec<u8>, Signed) {
    let message = TestMessage::paid(&order(ONE, subject)).with("body", body);
    let raw = message.form_body(&key());
    let read = verifier().notification(&raw).unwrap();
    (raw, read)
}

#[test]
fn ten_thousand_changed_messages_are_refused_or_are_the_identical_message() {
    let same = Cell::new(0);
    let body = prop_oneof![Just(String::new()), benign()];
    let place = any::<prop::sample::Index>;
    let cases = (
        benign(),
        body,
        changes(),
        place(),
        changes(),
        place(),
        any::<bool>(),
    );
    check(
        10_000,
        &cases,
        |(subject, body, first, at, second, then_at, twice)| {
            prop_assume!(!format!("{subject}{body}").chars().any(char::is_control));
            let (raw, genuine) = genuine(&subject, &body);
            let mut changed = first.apply(&raw, at);
            if twice && !changed.is_empty() {
                changed = second.apply(&changed, then_at);
            }
            if let Ok(read) = verifier().notification(&changed) {
                prop_assert_eq!(&read, &genuine);
                same.set(same.get() + 1);
                // Whatever it looks like now, it pays for its own order and for no other.
                prop_assert!(
                    read.matches(&order(ONE, &subject))
                        .unwrap()
                        .paid()
                        .is_some()
                );
                prop_assert!(read.matches(&order(OTHER, &subject)).is_err());
            }
            Ok(())
        },
    );
    eprintln!(
        "10000 changed messages: {} still mean the same, the rest is refused",
        same.get()
    );
    assert!((100..9_000).contains(&same.get()));
}

/// Everything of a paid message but the number, moved over to another order of the same price.
#[test]
fn the_signature_of_one_order_marks_no_other_as_paid() {
    let numbers = (text("[A-Z0-9-]{41,44}"), text("[A-Z0-9-]{41,44}"));
    check(2_000, &(numbers, benign()), |((paid, other), subject)| {
        prop_assume!(paid != other);
        let message = TestMessage::paid(&order(&paid, &subject));
        let sign = key()
            .sign(&form_urlencoded_pairs(&message))
            .as_str()
            .to_owned();
        let moved = message
            .clone()
            .with("out_trade_no", other.clone())
            .with("sign", sign);
        let pairs = form_urlencoded_pairs(&moved);
        let raw = sanspay_core::checkout::php_query(&pairs);
        prop_assert!(verifier().notification(raw.as_bytes()).is_err());
        let own = verifier().notification(&message.form_body(&key())).unwrap();
        prop_assert!(
            own.matches(&order(&paid, &subject))
                .unwrap()
                .paid()
                .is_some()
        );
        prop_assert!(own.matches(&order(&other, &subject)).is_err());
        Ok(())
    });
}

/// A message's own parameters, without the signature that it would get.
fn form_urlencoded_pairs(message: &TestMessage) -> Vec<(String, String)> {
    let query = message.return_query(&key());
    let mut pairs: Vec<_> = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    pairs.pop();
    pairs
}
