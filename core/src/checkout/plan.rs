//! The `plan` parameter: what a subscription costs, and when.

use serde::Serialize;

use super::check;
use super::resource::Details;
use crate::error::Problems;
use crate::money::{Amount, Currency};

/// The unit in which a billing period is counted (grade D).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum IntervalUnit {
    /// Days.
    Day,
    /// Weeks.
    Week,
    /// Months.
    Month,
    /// Years.
    Year,
}

impl IntervalUnit {
    /// The text on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }
}

/// A run of billing periods at one price (grade D). It serializes as it is sent.
///
/// ```
/// use sanspay_core::Currency;
/// use sanspay_core::checkout::{BillingCycle, IntervalUnit};
/// let free_week = BillingCycle::trial(IntervalUnit::Day, 7, "0.00".parse()?, Currency::USD);
/// let then = BillingCycle::regular(IntervalUnit::Month, 1, "9.99".parse()?, Currency::USD);
/// # let _ = (free_week, then);
/// # Ok::<(), sanspay_core::AmountError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BillingCycle {
    frequency: Frequency,
    pricing_scheme: PricingScheme,
    tenure_type: Tenure,
    sequence: u32,
    total_cycles: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Frequency {
    interval_unit: IntervalUnit,
    interval_count: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct PricingScheme {
    fixed_price: Price,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Price {
    value: Amount,
    currency_code: Currency,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
enum Tenure {
    Regular,
    Trial,
}

impl BillingCycle {
    /// The regular price, every `count` units, without an end unless
    /// [`total_cycles`](BillingCycle::total_cycles) sets one.
    pub fn regular(unit: IntervalUnit, count: u32, price: Amount, currency: Currency) -> Self {
        Self::new(Tenure::Regular, 0, unit, count, price, currency)
    }

    /// A trial of one period of `count` units, which may cost nothing.
    pub fn trial(unit: IntervalUnit, count: u32, price: Amount, currency: Currency) -> Self {
        Self::new(Tenure::Trial, 1, unit, count, price, currency)
    }

    /// Sets how many periods there are; 0 means without an end (grade D: the document's sample
    /// has 0 for a regular price).
    #[must_use]
    pub fn total_cycles(mut self, cycles: u32) -> Self {
        self.total_cycles = cycles;
        self
    }

    fn new(
        tenure_type: Tenure,
        total_cycles: u32,
        interval_unit: IntervalUnit,
        interval_count: u32,
        price: Amount,
        currency: Currency,
    ) -> Self {
        Self {
            frequency: Frequency {
                interval_unit,
                interval_count,
            },
            pricing_scheme: PricingScheme {
                fixed_price: Price {
                    value: check::two_decimals(price),
                    currency_code: currency,
                },
            },
            tenure_type,
            sequence: 1,
            total_cycles,
        }
    }

    fn price(&self) -> &Price {
        &self.pricing_scheme.fixed_price
    }
}

/// What a subscription costs, and when (grade D). It serializes as it is sent.
///
/// ```
/// use sanspay_core::Currency;
/// use sanspay_core::checkout::{BillingCycle, IntervalUnit, Plan};
/// let month = BillingCycle::regular(IntervalUnit::Month, 1, "9.99".parse()?, Currency::USD);
/// let plan = Plan::new("Tea club").description("A tin a month").cycle(month);
/// # let _ = plan;
/// # Ok::<(), sanspay_core::AmountError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    status: String,
    billing_cycles: Vec<BillingCycle>,
    payment_preferences: PaymentPreferences,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct PaymentPreferences {
    auto_bill_outstanding: bool,
}

impl Plan {
    /// A plan by name, with the status `ACTIVE` and outstanding amounts billed automatically, as
    /// in the document's samples (grade D). It needs at least one regular
    /// [`cycle`](Plan::cycle).
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            description: None,
            status: "ACTIVE".to_owned(),
            billing_cycles: Vec::new(),
            payment_preferences: PaymentPreferences {
                auto_bill_outstanding: true,
            },
        }
    }

    /// Sets the description.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }

    /// Sets the status, such as `ACTIVE`, the only one that the document shows (grade D).
    #[must_use]
    pub fn status(mut self, status: impl Into<String>) -> Self {
        self.status = status.into();
        self
    }

    /// Adds the next run of billing periods; its `sequence` is its place, counted from 1.
    #[must_use]
    pub fn cycle(mut self, mut cycle: BillingCycle) -> Self {
        cycle.sequence = u32::try_from(self.billing_cycles.len())
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        self.billing_cycles.push(cycle);
        self
    }

    /// Sets whether amounts that could not be collected are billed with the next period.
    #[must_use]
    pub fn auto_bill_outstanding(mut self, auto: bool) -> Self {
        self.payment_preferences.auto_bill_outstanding = auto;
        self
    }

    /// What the messages of a new subscription of this plan say that it comes to: the price of
    /// the first cycle, and `0.00` where that is a trial, whatever its price (grade V). `None`
    /// without a cycle, which cannot be signed either.
    ///
    /// ```
    /// use sanspay_core::Currency;
    /// use sanspay_core::checkout::{BillingCycle, IntervalUnit, Plan};
    /// let price = "9.99".parse()?;
    /// let month = BillingCycle::regular(IntervalUnit::Month, 1, price, Currency::USD);
    /// let plan = Plan::new("Tea club").cycle(month.clone());
    /// assert_eq!(plan.first_charge().map(|first| first.amount()), Some(price));
    ///
    /// let week = BillingCycle::trial(IntervalUnit::Week, 1, "1.00".parse()?, Currency::USD);
    /// let trial = Plan::new("Tea club").cycle(week).cycle(month);
    /// assert_eq!(trial.first_charge().map(|first| first.amount()), Some("0.00".parse()?));
    /// # Ok::<(), sanspay_core::AmountError>(())
    /// ```
    pub fn first_charge(&self) -> Option<FirstCharge> {
        let first = self.billing_cycles.first()?;
        let amount = match first.tenure_type {
            Tenure::Regular => first.price().value,
            Tenure::Trial => Amount::ZERO_CENTS,
        };
        Some(FirstCharge::new(
            amount,
            first.price().currency_code.clone(),
        ))
    }

    fn check_cycle(cycle: &BillingCycle, problems: &mut Problems) {
        let n = cycle.sequence;
        let trial = cycle.tenure_type == Tenure::Trial;
        let field = |name: &str| format!("plan.billing_cycles[{}].{name}", n.saturating_sub(1));
        problems.require(
            cycle.frequency.interval_count > 0,
            field("frequency.interval_count"),
            "must be 1 or more",
        );
        problems.require(
            !trial || cycle.total_cycles > 0,
            field("total_cycles"),
            "must be 1 or more for a trial, which ends",
        );
        check::amount(
            problems,
            field("pricing_scheme.fixed_price.value"),
            cycle.price().value,
            trial,
        );
        check::currency(
            problems,
            field("pricing_scheme.fixed_price.currency_code"),
            &cycle.price().currency_code,
        );
    }
}

/// What a subscription's messages say that it comes to: see [`Plan::first_charge`]. Keep it with
/// the order in your stored orders, so that a later change of the plan does not change what was agreed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstCharge {
    amount: Amount,
    currency: Currency,
}

impl FirstCharge {
    /// One that stands in your stored orders.
    pub fn new(amount: Amount, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// The amount: 0.00 for a trial.
    pub fn amount(&self) -> Amount {
        self.amount
    }

    /// Its currency.
    pub fn currency(&self) -> &Currency {
        &self.currency
    }

    pub(super) fn into_parts(self) -> (Amount, Currency) {
        (self.amount, self.currency)
    }
}

impl Details for Plan {
    fn check(&self, problems: &mut Problems) {
        problems.require(!self.name.is_empty(), "plan.name", "must not be empty");
        problems.require(
            check::is_upper_word(&self.status),
            "plan.status",
            "must be a word in capitals, such as ACTIVE",
        );
        let cycles = &self.billing_cycles;
        let regular = |cycle: &BillingCycle| cycle.tenure_type == Tenure::Regular;
        problems.require(
            cycles.iter().any(regular),
            "plan.billing_cycles",
            "must hold at least one regular cycle",
        );
        for cycle in cycles {
            Self::check_cycle(cycle, problems);
        }
        let first = cycles.first().map(|cycle| &cycle.price().currency_code);
        problems.require(
            cycles
                .iter()
                .all(|cycle| Some(&cycle.price().currency_code) == first),
            "plan.billing_cycles",
            "must all have the same currency",
        );
    }
}

#[cfg(test)]
mod tests;
