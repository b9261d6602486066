//! The partner's key id and key secret.

use crate::error::{Error, Problems};
use crate::host::{is_loopback, is_reserved};
use crate::secret::Secret;

/// What the SDK's own sandbox calls its merchant: everybody knows it.
const PUBLISHED_KEY_ID: &str = "sandbox-key-id";

/// The secret to [`PUBLISHED_KEY_ID`].
const PUBLISHED_KEY_SECRET: &str = "sandbox-key-secret";

/// `key_id` and `key_secret` as provisioned through the provider's admin API (grade D). Neither
/// is ever printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    key_id: Secret,
    key_secret: Secret,
}

impl Credentials {
    /// The fewest characters of a key secret outside of a sandbox (grade A: the provider does not
    /// say what its keys look like). A shorter one is a placeholder, was cut off when it was
    /// copied, or can be guessed. See
    /// [`SessionBuilder::short_key_secret`](crate::SessionBuilder::short_key_secret).
    pub const MIN_SECRET_LEN: usize = 16;

    /// Takes both into custody.
    ///
    /// # Errors
    /// When one is empty or holds characters that no key has, such as a line break from a file.
    pub fn new(key_id: impl Into<Secret>, key_secret: impl Into<Secret>) -> Result<Self, Error> {
        let (key_id, key_secret) = (key_id.into(), key_secret.into());
        let mut problems = Problems::new();
        for (field, key) in [("key_id", &key_id), ("key_secret", &key_secret)] {
            problems.require(!key.is_empty(), field, "must not be empty");
            let clean = !key
                .expose()
                .chars()
                .any(|c| c.is_control() || c.is_whitespace());
            problems.require(clean, field, "must not hold spaces or line breaks");
        }
        problems.into_result("configure")?;
        Ok(Self { key_id, key_secret })
    }

    /// Notes what keeps these keys from being used at `host`. A host on this machine or with a name
    /// that nobody can own is a sandbox, and takes any.
    pub(crate) fn check_for(&self, host: &str, short_secret: bool, problems: &mut Problems) {
        if is_loopback(host) || is_reserved(host) {
            return;
        }
        let published = "is the sandbox's, which everybody knows: take the one that the provider \
                         gave you";
        let known = *self.key_id.expose() == *PUBLISHED_KEY_ID;
        problems.require(!known, "key_id", published);
        if *self.key_secret.expose() == *PUBLISHED_KEY_SECRET {
            problems.add("key_secret", published);
        } else if !short_secret {
            let long = self.key_secret.expose().chars().count() >= Self::MIN_SECRET_LEN;
            let least = Self::MIN_SECRET_LEN;
            let reason = format!(
                "must have at least {least} characters outside of a sandbox: take all of what the \
                 provider gave you (see SessionBuilder::short_key_secret)"
            );
            problems.require(long, "key_secret", reason);
        }
    }

    /// The `key_id` itself, for what has to look for it, such as a filter of logs or recordings.
    pub fn key_id(&self) -> &Secret {
        &self.key_id
    }

    /// The `key_secret` itself, for what has to look for it.
    pub fn key_secret(&self) -> &Secret {
        &self.key_secret
    }
}
