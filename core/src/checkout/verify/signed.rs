//! A message whose form and signature are right, about some order.

use std::fmt;

use super::form::{Form, Name, Places};
use super::matched::Matched;
use super::order::Order;
use super::payment::Source;
use super::refusal::Refusal;
use super::status::Status;
use crate::checkout::check;
use crate::money::{Amount, Currency};

/// What the provider signed about *some* order. It is not evidence that yours is paid: look the
/// order up by [`out_trade_no`](Signed::out_trade_no) and compare, with [`Signed::matches`].
///
/// `Debug` shows order number, trade number and status only.
#[derive(Clone, PartialEq, Eq)]
pub struct Signed {
    /// The signed text, which all values are parts of: one allocation.
    text: Box<str>,
    places: Places,
    total_amount: Amount,
    currency: Currency,
    status: Status,
    source: Source,
    can_hide_a_status: bool,
}

impl Signed {
    pub(super) fn read(form: Form<'_>, source: Source) -> Result<Self, Refusal> {
        let Form { text, places, .. } = form;
        let status = places.value(Name::Status, text).ok_or(Refusal::NoStatus)?;
        let value = |name: Name| {
            let value = places.value(name, text);
            value.ok_or(Refusal::Missing(name.as_str()))
        };
        let shape = |name: Name| Refusal::Shape(name.as_str());
        let shaped = |name: Name, fine: fn(&str) -> bool| {
            let fine = fine(value(name)?);
            fine.then_some(()).ok_or(shape(name))
        };
        shaped(Name::AppId, check::is_app_id)?;
        shaped(Name::ChannelId, is_provider_id)?;
        shaped(Name::TradeNo, is_provider_id)?;
        shaped(Name::OutTradeNo, check::is_order_number)?;
        let total_amount = value(Name::TotalAmount)?;
        let currency = value(Name::Currency)?;
        value(Name::Subject)?;
        for id in [Name::SubscriptionId, Name::CustomerId] {
            if places.value(id, text).is_some() {
                shaped(id, is_provider_id)?;
            }
        }
        Ok(Self {
            total_amount: total_amount.parse().map_err(|_| shape(Name::TotalAmount))?,
            currency: Currency::new(currency).map_err(|_| shape(Name::Currency))?,
            status: Status::from_text(status).ok_or(shape(Name::Status))?,
            text: text.into(),
            places,
            source,
            can_hide_a_status: form.can_hide_a_status,
        })
    }

    /// The value of a parameter, where it was signed.
    fn value(&self, name: Name) -> Option<&str> {
        self.places.value(name, &self.text)
    }

    /// The value of a parameter without which there is no `Signed`.
    fn required(&self, name: Name) -> &str {
        self.value(name).unwrap_or_default()
    }

    /// Whether an allowed name is there whose value may have held the status.
    pub(super) fn can_hide_a_status(&self) -> bool {
        self.can_hide_a_status
    }

    /// Whether it came as a notification or with the browser.
    pub fn source(&self) -> Source {
        self.source
    }

    /// Your number of the order to look up.
    pub fn out_trade_no(&self) -> &str {
        self.required(Name::OutTradeNo)
    }

    /// The app that the order is said to belong to.
    pub fn app_id(&self) -> &str {
        self.required(Name::AppId)
    }

    /// The channel that is said to have been used.
    pub fn channel_id(&self) -> &str {
        self.required(Name::ChannelId)
    }

    /// The provider's number.
    pub fn trade_no(&self) -> &str {
        self.required(Name::TradeNo)
    }

    /// The amount that is said to have been asked for.
    pub fn total_amount(&self) -> Amount {
        self.total_amount
    }

    /// Its currency.
    pub fn currency(&self) -> &Currency {
        &self.currency
    }

    /// The product's name.
    pub fn subject(&self) -> &str {
        self.required(Name::Subject)
    }

    /// The product's description, where there is one.
    pub fn body(&self) -> Option<&str> {
        self.value(Name::Body)
    }

    /// The status that is claimed, of whichever order this is.
    pub fn claimed_status(&self) -> Status {
        self.status
    }

    /// Compares the message with the order in your own stored orders.
    ///
    /// # Errors
    /// The first thing that is not the order's. Do not act on the message and do not acknowledge
    /// it.
    pub fn matches(&self, order: &Order) -> Result<Matched, Refusal> {
        order.compare(self)
    }
}

impl fmt::Debug for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signed")
            .field("out_trade_no", &self.out_trade_no())
            .field("trade_no", &self.trade_no())
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// An id that the provider made (grade A for the length).
fn is_provider_id(text: &str) -> bool {
    check::is_id(text, 64)
}
