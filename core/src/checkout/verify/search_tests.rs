//! A search: everything that the server may sign for a payer who has not paid, and every cut of it.

use super::form::NAMES;
use super::tests::{key, verifier};
use super::*;
use crate::checkout::{OrderNumber, php_query, signed_text};
use crate::money::Currency;

type Pairs = Vec<(String, String)>;

/// Every message that can be made of the text: a parameter may begin wherever a name is followed by
/// `=`, and as the text is sorted, the names of a message can only rise.
fn cuts(text: &str, names: &[&str]) -> Vec<Pairs> {
    let mut cuts: Vec<Pairs> = vec![Vec::new()];
    for piece in text.split('&') {
        let begins = piece
            .split_once('=')
            .filter(|(name, _)| names.contains(name));
        let mut more = Vec::new();
        for cut in &mut cuts {
            let last = cut.last().map(|(name, _)| name.as_str());
            if let Some((name, value)) = begins
                && last.is_none_or(|last| last < name)
            {
                let mut longer = cut.clone();
                longer.push((name.to_owned(), value.to_owned()));
                more.push(longer);
            }
            match cut.last_mut() {
                // No order number holds an `&`: nothing matches any more.
                Some((name, _)) if name == "out_trade_no" => name.clear(),
                Some((_, value)) => {
                    value.push('&');
                    value.push_str(piece);
                }
                None => cut.push(Default::default()),
            }
        }
        cuts.extend(more);
        cuts.retain(|cut| cut.iter().all(|(name, _)| !name.is_empty()));
    }
    cuts
}

/// As `MariaDB` keeps it: so many characters.
fn kept(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// Those that say paid, and the short ones.
const STATUSES: [Status; 5] = [
    Status::Created,
    Status::CheckoutSucceed,
    Status::CheckoutFail,
    Status::SubscriptionChargeSucceed,
    Status::Closed,
];

/// What payers post as the order number to have `number` found paid or over.
fn numbers(number: &str) -> Vec<String> {
    let mut numbers = vec![number.to_owned(), String::new(), "MINE".to_owned()];
    for status in STATUSES {
        let appended = format!("{number}&status={status}");
        numbers.push(format!("{appended}&subject=Tea"));
        numbers.push(format!("é&out_trade_no={appended}"));
        numbers.push(format!("{number}&paid_at=1&status={status}"));
        numbers.push(appended);
    }
    let mut numbers: Vec<_> = numbers.iter().map(|number| kept(number, 64)).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

fn texts(number: &str) -> Vec<String> {
    let paid = format!("&out_trade_no={number}&status=CHECKOUT_SUCCEED&subject=Tea");
    let texts = [
        "Tea".to_owned(),
        String::new(),
        "0".to_owned(),
        format!("Tea{paid}"),
        format!("Tea&channel_id=3&currency=USD{paid}&total_amount=10.00"),
        "Tea&status=CHECKOUT_SUCCEED".to_owned(),
        "Tea&subscription_id=S-1&total_amount=10.00".to_owned(),
        "Tea&paid_at=1&status=CHECKOUT_SUCCEED".to_owned(),
        format!("{}&status=CHECKOUT_SUCCEED", "é".repeat(242)),
    ];
    texts.iter().map(|text| kept(text, 255)).collect()
}

/// What the server signs of trades that nobody paid.
fn signed_unpaid(victim: &str) -> Vec<Pairs> {
    let mut all = Vec::new();
    for number in numbers(victim) {
        let (plain, texts) = ("Tea".to_owned(), texts(victim));
        let subjects = texts.iter().map(|subject| (subject, &plain));
        let bodies = texts.iter().map(|body| (&plain, body));
        for (subject, body) in subjects.chain(bodies) {
            for status in ["", "CREATED"] {
                for (currency, customer) in [("", "22"), ("USD", "22")] {
                    let pairs = [
                        ("app_id", "7"),
                        ("body", body.as_str()),
                        ("channel_id", "3"),
                        ("currency", currency),
                        ("customer_id", customer),
                        ("out_trade_no", &number),
                        ("status", status),
                        ("subject", subject.as_str()),
                        ("total_amount", "10.00"),
                        ("trade_no", "T1"),
                    ];
                    all.push(pairs.map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec());
                }
            }
        }
    }
    all
}

/// The messages that match the order of that number and were not signed with that status.
fn made_up(number: &str) -> Vec<(Status, bool)> {
    let order = Order::new("7", number, "10.00".parse().unwrap(), Currency::USD, "Tea")
        .channel("3", Currency::USD);
    let known = verifier();
    let allowing = verifier().allowing(["paid_at"]).unwrap();
    let mut names = NAMES.to_vec();
    names.push("paid_at");
    let mut found = Vec::new();
    let mut tried = 0;
    for by_server in signed_unpaid(number) {
        let sign = key().sign(&by_server);
        let said = &by_server
            .iter()
            .find(|(name, _)| name == "status")
            .unwrap()
            .1;
        for mut message in cuts(&signed_text(&by_server), &names) {
            let value = |name| message.iter().find(|(n, _)| n == name);
            // Another number can match nothing.
            if value("out_trade_no").is_none_or(|(_, said)| said != number) {
                continue;
            }
            tried += 1;
            let verifier = if value("paid_at").is_some() {
                &allowing
            } else {
                &known
            };
            message.push(("sign".to_owned(), sign.as_str().to_owned()));
            let signed = verifier.notification(php_query(&message).as_bytes());
            if let Ok(matched) = signed.and_then(|signed| signed.matches(&order))
                && matched.status().as_str() != said
            {
                found.push((matched.status(), matched.paid().is_some()));
            }
        }
    }
    assert!(tried > 1_000, "{tried}");
    found.sort_unstable();
    found.dedup();
    found
}

#[test]
fn no_cut_of_an_unpaid_trade_pays_for_a_number_of_41_or_more() {
    for length in [41, 64] {
        let found = made_up(&"V".repeat(length));
        assert!(found.iter().all(|(_, paid)| !paid), "{length}: {found:?}");
    }
}

/// A status that does not say paid is shorter than `CHECKOUT_SUCCEED`, and fits behind 41 characters.
#[test]
fn no_status_at_all_can_be_appended_to_a_padded_number() {
    let number = OrderNumber::for_id("A-17", 7).unwrap();
    assert_eq!(made_up(number.as_str()), []);
    let fits = [Status::Created, Status::CheckoutFail, Status::Closed];
    let found = made_up(&number.as_str()[..41]);
    assert_eq!(
        found,
        fits.map(|status| (status, false)),
        "the attack is real"
    );
}
