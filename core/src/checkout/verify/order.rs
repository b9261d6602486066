//! The merchant's own order, and what a message says about it once the two agree.

use std::fmt;

use super::Signed;
use super::refusal::Refusal;
use super::status::Status;
use crate::checkout::channel::Ability;
use crate::money::{Amount, Currency};
use crate::printable::Escaped;
use crate::sorted;

/// An order as it stands in your own books, to compare messages with. Fill it from your database
/// and never from the message.
///
/// ```
/// use sanspay_core::Currency;
/// use sanspay_core::checkout::Order;
/// let order = Order::new("2021122412586601", "A-1", "10.00".parse()?, Currency::USD, "Tea")
///     .channel("3", Currency::USD);
/// # let _ = order;
/// # Ok::<(), sanspay_core::AmountError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Order {
    pub(in crate::checkout) app_id: String,
    pub(in crate::checkout) out_trade_no: String,
    pub(in crate::checkout) total_amount: Amount,
    pub(in crate::checkout) currency: Currency,
    pub(in crate::checkout) subject: String,
    /// Sorted by id.
    pub(in crate::checkout) channels: Vec<(String, Currency)>,
    pub(in crate::checkout) ability: Ability,
    pub(in crate::checkout) subscription_id: Option<String>,
    pub(in crate::checkout) customer: ExpectedCustomer,
}

#[derive(Clone, PartialEq, Eq)]
pub(in crate::checkout) enum ExpectedCustomer {
    None,
    New,
    Known(String),
}

impl Order {
    /// A single payment. `subject` is the product's name as it was sent.
    ///
    /// No message matches before at least one [`channel`](Order::channel) is allowed.
    pub fn new(
        app_id: impl Into<String>,
        out_trade_no: impl Into<String>,
        total_amount: Amount,
        currency: Currency,
        subject: impl Into<String>,
    ) -> Self {
        Self {
            app_id: app_id.into(),
            out_trade_no: out_trade_no.into(),
            total_amount,
            currency,
            subject: subject.into(),
            channels: Vec::new(),
            ability: Ability::Checkout,
            subscription_id: None,
            customer: ExpectedCustomer::None,
        }
    }

    /// Allows a channel, by the id that the provider gave it, with the currency that it settles
    /// in. A payer may pick any channel of the installation, a sandbox or somebody else's among
    /// them (grade V), so list your own and no other.
    #[must_use]
    pub fn channel(mut self, channel_id: impl Into<String>, currency: Currency) -> Self {
        sorted::put(&mut self.channels, channel_id.into(), currency);
        self
    }

    /// Sets what the checkout was opened for; [`Ability::Checkout`] by default. A subscription's
    /// id counts only with the others.
    #[must_use]
    pub fn ability(mut self, ability: Ability) -> Self {
        self.ability = ability;
        self
    }

    /// Sets the subscription that is already known to be the order's; another one is refused.
    #[must_use]
    pub fn subscription_id(mut self, id: impl Into<String>) -> Self {
        self.subscription_id = Some(id.into());
        self
    }

    /// Sets the customer that is already known to be the order's; another one is refused.
    #[must_use]
    pub fn customer_id(mut self, id: impl Into<String>) -> Self {
        self.customer = ExpectedCustomer::Known(id.into());
        self
    }

    /// Expects the id of a customer who was created with the checkout. Without this or
    /// [`customer_id`](Order::customer_id) such an id is ignored.
    #[must_use]
    pub fn new_customer(mut self) -> Self {
        self.customer = ExpectedCustomer::New;
        self
    }

    pub(super) fn compare(&self, signed: &Signed) -> Result<Matched, Refusal> {
        let same = |fine: bool, refusal| if fine { Ok(()) } else { Err(refusal) };
        same(signed.app_id() == self.app_id, Refusal::WrongApp)?;
        same(
            signed.out_trade_no() == self.out_trade_no,
            Refusal::WrongOrder,
        )?;
        same(
            signed.total_amount == self.total_amount,
            Refusal::WrongAmount,
        )?;
        same(signed.currency == self.currency, Refusal::WrongCurrency)?;
        let channel = sorted::get(&self.channels, signed.channel_id());
        same(channel == Some(&self.currency), Refusal::WrongChannel)?;
        same(signed.subject() == self.subject, Refusal::WrongSubject)?;
        let status = signed.status;
        let possible = (!status.is_single_payment() || self.ability.may_pay_once())
            && (!status.is_subscription() || self.ability.may_subscribe());
        same(possible, Refusal::WrongAbility)?;
        let facts = Facts {
            app_id: signed.app_id().into(),
            out_trade_no: signed.out_trade_no().into(),
            trade_no: signed.trade_no().into(),
            channel_id: signed.channel_id().into(),
            total_amount: signed.total_amount,
            currency: signed.currency.clone(),
            status,
            subscription_id: self.subscription_of(signed)?,
            customer_id: self.customer_of(signed)?,
        };
        Ok(if status.is_success() {
            Matched::Paid(Paid(facts))
        } else {
            Matched::NotPaid(NotPaid(facts))
        })
    }

    /// The id that counts: only with a status of a subscription, where the provider sets its own,
    /// so that none can have been cut out of the subject.
    fn subscription_of(&self, signed: &Signed) -> Result<Option<String>, Refusal> {
        if !signed.status.is_subscription() {
            return Ok(None);
        }
        let given = signed.subscription_id();
        let fine = match &self.subscription_id {
            Some(known) => given == Some(known.as_str()),
            None => given.is_some(),
        };
        if fine {
            Ok(given.map(Into::into))
        } else {
            Err(Refusal::WrongSubscription)
        }
    }

    fn customer_of(&self, signed: &Signed) -> Result<Option<String>, Refusal> {
        let given = signed.customer_id();
        match &self.customer {
            ExpectedCustomer::None => Ok(None),
            // "When set" (grade V): an attempt that failed may have created none.
            ExpectedCustomer::New if given.is_some() || !signed.status.is_success() => {
                Ok(given.map(Into::into))
            }
            ExpectedCustomer::Known(known) if given == Some(known.as_str()) => {
                Ok(given.map(Into::into))
            }
            _ => Err(Refusal::WrongCustomer),
        }
    }
}

impl fmt::Debug for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Order")
            .field("out_trade_no", &self.out_trade_no)
            .field("total_amount", &self.total_amount)
            .field("currency", &self.currency)
            .field("ability", &self.ability)
            .finish_non_exhaustive()
    }
}

/// What a message says about an order of yours, after every comparison held.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Matched {
    /// The order is paid.
    Paid(Paid),
    /// The message is genuine and belongs to the order, and does not say that it is paid.
    NotPaid(NotPaid),
}

impl Matched {
    /// The payment, if there is one.
    pub fn paid(&self) -> Option<&Paid> {
        match self {
            Self::Paid(paid) => Some(paid),
            Self::NotPaid(_) => None,
        }
    }

    /// The status.
    pub fn status(&self) -> Status {
        self.facts().status
    }

    /// By what the message is known when it comes again.
    pub fn dedup_key(&self) -> DedupKey {
        self.facts().dedup_key()
    }

    fn facts(&self) -> &Facts {
        match self {
            Self::Paid(Paid(facts)) | Self::NotPaid(NotPaid(facts)) => facts,
        }
    }
}

/// Proof that an order of yours is paid: signed by the provider and equal to the order in your
/// books. It can be had from [`Signed::matches`] and in no other way.
///
/// The same payment may be told many times: act once per [`dedup_key`](Paid::dedup_key).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paid(Facts);

/// A genuine message about an order of yours that does not say that it is paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotPaid(Facts);

#[derive(Clone, PartialEq, Eq)]
struct Facts {
    app_id: String,
    out_trade_no: String,
    trade_no: String,
    channel_id: String,
    total_amount: Amount,
    currency: Currency,
    status: Status,
    subscription_id: Option<String>,
    customer_id: Option<String>,
}

impl Facts {
    fn dedup_key(&self) -> DedupKey {
        DedupKey {
            trade_no: self.trade_no.clone(),
            status: self.status,
        }
    }
}

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Facts")
            .field("out_trade_no", &self.out_trade_no)
            .field("trade_no", &self.trade_no)
            .field("total_amount", &self.total_amount)
            .field("currency", &self.currency)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

macro_rules! facts {
    ($type:ident) => {
        impl $type {
            /// The app.
            pub fn app_id(&self) -> &str {
                &self.0.app_id
            }

            /// Your number of the order.
            pub fn out_trade_no(&self) -> &str {
                &self.0.out_trade_no
            }

            /// The provider's number.
            pub fn trade_no(&self) -> &str {
                &self.0.trade_no
            }

            /// The channel that was used.
            pub fn channel_id(&self) -> &str {
                &self.0.channel_id
            }

            /// The amount of the order.
            pub fn total_amount(&self) -> Amount {
                self.0.total_amount
            }

            /// Its currency.
            pub fn currency(&self) -> &Currency {
                &self.0.currency
            }

            /// The status.
            pub fn status(&self) -> Status {
                self.0.status
            }

            /// The subscription, where the order may be one and the status is of one.
            pub fn subscription_id(&self) -> Option<&str> {
                self.0.subscription_id.as_deref()
            }

            /// The customer, where the order expects one.
            pub fn customer_id(&self) -> Option<&str> {
                self.0.customer_id.as_deref()
            }

            /// By what the message is known when it comes again.
            pub fn dedup_key(&self) -> DedupKey {
                self.0.dedup_key()
            }
        }
    };
}

facts!(Paid);
facts!(NotPaid);

/// By what a message is known when it comes again: `trade_no` and status. Store it with a unique
/// index in the transaction that acts on the message.
///
/// Whether each period of a subscription has a `trade_no` of its own is not documented; watch that
/// in the sandbox before you rely on it for renewals.
///
/// `Display` gives one text for it, such as `2021122413:CHECKOUT_SUCCEED`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DedupKey {
    trade_no: String,
    status: Status,
}

impl DedupKey {
    /// The provider's number.
    pub fn trade_no(&self) -> &str {
        &self.trade_no
    }

    /// The status.
    pub fn status(&self) -> Status {
        self.status
    }
}

impl fmt::Display for DedupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", Escaped(&self.trade_no), self.status)
    }
}
