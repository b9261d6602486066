//! Payers of the hosted checkout: they pay once or twice, through one channel or another, and
//! their browsers come back.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use http::{Method, Request, header};
use sanspay_core::checkout::{
    BillingCycle, Checkout, Customer, Environment, FirstCharge, IntervalUnit, Order, OrderNumber,
    Plan, Product, ProductType, SigningKey,
};
use sanspay_core::{Amount, Currency};
use sanspay_testkit::sandbox::OrderStatus;

use super::chance::Chance;
use super::engine::{Event, Simulation};
use super::inbox::SUBJECT;
use super::invariant::{Held, Invariant, broken, set_up};
use super::plan::Ending;
use super::process::{Job, JobKind, ReplyTo, clock, says_paid};

/// How long a payer waits before he loads the shop's page once more.
const RELOAD: Duration = Duration::from_secs(5);

/// What became of the checkouts, as seen by the provider and by the merchants' staff.
#[derive(Default)]
pub(super) struct Payers {
    /// Where each order is paid.
    urls: BTreeMap<usize, String>,
    /// Browsers on their way back to a shop.
    returning: usize,
    /// The trade numbers under which each order was paid.
    paid: BTreeMap<String, BTreeSet<String>>,
    /// Second payments that a merchant reported to its staff.
    pub(super) reported: BTreeSet<String>,
}

impl Payers {
    /// Whether the provider ever held the order for paid.
    pub(super) fn ever_paid(&self, order: &str) -> bool {
        self.paid.contains_key(order)
    }

    pub(super) fn are_returning(&self) -> bool {
        self.returning > 0
    }
}

/// How an order is sold and paid.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Sale {
    /// Once, and notified.
    Once,
    /// Once, through `PayPal`: the browser's return is the only message.
    ReturnOnly,
    /// A subscription, that begins with a trial or without.
    Club { trial: bool },
}

impl Sale {
    fn channel(self) -> &'static str {
        match self {
            Self::ReturnOnly => "12",
            Self::Once | Self::Club { .. } => "2",
        }
    }
}

fn price() -> Result<Amount, super::invariant::Broken> {
    Amount::from_minor_units(1000, 2).map_err(set_up)
}

fn plan(trial: bool) -> Result<Plan, super::invariant::Broken> {
    let month = |new: fn(IntervalUnit, u32, Amount, Currency) -> BillingCycle| {
        Ok(new(IntervalUnit::Month, 1, price()?, Currency::USD))
    };
    let plan = Plan::new("Tea club");
    let plan = if trial {
        plan.cycle(month(BillingCycle::trial)?)
    } else {
        plan
    };
    Ok(plan.cycle(month(BillingCycle::regular)?))
}

impl Simulation {
    fn sale(&self, reference: &str) -> Sale {
        let mut chance = Chance::new(self.case.seed, &format!("sale {reference}"));
        let club = |trial| Sale::Club { trial };
        chance.pick(
            &[
                Sale::Once,
                Sale::Once,
                Sale::ReturnOnly,
                club(true),
                club(false),
            ],
            Sale::Once,
        )
    }

    /// The order as it stands in the merchant's stored orders.
    pub(super) fn checkout_order(&self, number: usize) -> Option<Order> {
        let job = self.jobs.get(&number)?;
        let amount = price().ok()?;
        let order = match self.sale(&job.reference) {
            Sale::Club { trial } => {
                let first: FirstCharge = plan(trial).ok()?.first_charge()?;
                Order::subscription("sandbox-app", &job.reference, first, SUBJECT)
            }
            _ => Order::new(
                "sandbox-app",
                &job.reference,
                amount,
                Currency::USD,
                SUBJECT,
            ),
        };
        (job.kind == JobKind::Checkout).then(|| {
            ["2", "12"]
                .into_iter()
                .fold(order, |order: Order, id| order.channel(id, Currency::USD))
        })
    }

    pub(super) fn open_checkout(&mut self, number: usize, process: usize) -> Held {
        let id = format!("m{process}-order-{number}");
        let seed = u128::from(self.case.seed);
        let order = OrderNumber::for_id(&id, seed).map_err(set_up)?;
        let skew = self
            .processes
            .get(process)
            .map_or(0, |process| process.skew);
        let product = Product::new(SUBJECT, ProductType::Physical, "FOOD_PRODUCTS");
        let key = SigningKey::new("sandbox-app-key").map_err(set_up)?;
        let env = Environment::Sandbox;
        let checkout = match self.sale(order.as_str()) {
            Sale::Club { trial } => Checkout::subscription("sandbox-app", env, product)
                .order_number(&order)
                .plan(plan(trial)?)
                .customer(Customer::new("Jane", "Doe")),
            _ => Checkout::one_off("sandbox-app", env, product).order(
                &order,
                price()?,
                Currency::USD,
            ),
        };
        let signed = checkout
            .notify_url("https://shop.example/notify")
            .return_url("https://shop.example/thanks")
            .sign(&key, clock(self.now, skew))
            .map_err(set_up)?;
        let job = Job {
            kind: JobKind::Checkout,
            reference: order.to_string(),
            attempts: 0,
            done: false,
        };
        self.jobs.insert(number, job);
        self.payers.urls.insert(number, signed.url());
        self.figures.operations += 1;
        let trade = self.trade(number)?;
        self.tell(|| format!("a payer opens the checkout of order {number}: {trade:?}"));
        Ok(())
    }

    /// Opens the page, and says where its buttons lead. What is paid can be opened again.
    fn trade(&mut self, number: usize) -> Result<Option<String>, super::invariant::Broken> {
        let Some(url) = self.payers.urls.get(&number) else {
            return Ok(None);
        };
        let request = Request::get(url).body(Vec::new()).map_err(set_up)?;
        let now = self.provider_now();
        let page = self.provider.handle(&request, now);
        let page = String::from_utf8_lossy(page.body());
        let button = page.split("formaction=\"").nth(1);
        let button = button.and_then(|rest| rest.split('"').next());
        let action = button.and_then(|path| path.rsplit_once('/'));
        Ok(action.map(|(trade, _)| trade.to_owned()))
    }

    /// The payer pays, or lets it fail; or the provider charges the next period.
    pub(super) fn end_checkout(&mut self, target: usize, ending: Ending) -> Held {
        let Some(job) = self.jobs.get(&target) else {
            return Ok(());
        };
        let reference = job.reference.clone();
        let mut chance = Chance::new(
            self.case.seed,
            &format!("end {reference} {}", self.now.as_millis()),
        );
        let (now, pays) = (self.provider_now(), ending == Ending::Paid);
        let runs =
            self.provider.order_status(&reference) == Some(OrderStatus::SubscriptionChargeSucceed);
        if pays && runs && chance.per_mille(500) {
            let renewed = self.provider.renew_order(&reference, now).is_ok();
            self.tell(|| format!("the next period of {reference} is charged: {renewed}"));
            self.figures.outcome("subscription renewed");
            return Ok(());
        }
        let Some(trade) = self.trade(target)? else {
            return Ok(());
        };
        let sale = self.sale(&reference);
        let verb = if pays { "pay" } else { "fail" };
        let mut request = Request::new(format!("channel_id={}", sale.channel()).into_bytes());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = format!("{trade}/{verb}").parse().map_err(set_up)?;
        let answer = self.provider.handle(&request, now);
        self.tell(|| format!("{reference} is {ending:?} at the provider as {trade}"));
        if pays {
            let trade_no = trade.rsplit('/').next().unwrap_or_default().to_owned();
            let trades = self.payers.paid.entry(reference).or_default();
            trades.insert(trade_no);
            if trades.len() > 1 {
                self.figures.outcome("order paid twice");
            }
        }
        let target_url = answer.headers().get(header::LOCATION);
        let query = target_url.and_then(|url| url.to_str().ok()?.split_once('?'));
        let comes_back = sale == Sale::ReturnOnly || chance.per_mille(700);
        match (query, self.process_of(target)) {
            (Some((_, query)), Some(index)) if comes_back => {
                self.payers.returning += 1;
                let wait = chance.between(50, 20_000);
                self.come_back(index, target, wait, query)
            }
            _ => Ok(()),
        }
    }

    fn come_back(&mut self, index: usize, target: usize, wait: Duration, query: &str) -> Held {
        let mut request = Request::new(Vec::new());
        *request.uri_mut() = format!("/thanks?{query}").parse().map_err(set_up)?;
        let reply = ReplyTo {
            name: format!("return{target}"),
            delivery: None,
            back: Duration::ZERO,
            lost: true,
            claim: None,
        };
        self.after(wait, Event::Receive(index, Box::new(request), reply));
        Ok(())
    }

    /// A browser asks for the shop's page, and once more when nobody answers.
    pub(super) fn returned(
        &mut self,
        index: usize,
        request: &Request<Vec<u8>>,
        reply: ReplyTo,
    ) -> Held {
        let up = |world: &Self| world.processes.get(index).is_some_and(|process| process.up);
        if up(self) {
            self.figures.operations += 1;
            self.browser_return(index, request.uri().query().unwrap_or_default())?;
        }
        if up(self) {
            self.payers.returning = self.payers.returning.saturating_sub(1);
        } else {
            self.after(
                RELOAD,
                Event::Receive(index, Box::new(request.clone()), reply),
            );
        }
        Ok(())
    }

    /// What must hold of an order of the checkout when everything has come to rest. `lost` is
    /// whether the provider gave up telling something.
    pub(super) fn check_sale(&self, order: &str, stored: Option<&str>, lost: bool) -> Held {
        let Some(trades) = self.payers.paid.get(order) else {
            return Ok(());
        };
        if lost && self.sale(order) != Sale::ReturnOnly {
            return Ok(());
        }
        if !stored.is_some_and(says_paid) {
            let detail = format!("{order} is paid, stored is {stored:?}");
            return broken(Invariant::StatusesAreKnown, detail);
        }
        let reported = trades
            .iter()
            .filter(|trade: &&String| self.payers.reported.contains(*trade))
            .count();
        if reported + 1 == trades.len() {
            return Ok(());
        }
        let detail = format!("{order} as {trades:?}, {reported} reported");
        broken(Invariant::SecondPaymentIsReported, detail)
    }
}
