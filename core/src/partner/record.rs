//! A payment or payout as the provider describes it.

mod slots;

use std::borrow::Cow;
use std::fmt;

use serde::de::Deserialize;
use serde_json::value::RawValue;

use self::slots::{FIELDS, Field, Slots};
use super::extras::{Extras, raw};
use super::record_id::RecordId;
use super::status::{RecordType, Status};
use crate::error::{Error, ErrorKind};
use crate::json::{self, Object, text_of};
use crate::money::{Amount, Currency};
use crate::profile::Compiled;
use crate::timestamp::Timestamp;
use crate::wire::{Counting, DriftKind, Wire};

/// A payment or payout as the provider describes it (grade A).
///
/// `id`, `status`, `amount` and `currency` carry weight: they are required, once each, in their own
/// form. Whatever else is absent or `null` is `None`, and so is what has an odd form: a date without
/// an offset, an empty text, a number where a text is expected, a field that is there twice. What
/// is odd is kept as it was written and [named](Record::quirks); fields that the SDK does not know
/// are kept too: see [`extra`](Record::extra).
///
/// `Debug` shows id, type, status, amount, currency and times, and nothing that may hold customer
/// data.
///
/// ```
/// use sanspay_core::{Wire, partner::Record};
/// let wire = Wire::default(); // or that of your provider's profile
/// let record = Record::parse(
///     br#"{"id":"6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d","status":"paid",
///         "amount":"10.00","currency":"USD","risk":{"score":3}}"#,
///     &wire,
/// )?;
/// assert!(record.status().is_paid());
/// assert_eq!(record.extra("risk").map(|risk| risk.get()), Some(r#"{"score":3}"#));
///
/// // A date without an offset may mean any of 26 hours.
/// let record = Record::parse(
///     br#"{"id":"6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d","status":"paid",
///         "amount":"10.00","currency":"USD","paid_at":"2026-05-19 15:40:02"}"#,
///     &wire,
/// )?;
/// assert_eq!(record.paid_at(), None);
/// assert!(record.quirks().eq(["paid_at"]));
/// assert_eq!(record.extra("paid_at").map(|raw| raw.get()), Some(r#""2026-05-19 15:40:02""#));
/// # Ok::<(), sanspay_core::Error>(())
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
    metadata: Option<Box<str>>,
    created_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
    paid_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    extras: Extras,
}

impl Record {
    /// Reads a record that is not wrapped, as the provider of this spelling writes it: such as one
    /// that you have stored as you received it.
    ///
    /// # Errors
    /// [`ErrorKind::Unreadable`] where a field of weight is missing or has another form.
    pub fn parse(json: &[u8], wire: &Wire) -> Result<Self, Error> {
        let tables = wire.profile.tables();
        let read = json::text(json).and_then(|text| {
            let fields = tables.record.read_bare(text)?;
            Self::read(fields, tables)
        });
        read.map_err(|e| {
            let why = json::describe_json_error(&e);
            let detail = format!("the record is not understood: {why}");
            Error::new(ErrorKind::Unreadable, "read record", detail)
        })
    }

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
        self.metadata.as_deref().and_then(raw)
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

    /// A field that the SDK does not know or whose form is [odd](Record::quirks), as JSON text; the
    /// first one of that name. It is looked through anew each time.
    pub fn extra(&self, name: &str) -> Option<&RawValue> {
        self.extras.get(name).and_then(raw)
    }

    /// The same, read into a type of yours; `None` where it is absent.
    ///
    /// # Errors
    /// [`ErrorKind::Unreadable`] when it does not have that form.
    pub fn extra_as<'a, T: Deserialize<'a>>(&'a self, name: &str) -> Result<Option<T>, Error> {
        self.extras
            .get(name)
            .map(|json| {
                serde_json::from_str(json).map_err(|e| {
                    let detail = format!(
                        "the field is not understood: {}",
                        json::describe_json_error(&e)
                    );
                    Error::new(ErrorKind::Unreadable, "read record", detail)
                })
            })
            .transpose()
    }

    /// The names of the known fields whose form is odd: each is absent in its own accessor and
    /// kept as an [extra](Record::extra). Names only, so they may be logged and counted.
    pub fn quirks(&self) -> impl Iterator<Item = &'static str> {
        FIELDS
            .into_iter()
            .filter(|name: &&str| self.extras.get(name).is_some())
    }

    /// Every field that the SDK does not know, in the order received, and those whose form is odd.
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

/// The whole of it is taken as JSON text first, so this reads from `serde_json` only.
impl Record {
    /// Counts what came otherwise than the profile says.
    pub(super) fn note_drift(&self, log: &mut Counting<'_>) {
        for (name, _) in self.extras.iter() {
            let kind = if FIELDS.contains(&name) {
                DriftKind::OddField
            } else {
                DriftKind::UnknownField
            };
            log.note(kind, "record", name);
        }
        if let Status::Other(word) = &self.status {
            log.note(DriftKind::UnknownWord, "status", word);
        }
        if let Some(RecordType::Other(word)) = &self.kind {
            log.note(DriftKind::UnknownWord, "type", word);
        }
    }

    /// Reads the fields of an object, which has our names. `id`, `status`, `amount` and `currency`
    /// carry weight: they are there, once, in a form that leaves no doubt. Nothing else can make the
    /// record unreadable.
    pub(super) fn read(object: Object<'_>, tables: &Compiled) -> Result<Self, serde_json::Error> {
        let (mut slots, mut extras) = (Slots::default(), Extras::default());
        for (name, json) in object.into_fields() {
            slots.put(&name, json, &mut extras)?;
        }
        let (slots, extras) = (&slots, &mut extras);
        let time = |json: &str| tables.time.read(json);
        let currency = slots.strict(Field::Currency, CURRENCY, read_currency)?;
        Ok(Self {
            id: slots.strict(Field::Id, "`id` as a UUID", read_id)?,
            status: slots.strict(Field::Status, "`status` as a text", |json| {
                read_status(json, tables)
            })?,
            amount: slots.strict(Field::Amount, AMOUNT, |json| {
                tables.money.read(json, &currency)
            })?,
            currency,
            kind: slots.light(Field::Type, extras, |json| read_kind(json, tables)),
            reference: slots.light(Field::Reference, extras, boxed_scalar),
            checkout_url: slots.light(Field::CheckoutUrl, extras, boxed_text),
            failure_reason: slots.light(Field::FailureReason, extras, boxed_text),
            metadata: slots.light(Field::Metadata, extras, |json| Some(json.into())),
            created_at: slots.light(Field::CreatedAt, extras, time),
            updated_at: slots.light(Field::UpdatedAt, extras, time),
            paid_at: slots.light(Field::PaidAt, extras, time),
            expires_at: slots.light(Field::ExpiresAt, extras, time),
            extras: std::mem::take(extras),
        })
    }
}

const AMOUNT: &str = "`amount` as a decimal such as \"10.00\", not negative, of 18 digits at most";
const CURRENCY: &str = "`currency` as a code such as \"USD\"";

pub(super) fn read_id(json: &str) -> Option<RecordId> {
    text_of(json)?.parse().ok()
}

pub(super) fn read_status(json: &str, tables: &Compiled) -> Option<Status> {
    Some(Status::from(&*tables.status.read(json)?))
}

pub(super) fn read_currency(json: &str) -> Option<Currency> {
    Some(Currency::from_received(&text_of(json)?))
}

pub(super) fn read_kind(json: &str, tables: &Compiled) -> Option<RecordType> {
    let word = tables.record_type.read(json)?;
    (!word.trim_ascii().is_empty()).then(|| RecordType::from(&*word))
}

/// A text that is more than blank: weakly typed servers write an empty one where nothing is.
pub(super) fn text(json: &str) -> Option<Cow<'_, str>> {
    text_of(json).filter(|text| !text.trim_ascii().is_empty())
}

pub(super) fn boxed_text(json: &str) -> Option<Box<str>> {
    text(json).map(Into::into)
}

/// The same, also written as a whole number: a reference of digits is a number to some servers, and
/// `0` is none.
pub(super) fn boxed_scalar(json: &str) -> Option<Box<str>> {
    let is_number = json != "0" && json.bytes().all(|byte| byte.is_ascii_digit());
    boxed_text(json).or_else(|| is_number.then(|| json.into()))
}

#[cfg(test)]
mod tests;
