//! Messages of the provider's public server, run unmodified: genuine ones are judged as their own
//! checkout says, and those that were cut out of what it signed are never paid.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::time::SystemTime;

use sanspay_core::checkout::{
    BillingCycle, Checkout, Customer, Environment, IntervalUnit, Matched, Order, Payment, Plan,
    Product, ProductType, Recorded, Refusal, Resource, SafeBecause, Signed, SigningKey, Status,
    Verifier, signed_text,
};
use sanspay_core::{Amount, Currency, Error};
use serde::Deserialize;
use serde_json::Value;

/// The provider's server signs with the key that its document publishes.
fn verifier() -> Verifier {
    Verifier::for_sandbox([SigningKey::new(SigningKey::PUBLIC_SAMPLE).unwrap()]).unwrap()
}

const APP: &str = "2020102012563901";

/// All that the server had: none of them signs without a status, but for 6.
const CHANNELS: [&str; 4] = ["2", "3", "4", "6"];

#[derive(Deserialize)]
struct Genuine {
    via: String,
    raw: String,
    checkout: Asked,
}

/// The checkout's own parameters, as they were sent.
#[derive(Deserialize)]
struct Asked {
    out_trade_no: Option<String>,
    total_amount: Option<Amount>,
    currency: Option<String>,
    channel: String,
    product: String,
    plan: Option<String>,
}

fn genuine() -> Vec<Genuine> {
    let lines = include_str!("../fixtures/yzhan_genuine.jsonl").lines();
    let lines: Vec<Genuine> = lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 46);
    lines
}

fn receive(via: &str, raw: &str) -> Result<Signed, Refusal> {
    match via {
        "notification" => verifier().notification(raw.as_bytes()),
        "return" => verifier().browser_return(raw),
        other => panic!("{other}"),
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    let member = value.pointer(pointer).and_then(Value::as_str);
    member.unwrap_or_default()
}

fn resource<T>(value: &Value, details: T) -> Resource<T> {
    match value["id"].as_u64() {
        Some(id) => Resource::Update { id, details },
        None => Resource::Create(details),
    }
}

fn cycle(value: &Value) -> BillingCycle {
    let unit = match text(value, "/frequency/interval_unit") {
        "day" => IntervalUnit::Day,
        "week" => IntervalUnit::Week,
        "month" => IntervalUnit::Month,
        other => panic!("{other}"),
    };
    let number = |pointer: &str| {
        let number = value.pointer(pointer).and_then(Value::as_u64);
        u32::try_from(number.unwrap()).unwrap()
    };
    let count = number("/frequency/interval_count");
    let price = text(value, "/pricing_scheme/fixed_price/value")
        .parse()
        .unwrap();
    let currency = text(value, "/pricing_scheme/fixed_price/currency_code");
    let currency = Currency::new(currency).unwrap();
    let cycle = match text(value, "/tenure_type") {
        "TRIAL" => BillingCycle::trial(unit, count, price, currency),
        _ => BillingCycle::regular(unit, count, price, currency),
    };
    cycle.total_cycles(number("/total_cycles"))
}

fn plan(value: &Value) -> Plan {
    let plan = Plan::new(text(value, "/name")).status(text(value, "/status"));
    let cycles = value["billing_cycles"].as_array().unwrap();
    cycles.iter().map(cycle).fold(plan, Plan::cycle)
}

impl Asked {
    fn ability(&self) -> String {
        text(&json(&self.channel), "/ability").to_owned()
    }

    fn plan(&self) -> Option<Plan> {
        self.plan.as_deref().map(|text| plan(&json(text)))
    }

    /// The order as the merchant of this checkout has it in his stored orders.
    fn order(&self) -> Option<Order> {
        let number = self.out_trade_no.as_deref()?;
        let subject = json(&self.product)["name"].as_str()?.to_owned();
        let single = || {
            let currency = Currency::new(self.currency.as_deref().unwrap()).unwrap();
            Order::new(APP, number, self.total_amount.unwrap(), currency, &*subject)
        };
        let first = self.plan().and_then(|plan| plan.first_charge());
        let order = match (&*self.ability(), first) {
            ("subscribe", Some(first)) => Order::subscription(APP, number, first, &*subject),
            ("", Some(first)) => single().or_subscription(first),
            _ => single(),
        };
        let settled = match &self.currency {
            Some(currency) => Currency::new(currency).unwrap(),
            None => Currency::USD,
        };
        Some(
            CHANNELS
                .into_iter()
                .fold(order, |order: Order, id| order.channel(id, settled.clone())),
        )
    }

    /// What signing such a checkout says.
    fn sign(&self) -> Result<(), Error> {
        let (channel, product) = (json(&self.channel), json(&self.product));
        let env = match text(&channel, "/env") {
            "production" => Environment::Production,
            _ => Environment::Sandbox,
        };
        let mut details = Product::new(
            text(&product, "/name"),
            ProductType::Digital,
            text(&product, "/category"),
        );
        if let Some(description) = product["description"].as_str() {
            details = details.description(description);
        }
        for item in product["list"].as_array().into_iter().flatten() {
            details = details.item(text(item, "/name"), text(item, "/description"));
        }
        let product = resource(&product, details);
        let checkout = match &*self.ability() {
            "subscribe" => Checkout::subscription(APP, env, product),
            "" if self.plan.is_some() => Checkout::payers_choice(APP, env, product),
            _ => Checkout::one_off(APP, env, product),
        };
        let checkout = match &self.plan {
            Some(text) => {
                let value = json(text);
                let plan = resource(&value, plan(&value));
                checkout.plan(plan).customer(Customer::new("Jane", "Doe"))
            }
            None => checkout,
        };
        let checkout = match (&self.out_trade_no, self.total_amount, &self.currency) {
            (Some(number), Some(amount), Some(currency)) => {
                checkout.order(number, amount, Currency::new(currency).unwrap())
            }
            _ => checkout,
        };
        let key = SigningKey::new("9f2c51d07be84a6630c1f5e2ab97d8443e6b01fc").unwrap();
        checkout
            .notify_url("https://shop.example.com/notify")
            .return_url("https://shop.example.com/thanks")
            .allow_extendable(SafeBecause::EveryChannelSignsItsStatus)
            .sign(&key, SystemTime::UNIX_EPOCH)
            .map(drop)
    }
}

/// The fields that signing names.
fn named(asked: &Asked) -> Vec<String> {
    let error = asked.sign().err();
    let problems = error.iter().flat_map(Error::problems);
    problems.map(|problem| problem.field().to_owned()).collect()
}

#[test]
fn every_genuine_message_is_judged_as_its_checkout_says() {
    let word = SafeBecause::EveryChannelSignsItsStatus;
    let mut exceptions = Vec::new();
    for Genuine { via, raw, checkout } in genuine() {
        let number = checkout.out_trade_no.clone().unwrap_or_default();
        let Some(order) = checkout.order() else {
            let refused = receive(&via, &raw).unwrap_err();
            assert_eq!(refused, Refusal::Missing("out_trade_no"));
            assert!(refused.is_signed());
            exceptions.push((number, named(&checkout)));
            continue;
        };
        let signed = receive(&via, &raw).unwrap();
        assert_eq!(signed.out_trade_no(), number);
        // By default none of these short numbers is taken.
        assert_eq!(signed.matches(&order), Err(Refusal::Extendable), "{number}");
        let judged = signed.matches(&order.allow_extendable(word));
        if judged == Err(Refusal::CutByServer("total_amount")) {
            exceptions.push((number, named(&checkout)));
            continue;
        }
        let Ok(Matched::Paid(paid)) = judged else {
            panic!("{number}: {judged:?}")
        };
        assert_eq!(paid.safe_because(), Some(word));
        let expected = match &*checkout.ability() {
            "subscribe" => Some(Status::SubscriptionChargeSucceed),
            "checkout" => Some(Status::CheckoutSucceed),
            _ => None,
        };
        assert!(
            expected.is_none_or(|status| status == paid.status()),
            "{number}"
        );
        let fields = named(&checkout);
        if !fields.is_empty() {
            exceptions.push((number, fields));
        }
    }
    let expected = [
        ("V-13", "total_amount"),
        ("V-41", "product.description"),
        ("", "out_trade_no"),
        ("V-118", "checkout page"),
    ];
    let expected = expected.map(|(number, field)| (number.to_owned(), vec![field.to_owned()]));
    assert_eq!(exceptions, expected);
}

/// The server sends the renewals of a subscription as the same bytes.
#[test]
fn the_same_message_of_a_subscription_again_may_be_a_renewal() {
    let word = SafeBecause::EveryChannelSignsItsStatus;
    let mut renewals = 0;
    for Genuine { via, raw, checkout } in genuine() {
        let (Some(order), Ok(signed)) = (checkout.order(), receive(&via, &raw)) else {
            continue;
        };
        let Ok(Matched::Paid(paid)) = signed.matches(&order.allow_extendable(word)) else {
            continue;
        };
        assert_eq!(paid.payment(None), Payment::First);
        let recorded = Recorded {
            trade_no: paid.trade_no(),
            notified: true,
        };
        let again = paid.payment(Some(recorded));
        let expected = match paid.status() {
            Status::SubscriptionChargeSucceed => Payment::PossibleRenewal,
            _ => Payment::Repeated,
        };
        assert_eq!(again, expected);
        renewals += usize::from(again == Payment::PossibleRenewal);
    }
    assert_eq!(renewals, 13);
}

#[derive(Deserialize)]
struct Forged {
    id: String,
    via: String,
    raw: String,
    signed_by_the_server: Option<Vec<(String, String)>>,
    order: Ledger,
    want: String,
}

#[derive(Deserialize)]
struct Ledger {
    app_id: String,
    out_trade_no: String,
    amount: Amount,
    currency: String,
    subject: String,
    channels: Vec<(String, String)>,
    ability: String,
}

impl Ledger {
    fn order(&self) -> Order {
        let currency = Currency::new(&self.currency).unwrap();
        let first = sanspay_core::checkout::FirstCharge::new(self.amount, currency.clone());
        let (app, number, subject) = (&*self.app_id, &*self.out_trade_no, &*self.subject);
        let order = match &*self.ability {
            "subscribe" => Order::subscription(app, number, first, subject),
            _ => Order::new(app, number, self.amount, currency, subject),
        };
        self.channels
            .iter()
            .fold(order, |order: Order, (id, currency): &(String, String)| {
                order.channel(id, Currency::new(currency).unwrap())
            })
    }
}

#[test]
fn no_forged_message_is_paid_and_its_controls_are() {
    let lines = include_str!("../fixtures/yzhan_forged.jsonl").lines();
    let mut seen = [0; 4];
    for line in lines {
        let Forged {
            id,
            via,
            raw,
            signed_by_the_server,
            order,
            want,
        } = serde_json::from_str(line).unwrap();
        let order = order.order();
        let judge = |order: &Order| receive(&via, &raw).and_then(|signed| signed.matches(order));
        let judged = judge(&order);
        if let Some(signed) = signed_by_the_server {
            let mut presented: Vec<(String, String)> = form_urlencoded::parse(raw.as_bytes())
                .into_owned()
                .collect();
            presented.retain(|(name, _)| name != "sign");
            assert_eq!(signed_text(&signed), signed_text(&presented), "{id}");
        }
        let kind = if want == "Paid" {
            assert!(judged.unwrap().paid().is_some(), "{id}");
            0
        } else if want.starts_with("never Paid") {
            assert_eq!(judged, Err(Refusal::Extendable), "{id}");
            // The attack is real: a merchant who vouches for his channels is deceived.
            let deceived = order.allow_extendable(SafeBecause::EveryChannelSignsItsStatus);
            assert!(judge(&deceived).unwrap().paid().is_some(), "{id}");
            1
        } else if want.starts_with("if anything is accepted, its subscription_id is absent") {
            let shown = format!("{:?}", judged.unwrap());
            assert!(
                !shown.contains("subscription_id") && !shown.contains("SOMEBODY"),
                "{id}"
            );
            2
        } else {
            assert!(
                want.starts_with("refused: signed, and status is missing"),
                "{want}"
            );
            let refusal = judged.unwrap_err();
            assert_eq!(refusal, Refusal::NoStatus);
            assert!(refusal.is_signed() && refusal.log_reason().contains("without a status"));
            3
        };
        if let Some(count) = seen.get_mut(kind) {
            *count += 1;
        }
    }
    assert_eq!(seen, [2, 4, 2, 1]);
}
