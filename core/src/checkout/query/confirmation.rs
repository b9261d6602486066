//! What the installation's own records say about a payment that a message told of.

use std::fmt;

use super::trade::Trade;
use crate::checkout::Paid;

/// What the installation's own records say about a [`Paid`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Confirmation {
    /// The trade is there, and its number, order number, app, amount and status are those of the
    /// message. Currency and channel are not in it.
    Confirmed(Trade),
    /// The trade is there and says something else: do not act on the message.
    ///
    /// The status of a subscription moves on after each charge. Where it is the only difference, the
    /// message may be genuine and late; a person should look.
    Contradicted {
        /// What the records say.
        trade: Trade,
        /// Everything in which the two differ, at least one.
        differences: Vec<Difference>,
    },
    /// There is no trade of this number: the message is forged, or from another installation.
    NotFound,
}

impl Confirmation {
    /// Compares a payment with the trade that was found by its number.
    pub fn of(paid: &Paid, found: Option<Trade>) -> Self {
        let Some(trade) = found else {
            return Self::NotFound;
        };
        let amount = trade.total_amount();
        let pairs = [
            ("trade_no", paid.trade_no(), trade.trade_no()),
            ("out_trade_no", paid.out_trade_no(), trade.out_trade_no()),
            ("app_id", paid.app_id(), trade.app_id()),
            ("status", paid.status().as_str(), trade.field("status")),
        ];
        let mut differences: Vec<_> = pairs
            .into_iter()
            .filter(|(_, said, booked)| *booked != Some(*said))
            .map(|(field, said, booked)| Difference::new(field, said, booked))
            .collect();
        if amount != Some(paid.total_amount()) {
            let (said, booked) = (paid.total_amount(), trade.field("total_amount"));
            differences.push(Difference::new("total_amount", &said.to_string(), booked));
        }
        if differences.is_empty() {
            Self::Confirmed(trade)
        } else {
            Self::Contradicted { trade, differences }
        }
    }

    /// Whether the records say the same as the message.
    pub fn is_confirmed(&self) -> bool {
        matches!(self, Self::Confirmed(_))
    }
}

/// For a log line: the outcome, and each difference.
impl fmt::Display for Confirmation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Confirmed(_) => f.write_str("the trade says the same as the message"),
            Self::NotFound => f.write_str("there is no trade of this number"),
            Self::Contradicted { differences, .. } => {
                f.write_str("the trade contradicts the message")?;
                for (index, difference) in differences.iter().enumerate() {
                    write!(f, "{}{difference}", if index == 0 { ": " } else { "; " })?;
                }
                Ok(())
            }
        }
    }
}

/// One thing in which a message and the trade differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    field: &'static str,
    said: String,
    booked: Option<String>,
}

impl Difference {
    fn new(field: &'static str, said: &str, booked: Option<&str>) -> Self {
        Self {
            field,
            said: said.to_owned(),
            booked: booked.map(str::to_owned),
        }
    }

    /// The field, by its name on the wire, such as `total_amount`.
    pub fn field(&self) -> &'static str {
        self.field
    }

    /// What the message says, and thereby your order.
    pub fn said(&self) -> &str {
        &self.said
    }

    /// What the trade says; `None` where it says nothing. A payer may have written it.
    pub fn booked(&self) -> Option<&str> {
        self.booked.as_deref()
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {:?} in the message and ", self.field, self.said)?;
        match &self.booked {
            // Escaped, because a payer may have written it.
            Some(booked) => write!(f, "{booked:?} in the trade"),
            None => f.write_str("missing in the trade"),
        }
    }
}
