//! What the payer and the provider's staff do to an order, and who is notified.

use std::collections::BTreeMap;
use std::time::SystemTime;

use http::{HeaderValue, Method, Request, Response, StatusCode, header};

use super::faults::CheckoutFault;
use super::opening::Refused;
use super::{Ability, Checkout, Order, OrderStatus, refusal};
use crate::sandbox::config::ChannelKind;
use crate::sandbox::delivery::{Outbox, Receipt};
use crate::sandbox::ids::Ids;
use crate::sandbox::pages::{self, Provider};
use crate::sandbox::partner::Surroundings;
use crate::sandbox::{ActionError, answer};
use sanspay_core::checkout::php_query;

/// The seven bytes that a notification must be answered with (grade V).
const RECEIPT: &[u8] = b"succeed";

impl Checkout {
    /// `POST /checkout/{trade_no}/{pay|fail|cancel}`: what the payer does on the page. The channel
    /// that the payer posts is not compared with the environment of the order (grade V).
    pub(super) fn act(
        &mut self,
        trade_no: &str,
        action: &str,
        choice: &BTreeMap<String, String>,
        now: SystemTime,
        around: &mut Surroundings<'_>,
    ) -> Response<Vec<u8>> {
        let place = self.by_trade_no.get(trade_no).copied();
        let order = place.and_then(|place| Some((place, self.orders.get_mut(place)?)));
        let Some((place, order)) = order else {
            let problem = ("trade_no", "is not the number of an order");
            let refused = Refused {
                problems: vec![problem],
                ..Refused::default()
            };
            return refusal(StatusCode::NOT_FOUND, &refused);
        };
        if action == "cancel" {
            let target = order.cancel_url.as_deref();
            return target
                .and_then(answer::redirect)
                .unwrap_or_else(|| told("The payment was cancelled"));
        }
        if !order.is_stored() {
            return answer::error(
                StatusCode::INTERNAL_SERVER_ERROR,
                "no_trade",
                "There is no such trade.",
            );
        }
        let mut channels = self.config.channels.iter().map(|channel| &channel.id);
        let channel = choice
            .get("channel_id")
            .filter(|id| channels.any(|known| known == *id));
        order.choose(channel, choice.get("ability").map(String::as_str));
        let ended = self.end(place, action == "pay", now, around.ids, around.outbox);
        let target = ended.or_else(|_| self.return_target(place)).ok().flatten();
        let redirect = target.and_then(|target| answer::redirect(&target));
        redirect.unwrap_or_else(|| match self.orders.get(place) {
            Some(order) if order.is_paid() => told("The payment was made"),
            _ => told("The payment was declined"),
        })
    }

    /// Takes the payment or lets it fail, and says where the browser is sent. Paying twice takes
    /// one payment.
    fn end(
        &mut self,
        place: usize,
        pay: bool,
        now: SystemTime,
        ids: &mut Ids,
        outbox: &mut Outbox,
    ) -> Result<Option<String>, ActionError> {
        let without_status = self.has(CheckoutFault::MissingStatus);
        let names_subscriptions = !self.has(CheckoutFault::NoSubscriptionId);
        let kind = self.kind_of(place);
        let order = self.orders.get_mut(place).ok_or(ActionError::NotFound)?;
        if order.is_paid() && !pay {
            return Err(ActionError::Ended);
        }
        let status = match (order.ability, pay) {
            (Ability::Checkout, true) => OrderStatus::CheckoutSucceed,
            (Ability::Checkout, false) => OrderStatus::CheckoutFail,
            (Ability::Subscribe, true) => OrderStatus::SubscriptionChargeSucceed,
            (Ability::Subscribe, false) => OrderStatus::SubscriptionChargeFail,
        };
        if order.is_paid() || order.status == status {
            return self.return_target(place);
        }
        if pay && order.ability == Ability::Subscribe && names_subscriptions {
            order.subscription_id = Some(ids.subscription());
        }
        order.status = status;
        let once = order.ability == Ability::Checkout;
        order.null_status = once && without_status && kind == ChannelKind::AlipayGlobal;
        let silent = self.has(CheckoutFault::SilentPayPal) && kind == ChannelKind::PayPal;
        if !(once && silent) {
            self.notify(place, now, outbox);
        }
        self.return_target(place)
    }

    /// Whose channel the order is paid through.
    fn kind_of(&self, place: usize) -> ChannelKind {
        let id = self.orders.get(place).map(|order| &order.channel_id);
        let mut channels = self.config.channels.iter();
        let channel = channels.find(|channel| Some(&channel.id) == id);
        channel.map_or(ChannelKind::Alipay, |channel| channel.kind)
    }

    /// The next period of a subscription was charged: the same notification goes out again.
    pub(in crate::sandbox) fn renew(
        &self,
        number: &str,
        now: SystemTime,
        outbox: &mut Outbox,
    ) -> Result<(), ActionError> {
        let place = self.find(number).ok_or(ActionError::NotFound)?;
        let order = self.orders.get(place).ok_or(ActionError::NotFound)?;
        if order.status != OrderStatus::SubscriptionChargeSucceed {
            return Err(ActionError::Ended);
        }
        self.notify(place, now, outbox);
        Ok(())
    }

    /// The fields of an order with their signature, as PHP's `http_build_query` writes them. They
    /// are signed with the installation's default key (grade V).
    fn signed(&self, order: &Order) -> String {
        let mut fields = order.fields();
        let app = self
            .config
            .apps
            .iter()
            .find(|app| app.app_id == order.app_id);
        let key = self.config.default_key.as_ref().or(app.map(|app| &app.key));
        if let Some(key) = key {
            fields.push(("sign", key.sign(&fields).as_str().to_owned()));
        }
        php_query(&fields)
    }

    /// The return address and the signed fields, joined blindly (grade V), if there is one.
    pub(super) fn return_target(&self, place: usize) -> Result<Option<String>, ActionError> {
        let order = self.orders.get(place).ok_or(ActionError::NotFound)?;
        let target = order.return_url.as_ref();
        Ok(target.map(|url| format!("{url}?{}", self.signed(order))))
    }

    /// Puts the notification of the order's status on its way.
    fn notify(&self, place: usize, now: SystemTime, outbox: &mut Outbox) {
        let Some(order) = self.orders.get(place) else {
            return;
        };
        let mut request = Request::new(self.signed(order).into_bytes());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = order.notify_url.clone();
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(header::CONTENT_TYPE, form);
        outbox.post(
            request,
            Receipt::Body(RECEIPT),
            self.config.notifications,
            now,
        );
    }

    /// The order with this `trade_no`, or else the last with this `out_trade_no`: of one that was
    /// opened again after it was paid, the trade that can still be paid.
    fn find(&self, number: &str) -> Option<usize> {
        let by_trade_no = self.by_trade_no.get(number).copied();
        by_trade_no.or_else(|| {
            self.orders.iter().rposition(|order: &Order| {
                order.is_stored() && order.out_trade_no.as_deref() == Some(number)
            })
        })
    }

    pub(in crate::sandbox) fn status(&self, number: &str) -> Option<OrderStatus> {
        self.find(number)
            .and_then(|place| self.orders.get(place))
            .map(|order| order.status)
    }

    /// Ends an order by hand; yields where the browser would be sent.
    pub(in crate::sandbox) fn settle(
        &mut self,
        number: &str,
        pay: bool,
        now: SystemTime,
        ids: &mut Ids,
        outbox: &mut Outbox,
    ) -> Result<Option<String>, ActionError> {
        let place = self.find(number).ok_or(ActionError::NotFound)?;
        self.end(place, pay, now, ids, outbox)
    }

    /// Sets any status and notifies it, also one that goes back, as the real server may.
    pub(in crate::sandbox) fn set_status(
        &mut self,
        number: &str,
        status: OrderStatus,
        now: SystemTime,
        outbox: &mut Outbox,
    ) -> Result<(), ActionError> {
        let place = self.find(number).ok_or(ActionError::NotFound)?;
        let order = self.orders.get_mut(place).ok_or(ActionError::NotFound)?;
        order.status = status;
        order.null_status = false;
        self.notify(place, now, outbox);
        Ok(())
    }
}

/// For a shop that did not say where to send the payer.
fn told(title: &str) -> Response<Vec<u8>> {
    pages::message(Provider::YzhanPay, title, "You can go back to the shop.")
}
