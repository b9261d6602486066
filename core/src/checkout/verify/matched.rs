//! What a message says about an order once the two agree.

use std::fmt;

use super::payment::Source;
use super::status::Status;
use crate::checkout::number::SafeBecause;
use crate::money::{Amount, Currency};
use crate::printable::Escaped;

/// What a message says about an order of yours, after every comparison held.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Matched {
    /// The order is paid.
    Paid(Paid),
    /// The message belongs to the order, and does not say that it is paid. See [`NotPaid`].
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
/// stored orders. It can be had from [`Signed::matches`](super::Signed::matches) and in no other way.
///
/// The same payment may be told many times, by notifications and by the browser's return:
/// [`payment`](Paid::payment) says what this one means beside what your stored orders hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paid(pub(super) Facts);

/// A message about an order of yours that does not say that it is paid.
///
/// Behind a number of 41 to 50 characters that is not from
/// [`OrderNumber::for_id`](crate::checkout::OrderNumber::for_id), somebody who knows it can have
/// written the status himself: `CLOSED`, `CREATED` and `CHECKOUT_FAIL` are shorter than what says
/// paid. So end nothing because of it that a later payment would still need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotPaid(pub(super) Facts);

#[derive(Clone, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) app_id: String,
    pub(super) out_trade_no: String,
    pub(super) trade_no: String,
    pub(super) channel_id: String,
    pub(super) total_amount: Amount,
    pub(super) currency: Currency,
    pub(super) status: Status,
    pub(super) source: Source,
    pub(super) safe_because: Option<SafeBecause>,
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

            /// Whether it came as a notification or with the browser.
            pub fn source(&self) -> Source {
                self.0.source
            }

            /// Your reason for believing a status that a payer may have written himself; `None`
            /// where he cannot have written that it is paid, as with every
            /// [`OrderNumber`](crate::checkout::OrderNumber).
            pub fn safe_because(&self) -> Option<SafeBecause> {
                self.0.safe_because
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
/// The browser's return of a payment and its notification have the same key. The renewals of a
/// subscription have it too, because they are the same bytes (grade V): let
/// [`Paid::payment`] tell them from the first charge.
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
