//! Notifications as the provider signs them, with texts in them that a payer may choose.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::string::{RegexGeneratorStrategy, string_regex};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use sanspay_core::checkout::Status;

use sanspay_ffi_free_tests::cuts::Pairs;

/// The order that an attacker wants paid, with a number that nobody can extend.
pub(crate) const VICTIM: &str = "VICTIM_0f8c2d5b7e9a4c613f8c2d5b7e9a4c61a4";

const VICTIM_PART: &str = "out_trade_no=VICTIM_0f8c2d5b7e9a4c613f8c2d5b7e9a4c61a4";

pub(crate) fn text(form: &str) -> RegexGeneratorStrategy<String> {
    string_regex(form).unwrap()
}

/// Runs a property on so many cases from one seed, 1 or `SANSPAY_SEED`, and panics with the
/// smallest case for which it does not hold.
pub(crate) fn check<S: Strategy>(
    cases: u32,
    strategy: &S,
    property: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    let seed: u64 = std::env::var("SANSPAY_SEED").map_or(1, |seed| seed.parse().unwrap());
    let mut bytes = [0x5a; 16];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::XorShift, &bytes);
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    if let Err(failure) = TestRunner::new_with_rng(config, rng).run(strategy, property) {
        panic!("{failure} (SANSPAY_SEED={seed})");
    }
}

/// What the provider signs: its own fields, and a subject and a body from outside.
pub(crate) fn notifications() -> impl Strategy<Value = Pairs> {
    let ids = (any::<bool>(), any::<bool>());
    let own = (
        select(vec!["7", "8"]),
        select(vec!["3", "4"]),
        text("[A-Z0-9-]{41}"),
        select(vec!["10.00", "10", "0.01", "99.00"]),
        select(vec!["USD", "CNY"]),
        select(Status::ALL.to_vec()),
        ids,
    );
    let subject = prop_oneof![7 => benign(), 1 => hostile()];
    let body = prop_oneof![2 => Just(String::new()), 1 => benign(), 2 => hostile()];
    (own, subject, body).prop_map(
        |((app, channel, number, amount, currency, status, ids), subject, body)| {
            // The server sets the first for every status of a subscription.
            let subscribed = status.is_subscription() || ids.0;
            let pairs = [
                ("app_id", app),
                ("channel_id", channel),
                ("trade_no", "T1"),
                ("out_trade_no", &number),
                ("total_amount", amount),
                ("currency", currency),
                ("subject", &subject),
                ("body", &body),
                ("status", status.as_str()),
                ("subscription_id", if subscribed { "S-1" } else { "" }),
                ("customer_id", if ids.1 { "C-1" } else { "" }),
            ];
            let set = pairs
                .into_iter()
                .filter(|(_, value)| !matches!(*value, "" | "0"));
            set.map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect()
        },
    )
}

/// What honest people write, and what only looks dangerous.
pub(crate) fn benign() -> impl Strategy<Value = String> {
    let text = prop_oneof![
        3 => text("[A-Za-z ]{1,12}"),
        2 => text("\\PC{1,8}"),
        1 => text("[a-z]{1,4} & [a-z]{1,4}"),
        1 => text("[a-z]{1,3}=[a-z=]{0,3}"),
        1 => text("[=][a-z]{0,2}[&][&]{0,2}"),
        1 => text("[+%2630Da&]{1,8}"),
    ];
    text.prop_filter("it is signed and not ambiguous", |text| {
        let ambiguous = text
            .split_once('&')
            .is_some_and(|(_, rest)| rest.contains('='));
        !matches!(&**text, "" | "0") && !ambiguous
    })
}

/// Parameters of another order, in the order in which they stand in a signed text, in a text that
/// passes for a name or a description.
pub(crate) fn hostile() -> impl Strategy<Value = String> {
    let parts = vec![
        "app_id=7",
        "app_id=8",
        "body=b",
        "channel_id=3",
        "currency=USD",
        "currency=CNY",
        "customer_id=C-9",
        VICTIM_PART,
        "status=CHECKOUT_SUCCEED",
        "status=SUBSCRIPTION_CHARGE_SUCCEED",
        "subject=y",
        "subscription_id=S-9",
        "total_amount=99.00",
        "total_amount=10.00",
        "trade_no=T9",
        "sign=0123456789abcdef0123456789abcdef",
        "extra=1",
    ];
    let protocols = Just(vec![
        "channel_id=3",
        "currency=USD",
        VICTIM_PART,
        "status=CHECKOUT_SUCCEED",
        "subject=y",
    ]);
    let chosen = prop_oneof![
        2 => protocols,
        2 => subsequence(parts.clone(), 1..=3),
        1 => subsequence(parts.clone(), 1..=4),
        // In no order at all, which the sorting forbids.
        1 => subsequence(parts, 1..=4).prop_shuffle(),
    ];
    let before = prop_oneof![3 => Just("x".to_owned()), 1 => text("[xy&= ]{0,3}")];
    let after = prop_oneof![4 => Just(String::new()), 1 => text("[&=z]{1,2}")];
    (before, chosen, after).prop_map(|(before, parts, after)| {
        let parts = parts.join("&");
        format!("{before}&{parts}{after}")
    })
}
