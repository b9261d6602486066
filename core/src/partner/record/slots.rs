//! The known fields of a record as they were received, before they are understood.

use serde::de;

use crate::partner::extras::Extras;

/// The known fields, in the order in which they are usually written.
pub(super) const FIELDS: [&str; 13] = [
    "id",
    "type",
    "status",
    "amount",
    "currency",
    "reference",
    "checkout_url",
    "failure_reason",
    "metadata",
    "created_at",
    "updated_at",
    "paid_at",
    "expires_at",
];

/// A known field, in the order of [`FIELDS`].
#[derive(Clone, Copy)]
pub(super) enum Field {
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
}

impl Field {
    fn name(self) -> &'static str {
        FIELDS.get(self as usize).copied().unwrap_or("")
    }
}

/// Whether a known field carries weight: it is there, once, in a form that leaves no doubt. One
/// without weight that is odd is kept as it was written, and costs nothing else.
pub(super) fn has_weight(field: &str) -> bool {
    ["id", "status", "amount", "currency"].contains(&field)
}

/// The JSON of each known field.
#[derive(Default)]
pub(super) struct Slots<'a> {
    json: [Option<&'a str>; FIELDS.len()],
    twice: [bool; FIELDS.len()],
    /// Where the next field is expected.
    next: usize,
}

impl<'a> Slots<'a> {
    /// Keeps a field; an unknown one, or the first of two without weight, goes to `extras`.
    pub(super) fn put(
        &mut self,
        name: &str,
        json: &'a str,
        extras: &mut Extras,
    ) -> Result<(), serde_json::Error> {
        if FIELDS.get(self.next) != Some(&name) {
            let Some(place) = FIELDS.iter().position(|field| *field == name) else {
                extras.push(name, json);
                return Ok(());
            };
            self.next = place;
        }
        let place = self.next;
        self.next += 1;
        let (Some(slot), Some(field)) = (self.json.get_mut(place), FIELDS.get(place)) else {
            return Ok(());
        };
        if let Some(before) = slot.replace(json) {
            if has_weight(field) {
                return Err(de::Error::duplicate_field(field));
            }
            extras.push(field, before);
            if let Some(twice) = self.twice.get_mut(place) {
                *twice = true;
            }
        }
        Ok(())
    }

    /// The value of a field with weight, which has to have its form.
    pub(super) fn strict<T>(
        &self,
        field: Field,
        expected: &'static str,
        form: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, serde_json::Error> {
        let json = self.json.get(field as usize).copied().flatten();
        let json = json.ok_or_else(|| de::Error::missing_field(field.name()))?;
        let unexpected = de::Unexpected::Other("this value");
        form(json).ok_or_else(|| de::Error::invalid_value(unexpected, &expected))
    }

    /// The value of a field without weight, if it has the form, was there once and is not `null`;
    /// else it goes to `extras`.
    pub(super) fn light<T>(
        &self,
        field: Field,
        extras: &mut Extras,
        form: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let twice = self.twice.get(field as usize) == Some(&true);
        let json = self.json.get(field as usize).copied().flatten();
        let json = json.filter(|json| twice || *json != "null")?;
        let value = form(json).filter(|_| !twice);
        if value.is_none() {
            extras.push(field.name(), json);
        }
        value
    }
}
