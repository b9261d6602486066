//! One trade as the installation's own records have it.

use std::fmt;

use serde::de;

use crate::checkout::Status;
use crate::json::{Object, text_of};
use crate::money::Amount;

/// One trade in the installation's own records (grade V): what was asked for and what came of it.
///
/// It names neither currency nor channel. Only the id is needed to read it; whatever else is
/// missing or odd is absent here and equal to nothing. `Debug` shows numbers and status only.
#[derive(Clone, PartialEq, Eq)]
pub struct Trade {
    id: u64,
    /// Names and texts, in the order received.
    fields: Vec<(String, String)>,
}

impl Trade {
    pub(super) fn from_object(object: Object<'_>) -> Result<Self, serde_json::Error> {
        let mut fields = Vec::new();
        for (name, json) in object.into_fields() {
            // A number as it was written; what is null or empty is not there.
            let text = text_of(json).unwrap_or(json.into()).into_owned();
            if json != "null" && !text.is_empty() {
                fields.push((name.into_owned(), text));
            }
        }
        let mut trade = Self { id: 0, fields };
        let id = trade.field("id").map(str::parse);
        let id = id.ok_or_else(|| de::Error::missing_field("id"))?;
        trade.id = id.map_err(|_| {
            let found = de::Unexpected::Other("this `id`");
            <serde_json::Error as de::Error>::invalid_value(found, &"a whole number")
        })?;
        Ok(trade)
    }

    /// The number of its row, which rises from trade to trade.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The provider's number, which begins with the time at which it was made.
    pub fn trade_no(&self) -> Option<&str> {
        self.field("trade_no")
    }

    /// The number of the order, as whoever opened the checkout gave it: a payer can give any.
    pub fn out_trade_no(&self) -> Option<&str> {
        self.field("out_trade_no")
    }

    /// The app.
    pub fn app_id(&self) -> Option<&str> {
        self.field("app_id")
    }

    /// The amount, in a currency that is not said.
    pub fn total_amount(&self) -> Option<Amount> {
        self.field("total_amount")?.parse().ok()
    }

    /// The status, where it is one that this SDK knows.
    pub fn status(&self) -> Option<Status> {
        Status::from_text(self.field("status")?)
    }

    /// Any field as a text, such as `api_trade_no` (the number at the payment channel), `subject`
    /// or `add_time`; `None` where it is missing, null or empty. It may hold what a payer wrote.
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        let found = fields.find(|(known, _)| known == name);
        found.map(|(_, text)| text.as_str())
    }
}

impl fmt::Debug for Trade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trade")
            .field("id", &self.id)
            .field("trade_no", &self.trade_no())
            .field("out_trade_no", &self.out_trade_no())
            .field("total_amount", &self.total_amount())
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}
