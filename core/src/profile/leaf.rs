//! Every leaf of a profile, once: its name, what may be said in it, what holds without it, and
//! where that is known from.

use std::collections::BTreeMap;

/// How sure a fact about a provider is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// A guess that somebody has to confirm.
    Assumed,
    /// Read from the vendor's published collection.
    Collection,
    /// Said in the provider's documentation, or seen at the provider.
    Documented,
}

/// What a leaf says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LeafValue {
    /// `false`: the provider has no such thing.
    No,
    /// One text.
    Text(String),
    /// Several texts.
    Texts(Vec<String>),
    /// A whole number.
    Number(u64),
    /// Names with their JSON values, as text.
    Table(Vec<(String, String)>),
}

/// What may be said in a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LeafKind {
    /// A path below the base URL.
    Route,
    /// A header, or the name of a query parameter.
    Name,
    /// The same, or `false`.
    NameOrNo,
    /// A JSON Pointer (RFC 6901).
    Place,
    /// The same, or `false`.
    PlaceOrNo,
    /// One JSON Pointer or several, in the order in which they are tried.
    Places,
    /// One word or several that mean the same.
    Words,
    /// One of these.
    Choice(&'static [&'static str]),
    /// A whole number.
    Number,
    /// Currencies with their number of decimals.
    Decimals,
    /// JSON Pointers with the constants that are sent there.
    Constants,
}

/// What holds where nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Assumed {
    No,
    Text(&'static str),
    Texts(&'static [&'static str]),
    Number(u64),
}

/// One leaf of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaf {
    path: &'static str,
    kind: LeafKind,
    default: Assumed,
    grade: Grade,
}

impl Leaf {
    /// Its name, such as `record.amount`.
    pub fn path(&self) -> &'static str {
        self.path
    }

    /// What may be said in it.
    pub fn kind(&self) -> LeafKind {
        self.kind
    }

    /// How sure its default is.
    pub fn grade(&self) -> Grade {
        self.grade
    }

    /// What holds where nothing is said.
    pub fn default_value(&self) -> LeafValue {
        match self.default {
            Assumed::No => LeafValue::No,
            Assumed::Text(text) => LeafValue::Text(text.to_owned()),
            Assumed::Texts(texts) => {
                LeafValue::Texts(texts.iter().map(|&text| text.to_owned()).collect())
            }
            Assumed::Number(number) => LeafValue::Number(number),
        }
    }

    /// Our own word, where the leaf is about words.
    pub(super) fn default_word(&self) -> Option<&'static str> {
        match self.default {
            Assumed::Texts([word]) => Some(word),
            _ => None,
        }
    }

    /// The leaf of that name.
    pub fn of(path: &str) -> Option<&'static Self> {
        LEAVES.iter().find(|leaf| leaf.path == path)
    }
}

const fn leaf(path: &'static str, kind: LeafKind, default: Assumed) -> Leaf {
    Leaf {
        path,
        kind,
        default,
        grade: Grade::Assumed,
    }
}

const fn documented(path: &'static str, kind: LeafKind, default: Assumed) -> Leaf {
    Leaf {
        path,
        kind,
        default,
        grade: Grade::Documented,
    }
}

use Assumed::{No, Number as Count, Text, Texts};
use LeafKind::{
    Choice, Constants, Decimals, Name, NameOrNo, Number, Place, PlaceOrNo, Places, Route, Words,
};

/// The forms in which an amount is written.
const MONEY: LeafKind = Choice(&[
    "decimal-string",
    "decimal-number",
    "minor-integer",
    "minor-string",
]);

/// The forms in which a time is written.
const TIME: LeafKind = Choice(&["rfc3339", "unix-seconds", "unix-millis"]);

/// Every leaf, with the default that a client without a profile has (docs/PROTOCOL.md).
#[rustfmt::skip] // A table is read line by line.
pub static LEAVES: &[Leaf] = &[
    leaf("settle_seconds", Number, Count(60)),
    leaf("headers.idempotency_key", Name, Text("idempotency-key")),
    leaf("headers.request_id", Name, Text("x-request-id")),
    leaf("money.form", MONEY, Text("decimal-string")),
    leaf("money.decimals", Decimals, No),
    leaf("time.form", TIME, Text("rfc3339")),
    documented("token.route", Route, Text("/partner/auth/token")),
    leaf("token.body", Choice(&["json", "form"]), Text("json")),
    leaf("token.at", Places, Texts(&["", "/data"])),
    leaf("token.constants", Constants, No),
    documented("token.send.key_id", Place, Text("/key_id")),
    documented("token.send.key_secret", Place, Text("/key_secret")),
    documented("token.answer.access_token", Place, Text("/access_token")),
    leaf("token.answer.token_type", PlaceOrNo, Text("/token_type")),
    leaf("token.answer.expires_in", PlaceOrNo, Text("/expires_in")),
    leaf("record.at", Places, Texts(&["", "/data"])),
    leaf("record.id", Place, Text("/id")),
    leaf("record.type", PlaceOrNo, Text("/type")),
    leaf("record.status", Place, Text("/status")),
    leaf("record.amount", Place, Text("/amount")),
    leaf("record.currency", Place, Text("/currency")),
    leaf("record.reference", PlaceOrNo, Text("/reference")),
    leaf("record.checkout_url", PlaceOrNo, Text("/checkout_url")),
    leaf("record.failure_reason", PlaceOrNo, Text("/failure_reason")),
    leaf("record.metadata", PlaceOrNo, Text("/metadata")),
    leaf("record.created_at", PlaceOrNo, Text("/created_at")),
    leaf("record.updated_at", PlaceOrNo, Text("/updated_at")),
    leaf("record.paid_at", PlaceOrNo, Text("/paid_at")),
    leaf("record.expires_at", PlaceOrNo, Text("/expires_at")),
    leaf("status.created", Words, Texts(&["created"])),
    leaf("status.paid", Words, Texts(&["paid"])),
    leaf("status.failed", Words, Texts(&["failed"])),
    leaf("status.expired", Words, Texts(&["expired"])),
    leaf("type.payment", Words, Texts(&["payment"])),
    leaf("type.payout", Words, Texts(&["payout"])),
    leaf("create_payment.route", Route, Text("/partner/payments")),
    leaf("create_payment.constants", Constants, No),
    leaf("create_payment.send.reference", Place, Text("/reference")),
    leaf("create_payment.send.amount", Place, Text("/amount")),
    leaf("create_payment.send.currency", Place, Text("/currency")),
    leaf("create_payment.send.description", PlaceOrNo, Text("/description")),
    leaf("create_payment.send.customer", PlaceOrNo, Text("/customer")),
    leaf("create_payment.send.return_url", PlaceOrNo, Text("/return_url")),
    leaf("create_payment.send.cancel_url", PlaceOrNo, Text("/cancel_url")),
    leaf("create_payment.send.expires_at", PlaceOrNo, Text("/expires_at")),
    leaf("create_payment.send.metadata", PlaceOrNo, Text("/metadata")),
    leaf("request_payout.route", Route, Text("/partner/payouts")),
    leaf("request_payout.constants", Constants, No),
    leaf("request_payout.send.reference", Place, Text("/reference")),
    leaf("request_payout.send.amount", Place, Text("/amount")),
    leaf("request_payout.send.currency", Place, Text("/currency")),
    leaf("request_payout.send.beneficiary", Place, Text("/beneficiary")),
    leaf("request_payout.send.description", PlaceOrNo, Text("/description")),
    leaf("request_payout.send.metadata", PlaceOrNo, Text("/metadata")),
    leaf("show.route", Route, Text("/partner/payments/{uuid}")),
    leaf("list.route", Route, Text("/partner/payments")),
    leaf("list.item", Place, Text("")),
    leaf("list.query.status", NameOrNo, Text("status")),
    leaf("list.query.type", NameOrNo, Text("type")),
    leaf("list.query.currency", NameOrNo, Text("currency")),
    leaf("list.query.reference", NameOrNo, Text("reference")),
    leaf("list.query.created_from", NameOrNo, Text("created_from")),
    leaf("list.query.created_to", NameOrNo, Text("created_to")),
    leaf("page.number", NameOrNo, Text("page")),
    leaf("page.cursor", NameOrNo, Text("cursor")),
    leaf("page.offset", NameOrNo, No),
    leaf("page.first", Number, Count(1)),
    leaf("page.size", NameOrNo, Text("per_page")),
    leaf("page.items", Place, Text("/data")),
    leaf("page.next_cursor", PlaceOrNo, No),
    leaf("page.next_link", PlaceOrNo, No),
    leaf("page.more", PlaceOrNo, No),
    leaf("page.total", PlaceOrNo, No),
    leaf("page.current", PlaceOrNo, No),
    leaf("page.last", PlaceOrNo, No),
    leaf("page.per_page", PlaceOrNo, No),
    leaf("error.message", PlaceOrNo, No),
    leaf("error.code", PlaceOrNo, No),
    leaf("error.errors", PlaceOrNo, No),
    leaf("webhook.id", PlaceOrNo, Text("/id")),
    leaf("webhook.event", PlaceOrNo, Text("/event")),
    leaf("webhook.created_at", PlaceOrNo, Text("/created_at")),
    leaf("webhook.record", Place, Text("/data")),
    documented("event.payment_created", Words, Texts(&["payment.created"])),
    documented("event.payment_paid", Words, Texts(&["payment.paid"])),
    documented("event.payment_failed", Words, Texts(&["payment.failed"])),
    documented("event.payment_expired", Words, Texts(&["payment.expired"])),
];

/// What a profile says, leaf by leaf. A leaf that it does not name has its default.
///
/// ```
/// use sanspay_core::profile::{LeafValue, Leaves, Profile};
/// let mut leaves = Leaves::new();
/// leaves.set("money.form", LeafValue::Text("minor-integer".into())).unwrap();
/// leaves.set("record.id", LeafValue::Text("/uuid".into())).unwrap();
/// assert!(Profile::new(leaves).is_ok());
///
/// let mut leaves = Leaves::new();
/// let refused = leaves.set("record.state", LeafValue::Text("/state".into())).unwrap_err();
/// assert_eq!(refused.to_string(), "is no leaf of a profile; is it record.status?");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Leaves {
    said: BTreeMap<&'static str, LeafValue>,
}

/// Why a leaf was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refused {
    /// No leaf has this name; the one that is most alike.
    Unknown(Option<&'static str>),
    /// It was said before.
    Twice,
    /// It does not have the form of this leaf: what it has to be.
    Form(String),
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unknown(None) => f.write_str("is no leaf of a profile"),
            Self::Unknown(Some(alike)) => {
                write!(f, "is no leaf of a profile; is it {alike}?")
            }
            Self::Twice => f.write_str("is said twice"),
            Self::Form(form) => write!(f, "must be {form}"),
        }
    }
}

impl std::error::Error for Refused {}

impl Leaves {
    /// A profile that says nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says a leaf.
    ///
    /// # Errors
    /// The name of no leaf, one that was said before, or a value that the leaf cannot have.
    pub fn set(&mut self, path: &str, value: LeafValue) -> Result<(), Refused> {
        let leaf = Leaf::of(path).ok_or_else(|| Refused::Unknown(alike(path)))?;
        if self.said.contains_key(leaf.path) {
            return Err(Refused::Twice);
        }
        super::check::form(leaf.kind, &value).map_err(Refused::Form)?;
        self.said.insert(leaf.path, value);
        Ok(())
    }

    /// What is said, in the order of the names.
    pub fn said(&self) -> impl Iterator<Item = (&'static str, &LeafValue)> {
        self.said.iter().map(|(path, value)| (*path, value))
    }

    /// What holds for a leaf.
    pub fn get(&self, path: &str) -> LeafValue {
        match self.said.get(path) {
            Some(value) => value.clone(),
            None => Leaf::of(path).map_or(LeafValue::No, Leaf::default_value),
        }
    }
}

/// The leaf whose name is most alike, where one is alike at all.
fn alike(path: &str) -> Option<&'static str> {
    let near = LEAVES.iter().map(|leaf| {
        let distance = strsim::damerau_levenshtein(leaf.path, path);
        (distance, leaf.path)
    });
    let (distance, name) = near.min()?;
    (distance <= path.len().div_ceil(3)).then_some(name)
}
