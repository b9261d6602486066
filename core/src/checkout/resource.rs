//! The three forms of product, plan and customer: create one, update one, take one as it is.

use serde::{Serialize, Serializer};

use crate::error::Problems;

/// A product, plan or customer in one of its three forms (grade D).
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
    /// The one with the provider's `id`, as it is.
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

impl<T: Serialize> Serialize for Resource<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct WithId<'a, T> {
            #[serde(skip_serializing_if = "Option::is_none")]
            id: Option<u64>,
            #[serde(flatten)]
            details: Option<&'a T>,
        }
        let (id, details) = match self {
            Self::Create(details) => (None, Some(details)),
            Self::Update { id, details } => (Some(*id), Some(details)),
            Self::Get { id } => (Some(*id), None),
        };
        WithId { id, details }.serialize(serializer)
    }
}

/// Details that can say what is wrong with them.
pub(super) trait Check {
    fn check(&self, problems: &mut Problems);
}

/// Notes every problem of a resource; `field` is the name of its id.
pub(super) fn check<T: Check>(
    resource: &Resource<T>,
    field: &'static str,
    problems: &mut Problems,
) {
    let (id, details) = match resource {
        Resource::Create(details) => (None, Some(details)),
        Resource::Update { id, details } => (Some(*id), Some(details)),
        Resource::Get { id } => (Some(*id), None),
    };
    problems.require(id != Some(0), field, "must be 1 or more");
    if let Some(details) = details {
        details.check(problems);
    }
}

/// JSON in which the signed text has nothing to be cut at: `&` and `=` are written as escapes,
/// which decode to the same.
pub(super) fn json<T: Serialize>(value: &T) -> Result<String, serde_json::Error> {
    // Outside of strings JSON has neither character.
    serde_json::to_string(value).map(|text| text.replace('&', "\\u0026").replace('=', "\\u003d"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn escaped_json_decodes_to_the_same_and_holds_nothing_to_cut_at(text in "(.|&|=|\\\\){0,30}") {
            let written = json(&text).unwrap();
            prop_assert!(!written.contains(['&', '=']));
            prop_assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
        }
    }
}
