//! Notifications as PHP sends them, and whatever bytes the verifier accepts as PHP reads them.

use std::cell::{Cell, RefCell};

use proptest::prelude::*;
use proptest::sample::select;
use sanspay_core::checkout::{Refusal, SigningKey, Status, TestMessage, Verifier};

use crate::compare::check;
use crate::php::Php;
use crate::sets::text;

const SECRET: &str = "sk_4711";

fn key() -> SigningKey {
    SigningKey::new(SECRET).unwrap()
}

fn verifier() -> Verifier {
    Verifier::for_sandbox([key()]).unwrap()
}

type Pairs = Vec<(String, String)>;

/// The server's parameters, in its order, with the payer's texts in them.
fn messages() -> impl Strategy<Value = Pairs> {
    let free = || {
        prop_oneof![
            3 => text("[ -~]{0,16}"),
            3 => text("\\PC{0,10}"),
            1 => text("[&=+%;a-c]{0,8}"),
            1 => text("(?s:.){0,5}"),
            1 => select(vec!["", "0", "&", "=", "a&b", "a=b", "a&b=c", "0.0"]).prop_map(str::to_owned),
        ]
    };
    let id = || prop_oneof![2 => Just(String::new()), 1 => text("[A-Za-z0-9_.-]{1,9}")];
    let status = select(Status::ALL.map(Status::as_str).to_vec());
    let amount = text("(0|[1-9][0-9]{0,8})(\\.[0-9]{1,2})?");
    (
        text("[!-%'-<>-~]{1,20}"),
        amount,
        free(),
        free(),
        status,
        id(),
        id(),
    )
        .prop_map(
            |(number, amount, subject, body, status, subscription, customer)| {
                let pairs = [
                    ("app_id", "7"),
                    ("channel_id", "3"),
                    ("trade_no", "T1"),
                    ("out_trade_no", &number),
                    ("total_amount", &amount),
                    ("currency", "USD"),
                    ("subject", &subject),
                    ("body", &body),
                    ("status", status),
                    ("subscription_id", &subscription),
                    ("customer_id", &customer),
                ];
                // The server sends the last two when they are set.
                let sent = pairs.into_iter().filter(|(n, v)| {
                    !n.ends_with("r_id") && *n != "subscription_id" || !v.is_empty()
                });
                sent.map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .collect()
            },
        )
}

fn value<'a>(pairs: &'a Pairs, name: &str) -> &'a str {
    let pair = pairs.iter().find(|(known, _)| known == name);
    pair.map_or("", |(_, value)| value)
}

/// What a message deserves by the rules of the documentation, written down once more.
fn expected(pairs: &Pairs) -> Result<(), Refusal> {
    if pairs.iter().any(|(_, v)| v.chars().any(char::is_control)) {
        return Err(Refusal::ControlCharacter);
    }
    let ambiguous = |text: &str| text.find('&').is_some_and(|at| text[at..].contains('='));
    for name in ["subject", "body"] {
        if ambiguous(value(pairs, name)) {
            return Err(Refusal::Ambiguous(name));
        }
    }
    for name in ["out_trade_no", "total_amount", "subject"] {
        if ["", "0"].contains(&value(pairs, name)) {
            return Err(Refusal::Missing(name));
        }
    }
    Ok(())
}

#[test]
fn the_verifier_reads_what_phps_http_build_query_writes() {
    let Some(php) = Php::start_or_skip("the reading of PHP's notifications") else {
        return;
    };
    let (php, accepted) = (RefCell::new(php), Cell::new(0));
    check(3000, &messages(), |mut pairs| {
        let mut php = php.borrow_mut();
        let sign = php.ask_pairs("sign", SECRET, &pairs).swap_remove(1);
        pairs.push(("sign".to_owned(), sign));
        let query = php.ask_pairs("sign", SECRET, &pairs).swap_remove(2);
        let read = verifier().notification(query.as_bytes());
        let returned = verifier().browser_return(&query);
        prop_assert_eq!(format!("{:?}", &read), format!("{returned:?}"));
        match (read, expected(&pairs)) {
            (Ok(signed), Ok(())) => {
                accepted.set(accepted.get() + 1);
                let told = [
                    signed.out_trade_no(),
                    signed.subject(),
                    signed.body().unwrap_or_default(),
                ];
                let body = Some(value(&pairs, "body")).filter(|body| *body != "0");
                let sent = [
                    value(&pairs, "out_trade_no"),
                    value(&pairs, "subject"),
                    body.unwrap_or_default(),
                ];
                prop_assert_eq!(told, sent);
                prop_assert_eq!(signed.claimed_status().as_str(), value(&pairs, "status"));
                prop_assert_eq!(
                    signed.total_amount(),
                    value(&pairs, "total_amount").parse().unwrap()
                );
            }
            (Err(refusal), Err(reason)) => {
                // Where several rules are broken, any of them may come first.
                prop_assert!(refusal == reason || refusal.is_signed() == reason.is_signed());
            }
            (told, due) => prop_assert!(false, "{:?} instead of {:?}", told.err(), due),
        }
        Ok(())
    });
    eprintln!(
        "the verifier accepts {} of 3000 notifications of PHP's",
        accepted.get()
    );
    assert!(accepted.get() > 1000);
}

/// One way to write a byte in a form, and sometimes one that is none.
fn write(byte: u8, style: u8, raw: &mut Vec<u8>) {
    let plain = byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    match style {
        0..=1 if byte == b' ' => raw.push(b'+'),
        0..=1 if plain => raw.push(byte),
        2 => raw.extend_from_slice(format!("%{byte:02x}").as_bytes()),
        // As it is, which is wrong for `&`, `%` and `+` and right for the rest.
        3 => raw.push(byte),
        _ => raw.extend_from_slice(format!("%{byte:02X}").as_bytes()),
    }
}

/// Bytes that a failure shows as text.
#[derive(Clone)]
struct Raw(Vec<u8>);

impl std::fmt::Debug for Raw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

/// A signed message in unusual writing, with something added at some place.
fn writings() -> impl Strategy<Value = Raw> {
    let added = [
        "",
        "",
        "",
        "",
        "&body=",
        "&customer_id=0",
        "&",
        "%",
        "%4",
        ";",
        "+",
        "%00",
        "[]",
        "=",
        "&a",
        "&subject=x",
        "&subject[]=x",
        "&sub%6aect=x",
        "&subject.x=y",
        "& subject=x",
        "?",
        "#",
        "&&",
        "\u{0}",
        "%ff",
        "&sign=",
        "&%62ody=",
        "&body%00=x",
        "&body[=x",
    ];
    let styles = proptest::collection::vec(0u8..6, 1..9);
    let mostly_plain = prop_oneof![3 => Just(vec![0]), 3 => Just(vec![4]), 2 => styles];
    (
        messages(),
        mostly_plain,
        select(added.to_vec()),
        any::<prop::sample::Index>(),
        any::<bool>(),
    )
        .prop_map(|(pairs, styles, added, place, at_end)| {
            let pairs: Pairs = pairs
                .into_iter()
                .filter(|(_, value)| !value.is_empty())
                .collect();
            let sign = key().sign(&pairs).as_str().to_owned();
            let mut styles = styles.iter().cycle();
            let mut raw = Vec::new();
            for (name, value) in pairs.iter().chain([&("sign".to_owned(), sign)]) {
                if !raw.is_empty() {
                    raw.push(b'&');
                }
                name.bytes()
                    .for_each(|byte| write(byte, *styles.next().unwrap(), &mut raw));
                raw.push(b'=');
                value
                    .bytes()
                    .for_each(|byte| write(byte, *styles.next().unwrap(), &mut raw));
            }
            let place = if at_end {
                raw.len()
            } else {
                place.index(raw.len() + 1)
            };
            raw.splice(place..place, added.bytes());
            Raw(raw)
        })
}

#[test]
fn whatever_bytes_the_verifier_accepts_php_reads_in_the_same_way() {
    let Some(php) = Php::start_or_skip("the second reading of accepted bytes") else {
        return;
    };
    let (php, accepted) = (RefCell::new(php), Cell::new(0));
    check(12_000, &writings(), |Raw(raw)| {
        let Ok(read) = verifier().notification(&raw) else {
            return Ok(());
        };
        accepted.set(accepted.get() + 1);
        let mut php = php.borrow_mut();
        prop_assert_eq!(php.ask("accept", &[SECRET.as_bytes(), &raw]), ["1"]);
        let mut pairs = php.pairs("parse", &raw);
        pairs.retain(|(name, _)| name != "sign");
        let again = TestMessage::from_pairs(pairs).form_body(&key());
        prop_assert_eq!(verifier().notification(&again), Ok(read));
        Ok(())
    });
    eprintln!(
        "PHP reads {} accepted messages of 12000 in the same way",
        accepted.get()
    );
    assert!(accepted.get() > 800);
}
