//! What is redacted: the defaults, and what the user adds.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::names::{self, Class, Within};
use crate::checkout::SigningKey;
use crate::credentials::Credentials;
use crate::secret::Secret;

/// Headers that say something about the protocol and nothing about a machine or a person. The
/// others are not written at all.
const KEPT_HEADERS: &[&str] = &[
    "accept",
    "authorization",
    "content-type",
    "idempotency-key",
    "location",
    "retry-after",
    "www-authenticate",
    "x-request-id",
];

/// What is taken out of a recording before it is written.
///
/// By default, at any depth of JSON, forms, queries, headers and HTML:
///
/// - secrets by the names of their fields: tokens, keys, passwords, `Authorization`, cookies;
/// - personal data by the names of their fields: names, mail and postal addresses, telephone and
///   account numbers, client addresses, and everything inside of `customer`, `beneficiary` and
///   their like;
/// - mail addresses, IP addresses, international telephone numbers and JSON web tokens in any
///   text;
/// - every value that was found so, of six characters or more, wherever else it stands, also
///   percent-encoded, escaped for JSON or HTML, in base64 or hexadecimal;
/// - all headers but a few that belong to the protocol (`Cookie` and `Date`, for example, are
///   never written);
/// - origin and ports of the server, and the ids and points in time of this one run: UUIDs are
///   numbered, and the time is moved to the [beginning](crate::cassette::Cassette::beginning).
///
/// Equal values get equal placeholders such as `<redacted:email:1>`, so a replay still fits. The
/// `name` of a product or plan is the merchant's and stays. A person's name in a free text is
/// recognised only if it also stands in a named field of the same recording, or was told as a
/// [`secret`](Redaction::secret).
///
/// ```
/// use sanspay_core::cassette::Redaction;
/// use sanspay_core::checkout::SigningKey;
/// let redaction = Redaction::new()
///     .secret("what must never be committed")
///     .signing_key(SigningKey::new("the app's secret_key")?)
///     .field("loyalty_card")
///     .keep_header("x-shop-version");
/// # let _ = redaction;
/// # Ok::<(), sanspay_core::Error>(())
/// ```
#[derive(Clone, Default)]
#[must_use]
pub struct Redaction {
    secrets: Vec<Secret>,
    signing_keys: Vec<SigningKey>,
    /// Names in plain form, and whether they are hidden or kept.
    fields: BTreeMap<String, bool>,
    headers: BTreeSet<String>,
}

impl Redaction {
    /// The key with which the signatures of a cassette are made anew. It is public: what it
    /// signs proves nothing.
    pub const TEST_KEY: &str = "sanspay-cassette-test-key";

    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// A text that must not be in the file: it is hidden wherever it stands, and nothing is
    /// written if it is still found in any form.
    pub fn secret(mut self, secret: impl Into<Secret>) -> Self {
        let secret = secret.into();
        if !secret.is_empty() {
            self.secrets.push(secret);
        }
        self
    }

    /// Both keys as secrets, see [`secret`](Redaction::secret).
    pub fn credentials(self, credentials: &Credentials) -> Self {
        self.secret(credentials.key_id())
            .secret(credentials.key_secret())
    }

    /// A key of the hosted checkout, as a secret; what it signed is signed anew with
    /// [`TEST_KEY`](Redaction::TEST_KEY). Of a signature that no such key made nothing but its form
    /// is kept: what was forged stays forged.
    pub fn signing_key(mut self, key: SigningKey) -> Self {
        self.secrets.push(key.secret().clone());
        self.signing_keys.push(key);
        self
    }

    /// Hides the values of a further field, header or parameter, and all that is inside of it.
    /// Upper case, `-` and `_` do not count.
    pub fn field(mut self, name: &str) -> Self {
        self.fields.insert(names::plain(name), true);
        self
    }

    /// Leaves the values of a field alone that would be hidden by its name. Values that are known
    /// from elsewhere or give themselves away are still hidden.
    pub fn keep_field(mut self, name: &str) -> Self {
        self.fields.insert(names::plain(name), false);
        self
    }

    /// Writes a further header, with its value redacted like any other field's.
    pub fn keep_header(mut self, name: &str) -> Self {
        self.headers.insert(name.to_ascii_lowercase());
        self
    }

    /// [`TEST_KEY`](Redaction::TEST_KEY) as a key, for the verifier of a test.
    pub fn test_key() -> SigningKey {
        SigningKey::of_cassettes(Self::TEST_KEY)
    }

    pub(super) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.secrets.iter().map(Secret::expose)
    }

    pub(super) fn signing_keys(&self) -> impl Iterator<Item = &SigningKey> {
        self.signing_keys.iter()
    }

    pub(super) fn keeps_header(&self, name: &str) -> bool {
        KEPT_HEADERS.contains(&name) || self.headers.contains(name)
    }

    /// What stands around the members of the object called `name`.
    pub(super) fn enter(&self, name: &str, within: Within) -> Within {
        names::parts(name).fold(within, |within, part| {
            let part = names::plain(part);
            match self.fields.get(&part) {
                Some(true) => Within::Secret,
                Some(false) => Within::Nothing,
                None => names::enter(&part, within),
            }
        })
    }

    /// What the value of the field called `name` is.
    pub(super) fn classify(&self, name: &str, mut within: Within) -> Class {
        let mut class = names::classify("", within);
        for part in names::parts(name) {
            class = match self.fields.get(&names::plain(part)) {
                Some(true) => Class::Secret,
                Some(false) => Class::Plain,
                None => names::classify(&names::plain(part), within),
            };
            within = self.enter(part, within);
        }
        class
    }
}

impl fmt::Debug for Redaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redaction")
            .field("secrets", &self.secrets.len())
            .field("fields", &self.fields)
            .field("headers", &self.headers)
            .finish_non_exhaustive()
    }
}
