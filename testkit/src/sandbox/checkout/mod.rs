//! The yzhan pay hosted checkout, from the other side.

mod admin;
mod faults;
mod gateway;
mod opening;
mod order;
mod page;
mod payer_actions;
mod plan_text;
mod query;
mod resources;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::SystemTime;

use http::{Method, Request, Response, StatusCode};

use self::admin::Admin;
pub use self::admin::OPERATOR;
pub use self::faults::CheckoutFault;
use self::opening::{Opening, Refused};
use self::order::Opened;
pub use self::order::OrderStatus;
pub(super) use self::order::{Ability, Order};
use self::resources::{Resources, Wanted, first_charge, items, price, text};
use super::answer;
use super::config::CheckoutConfig;
use super::ids::Ids;
use super::pages::{self, Provider};
use super::partner::Surroundings;

/// The checkout provider.
#[derive(Clone)]
pub(super) struct Checkout {
    config: CheckoutConfig,
    products: Resources,
    plans: Resources,
    customers: Resources,
    orders: Vec<Order>,
    by_trade_no: BTreeMap<String, usize>,
    by_out_trade_no: BTreeMap<(String, String), usize>,
    admin: Admin,
}

impl Checkout {
    pub(super) fn new(config: CheckoutConfig) -> Self {
        Self {
            config,
            products: Resources::default(),
            plans: Resources::default(),
            customers: Resources::default(),
            orders: Vec::new(),
            by_trade_no: BTreeMap::new(),
            by_out_trade_no: BTreeMap::new(),
            admin: Admin::default(),
        }
    }

    /// Answers one request; `None` when the path is none of this provider's.
    pub(super) fn handle(
        &mut self,
        request: &Request<Vec<u8>>,
        now: SystemTime,
        around: &mut Surroundings<'_>,
    ) -> Option<Response<Vec<u8>>> {
        if let Some(answer) = self.admin(request, around.ids) {
            return Some(answer);
        }
        if let Some(answer) = self.trusting(request, now, around.ids) {
            return Some(answer);
        }
        let rest = request.uri().path().strip_prefix("/checkout")?;
        let parts: Vec<&str> = rest.split('/').collect();
        match (request.method(), parts.as_slice()) {
            (&Method::GET, [""]) => Some(self.open(request, now, around.ids)),
            (&Method::POST, ["", trade_no, action @ ("pay" | "fail" | "cancel")]) => {
                let choice = query::parse(request.body()).unwrap_or_default();
                Some(self.act(trade_no, action, &choice, now, around))
            }
            (_, [""] | ["", _, "pay" | "fail" | "cancel"]) => {
                Some(refusal(StatusCode::METHOD_NOT_ALLOWED, &Refused::default()))
            }
            _ => None,
        }
    }

    /// `GET /checkout`.
    fn open(
        &mut self,
        request: &Request<Vec<u8>>,
        now: SystemTime,
        ids: &mut Ids,
    ) -> Response<Vec<u8>> {
        let asked = request.uri().query().unwrap_or_default();
        if self.has(CheckoutFault::ShortUrls) && asked.len() > faults::MAX_URL {
            return answer::nginx(StatusCode::URI_TOO_LONG);
        }
        let opened = self
            .read(asked, true)
            .and_then(|opening| self.order(opening, now, ids));
        match opened {
            Ok(place) => match self.orders.get(place) {
                Some(order) if order.opened == Opened::Blank => {
                    answer::html(StatusCode::OK, String::new())
                }
                Some(order) => self.page(order),
                None => answer::no_route(),
            },
            Err(refused) => refusal(StatusCode::BAD_REQUEST, &refused),
        }
    }

    /// The order that the payer is to pay: a new one, or the unpaid one of the same number, which
    /// takes on what the merchant says now.
    fn order(
        &mut self,
        opening: Opening,
        now: SystemTime,
        ids: &mut Ids,
    ) -> Result<usize, Refused> {
        let app_id = opening.app_id.clone();
        let number = opening.out_trade_no.clone();
        let key = number.map(|number| (app_id.clone(), number));
        let known = key.as_ref().and_then(|key| self.by_out_trade_no.get(key));
        let known = known.copied();
        let again = self.has(CheckoutFault::PayableTwice);
        let known = known.filter(|place| {
            let is_paid = self.orders.get(*place).is_some_and(Order::is_paid);
            !(again && is_paid)
        });
        self.refuse_paid(known)?;
        let before = known.and_then(|place| self.orders.get(place));
        let trade_no = before.map(|order| order.trade_no.clone());
        let plan = opening.plan.as_ref().map(|plan| &plan.thing);
        let first_cycle = self.has(CheckoutFault::FirstCycleAmount);
        let price = if first_cycle { first_charge } else { price };
        let often = plan.and_then(price);
        let often = often.map(|(amount, currency)| (amount, currency.to_owned()));
        let in_words = plan.map(|plan| (text(plan, "name").to_owned(), plan_text::describe(plan)));
        let product = &opening.product.thing;
        let subject = faults::cut(text(product, "name"), 255);
        let body = faults::cut(text(product, "description"), 255);
        let items = items(product);
        let broken = self.has(CheckoutFault::BrokenIds);
        let opened = self.opened(&opening);
        if !(broken && product.contains_key("status")) {
            self.products.put(&app_id, opening.product);
        }
        let customer_id = self.customer_of(&app_id, opening.plan, opening.customer);
        let order = Order {
            trade_no: trade_no.unwrap_or_else(|| ids.trade_number(now)),
            out_trade_no: opening.out_trade_no,
            channel_id: self.channel(opening.production).to_owned(),
            status: OrderStatus::Created,
            once: opening.money,
            often,
            ability: opening
                .abilities
                .first()
                .copied()
                .unwrap_or(Ability::Checkout),
            abilities: opening.abilities,
            production: opening.production,
            subject,
            body,
            items,
            plan: in_words,
            notify_url: opening.notify_url,
            return_url: opening.return_url,
            cancel_url: opening.cancel_url,
            subscription_id: None,
            customer_id,
            first_cycle,
            null_status: false,
            opened,
            app_id,
        };
        Ok(self.keep(order, key, known))
    }

    /// Stores plan and customer, and yields the customer's id. The real server mistakes the new
    /// plan's id for the customer's.
    fn customer_of(
        &mut self,
        app_id: &str,
        plan: Option<Wanted>,
        customer: Option<Wanted>,
    ) -> Option<u64> {
        let plan_is_new = plan.as_ref().is_some_and(Wanted::is_new);
        let plan_id = plan.map(|plan| self.plans.put(app_id, plan));
        if self.has(CheckoutFault::BrokenIds) {
            return plan_id.filter(|_| plan_is_new);
        }
        customer.map(|customer| self.customers.put(app_id, customer))
    }

    /// What is already paid is not opened again; the payer is sent back.
    fn refuse_paid(&self, known: Option<usize>) -> Result<(), Refused> {
        let before = known.and_then(|place| self.orders.get(place));
        if !before.is_some_and(Order::is_paid) {
            return Ok(());
        }
        let mut paid = opening::Problems::default();
        paid.add("out_trade_no", pages::PAID);
        let back = known.and_then(|place| self.return_target(place).ok().flatten());
        Err(Refused {
            back,
            ..paid.into()
        })
    }

    /// What the payer comes to see: the real server mistakes ids that it should know.
    fn opened(&self, opening: &Opening) -> Opened {
        let broken = self.has(CheckoutFault::BrokenIds);
        match opening.plan.as_ref() {
            Some(plan) if broken && plan.is_bare() => Opened::Blank,
            _ if broken && opening.product.is_bare() => Opened::NoTrade,
            _ => Opened::Trade,
        }
    }

    fn keep(&mut self, order: Order, key: Option<(String, String)>, known: Option<usize>) -> usize {
        if let Some((place, known)) =
            known.and_then(|place| Some((place, self.orders.get_mut(place)?)))
        {
            *known = order;
            return place;
        }
        let place = self.orders.len();
        self.by_trade_no.insert(order.trade_no.clone(), place);
        if let Some(key) = key.filter(|_| order.is_stored()) {
            self.by_out_trade_no.insert(key, place);
        }
        self.orders.push(order);
        place
    }

    /// Whether the sandbox is set up with this fault.
    fn has(&self, fault: CheckoutFault) -> bool {
        self.config.faults.contains(&fault)
    }

    /// The first channel of the environment.
    fn channel(&self, production: bool) -> &str {
        let mut channels = self.config.channels.iter();
        let channel = channels.find(|channel| channel.production == production);
        channel.map_or("0", |channel| &channel.id)
    }
}

fn refusal(status: StatusCode, refused: &Refused) -> Response<Vec<u8>> {
    pages::refusal(&pages::Refusal {
        provider: Provider::YzhanPay,
        status,
        problems: &refused.problems,
        signed_text: refused.signed_text.as_deref(),
        back: refused.back.as_deref(),
    })
}
