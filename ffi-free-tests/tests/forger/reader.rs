//! Two readers of messages: the shipped one, and the same with the ambiguity rule switched off.

use sanspay_core::checkout::{
    FirstCharge, Matched, Order, Refusal, Signed, SigningKey, TestMessage, Verifier, php_query,
};

use sanspay_ffi_free_tests::cuts::Pairs;

pub(crate) fn key() -> SigningKey {
    SigningKey::new("sk_4711").unwrap()
}

pub(crate) fn verifier() -> Verifier {
    Verifier::for_sandbox([SigningKey::new("another").unwrap(), key()]).unwrap()
}

/// The parameters in a form, with a signature.
pub(crate) fn form(pairs: &[(String, String)], sign: &str) -> String {
    let mut message = pairs.to_vec();
    message.push(("sign".to_owned(), sign.to_owned()));
    php_query(&message)
}

/// A reader of parameters that carry the right signature.
pub(crate) type Reader = fn(&[(String, String)], sign: &str) -> Result<Signed, Refusal>;

/// The shipped verifier.
pub(crate) fn strict(pairs: &[(String, String)], sign: &str) -> Result<Signed, Refusal> {
    verifier().notification(form(pairs, sign).as_bytes())
}

/// The shipped verifier without the ambiguity rule: it compares the signature, then hides every
/// `&` in a value and leaves all the rest to the shipped one. Subjects are read with hidden `&`.
pub(crate) fn without_the_ambiguity_rule(
    pairs: &[(String, String)],
    sign: &str,
) -> Result<Signed, Refusal> {
    if key().sign(pairs).as_str() != sign {
        return Err(Refusal::WrongSignature);
    }
    let hidden = pairs.iter().map(|(name, value)| (name, hide(value)));
    let hidden: Pairs = hidden.map(|(name, value)| (name.clone(), value)).collect();
    verifier().notification(&TestMessage::from_pairs(hidden).form_body(&key()))
}

pub(crate) fn hide(value: &str) -> String {
    value.replace('&', "¦")
}

/// The orders of the most trusting merchant: each is all that the message says, for every way to
/// pay.
fn trusting_orders(signed: &Signed) -> [Order; 3] {
    let (amount, currency) = (signed.total_amount(), signed.currency().clone());
    let first = FirstCharge::new(amount, currency.clone());
    let (app, number, subject) = (signed.app_id(), signed.out_trade_no(), signed.subject());
    let once = Order::new(app, number, amount, currency.clone(), subject);
    let often = Order::subscription(app, number, first.clone(), subject);
    let either = once.clone().or_subscription(first);
    [once, often, either].map(|order| order.channel(signed.channel_id(), currency.clone()))
}

/// What a message says to a merchant, whatever stands in his stored orders: the facts of every match.
pub(crate) fn meanings(signed: &Signed) -> Vec<Pairs> {
    let mut meanings = Vec::new();
    for order in trusting_orders(signed) {
        if let Ok(matched) = signed.matches(&order) {
            let facts = facts(&matched);
            if !meanings.contains(&facts) {
                meanings.push(facts);
            }
        }
    }
    meanings
}

/// Everything that a match tells, by the parameters' names.
fn facts(matched: &Matched) -> Pairs {
    macro_rules! facts {
        ($facts:expr) => {
            [
                ("app_id", $facts.app_id().to_owned()),
                ("channel_id", $facts.channel_id().to_owned()),
                ("trade_no", $facts.trade_no().to_owned()),
                ("out_trade_no", $facts.out_trade_no().to_owned()),
                ("total_amount", $facts.total_amount().to_string()),
                ("currency", $facts.currency().to_string()),
                ("status", $facts.status().to_string()),
            ]
        };
    }
    let facts = match matched {
        Matched::Paid(paid) => facts!(paid),
        Matched::NotPaid(not_paid) => facts!(not_paid),
    };
    facts
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
