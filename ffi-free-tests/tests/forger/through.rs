//! The forger at the provider itself: it posts what it likes to the gateway, which checks no
//! signature, lets most charges fail, and cuts what the server signed about them in every way.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime};

use http::{Request, header};
use sanspay_core::Currency;
use sanspay_core::checkout::{
    FirstCharge, Order, OrderNumber, Paid, Refusal, SafeBecause, SigningKey, Verifier, php_query,
    signed_text,
};
use sanspay_testkit::sandbox::{CheckoutFault, Sandbox, SandboxConfig};
use serde_json::json;

use crate::generate::VICTIM;
use crate::value;
use sanspay_ffi_free_tests::cuts::{NAMES, Pairs, REQUIRED, known_cuts};

/// Numbers of the merchant's orders: as they should be, too short by one, and short.
const NUMBERS: [&str; 4] = [
    VICTIM,
    "MINE_0f8c2d5b7e9a4c613f8c2d5b7e9a4c61a4c6",
    "ORDER-7777777777777777777777777777777777",
    "VIC-1",
];

/// How many messages are made of each trade.
const MESSAGES: usize = 100;

/// How many trades there are, 1000 or `SANSPAY_FORGER_TRADES`.
fn trades() -> usize {
    std::env::var("SANSPAY_FORGER_TRADES").map_or(1000, |count| count.parse().unwrap())
}

fn verifier() -> Verifier {
    let keys = ["sandbox-app-key", "sandbox-default-key"].map(SigningKey::new);
    Verifier::for_sandbox(keys.map(Result::unwrap)).unwrap()
}

/// The most trusting merchant's stored orders: every order may be paid in each way, through every channel
/// of the installation.
fn ledger(word: Option<SafeBecause>) -> BTreeMap<&'static str, Order> {
    let price = || "10.00".parse().unwrap();
    NUMBERS
        .map(|number: &'static str| {
            let first = FirstCharge::new(price(), Currency::USD);
            let order = Order::new("sandbox-app", number, price(), Currency::USD, "Tea");
            let order = order.or_subscription(first);
            let channels = ["1", "2", "11", "12", "21", "22"];
            let order = channels
                .into_iter()
                .fold(order, |order, id| order.channel(id, Currency::USD));
            match word {
                Some(word) => (number, order.allow_extendable(word)),
                None => (number, order),
            }
        })
        .into()
}

/// A generator of the forger's choices.
struct Choice(u64);

impl Choice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    fn of<'a>(&mut self, texts: &[&'a str]) -> &'a str {
        texts[self.below(texts.len())]
    }
}

/// What the forger posts to the gateway.
fn posted(choice: &mut Choice) -> Pairs {
    let target = choice.of(&NUMBERS);
    let status = choice.of(&["CHECKOUT_SUCCEED", "SUBSCRIPTION_CHARGE_SUCCEED"]);
    let behind = format!("&status={status}");
    let number = match choice.below(10) {
        0..4 => target.to_owned(),
        4..7 => format!("{target}{behind}"),
        7 => format!("{target}{behind}&subject=Tea"),
        8 => format!("{target}&subject=Tea"),
        _ => String::new(),
    };
    let whole = format!(
        "x&channel_id=2&currency=USD&customer_id=3&out_trade_no={target}{behind}&subject=Tea"
    );
    let part = format!("x&currency=USD&out_trade_no={target}{behind}");
    let whole_name = format!("Tea&subscription_id=S-9&total_amount=10.00&trade_no={target}");
    let name = choice.of(&[
        "Tea",
        "Tea",
        "Tea",
        "Tea",
        "Tea",
        "Tea",
        "Tea&subscription_id=S-9",
        "Tea&total_amount=10.00",
        &whole_name,
        "0",
    ]);
    let benign = ["", "x", "Two tins & a pot", "a=b", "1+1=2", "100 %"];
    let hostile = [&whole, &part, &behind].map(String::as_str);
    let body = choice.of(&benign);
    let body = if choice.below(4) == 0 {
        choice.of(&hostile)
    } else {
        body
    };
    let ability = choice.of(&["checkout", "checkout", "subscribe"]);
    let tenure = choice.of(&["REGULAR", "TRIAL"]);
    let cycle = |tenure: &str| {
        json!({
            "frequency": {"interval_unit": "month", "interval_count": 1},
            "pricing_scheme": {"fixed_price": {"value": "10.00", "currency_code": "USD"}},
            "tenure_type": tenure, "sequence": 1, "total_cycles": 1,
        })
    };
    let plan = json!({"name": "Club", "billing_cycles": [cycle(tenure), cycle("REGULAR")]});
    let customer = json!({"name": {"first_name": "Eve", "last_name": "Doe"}});
    let product =
        json!({"name": name, "description": body, "type": "DIGITAL", "category": "SOFTWARE"});
    let channel = json!({"env": "production", "ability": ability});
    let amount = choice.of(&["10.00", "10.00", "10.00", "0.01", "99999999999"]);
    let pairs = [
        ("app_id", "sandbox-app".to_owned()),
        ("request_time", "2027-01-15 08:00:00".to_owned()),
        ("notify_url", "https://forger.example/notify".to_owned()),
        ("return_url", "https://forger.example/return".to_owned()),
        ("product", product.to_string()),
        ("channel", channel.to_string()),
        ("out_trade_no", number),
        ("total_amount", amount.to_owned()),
        (
            "currency",
            choice
                .of(&["USD", "USD", "USD", "USD", "CNY", "EUR"])
                .to_owned(),
        ),
        ("plan", plan.to_string()),
        ("customer", customer.to_string()),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value)).into()
}

/// What the server signs about a trade: its own parameters and the signature. `None` where the
/// gateway takes no such thing.
fn signed(sandbox: &mut Sandbox, choice: &mut Choice) -> Option<(Pairs, String)> {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let channel = choice.of(&["1", "2", "11", "12", "21", "22", "22", "22"]);
    let form = php_query(&posted(choice)).into_bytes();
    let request = Request::post(format!("/api/gateway/{channel}")).body(form);
    let page = sandbox.handle(&request.unwrap(), now);
    let page = String::from_utf8(page.into_body()).unwrap();
    let action = page.split("formaction=\"").nth(1)?.split('"').next()?;
    let (order, _) = action.rsplit_once('/')?;
    let verb = choice.of(&["fail", "fail", "pay"]);
    let click = Request::post(format!("{order}/{verb}")).body(Vec::new());
    let answer = sandbox.handle(&click.unwrap(), now);
    let target = answer.headers().get(header::LOCATION)?.to_str().unwrap();
    let (_, query) = target.split_once('?')?;
    // The notification is the same bytes; nobody waits for it here.
    for delivery in sandbox.due(now) {
        sandbox.delivered(
            delivery.id,
            now,
            Some(&http::Response::new(b"succeed".to_vec())),
        );
    }
    let mut pairs: Pairs = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let (_, sign) = pairs.pop()?;
    Some((pairs, sign))
}

/// One message with the signature: the parameters in any order, with some that are not signed.
fn message(cut: &[(String, String)], sign: &str, choice: &mut Choice) -> String {
    let mut pairs = cut.to_vec();
    pairs.push(("sign".to_owned(), sign.to_owned()));
    for name in NAMES {
        if value(cut, name).is_empty() && choice.below(8) == 0 {
            let falsy = choice.of(&["", "0"]);
            pairs.push((name.to_owned(), falsy.to_owned()));
        }
    }
    for last in (1..pairs.len()).rev() {
        pairs.swap(last, choice.below(last + 1));
    }
    php_query(&pairs)
}

/// Whether the server itself signed that this order is paid.
fn is_true(paid: &Paid, server: &[(String, String)]) -> bool {
    let said = [
        ("out_trade_no", paid.out_trade_no().to_owned()),
        ("status", paid.status().to_string()),
        ("total_amount", paid.total_amount().to_string()),
        ("currency", paid.currency().to_string()),
        ("channel_id", paid.channel_id().to_owned()),
        ("trade_no", paid.trade_no().to_owned()),
    ];
    said.iter().all(|(name, said)| value(server, name) == said)
}

/// What came of an attack.
#[derive(Debug, Default)]
struct Figures {
    trades: usize,
    without_status: usize,
    messages: usize,
    /// Messages that say paid, and rightly.
    rightly: usize,
    /// Refused because a status may have been appended.
    extendable: usize,
    forged: Vec<String>,
}

fn attack(count: usize, word: Option<SafeBecause>) -> Figures {
    let (ledger, verifier) = (ledger(word), verifier());
    let mut config = SandboxConfig::default();
    config.seen_limit = 0;
    let mut sandbox = Sandbox::new(config.clone());
    let mut choice = Choice(7);
    let mut figures = Figures::default();
    while figures.trades < count {
        // Nothing is looked up in old trades, so they need not be kept.
        if figures.trades % 500 == 0 {
            sandbox = Sandbox::new(config.clone());
        }
        let Some((server, sign)) = signed(&mut sandbox, &mut choice) else {
            continue;
        };
        figures.trades += 1;
        figures.without_status += usize::from(value(&server, "status").is_empty());
        let text = signed_text(&server);
        let mut cuts = known_cuts(&text, &REQUIRED, 10 * MESSAGES);
        cuts.extend(known_cuts(&text, &[], 4));
        cuts.push(server.clone());
        for number in 0..MESSAGES.max(cuts.len()) {
            let message = message(&cuts[number % cuts.len()], &sign, &mut choice);
            figures.messages += 1;
            let judged = verifier
                .notification(message.as_bytes())
                .and_then(|signed| {
                    let order = ledger.get(signed.out_trade_no());
                    signed.matches(order.ok_or(Refusal::WrongOrder)?)
                });
            match judged.as_ref().map(|matched| matched.paid()) {
                Ok(Some(paid)) if is_true(paid, &server) => figures.rightly += 1,
                Ok(Some(_)) => figures.forged.push(message),
                Err(Refusal::Extendable) => figures.extendable += 1,
                _ => {}
            }
        }
    }
    figures
}

/// The full number, 1,000,000 messages of 10,000 trades, takes `SANSPAY_FORGER_TRADES=10000`.
#[test]
fn no_message_cut_out_of_what_the_server_signed_pays_for_another_order() {
    let start = Instant::now();
    let found = attack(trades(), None);
    assert!(found.forged.is_empty(), "{:#?}", found.forged);
    assert!(found.messages >= MESSAGES * found.trades);
    // It looks: much of it is without a status, some is paid rightly, some only just not.
    assert!(found.without_status * 5 > found.trades, "{found:?}");
    assert!(found.rightly * 10 > found.trades, "{found:?}");
    assert!(found.extendable > found.trades, "{found:?}");
    eprintln!(
        "{} messages cut out of {} trades, {} of them signed without a status: {} rightly paid, \
         none forged, in {:.1} s",
        found.messages,
        found.trades,
        found.without_status,
        found.rightly,
        start.elapsed().as_secs_f32(),
    );
}

#[test]
fn with_short_numbers_allowed_the_second_hole_is_found() {
    let found = attack(300, Some(SafeBecause::EveryChannelSignsItsStatus));
    assert!(!found.forged.is_empty(), "{found:?}");
    for message in &found.forged {
        let pairs: Pairs = form_urlencoded::parse(message.as_bytes())
            .into_owned()
            .collect();
        let number = value(&pairs, "out_trade_no");
        assert!(number.len() < OrderNumber::MIN_LEN, "{message}");
        // Only channels that sign without a status: the word was a lie.
        assert!(
            ["21", "22"].contains(&value(&pairs, "channel_id")),
            "{message}"
        );
    }
}

/// Nothing here can stop it: the route must be blocked, or every payment confirmed by query.
#[test]
fn the_open_signing_route_forges_anything() {
    let forged = |open: bool| {
        let mut config = SandboxConfig::default();
        if !open {
            config.checkout.faults.remove(&CheckoutFault::OpenSigning);
        }
        let pairs = [
            ("app_id", "sandbox-app"),
            ("channel_id", "2"),
            ("trade_no", "T1"),
            ("out_trade_no", VICTIM),
            ("total_amount", "10.00"),
            ("currency", "USD"),
            ("subject", "Tea"),
            ("status", "CHECKOUT_SUCCEED"),
        ];
        let asked = Request::get(format!("/api/auth/sign?{}", php_query(&pairs)));
        let request = asked.body(Vec::new()).unwrap();
        let answer = Sandbox::new(config).handle(&request, SystemTime::UNIX_EPOCH);
        let answer: serde_json::Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        let sign = answer["trueSign"].as_str()?.to_owned();
        let mut message = pairs.to_vec();
        message.push(("sign", &sign));
        let signed = verifier().browser_return(&php_query(&message)).unwrap();
        Some(
            signed
                .matches(&ledger(None)[VICTIM])
                .unwrap()
                .paid()
                .is_some(),
        )
    };
    assert_eq!(forged(true), Some(true), "the hole is real");
    assert_eq!(forged(false), None);
}
