//! The rule of what is written: the list of what is kept, and what the user adds to it.

use std::collections::BTreeSet;
use std::fmt;

use super::kept_values::{self, Form};
use super::spelling::Spelling;
use sanspay_core::checkout::SigningKey;
use sanspay_core::{Credentials, Secret, Wire};

/// What is kept of a recording when it is written. Everything else becomes a placeholder.
///
/// # What is kept
///
/// - Names of the fields and parameters of both protocols, of the usual paginators and of the
///   usual forms of errors. Any other name is data, and becomes `<redacted:field:1>`.
/// - In fields of such names, and only in the form that belongs to the name: statuses, types,
///   events, kinds of errors and other words that the protocols list; amounts of up to nine
///   digits and three decimals; currencies of three letters; whole numbers of up to nine digits
///   (a `status` of three), such as numbers of pages; points in time, moved to the
///   [beginning](crate::cassette::Cassette::beginning); the expiry of a token.
/// - `true`, `false`, `null`, empty texts, and how JSON, forms and lists are built: how many
///   fields and items there are.
/// - Methods, statuses, and the parts of paths that belong to the protocols' routes.
/// - The headers `accept`, `authorization` (its scheme), `content-type`, `idempotency-key`,
///   `location`, `retry-after`, `www-authenticate` (its scheme) and `x-request-id`, and those
///   about pages such as `link` and `x-total-count`, as far as their values are known. No other
///   header is written.
/// - Links in the fields that both protocols have them in, part by part by the same rules;
///   `<origin>` stands for the server, `https://origin-1.invalid` for any other.
/// - Of a body that is neither JSON nor a form, such as a page or a compressed one: its length,
///   and the title of a gateway's page where that is the usual one.
///
/// # What stands for the rest
///
/// A UUID becomes a numbered one, and any other value `<redacted:reference:1>`: the name of its
/// field if that is known, and a number. Within one cassette equal values have equal placeholders,
/// so a replay can tell what belongs together. JSON in a text is redacted like any other.
///
/// # What is guaranteed, and what is not
///
/// - A value in a field that is not listed is not in the file, in no encoding: nothing is made
///   from it but the fact where else the same value stands. The same is true of a listed field
///   whose value has another form.
/// - A told secret ([`secret`](Redaction::secret), [`credentials`](Redaction::credentials),
///   [`signing_key`](Redaction::signing_key)) is not in the file, also where its field is kept:
///   as it is, percent-encoded or escaped for JSON or HTML up to four times, and in base64,
///   hexadecimal digits or UTF-16 up to three times. Where it cannot be replaced, nothing is
///   written.
/// - Not hidden is what the kept values themselves say: what was paid, when, and how it ended.
///   Whoever writes a secret as an amount or a status finds it in the file, unless it was told.
/// - What you [`keep`](Redaction::keep) is written as it is, told secrets apart. A told secret
///   in there is not found if it is compressed, encrypted, hashed or in pieces.
/// - The cassette's own name is yours, and is searched for told secrets only.
/// - Until it is written, a recording is in memory with everything in it.
///
/// ```
/// use sanspay_testkit::cassette::Redaction;
/// use sanspay_core::checkout::SigningKey;
/// let redaction = Redaction::new()
///     .secret("what must never be committed")
///     .signing_key(SigningKey::new("the app's secret_key")?)
///     .keep("reference")
///     .keep("x-shop-version")
///     .keep_name("loyalty_card");
/// # let _ = redaction;
/// # Ok::<(), sanspay_core::Error>(())
/// ```
#[derive(Clone, Default)]
#[must_use]
pub struct Redaction {
    secrets: Vec<Secret>,
    signing_keys: Vec<SigningKey>,
    /// In lower case.
    kept: BTreeSet<String>,
    names: BTreeSet<String>,
    spelling: Spelling,
}

impl Redaction {
    /// The key with which the signatures of a cassette are made anew. It is public: what it
    /// signs proves nothing.
    pub const TEST_KEY: &str = "sanspay-cassette-test-key";

    /// The list of what is kept, with nothing added.
    pub fn new() -> Self {
        Self::default()
    }

    /// A text that must not be in the file, also where its field is kept. Nothing is written if
    /// it is still found.
    pub fn secret(mut self, secret: impl Into<Secret>) -> Self {
        let secret = secret.into();
        if !secret.is_empty() {
            self.secrets.push(secret);
        }
        self
    }

    /// Both keys as secrets, see [`secret`](Redaction::secret).
    pub fn credentials(self, credentials: &Credentials) -> Self {
        self.secret(credentials.key_id().clone())
            .secret(credentials.key_secret().clone())
    }

    /// A key of the hosted checkout, as a secret; what it signed is signed anew with
    /// [`TEST_KEY`](Redaction::TEST_KEY). Of a signature that no such key made nothing but its
    /// form is kept: what was forged stays forged.
    pub fn signing_key(mut self, key: SigningKey) -> Self {
        self.secrets.push(key.secret().clone());
        self.signing_keys.push(key);
        self
    }

    /// Writes the fields, parameters and headers of this name with their values, whatever those
    /// are. Objects are not kept as a whole: each field in them goes by its own name. Upper and
    /// lower case are the same.
    pub fn keep(mut self, name: &str) -> Self {
        self.kept.insert(name.to_ascii_lowercase());
        self
    }

    /// Writes the name of a field or parameter, and a placeholder for its value: for a program
    /// that reads the field when it is replayed. Upper and lower case are the same.
    pub fn keep_name(mut self, name: &str) -> Self {
        self.names.insert(name.to_ascii_lowercase());
        self
    }

    /// Keeps of a provider with this spelling what is kept of the default's: the names of its
    /// places and parameters, values in the form that belongs to each, its words, and the parts of
    /// its routes. The cassette says of which profile it is, and
    /// [`Replay::speaking`](crate::cassette::Replay::speaking) refuses another one.
    pub fn spelling(mut self, wire: &Wire) -> Self {
        self.spelling = Spelling::of(wire);
        self
    }

    pub(in super::super) fn profile(&self) -> Option<&str> {
        self.spelling.profile.as_deref()
    }

    pub(super) fn spelled(&self) -> &Spelling {
        &self.spelling
    }

    /// [`TEST_KEY`](Redaction::TEST_KEY) as a key, for the verifier of a test.
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "the key is a constant, and a test signs with it"
    )]
    pub fn test_key() -> SigningKey {
        SigningKey::new(Self::TEST_KEY).expect("the test key is well-formed")
    }

    pub(in super::super) fn secrets(&self) -> &[Secret] {
        &self.secrets
    }

    pub(super) fn signing_keys(&self) -> &[SigningKey] {
        &self.signing_keys
    }

    /// Whether values under this name are written as they are.
    pub(super) fn keeps(&self, name: &str) -> bool {
        !self.kept.is_empty() && self.kept.contains(&last_part(name).to_ascii_lowercase())
    }

    /// What may be written of the value of a field; nothing where its name is not known.
    pub(super) fn form(&self, name: &str) -> Form {
        let name = last_part(name);
        let own = self.spelling.forms.get(name).copied();
        own.or_else(|| kept_values::form(name))
            .unwrap_or(Form::Hidden)
    }

    /// Whether the name may be written: each part of one such as `customer[email]` is known.
    pub(super) fn knows(&self, name: &str) -> bool {
        let mut parts = parts(name).peekable();
        parts.peek().is_some()
            && parts.all(|part| {
                let lower = part.to_ascii_lowercase();
                kept_values::form(part).is_some()
                    || self.spelling.forms.contains_key(part)
                    || self.kept.contains(&lower)
                    || self.names.contains(&lower)
            })
    }
}

/// Whether a name is on the list, whatever the user adds.
pub(in super::super) fn is_listed(name: &str) -> bool {
    Redaction::new().knows(name)
}

/// The parts of a name such as `customer[email]`, without what is empty or an index.
fn parts(name: &str) -> impl DoubleEndedIterator<Item = &str> {
    name.split(['[', ']'])
        .filter(|part| part.len() > 2 || !part.bytes().all(|b| b.is_ascii_digit()))
}

/// The part of a name that says what its value is.
pub(super) fn last_part(name: &str) -> &str {
    parts(name).next_back().unwrap_or(name)
}

impl fmt::Debug for Redaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redaction")
            .field("secrets", &self.secrets.len())
            .field("kept", &self.kept)
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}
