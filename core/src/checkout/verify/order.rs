//! The merchant's own order, with which messages are compared.

use std::collections::BTreeSet;
use std::fmt;

use super::matched::{Facts, Matched, NotPaid, Paid};
use super::refusal::Refusal;
use super::signed::Signed;
use crate::checkout::check;
use crate::checkout::number::{OrderNumber, SafeBecause};
use crate::checkout::plan::FirstCharge;
use crate::money::{Amount, Currency};

/// An order as it stands in your own stored orders, to compare messages with. Fill it from your database
/// and never from the message.
///
/// ```
/// use sanspay_core::Currency;
/// use sanspay_core::checkout::{Order, OrderNumber};
/// let number = OrderNumber::for_id("A-1", 0x8d2f_71aa_0c94_e3b6)?;
/// let order = Order::new("2021122412586601", number, "10.00".parse()?, Currency::USD, "Tea")
///     .channel("3", Currency::USD);
/// # let _ = order;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Order {
    pub(in crate::checkout) app_id: String,
    pub(in crate::checkout) out_trade_no: String,
    pub(in crate::checkout) subject: String,
    /// What a single payment costs, where one is possible.
    pub(in crate::checkout) once: Option<Money>,
    /// What the first charge of a subscription comes to, where one is possible.
    pub(in crate::checkout) often: Option<Money>,
    /// By id.
    pub(in crate::checkout) channels: BTreeSet<(String, Currency)>,
    safe_because: Option<SafeBecause>,
}

/// An amount and its currency.
type Money = (Amount, Currency);

impl Order {
    /// A single payment. `subject` is the product's name as it was sent.
    ///
    /// The number is an [`OrderNumber`], or its text as your database kept it; a shorter one
    /// never matches without [`allow_extendable`](Order::allow_extendable). No message matches
    /// before at least one [`channel`](Order::channel) is allowed.
    pub fn new(
        app_id: impl Into<String>,
        out_trade_no: impl Into<String>,
        total_amount: Amount,
        currency: Currency,
        subject: impl Into<String>,
    ) -> Self {
        let once = Some((total_amount, currency));
        Self::build(
            app_id.into(),
            out_trade_no.into(),
            once,
            None,
            subject.into(),
        )
    }

    /// A subscription. Its messages carry the amount and currency of the plan's first cycle, and
    /// `0.00` where that is a trial (grade V): see [`Plan::first_charge`]. No id of the provider's
    /// is needed, and none is believed.
    ///
    /// No message tells the plan, and a payer can post another one under your number (grade V): one
    /// with a longer period, a longer trial, or cycles whose `sequence` differs from their places,
    /// of which the message names the first *place*. So a [`Paid`] of a subscription says that it
    /// began at this price, and not what was charged or when the next charge comes: look the
    /// subscription up at the payment channel before you rely on it.
    ///
    /// ```
    /// use sanspay_core::Currency;
    /// use sanspay_core::checkout::{BillingCycle, IntervalUnit, Order, OrderNumber, Plan};
    /// let month = BillingCycle::regular(IntervalUnit::Month, 1, "9.99".parse()?, Currency::USD);
    /// let plan = Plan::new("Tea club").cycle(month);
    /// let number = OrderNumber::for_id("S-1", 0x8d2f_71aa_0c94_e3b6)?;
    /// let first = plan.first_charge().ok_or("a plan without a cycle")?;
    /// let order = Order::subscription("2021122412586601", number, first, "Tea")
    ///     .channel("3", Currency::USD);
    /// # let _ = order;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// [`Plan::first_charge`]: crate::checkout::Plan::first_charge
    pub fn subscription(
        app_id: impl Into<String>,
        out_trade_no: impl Into<String>,
        first_charge: FirstCharge,
        subject: impl Into<String>,
    ) -> Self {
        let often = Some(first_charge.into_parts());
        Self::build(
            app_id.into(),
            out_trade_no.into(),
            None,
            often,
            subject.into(),
        )
    }

    fn build(
        app_id: String,
        out_trade_no: String,
        once: Option<Money>,
        often: Option<Money>,
        subject: String,
    ) -> Self {
        Self {
            app_id,
            out_trade_no,
            subject,
            once,
            often,
            channels: BTreeSet::new(),
            safe_because: None,
        }
    }

    /// Lets the payer choose: a single payment at the order's amount, or a subscription.
    #[must_use]
    pub fn or_subscription(mut self, first_charge: FirstCharge) -> Self {
        self.often = Some(first_charge.into_parts());
        self
    }

    /// Allows a channel, by the id that the provider gave it, with the currency that it settles
    /// in; call it once more for another currency of the same channel. A payer may pick any channel of the installation, a sandbox or somebody else's among
    /// them (grade V), so list your own and no other.
    #[must_use]
    pub fn channel(mut self, channel_id: impl Into<String>, currency: Currency) -> Self {
        self.channels.insert((channel_id.into(), currency));
        self
    }

    /// Accepts messages in which a payer may have written the status himself: those of a number
    /// of fewer than 41 characters, and those with an [allowed name](super::Verifier::allowing)
    /// before the status. Say why that is safe; [`Paid::safe_because`] repeats it.
    ///
    /// ```
    /// use sanspay_core::Currency;
    /// use sanspay_core::checkout::{Order, SafeBecause};
    /// let order = Order::new("2021122412586601", "A-1", "10.00".parse()?, Currency::USD, "Tea")
    ///     .channel("3", Currency::USD)
    ///     .allow_extendable(SafeBecause::ConfirmedByQuery);
    /// # let _ = order;
    /// # Ok::<(), sanspay_core::AmountError>(())
    /// ```
    #[must_use]
    pub fn allow_extendable(mut self, because: SafeBecause) -> Self {
        self.safe_because = Some(because);
        self
    }

    pub(super) fn compare(&self, signed: &Signed) -> Result<Matched, Refusal> {
        let same = |fine: bool, refusal| if fine { Ok(()) } else { Err(refusal) };
        same(signed.app_id() == self.app_id, Refusal::WrongApp)?;
        same(
            signed.out_trade_no() == self.out_trade_no,
            Refusal::WrongOrder,
        )?;
        let extendable =
            OrderNumber::is_extendable(&self.out_trade_no) || signed.can_hide_a_status();
        let safe_because = self.safe_because.filter(|_| extendable);
        same(!extendable || safe_because.is_some(), Refusal::Extendable)?;
        let currency = self.compare_money(signed)?;
        let mut channels = self.channels.iter();
        let allowed = channels.any(|(id, c)| id == signed.channel_id() && c == currency);
        same(allowed, Refusal::WrongChannel)?;
        self.compare_subject(signed.subject())?;
        let status = signed.claimed_status();
        let facts = Facts {
            app_id: signed.app_id().into(),
            out_trade_no: signed.out_trade_no().into(),
            trade_no: signed.trade_no().into(),
            channel_id: signed.channel_id().into(),
            total_amount: signed.total_amount(),
            currency: signed.currency().clone(),
            status,
            source: signed.source(),
            safe_because,
        };
        Ok(if status.is_success() {
            Matched::Paid(Paid(facts))
        } else {
            Matched::NotPaid(NotPaid(facts))
        })
    }

    /// Compares amount and currency with those that the status can be about, and yields the
    /// currency.
    fn compare_money(&self, signed: &Signed) -> Result<&Currency, Refusal> {
        let status = signed.claimed_status();
        let once = self.once.as_ref().filter(|_| !status.is_subscription());
        let often = self.often.as_ref().filter(|_| !status.is_single_payment());
        let (price, other) = match (once, often) {
            (Some(price), Some(other)) => (price, other),
            (Some(price), None) | (None, Some(price)) => (price, price),
            (None, None) => return Err(Refusal::WrongAbility),
        };
        let priced = [price, other]
            .into_iter()
            .filter(|(amount, _): &&Money| *amount == signed.total_amount());
        match priced
            .clone()
            .find(|(_, currency): &&Money| currency == signed.currency())
        {
            Some((_, currency)) => Ok(currency),
            None if priced.count() > 0 => Err(Refusal::WrongCurrency),
            None => {
                let most = Amount::from_minor_units(check::MAX_CENTS, 2).ok();
                let cut = most == Some(signed.total_amount())
                    && most.is_some_and(|most| price.0 > most || other.0 > most);
                Err(if cut {
                    Refusal::CutByServer("total_amount")
                } else {
                    Refusal::WrongAmount
                })
            }
        }
    }

    fn compare_subject(&self, subject: &str) -> Result<(), Refusal> {
        if subject == self.subject {
            return Ok(());
        }
        let cut =
            subject.chars().count() >= check::MAX_PRODUCT_NAME && self.subject.starts_with(subject);
        Err(if cut {
            Refusal::CutByServer("subject")
        } else {
            Refusal::WrongSubject
        })
    }
}

impl fmt::Debug for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Order")
            .field("out_trade_no", &self.out_trade_no)
            .field("once", &self.once)
            .field("often", &self.often)
            .finish_non_exhaustive()
    }
}
