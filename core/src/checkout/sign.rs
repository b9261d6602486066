//! The signature: MD5 over the sorted parameters and a shared secret, exactly as PHP 8.2 does it.

use std::fmt;

use md5::{Digest, Md5};
use subtle::{Choice, ConstantTimeEq};

use super::php;
use crate::error::{Error, Problems};
use crate::secret::Secret;
use crate::wire::query::Query;

/// The secret that parameters are signed with (`secret_key`), wiped from memory when dropped and
/// never printed.
///
/// The algorithm (grade D) is
/// `md5(urldecode(http_build_query(ksort(array_filter($params)))) . $secret_key)`: empty and
/// `"0"` values are left out, the rest is sorted by name, joined as raw `name=value` with `&`,
/// and the secret is appended. MD5 and the bare concatenation are the provider's choice and
/// cannot be changed here.
///
/// ```
/// use sanspay_core::checkout::SigningKey;
/// let key = SigningKey::new("shop secret")?;
/// let sign = key.sign(&[("out_trade_no", "A-1"), ("app_id", "7"), ("attach", "")]);
/// assert_eq!(sign.as_str().len(), 32);
/// assert_eq!(sign, key.sign(&[("app_id", "7"), ("out_trade_no", "A-1")]));
/// # Ok::<(), sanspay_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey(Secret);

impl SigningKey {
    /// The key that the provider's document prints as its sample, default and "JS Web" key
    /// (grade D). Everybody knows it: what it signs, anybody may have signed.
    pub const PUBLIC_SAMPLE: &str = "bc3a4d13e427ee95f24cb65f24501208a6e0d8be";

    /// Takes the secret into custody.
    ///
    /// # Errors
    /// When it is empty or begins or ends with white space, such as a line break from a file.
    pub fn new(secret: impl Into<Secret>) -> Result<Self, Error> {
        let secret = secret.into();
        let text = secret.expose();
        let mut problems = Problems::new();
        problems.require(!text.is_empty(), "secret_key", "must not be empty");
        problems.require(
            text.trim() == text,
            "secret_key",
            "must not begin or end with spaces or line breaks",
        );
        problems.into_result("configure")?;
        Ok(Self(secret))
    }

    /// The secret itself, for what has to look for it, such as a filter of logs or recordings.
    pub fn secret(&self) -> &Secret {
        &self.0
    }

    /// Whether this is [`PUBLIC_SAMPLE`](SigningKey::PUBLIC_SAMPLE), on which production must
    /// not rely.
    pub fn is_public_sample(&self) -> bool {
        self.0 == Secret::from(Self::PUBLIC_SAMPLE)
    }

    /// What is wrong with the key where real money is at stake; `None` when nothing is.
    ///
    /// Everybody who has one signed message can try keys on his own machine, thousands of
    /// millions in a second, because the signature is plain MD5. So a key must be at least 20
    /// characters long, with at least 8 different ones among them, and must not be a key that is
    /// published: the provider's sample, or one of this SDK's sandbox and tests. Draw it at
    /// random, for example with `openssl rand -hex 20`, which has the form of the provider's own
    /// keys (grade V).
    ///
    /// [`Verifier::new`](super::Verifier::new) and signing for
    /// [`Environment::Production`](super::Environment::Production) refuse a key with a weakness.
    ///
    /// ```
    /// use sanspay_core::checkout::SigningKey;
    /// assert!(SigningKey::new("a")?.weakness().is_some());
    /// assert!(SigningKey::new("sandbox-app-key")?.weakness().is_some());
    /// # Ok::<(), sanspay_core::Error>(())
    /// ```
    pub fn weakness(&self) -> Option<&'static str> {
        let text = self.0.expose();
        let mut different: Vec<char> = text.chars().collect();
        let length = different.len();
        different.sort_unstable();
        different.dedup();
        if self.is_public_sample() {
            Some("must not be the key that the provider's document publishes")
        } else if PUBLISHED.iter().any(|known| self.0 == Secret::from(*known)) {
            Some("must not be a key that this SDK publishes for its sandbox and tests")
        } else if length < 20 || different.len() < 8 {
            Some(
                "must be a random text of at least 20 characters, 8 or more of them different, \
                 such as `openssl rand -hex 20` prints",
            )
        } else {
            None
        }
    }

    /// Whether this key is as long as `other` or longer, and ends with it.
    pub(super) fn ends_with(&self, other: &Self) -> bool {
        self.0.expose().ends_with(other.0.expose())
    }

    /// Signs the parameters, given in any order and without `sign`.
    pub fn sign<N: AsRef<str>, V: AsRef<str>>(&self, pairs: &[(N, V)]) -> Signature {
        self.sign_text(&signed_text(pairs))
    }

    /// Signs a text that lies ready. The secret goes in by itself, so that no copy of it stays.
    pub(super) fn sign_text(&self, text: &str) -> Signature {
        let mut md5 = Md5::new();
        md5.update(text);
        md5.update(self.0.expose());
        let mut digits = [0; 32];
        // The lengths fit by construction: 16 bytes are 32 digits.
        let _ = hex::encode_to_slice(md5.finalize(), &mut digits);
        Signature(digits)
    }

    /// The URL of `page` with the parameters that are signed, in the order in which they are
    /// signed, and `sign`: for a parameter that [`Checkout`](super::Checkout) does not know.
    /// Nothing is checked.
    ///
    /// ```
    /// use sanspay_core::checkout::SigningKey;
    /// let key = SigningKey::new("shop secret")?;
    /// let url = key.signed_url("https://p.yzhan.co/checkout", &[("b", "x y"), ("a", "1")]);
    /// assert!(url.starts_with("https://p.yzhan.co/checkout?a=1&b=x+y&sign="));
    /// # Ok::<(), sanspay_core::Error>(())
    /// ```
    pub fn signed_url<N: AsRef<str>, V: AsRef<str>>(&self, page: &str, pairs: &[(N, V)]) -> String {
        let mut query = Query::new(Some(page));
        let pairs = php::signed(pairs);
        for (name, value) in &pairs {
            query.pair(name, value);
        }
        query.pair("sign", self.sign_text(&joined(&pairs)).as_str());
        query.finish()
    }
}

/// Keys that stand in this SDK's published code.
const PUBLISHED: [&str; 3] = [
    "sandbox-app-key",
    "sandbox-default-key",
    "sanspay-cassette-test-key",
];

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(redacted)")
    }
}

/// The text that is signed, without the secret: what is left of the parameters after PHP's
/// `array_filter` and `ksort`, joined raw.
///
/// Values are not escaped (grade D), so different parameters can have the same signed text; see
/// the [module's documentation](super) for what follows from that.
///
/// Names are sorted as PHP 8.2's `ksort` does (grade D): names that PHP takes for numbers by
/// value, all else by byte. All names of the protocol are plain words, where this is the order of
/// their bytes. For exotic mixtures such as `9`, `10` and `10a` PHP's own comparison runs in a
/// circle; the order then depends on the inside of its sort and is not reproduced.
///
/// ```
/// use sanspay_core::checkout::signed_text;
/// let pairs = [("subject", "a b&c"), ("app_id", "7"), ("10", "x"), ("9", "y"), ("body", "0")];
/// assert_eq!(signed_text(&pairs), "9=y&10=x&app_id=7&subject=a b&c");
/// ```
pub fn signed_text<N: AsRef<str>, V: AsRef<str>>(pairs: &[(N, V)]) -> String {
    joined(&php::signed(pairs))
}

fn joined(pairs: &[(&str, &str)]) -> String {
    let length = pairs
        .iter()
        .map(|(name, value)| name.len() + value.len() + 2);
    let mut text = String::with_capacity(length.sum());
    for (place, (name, value)) in pairs.iter().enumerate() {
        if place > 0 {
            text.push('&');
        }
        text.extend([name, "=", value]);
    }
    text
}

/// A signature: exactly 32 lower-case hexadecimal digits, compared in constant time.
///
/// `Debug` does not show it, because whoever holds it can replay what it signs.
#[derive(Clone)]
pub struct Signature([u8; 32]);

impl Signature {
    /// A signature as received; `None` unless it is exactly 32 lower-case hexadecimal digits.
    ///
    /// ```
    /// use sanspay_core::checkout::Signature;
    /// assert!(Signature::from_received("44b125501d3833a7c293a03fe0f5ce3c").is_some());
    /// assert!(Signature::from_received("44B125501D3833A7C293A03FE0F5CE3C").is_none());
    /// ```
    pub fn from_received(text: &str) -> Option<Self> {
        let digits: [u8; 32] = text.as_bytes().try_into().ok()?;
        let others = digits.iter().fold(0, |any, b| {
            any | u8::from(!matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        });
        (others == 0).then_some(Self(digits))
    }

    /// The digits, as they go over the wire.
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "every constructor lets hexadecimal digits through alone"
    )]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("hexadecimal digits are ASCII")
    }

    pub(super) fn same(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

/// Compares in constant time.
impl PartialEq for Signature {
    fn eq(&self, other: &Self) -> bool {
        self.same(other).into()
    }
}

impl Eq for Signature {}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(redacted)")
    }
}

#[cfg(test)]
mod tests;
