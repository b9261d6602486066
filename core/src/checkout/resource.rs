//! The three forms of product, plan and customer: create one, update one, take one as it is.

use serde::Serialize;

use crate::error::Problems;
use crate::json;

/// A product, plan or customer in one of its three forms (grade D).
///
/// The document has all three forms for each. What the provider's server does with the forms that
/// name an id (grade V: seen by running its public source):
///
/// | | [`Update`](Resource::Update) | [`Get`](Resource::Get) |
/// |---|---|---|
/// | product | works | **lost payment**: the payer can pay, no trade is stored, the return is an error 500 |
/// | plan | works; messages then have no `customer_id` | a blank page |
/// | customer | not stored | – |
///
/// A new customer is not stored either: `customer_id` in messages is the plan's id. So give the
/// details each time, and keep `Get` for a server of which you know that it works.
///
/// The details alone turn into [`Create`](Resource::Create), so that where a `Resource` is asked
/// for a [`Product`](super::Product), [`Plan`](super::Plan) or [`Customer`](super::Customer) can
/// be given as it is.
///
/// ```
/// use sanspay_core::checkout::{Product, ProductType, Resource};
/// let tea = Product::new("Tea", ProductType::Physical, "FOOD_PRODUCTS");
/// let _created: Resource<Product> = tea.clone().into();
/// let _updated = Resource::Update { id: 2, details: tea };
/// let _as_it_is = Resource::<Product>::Get { id: 2 };
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource<T> {
    /// A new one.
    Create(T),
    /// The one with the provider's `id`, changed to these details.
    Update {
        /// The provider's id, from 1.
        id: u64,
        /// What it becomes.
        details: T,
    },
    /// The one with the provider's `id`, as it is. With today's server no payment can be made
    /// that way that you would hear of: see above.
    Get {
        /// The provider's id, from 1.
        id: u64,
    },
}

impl<T> From<T> for Resource<T> {
    fn from(details: T) -> Self {
        Self::Create(details)
    }
}

impl<T> Resource<T> {
    /// The id and the details, each where there is one.
    fn parts(&self) -> (Option<u64>, Option<&T>) {
        match self {
            Self::Create(details) => (None, Some(details)),
            Self::Update { id, details } => (Some(*id), Some(details)),
            Self::Get { id } => (Some(*id), None),
        }
    }
}

/// What a product, plan or customer is: it can say what is wrong with it, and be written.
pub(super) trait Details: Serialize {
    fn check(&self, problems: &mut Problems);
}

/// A resource as it is sent.
#[derive(Serialize)]
struct Sent<'a, T> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    #[serde(flatten)]
    details: Option<&'a T>,
}

/// Notes every problem of a resource; `field` is the name of its id.
pub(super) fn check<T: Details>(
    resource: &Resource<T>,
    field: &'static str,
    problems: &mut Problems,
) {
    let (id, details) = resource.parts();
    problems.require(id != Some(0), field, "must be 1 or more");
    if let Some(details) = details {
        details.check(problems);
    }
}

/// A resource as it is sent.
pub(super) fn json<T: Details>(resource: &Resource<T>) -> String {
    let (id, details) = resource.parts();
    parameter(&Sent { id, details })
}

/// JSON in which the signed text has nothing to be cut at: `&` and `=` are written as escapes,
/// which decode to the same.
pub(super) fn parameter(value: &impl Serialize) -> String {
    // JSON is UTF-8, so nothing is lost; and outside of strings it has neither character.
    String::from_utf8_lossy(&json::write(value))
        .replace('&', "\\u0026")
        .replace('=', "\\u003d")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn escaped_json_decodes_to_the_same_and_holds_nothing_to_cut_at(text in "(.|&|=|\\\\){0,30}") {
            let written = parameter(&serde_json::json!({ "t": text }));
            prop_assert!(!written.contains(['&', '=']));
            let read: serde_json::Value = serde_json::from_str(&written).unwrap();
            prop_assert_eq!(&read["t"], &text);
        }
    }
}
