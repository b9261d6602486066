//! The fields of a record that carry no weight: one of an odd form is kept as it was written.

use crate::partner::extras::Extras;

/// The known fields without weight.
pub(super) const LIGHT: [&str; 9] = [
    "type",
    "reference",
    "checkout_url",
    "failure_reason",
    "metadata",
    "created_at",
    "updated_at",
    "paid_at",
    "expires_at",
];

/// A known field without weight, as far as it was received.
#[derive(Default)]
pub(super) struct Light<'a> {
    name: &'static str,
    json: Option<&'a str>,
    /// It came again, so nobody knows which one counts.
    twice: bool,
}

/// The field of that name.
pub(super) fn light_field<'l, 'a>(
    light: &'l mut [Light<'a>],
    name: &str,
) -> Option<&'l mut Light<'a>> {
    let place = LIGHT.iter().position(|known| *known == name)?;
    let field = light.get_mut(place)?;
    field.name = LIGHT.get(place)?;
    Some(field)
}

impl<'a> Light<'a> {
    pub(super) fn put(&mut self, json: &'a str, extras: &mut Extras) {
        if let Some(before) = self.json.replace(json) {
            self.twice = true;
            extras.push(self.name, before);
        }
    }

    /// The value, unless it is absent, `null` or odd; what is odd is kept as it is written.
    pub(super) fn read<T>(
        self,
        extras: &mut Extras,
        form: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let json = self.json.filter(|json| self.twice || *json != "null")?;
        let value = form(json).filter(|_| !self.twice);
        if value.is_none() {
            extras.push(self.name, json);
        }
        value
    }
}
