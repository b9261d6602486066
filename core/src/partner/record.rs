//! A payment or payout as the provider describes it.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess};
use serde_json::value::RawValue;

use super::record_id::RecordId;
use super::status::{RecordType, Status};
use crate::error::{Error, ErrorKind, describe_json_error};
use crate::money::{Amount, Currency};
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
    extras: Vec<(Box<str>, Box<RawValue>)>,
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

    /// A field that the SDK does not know, as JSON text; the first one of that name.
    pub fn extra(&self, name: &str) -> Option<&RawValue> {
        self.extras()
            .find_map(|(extra, value)| (extra == name).then_some(value))
    }

    /// A field that the SDK does not know, read into a type of yours; `None` where it is absent.
    ///
    /// # Errors
    /// [`ErrorKind::Unreadable`] when it does not have that form.
    pub fn extra_as<'a, T: Deserialize<'a>>(&'a self, name: &str) -> Result<Option<T>, Error> {
        let read = |value: &'a RawValue| {
            serde_json::from_str(value.get()).map_err(|e| {
                let detail = format!("the field is not understood: {}", describe_json_error(&e));
                Error::new(ErrorKind::Unreadable, "read record", detail)
            })
        };
        self.extra(name).map(read).transpose()
    }

    /// Every field that the SDK does not know, in the order received.
    pub fn extras(&self) -> impl Iterator<Item = (&str, &RawValue)> {
        self.extras.iter().map(|(name, value)| (&**name, &**value))
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
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Record;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a payment or payout as a JSON object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Record, M::Error> {
                let mut draft = Draft::default();
                while let Some(field) = map.next_key::<Field>()? {
                    draft.read(field, &mut map)?;
                }
                draft.finish()
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

/// The fields received so far. The outer `Option` says whether the field was there, the inner one
/// whether it was more than `null`.
#[derive(Default)]
#[expect(
    clippy::option_option,
    reason = "a field that was null must not come again"
)]
struct Draft {
    id: Option<RecordId>,
    kind: Option<Option<RecordType>>,
    status: Option<Status>,
    amount: Option<ExactAmount>,
    currency: Option<Currency>,
    reference: Option<Option<Box<str>>>,
    checkout_url: Option<Option<Box<str>>>,
    failure_reason: Option<Option<Box<str>>>,
    metadata: Option<Option<Box<RawValue>>>,
    created_at: Option<Option<Timestamp>>,
    updated_at: Option<Option<Timestamp>>,
    paid_at: Option<Option<Timestamp>>,
    expires_at: Option<Option<Timestamp>>,
    extras: Vec<(Box<str>, Box<RawValue>)>,
}

impl Draft {
    fn read<'de, M: MapAccess<'de>>(&mut self, field: Field, map: &mut M) -> Result<(), M::Error> {
        match field {
            Field::Id => once(&mut self.id, "id", map),
            Field::Type => once(&mut self.kind, "type", map),
            Field::Status => once(&mut self.status, "status", map),
            Field::Amount => once(&mut self.amount, "amount", map),
            Field::Currency => once(&mut self.currency, "currency", map),
            Field::Reference => once(&mut self.reference, "reference", map),
            Field::CheckoutUrl => once(&mut self.checkout_url, "checkout_url", map),
            Field::FailureReason => once(&mut self.failure_reason, "failure_reason", map),
            Field::Metadata => once(&mut self.metadata, "metadata", map),
            Field::CreatedAt => once(&mut self.created_at, "created_at", map),
            Field::UpdatedAt => once(&mut self.updated_at, "updated_at", map),
            Field::PaidAt => once(&mut self.paid_at, "paid_at", map),
            Field::ExpiresAt => once(&mut self.expires_at, "expires_at", map),
            Field::Extra(name) => {
                self.extras.push((name, map.next_value()?));
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
            metadata: self.metadata.flatten(),
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

/// The name of a field.
enum Field {
    Id,
    Type,
    Status,
    Amount,
    Currency,
    Reference,
    CheckoutUrl,
    FailureReason,
    Metadata,
    CreatedAt,
    UpdatedAt,
    PaidAt,
    ExpiresAt,
    Extra(Box<str>),
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Field;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a field")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Field, E> {
                Ok(match name {
                    "id" => Field::Id,
                    "type" => Field::Type,
                    "status" => Field::Status,
                    "amount" => Field::Amount,
                    "currency" => Field::Currency,
                    "reference" => Field::Reference,
                    "checkout_url" => Field::CheckoutUrl,
                    "failure_reason" => Field::FailureReason,
                    "metadata" => Field::Metadata,
                    "created_at" => Field::CreatedAt,
                    "updated_at" => Field::UpdatedAt,
                    "paid_at" => Field::PaidAt,
                    "expires_at" => Field::ExpiresAt,
                    other => Field::Extra(other.into()),
                })
            }
        }
        deserializer.deserialize_identifier(Visitor)
    }
}

/// An amount that may also be a JSON number: its digits are read as text, never as a float.
struct ExactAmount(Amount);

impl<'de> Deserialize<'de> for ExactAmount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Boxed, because a borrowed one cannot be read from a reader or a `Value`.
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        let amount = if text.starts_with('"') {
            serde_json::from_str(text).ok()
        } else {
            text.parse().ok()
        };
        amount.map(Self).ok_or_else(|| {
            let expected =
                "`amount` as a decimal such as \"10.00\", not negative, of 18 digits at most";
            de::Error::invalid_value(de::Unexpected::Other("this value"), &expected)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn full() -> Value {
        json!({
            "id": "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d", "type": "payout", "status": "failed",
            "amount": "10.50", "currency": "EUR", "reference": "ref-SECRET",
            "checkout_url": "https://pay.example/SECRET", "failure_reason": "SECRET",
            "metadata": {"name": "SECRET"}, "created_at": "2026-05-19T15:38:44Z",
            "updated_at": "2026-05-19T15:38:45Z", "paid_at": null,
            "expires_at": "2026-05-20T15:38:44+02:00", "note": "SECRET",
        })
    }

    fn with(name: &str, value: Value) -> Result<Record, serde_json::Error> {
        let mut fields = full();
        fields[name] = value;
        serde_json::from_str(&fields.to_string())
    }

    fn with_amount(text: &str) -> Result<Record, serde_json::Error> {
        let json = full().to_string().replace("\"10.50\"", text);
        serde_json::from_str(&json)
    }

    #[test]
    fn every_field_is_read() {
        let record: Record = serde_json::from_value(full()).unwrap();
        assert_eq!(
            record.id().to_string(),
            "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d"
        );
        assert_eq!(record.record_type(), Some(&RecordType::Payout));
        assert_eq!(record.status(), &Status::Failed);
        assert_eq!(record.amount().to_string(), "10.50");
        assert_eq!(record.currency(), &Currency::EUR);
        assert_eq!(record.reference(), Some("ref-SECRET"));
        assert_eq!(record.checkout_url(), Some("https://pay.example/SECRET"));
        assert_eq!(record.failure_reason(), Some("SECRET"));
        assert_eq!(record.metadata().unwrap().get(), r#"{"name":"SECRET"}"#);
        let times = [
            record.created_at(),
            record.updated_at(),
            record.paid_at(),
            record.expires_at(),
        ]
        .map(|time| time.map(|time| time.to_string()));
        let expected = [
            Some("2026-05-19T15:38:44Z"),
            Some("2026-05-19T15:38:45Z"),
            None,
            Some("2026-05-20T13:38:44Z"),
        ];
        assert_eq!(times, expected.map(|time| time.map(str::to_owned)));
        assert_eq!(
            record.extra_as::<String>("note").unwrap().unwrap(),
            "SECRET"
        );
        assert!(record.extra_as::<String>("absent").unwrap().is_none());
        let error = record.extra_as::<u32>("note").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unreadable);
        assert!(!format!("{error} {error:?}").contains("SECRET"));
    }

    #[test]
    fn debug_holds_no_customer_data() {
        let record: Record = serde_json::from_value(full()).unwrap();
        let text = format!("{record:?}");
        assert!(
            text.contains("6f2b7c1e") && text.contains("Failed"),
            "{text}"
        );
        assert!(!text.contains("SECRET"), "{text}");
        let odd = with("currency", json!("jane SECRET")).unwrap();
        assert!(!format!("{odd:?}").contains("SECRET"));
    }

    #[test]
    fn four_fields_are_required_and_null_is_no_value_for_them() {
        for name in ["id", "status", "amount", "currency"] {
            let mut fields = full();
            fields.as_object_mut().unwrap().remove(name);
            let error = serde_json::from_value::<Record>(fields).unwrap_err();
            assert!(
                error
                    .to_string()
                    .contains(&format!("missing field `{name}`")),
                "{error}"
            );
            assert!(with(name, Value::Null).is_err(), "{name}");
        }
        for name in full().as_object().unwrap().keys() {
            let required = ["id", "status", "amount", "currency"].contains(&&**name);
            assert_eq!(with(name, Value::Null).is_err(), required, "{name}");
        }
    }

    #[test]
    fn a_known_field_twice_is_an_error_and_an_unknown_one_is_kept() {
        let known = full().to_string();
        for name in full()
            .as_object()
            .unwrap()
            .keys()
            .filter(|name| *name != "note")
        {
            let twice = known.replacen('{', &format!("{{\"{name}\":{},", full()[name]), 1);
            let error = serde_json::from_str::<Record>(&twice).unwrap_err();
            assert!(
                error.to_string().contains("duplicate field"),
                "{name}: {error}"
            );
        }
        let twice = known.replacen('{', "{\"note\":1,", 1);
        let record = serde_json::from_str::<Record>(&twice).unwrap();
        assert_eq!(
            record.extras().map(|(_, v)| v.get()).collect::<Vec<_>>(),
            ["1", "\"SECRET\""]
        );
    }

    #[test]
    fn amounts_are_exact_in_both_forms_and_never_floats() {
        for (text, amount) in [
            ("\"0.10\"", "0.10"),
            ("0.10", "0.10"),
            ("12345678901234.5678", "12345678901234.5678"),
            ("\"1\\u0030\"", "10"),
        ] {
            assert_eq!(with_amount(text).unwrap().amount().to_string(), amount);
        }
        for text in [
            "1e2",
            "-1",
            "\"-1\"",
            "\"1e2\"",
            "true",
            "{}",
            "[1]",
            "\"\"",
            "1234567890123456789",
            "1.0E+2",
        ] {
            let error = with_amount(text).unwrap_err();
            assert!(
                describe_json_error(&error).contains("`amount` as a decimal"),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn unknown_texts_are_kept_and_wrong_types_are_errors() {
        let record = with("status", json!("on_hold")).unwrap();
        assert_eq!(record.status(), &Status::Other("on_hold".into()));
        assert!(!record.status().is_paid());
        assert_eq!(
            with("type", json!("refund"))
                .unwrap()
                .record_type()
                .unwrap()
                .as_str(),
            "refund"
        );
        assert_eq!(
            with("currency", json!("usdt")).unwrap().currency().as_str(),
            "usdt"
        );
        for name in [
            "id",
            "type",
            "status",
            "currency",
            "reference",
            "checkout_url",
            "created_at",
        ] {
            assert!(with(name, json!(7)).is_err(), "{name}");
        }
        for text in ["[]", "null", "7", "\"x\""] {
            assert!(serde_json::from_str::<Record>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_model_is_small() {
        assert!(size_of::<Record>() <= 512, "{}", size_of::<Record>());
    }

    proptest! {
        #[test]
        fn unknown_fields_come_back_byte_for_byte(
            names in prop::collection::btree_set("x[a-z_]{0,10}", 0..6),
            number in "-?[1-9][0-9]{0,30}(\\.[0-9]{1,9})?([eE][+-]?[0-9]{1,4})?",
        ) {
            let mut json = full().to_string();
            for name in &names {
                json = json.replacen('{', &format!("{{\"{name}\":{number},"), 1);
            }
            let record: Record = serde_json::from_str(&json).unwrap();
            for name in &names {
                prop_assert_eq!(record.extra(name).unwrap().get(), &number);
            }
            prop_assert_eq!(record.extras().count(), names.len() + 1);
        }

        #[test]
        fn a_cut_or_altered_record_never_panics(cut in 0usize..600, byte: u8, at in 0usize..600) {
            let mut json = full().to_string().into_bytes();
            let whole = json.len();
            json.truncate(cut);
            prop_assert_eq!(serde_json::from_slice::<Record>(&json).is_ok(), cut >= whole);
            if let Some(b) = json.get_mut(at) {
                *b = byte;
                let _ = serde_json::from_slice::<Record>(&json);
            }
        }
    }
}
