//! The partner's key id and key secret.

use crate::error::{Error, Problems};
use crate::secret::Secret;

/// `key_id` and `key_secret` as provisioned through the provider's admin API (grade D). Neither
/// is ever printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    key_id: Secret,
    key_secret: Secret,
}

impl Credentials {
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

    pub(crate) fn key_id(&self) -> &str {
        self.key_id.expose()
    }

    pub(crate) fn key_secret(&self) -> &str {
        self.key_secret.expose()
    }
}
