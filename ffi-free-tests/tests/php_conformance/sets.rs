//! Parameter sets as a merchant, a payer or an attacker would choose them.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::string::{RegexGeneratorStrategy, string_regex};

/// A secret and parameters, which may repeat a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Set {
    pub(crate) secret: String,
    pub(crate) pairs: Vec<(String, String)>,
}

/// Texts of this form. A form given as a bare text would be compiled again for each value.
pub(crate) fn text(form: &str) -> RegexGeneratorStrategy<String> {
    string_regex(form).unwrap()
}

/// 0 to 40 parameters, most often a few.
pub(crate) fn set() -> impl Strategy<Value = Set> {
    let pair = || (name(), value());
    let pairs = prop_oneof![
        5 => vec(pair(), 0..=8),
        3 => vec(pair(), 0..=16),
        1 => vec(pair(), 17..=40),
    ];
    (secret(), pairs).prop_map(|(secret, pairs)| Set { secret, pairs })
}

pub(crate) fn secret() -> impl Strategy<Value = String> {
    let text = prop_oneof![text("[0-9a-f]{40}"), text("[!-~]{1,20}"), text("\\PC{1,9}")];
    text.prop_filter("a key has no spaces around", |text| {
        !text.is_empty() && text.trim() == text
    })
}

const KNOWN: [&str; 16] = [
    "app_id",
    "request_time",
    "notify_url",
    "return_url",
    "cancel_url",
    "product",
    "channel",
    "out_trade_no",
    "total_amount",
    "currency",
    "plan",
    "customer",
    "subject",
    "body",
    "status",
    "sign",
];

pub(crate) fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => select(&KNOWN[..]).prop_map(str::to_owned),
        3 => text("[a-zA-Z_]{1,6}"),
        3 => text("0|[1-9][0-9]{0,3}"),
        1 => numeric_looking(),
        1 => text("\\PC{1,4}"),
        1 => text("[&=+%\"';\\[\\]. \t\r\n\u{0}\u{7f}]{0,3}"),
        1 => text("[a-z]{1,3}\\[[a-z0-9]{0,2}\\]"),
    ]
}

/// What PHP may take for a number, and what only looks like one.
fn numeric_looking() -> impl Strategy<Value = String> {
    prop_oneof![
        text("-[0-9]{1,3}"),
        text("[+]?0[0-9]{1,2}"),
        text("[0-9]{0,2}[.][0-9]{0,2}"),
        text("[0-9][eE][+-]?[0-9]"),
        text("[ \t\n]{0,1}[0-9]{1,2}[ \t\n]{0,1}"),
        text("[0-9]{1,2}[a-z]"),
        text("[1-9][0-9]{17,20}"),
        text("-?92233720368547758(06|07|08|09|1)"),
        text("0x[0-9a-f]{1,2}"),
        text("[0-9]{1,3}_[0-9]"),
        text("1e[23][0-9]{2}"),
    ]
}

const NEAR_FALSY: [&str; 10] = [
    "0.0", "00", " ", "null", "false", "-0", "+0", "0e0", "0 ", "\u{0}",
];

pub(crate) fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => select(&["", "0"][..]).prop_map(str::to_owned),
        1 => select(&NEAR_FALSY[..]).prop_map(str::to_owned),
        3 => text("[a-zA-Z0-9._:/-]{1,16}"),
        3 => text("[&=+%\"'; a-f0-9]{1,12}"),
        3 => text("\\PC{0,10}"),
        2 => text("(?s:.){0,10}"),
        1 => text("[\u{0}-\u{1f}\u{7f}-\u{a0}]{1,4}"),
        1 => text("(%[0-9a-fA-F]{2}){1,4}"),
        1 => text(r#"\{"name":"\PC{0,6}","price":[0-9]{1,3}\}"#),
        1 => (text("\\PC{1,6}"), 1usize..400).prop_map(|(text, times)| text.repeat(times)),
    ]
}
