//! How a provider spells the partner API, as data: where each field stands, which words it uses,
//! and in which form it writes money and times.
//!
//! The provider's public document names its capabilities and leaves the wire form open, so the
//! default is assumed (docs/PROTOCOL.md). A [`Profile`] replaces it leaf by leaf; the crate
//! `sanspay-profile` reads one from TOML or JSON. Client and requests stay as they are:
//!
//! ```
//! use sanspay_core::partner::{NewPayment, ShowPayment};
//! use sanspay_core::profile::{LeafValue, Leaves, Profile};
//! use sanspay_core::{Api, BaseUrl, Currency, Endpoint, Wire};
//!
//! let mut leaves = Leaves::new();
//! for (leaf, value) in [
//!     ("money.form", "minor-integer"),
//!     ("record.id", "/uuid"),
//!     ("record.amount", "/money/minor"),
//!     ("record.currency", "/money/iso"),
//!     ("create_payment.send.amount", "/money/minor"),
//!     ("create_payment.send.currency", "/money/iso"),
//!     ("status.created", "PENDING"),
//!     ("status.paid", "SETTLED"),
//!     ("status.failed", "DECLINED"),
//!     ("status.expired", "LAPSED"),
//! ] {
//!     leaves.set(leaf, LeafValue::Text(value.into()))?;
//! }
//! let wire = Wire::from(Profile::new(leaves)?);
//! let api = Api::new(BaseUrl::new("https://api.example.com")?).with_wire(wire);
//!
//! let payment = NewPayment::new("order-1", "10.50".parse()?, Currency::USD);
//! let sent = br#"{"reference":"order-1","money":{"minor":1050,"iso":"USD"}}"#;
//! assert_eq!(payment.request(&api)?.body(), sent);
//!
//! let answer = br#"{"uuid":"6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d","status":"SETTLED",
//!     "money":{"minor":1050,"iso":"USD"}}"#;
//! let record = ShowPayment::new("6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d".parse()?)
//!     .read(&api, &http::Response::new(&answer[..]))?;
//! assert!(record.status().is_paid());
//! assert_eq!(record.amount(), "10.50".parse()?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod check;
mod compile;
mod forms;
mod leaf;
#[cfg(test)]
mod noticed_tests;
mod once;
mod places;
#[cfg(test)]
mod tests;
mod words;

use std::fmt;
use std::sync::{Arc, LazyLock};

use jsonptr::PointerBuf;

pub use leaf::{Grade, LEAVES, Leaf, LeafKind, LeafValue, Leaves, Refused};

pub(crate) use forms::{MoneyForm, SentAmount, SentTime, TimeForm};
pub(crate) use places::{Holds, Node, Path, Places, find};
pub(crate) use words::Words;

use crate::error::Error;
use crate::json::Object;

/// How a provider spells the partner API. Cloning is cheap.
///
/// The default is what the SDK assumes. [`Wire::from`](crate::Wire) makes a client speak it.
#[derive(Clone, PartialEq, Eq)]
pub struct Profile(Arc<Compiled>);

/// The tables by which requests are written and replies are read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Compiled {
    pub(crate) leaves: Leaves,
    pub(crate) money: MoneyForm,
    pub(crate) time: TimeForm,
    pub(crate) token: Envelope,
    pub(crate) token_as_form: bool,
    pub(crate) token_request: Places,
    pub(crate) record: Envelope,
    pub(crate) status: Words,
    pub(crate) record_type: Words,
    pub(crate) event: Words,
    pub(crate) payment: Places,
    pub(crate) payout: Places,
    pub(crate) item: PointerBuf,
    /// The fields of a record from outside of an item of a list.
    pub(crate) entry: Places,
    pub(crate) query: QueryNames,
    pub(crate) page: Places,
    pub(crate) error: Places,
    pub(crate) webhook: Places,
}

/// An object that may be wrapped: where it may stand, the field by which it is recognised, and
/// where its fields are.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Envelope {
    at: Vec<PointerBuf>,
    mark: PointerBuf,
    mark_field: &'static str,
    fields: Places,
    /// The fields from outside of the envelope, for each place where it may stand.
    whole: Vec<Places>,
}

/// The names of a list's parameters; `None` for what the provider does not have.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct QueryNames {
    pub(crate) status: Option<Box<str>>,
    pub(crate) record_type: Option<Box<str>>,
    pub(crate) currency: Option<Box<str>>,
    pub(crate) reference: Option<Box<str>>,
    pub(crate) created_from: Option<Box<str>>,
    pub(crate) created_to: Option<Box<str>>,
    pub(crate) number: Option<Box<str>>,
    pub(crate) cursor: Option<Box<str>>,
    pub(crate) offset: Option<Box<str>>,
    /// Pages are counted from 0 there; here always from 1.
    pub(crate) from_zero: bool,
    pub(crate) size: Option<Box<str>>,
}

static ASSUMED: LazyLock<Profile> = LazyLock::new(|| {
    // The table of leaves is right by a test.
    let compiled = compile::compile(Leaves::new(), &mut crate::error::Problems::new());
    Profile(Arc::new(compiled))
});

impl Profile {
    /// The profile that these leaves say.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) with every problem at once, each by the
    /// name of its leaf: two fields at one place, a word with two meanings, an amount form that is
    /// not stated, a route without its id.
    pub fn new(leaves: Leaves) -> Result<Self, Error> {
        let mut problems = crate::error::Problems::new();
        let compiled = compile::compile(leaves, &mut problems);
        problems.into_result("read profile")?;
        Ok(Self(Arc::new(compiled)))
    }

    /// What was said in it.
    pub fn leaves(&self) -> &Leaves {
        &self.0.leaves
    }

    pub(crate) fn tables(&self) -> &Compiled {
        &self.0
    }
}

/// What the SDK assumes.
impl Default for Profile {
    fn default() -> Self {
        ASSUMED.clone()
    }
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Profile").field(self.leaves()).finish()
    }
}

impl Envelope {
    /// The fields under our names, in one pass where nothing is odd.
    pub(crate) fn read_text<'a>(&self, json: &'a str) -> Result<Object<'a>, serde_json::Error> {
        for (places, at) in self.whole.iter().zip(&self.at) {
            let read = places.once(json, at.count());
            if let Some(fields) = read.filter(|fields| fields.get(self.mark_field).is_some()) {
                return Ok(fields);
            }
        }
        self.read(Object::read(json)?)
    }

    /// The object's fields under our names: at the first place where it is recognised, or else at
    /// the last one that there is.
    pub(crate) fn read<'a>(&self, object: Object<'a>) -> Result<Object<'a>, serde_json::Error> {
        let mut last = None;
        for place in &self.at {
            if place.is_root() {
                if self.is_in(&object) {
                    return Ok(self.fields.gather(object));
                }
            } else if let Some(json) = object.at(place)? {
                let found = Object::read(json)?;
                if self.is_in(&found) {
                    return Ok(self.fields.gather(found));
                }
                last = Some(found);
            }
        }
        Ok(self.fields.gather(last.unwrap_or(object)))
    }

    fn is_in(&self, object: &Object<'_>) -> bool {
        matches!(object.at(&self.mark), Ok(Some(_)) | Err(_))
    }

    /// The fields of an object that is not wrapped, from its text.
    pub(crate) fn read_bare<'a>(&self, json: &'a str) -> Result<Object<'a>, serde_json::Error> {
        self.fields.read(json)
    }

    /// The fields of an object that is not wrapped.
    pub(crate) fn bare<'a>(&self, object: Object<'a>) -> Object<'a> {
        self.fields.gather(object)
    }
}
