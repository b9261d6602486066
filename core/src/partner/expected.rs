//! What a record has to be: one comparison for answers, lookups, intents and webhooks.

use std::fmt;

use super::record::Record;
use super::status::RecordType;
use crate::error::{Problem, Problems};
use crate::money::{Amount, Currency};

/// What a record has to be: its type, your reference, amount and currency.
///
/// Keep it with your order and compare everything with it that claims to be about that order.
/// `Debug` shows type, amount and currency; the reference is yours to print.
///
/// ```
/// use sanspay_core::partner::{Expected, Record};
/// use sanspay_core::{Currency, Wire};
/// let order = Expected::payment("order-1", "10.00".parse()?, Currency::EUR);
/// let record = Record::parse(
///     br#"{"id":"6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d","type":"payout","status":"paid",
///         "amount":"1000.00","currency":"EUR","reference":"order-1"}"#,
///     &Wire::default(),
/// )?;
/// let differences = order.differences(&record);
/// let fields: Vec<_> = differences.iter().map(|difference| difference.field()).collect();
/// assert_eq!(fields, ["type", "amount"]);
/// assert_eq!(differences[1].to_string(), "amount is 1000.00 and not 10.00");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Expected {
    record_type: RecordType,
    reference: String,
    amount: Amount,
    currency: Currency,
}

impl Expected {
    /// A record of this type under your reference, with this amount.
    pub fn new(
        record_type: RecordType,
        reference: impl Into<String>,
        amount: Amount,
        currency: Currency,
    ) -> Self {
        Self {
            record_type,
            reference: reference.into(),
            amount,
            currency,
        }
    }

    /// A payment under your reference.
    pub fn payment(reference: impl Into<String>, amount: Amount, currency: Currency) -> Self {
        Self::new(RecordType::Payment, reference, amount, currency)
    }

    /// A payout under your reference.
    pub fn payout(reference: impl Into<String>, amount: Amount, currency: Currency) -> Self {
        Self::new(RecordType::Payout, reference, amount, currency)
    }

    /// The type of the record.
    pub fn record_type(&self) -> &RecordType {
        &self.record_type
    }

    /// Your reference.
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// The amount.
    pub fn amount(&self) -> Amount {
        self.amount
    }

    /// The currency of the amount.
    pub fn currency(&self) -> &Currency {
        &self.currency
    }

    /// Everything in which the record is another one, each with its field; nothing where it is the
    /// expected one. A record that does not say its type or reference differs, because it may be
    /// any. Amounts are compared as numbers: `10` is `10.00`.
    pub fn differences(&self, record: &Record) -> Vec<Problem> {
        let mut found = Problems::new();
        if record.record_type().is_none() {
            found.add("type", "is missing");
        }
        if record.reference().is_none() {
            found.add("reference", "is missing");
        }
        self.contradictions_into(&mut found, record);
        found.into_vec()
    }

    /// Everything in which the answer to a request of ours contradicts it. It is an answer to this
    /// very request, so it may leave out what the request said.
    pub(crate) fn contradictions(&self, record: &Record) -> Vec<Problem> {
        let mut found = Problems::new();
        self.contradictions_into(&mut found, record);
        found.into_vec()
    }

    fn contradictions_into(&self, found: &mut Problems, record: &Record) {
        if let Some(other) = record
            .record_type()
            .filter(|&other| *other != self.record_type)
        {
            let other = match other {
                RecordType::Payment => "a payment",
                RecordType::Payout => "a payout",
                _ => "a record of another type",
            };
            found.add("type", format!("is that of {other}"));
        }
        if record
            .reference()
            .is_some_and(|other| other != self.reference)
        {
            found.add("reference", "is another one");
        }
        if record.amount() != self.amount {
            let (other, ours) = (record.amount(), self.amount);
            found.add("amount", format!("is {other} and not {ours}"));
        }
        if *record.currency() != self.currency {
            // Text that is no code may be anything.
            let other = Some(record.currency()).filter(|currency| currency.is_code());
            let ours = Some(&self.currency).filter(|currency| currency.is_code());
            found.add(
                "currency",
                match (other, ours) {
                    (Some(other), Some(ours)) => format!("is {other} and not {ours}"),
                    _ => "is another one".to_owned(),
                },
            );
        }
    }
}

impl fmt::Debug for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let currency = Some(&self.currency).filter(|currency| currency.is_code());
        f.debug_struct("Expected")
            .field("record_type", &self.record_type)
            .field("amount", &self.amount)
            .field("currency", &currency)
            .finish_non_exhaustive()
    }
}

/// A record that is not what was asked for, and everything in which it differs. The record is
/// kept, because money may have moved.
#[derive(Debug, Clone)]
pub struct Mismatch {
    record: Record,
    differences: Vec<Problem>,
}

impl Mismatch {
    /// `None` where nothing differs.
    pub(crate) fn of(record: &Record, differences: Vec<Problem>) -> Option<Self> {
        (!differences.is_empty()).then(|| Self {
            record: record.clone(),
            differences,
        })
    }

    /// The record as it came.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// Every difference with its field.
    pub fn differences(&self) -> &[Problem] {
        &self.differences
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, difference) in self.differences.iter().enumerate() {
            write!(f, "{}{difference}", if index == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
