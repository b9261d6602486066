//! A payment or payout as the provider describes it.

use std::fmt;
use std::marker::PhantomData;

use serde_core::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess};
use serde_json::value::RawValue;

use super::extras::{Extras, Raw, raw};
use super::record_id::RecordId;
use super::status::{RecordType, Status};
use crate::error::{Error, ErrorKind, describe_json_error};
use crate::money::{Amount, Currency};
use crate::text::{Name, text_of};
use crate::timestamp::Timestamp;

/// A payment or payout as the provider describes it (grade A).
///
/// `id`, `status`, `amount` and `currency` are required; whatever else is absent or `null` is
/// `None`. Fields that the SDK does not know are kept: see [`extra`](Record::extra). A known
/// field that is there twice is an error, because nobody knows which one counts.
///
/// `Debug` shows id, type, status, amount, currency and times, and nothing that may hold customer
/// data.
///
/// ```
/// use sanspay_core::partner::Record;
/// let record: Record = serde_json::from_str(
///     r#"{"id":"6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d","status":"paid",
///         "amount":"10.00","currency":"USD","risk":{"score":3}}"#,
/// )?;
/// assert!(record.status().is_paid());
/// assert_eq!(record.extra("risk").map(|risk| risk.get()), Some(r#"{"score":3}"#));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone)]
pub struct Record {
    id: RecordId,
    kind: Option<RecordType>,
    status: Status,
    amount: Amount,
    currency: Currency,
    reference: Option<Box<str>>,
    checkout_url: Option<Box<str>>,
    failure_reason: Option<Box<str>>,
    metadata: Option<Box<RawValue>>,
    created_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
    paid_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    extras: Extras,
}

impl Record {
    /// The provider's id.
    pub fn id(&self) -> RecordId {
        self.id
    }

    /// Whether it is a payment or a payout: the field `type`.
    pub fn record_type(&self) -> Option<&RecordType> {
        self.kind.as_ref()
    }

    /// Where it stands.
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// The amount, exactly as written.
    pub fn amount(&self) -> Amount {
        self.amount
    }

    /// The currency of the amount.
    pub fn currency(&self) -> &Currency {
        &self.currency
    }

    /// The merchant's own unique id for it.
    pub fn reference(&self) -> Option<&str> {
        self.reference.as_deref()
    }

    /// Where the payer pays.
    pub fn checkout_url(&self) -> Option<&str> {
        self.checkout_url.as_deref()
    }

    /// Why it failed, in the provider's words.
    pub fn failure_reason(&self) -> Option<&str> {
        self.failure_reason.as_deref()
    }

    /// What was attached when it was created, as JSON text.
    pub fn metadata(&self) -> Option<&RawValue> {
        self.metadata.as_deref()
    }

    /// When it was created.
    pub fn created_at(&self) -> Option<Timestamp> {
        self.created_at
    }

    /// When it last changed.
    pub fn updated_at(&self) -> Option<Timestamp> {
        self.updated_at
    }

    /// When it was paid.
    pub fn paid_at(&self) -> Option<Timestamp> {
        self.paid_at
    }

    /// Until when it can be paid.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// A field that the SDK does not know, as JSON text; the first one of that name. It is looked
    /// through anew each time.
    pub fn extra(&self, name: &str) -> Option<&RawValue> {
        self.extras.get(name).and_then(raw)
    }

    /// A field that the SDK does not know, read into a type of yours; `None` where it is absent.
    ///
    /// # Errors
    /// [`ErrorKind::Unreadable`] when it does not have that form.
    pub fn extra_as<'a, T: Deserialize<'a>>(&'a self, name: &str) -> Result<Option<T>, Error> {
        let read = |json| {
            serde_json::from_str(json).map_err(|e| {
                let detail = format!("the field is not understood: {}", describe_json_error(&e));
                Error::new(ErrorKind::Unreadable, "read record", detail)
            })
        };
        self.extras.get(name).map(read).transpose()
    }

    /// Every field that the SDK does not know, in the order received.
    pub fn extras(&self) -> impl Iterator<Item = (&str, &RawValue)> {
        let extras = self.extras.iter();
        extras.filter_map(|(name, json)| Some((name, raw(json)?)))
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The currency is text where it is no code, and text may be anything.
        let currency = self.currency.is_code().then_some(&self.currency);
        f.debug_struct("Record")
            .field("id", &self.id)
            .field("type", &self.kind)
            .field("status", &self.status)
            .field("amount", &self.amount)
            .field("currency", &currency)
            .field("created_at", &self.created_at)
            .field("updated_at", &self.updated_at)
            .field("paid_at", &self.paid_at)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// Written by hand because `serde(flatten)`, the derived way to keep unknown fields, buffers
/// every value: it is slower by a third and its numbers have been floats.
impl<'de> Deserialize<'de> for Record {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Visitor::<Box<RawValue>>(PhantomData))
    }
}

/// What is in a text that is there as a whole while it is read, as a body is.
pub(super) struct InText<T>(pub(super) T);

impl From<InText<Record>> for Record {
    fn from(InText(record): InText<Record>) -> Self {
        record
    }
}

impl<'de> Deserialize<'de> for InText<Record> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let record = deserializer.deserialize_map(Visitor::<&RawValue>(PhantomData))?;
        Ok(Self(record))
    }
}

struct Visitor<R>(PhantomData<R>);

impl<'de, R: Raw<'de>> de::Visitor<'de> for Visitor<R> {
    type Value = Record;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a payment or payout as a JSON object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Record, M::Error> {
        let mut draft = Draft::<R>::default();
        while let Some(Name(name)) = map.next_key()? {
            draft.read(&name, &mut map)?;
        }
        draft.finish()
    }
}

/// The fields received so far. The outer `Option` says whether the field was there, the inner one
/// whether it was more than `null`.
#[expect(
    clippy::option_option,
    reason = "a field that was null must not come again"
)]
struct Draft<R> {
    id: Option<RecordId>,
    kind: Option<Option<RecordType>>,
    status: Option<Status>,
    amount: Option<ExactAmount<R>>,
    currency: Option<Currency>,
    reference: Option<Option<Box<str>>>,
    checkout_url: Option<Option<Box<str>>>,
    failure_reason: Option<Option<Box<str>>>,
    metadata: Option<Option<R>>,
    created_at: Option<Option<Timestamp>>,
    updated_at: Option<Option<Timestamp>>,
    paid_at: Option<Option<Timestamp>>,
    expires_at: Option<Option<Timestamp>>,
    extras: Extras,
}

impl<R> Default for Draft<R> {
    fn default() -> Self {
        Self {
            id: None,
            kind: None,
            status: None,
            amount: None,
            currency: None,
            reference: None,
            checkout_url: None,
            failure_reason: None,
            metadata: None,
            created_at: None,
            updated_at: None,
            paid_at: None,
            expires_at: None,
            extras: Extras::default(),
        }
    }
}

impl<'de, R: Raw<'de>> Draft<R> {
    fn read<M: MapAccess<'de>>(&mut self, name: &str, map: &mut M) -> Result<(), M::Error> {
        match name {
            "id" => once(&mut self.id, "id", map),
            "type" => once(&mut self.kind, "type", map),
            "status" => once(&mut self.status, "status", map),
            "amount" => once(&mut self.amount, "amount", map),
            "currency" => once(&mut self.currency, "currency", map),
            "reference" => once(&mut self.reference, "reference", map),
            "checkout_url" => once(&mut self.checkout_url, "checkout_url", map),
            "failure_reason" => once(&mut self.failure_reason, "failure_reason", map),
            "metadata" => once(&mut self.metadata, "metadata", map),
            "created_at" => once(&mut self.created_at, "created_at", map),
            "updated_at" => once(&mut self.updated_at, "updated_at", map),
            "paid_at" => once(&mut self.paid_at, "paid_at", map),
            "expires_at" => once(&mut self.expires_at, "expires_at", map),
            extra => {
                self.extras.push(extra, map.next_value::<R>()?.json());
                Ok(())
            }
        }
    }

    fn finish<E: de::Error>(self) -> Result<Record, E> {
        let missing = E::missing_field;
        Ok(Record {
            id: self.id.ok_or_else(|| missing("id"))?,
            kind: self.kind.flatten(),
            status: self.status.ok_or_else(|| missing("status"))?,
            amount: self.amount.ok_or_else(|| missing("amount"))?.0,
            currency: self.currency.ok_or_else(|| missing("currency"))?,
            reference: self.reference.flatten(),
            checkout_url: self.checkout_url.flatten(),
            failure_reason: self.failure_reason.flatten(),
            metadata: self.metadata.flatten().map(Raw::keep),
            created_at: self.created_at.flatten(),
            updated_at: self.updated_at.flatten(),
            paid_at: self.paid_at.flatten(),
            expires_at: self.expires_at.flatten(),
            extras: self.extras,
        })
    }
}

/// Reads a field's value, unless the field was there before.
pub(super) fn once<'de, T: Deserialize<'de>, M: MapAccess<'de>>(
    slot: &mut Option<T>,
    name: &'static str,
    map: &mut M,
) -> Result<(), M::Error> {
    if slot.is_some() {
        map.next_value::<IgnoredAny>()?;
        return Err(de::Error::duplicate_field(name));
    }
    *slot = Some(map.next_value()?);
    Ok(())
}

/// An amount that may also be a JSON number: its digits are read as text, never as a float.
struct ExactAmount<R>(Amount, PhantomData<R>);

impl<'de, R: Raw<'de>> Deserialize<'de> for ExactAmount<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = R::deserialize(deserializer)?;
        let digits = text_of(raw.json()).unwrap_or(raw.json().into());
        let amount = digits.parse().map(|amount| Self(amount, PhantomData));
        amount.map_err(|_| {
            let expected =
                "`amount` as a decimal such as \"10.00\", not negative, of 18 digits at most";
            de::Error::invalid_value(de::Unexpected::Other("this value"), &expected)
        })
    }
}

#[cfg(test)]
mod tests;
