//! What the sender of a message learns from the answer, and what the merchant's log learns.

use std::collections::BTreeSet;

use sanspay_core::Currency;
use sanspay_core::checkout::{Answer, Matched, Order, Refusal, Signed, TestMessage};

use crate::reader::{key, verifier};

const NUMBER: &str = "A-1_0f8c2d5b7e9a4c613f8c2d5b7e9a4c61a4c61";

fn order() -> Order {
    let amount = "10.00".parse().unwrap();
    Order::new("7", NUMBER, amount, Currency::USD, "Tea").channel("3", Currency::USD)
}

/// One message for every reason for which one can be refused.
fn refused_messages() -> Vec<(Vec<u8>, Order)> {
    let paid = TestMessage::paid(&order());
    let genuine = paid.form_body(&key());
    let with = |name, value: &str| paid.clone().with(name, value).form_body(&key());
    let added = |text: &str| [&genuine[..], text.as_bytes()].concat();
    let other = |number, amount: &str| {
        Order::new("7", number, amount.parse().unwrap(), Currency::USD, "Tea")
            .channel("3", Currency::USD)
    };
    let of_order = [
        vec![b'a'; 70_000],
        added("&"),
        added("&customer_id=%ff"),
        added("&customer_id=%00"),
        added("&body[]=1"),
        added("&unknown=1"),
        added("&status=CLOSED"),
        with("version", "2"),
        paid.clone().without("trade_no").form_body(&key()),
        paid.clone().without("status").form_body(&key()),
        added("0"),
        String::from_utf8(genuine.clone())
            .unwrap()
            .replace("A-1", "A-2")
            .into_bytes(),
        with("subject", "a&b=c"),
        with("currency", "usd"),
        with("app_id", "8"),
        with("out_trade_no", "A-2"),
        with("total_amount", "10.01"),
        with("currency", "CNY"),
        with("channel_id", "4"),
        with("subject", "Coffee"),
        with("status", "SUBSCRIPTION_CHARGE_SUCCEED"),
    ];
    let mut messages: Vec<_> = of_order.into_iter().map(|raw| (raw, order())).collect();
    let short = other("A-1", "10.00");
    messages.push((TestMessage::paid(&short).form_body(&key()), short));
    messages.push((
        with("total_amount", "99999999.99"),
        other(NUMBER, "100000000"),
    ));
    messages
}

fn judge(raw: &[u8], order: &Order) -> Result<Matched, Refusal> {
    let signed = verifier().notification(raw);
    signed.and_then(|signed: Signed| signed.matches(order))
}

#[test]
fn no_answer_distinguishes_the_refusals_while_the_log_does() {
    let mut reasons = BTreeSet::new();
    let mut kinds = BTreeSet::new();
    for (raw, order) in refused_messages() {
        let refused = judge(&raw, &order);
        let answer = Answer::to(&refused);
        assert_eq!(answer, Answer::Refused);
        let response = answer.response();
        let sent = (
            response.status().as_u16(),
            response.headers().len(),
            &response.body()[..],
        );
        assert_eq!(sent, (400, 1, &b"refused"[..]));
        let refusal = refused.unwrap_err();
        let kind = format!("{refusal:?}");
        kinds.insert(kind.split('(').next().unwrap().to_owned());
        assert!(
            reasons.insert(refusal.log_reason()),
            "{refusal:?} is not told apart"
        );
    }
    // Every variant of `Refusal` was provoked; the parameters' names make the reasons more.
    assert_eq!(kinds.len(), 23, "{kinds:?}");
    let accepted = judge(&TestMessage::paid(&order()).form_body(&key()), &order());
    assert_eq!(Answer::to(&accepted).body(), "succeed");
}

#[test]
fn the_log_tells_a_wrong_signature_from_a_wrong_order() {
    let messages = refused_messages();
    let signed = |raw: &[u8], order| judge(raw, order).unwrap_err().is_signed();
    let genuine: Vec<_> = messages
        .iter()
        .filter(|(raw, order)| signed(raw, order))
        .collect();
    // All that the provider signed and that is refused all the same.
    assert_eq!(genuine.len(), 14);
}
