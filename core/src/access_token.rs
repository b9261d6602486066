//! A bearer token and how long it lives.

use std::fmt;
use std::time::{Duration, SystemTime};

use http::HeaderValue;

use crate::error::{Error, ErrorKind};

/// How long a token lives where neither the answer nor the token itself says so (grade D).
pub(crate) const DEFAULT_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// A bearer token and how long it lives.
///
/// There is no way to its text but the header that it is made for, and that header is marked
/// sensitive.
///
/// ```
/// use std::time::Duration;
/// use sanspay_core::{AccessToken, Lifetime};
/// let token = AccessToken::new("eyJ0.e30.c2ln", Lifetime::For(Duration::from_secs(900)))?;
/// assert_eq!(token.authorization(), "Bearer eyJ0.e30.c2ln");
/// assert!(!format!("{token:?} {:?}", token.authorization()).contains("eyJ0"));
/// # Ok::<(), sanspay_core::Error>(())
/// ```
#[derive(Clone)]
pub struct AccessToken {
    authorization: HeaderValue,
    lifetime: Lifetime,
}

/// How long a token lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// So long, counted from when it was obtained: `expires_in` (grade A), or one hour where
    /// nothing is said (grade D).
    For(Duration),
    /// Until this time of the server's clock: the `exp` claim of the token (grade A).
    Until(SystemTime),
}

impl AccessToken {
    /// A token with its life.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] when it is empty or holds characters that no header may hold.
    pub fn new(token: &str, lifetime: Lifetime) -> Result<Self, Error> {
        let usable = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        // Of the final size, and then the header's own, so that no copy of the token is left.
        let mut text = String::with_capacity("Bearer ".len() + token.len());
        text.push_str("Bearer ");
        text.push_str(token);
        let value = HeaderValue::try_from(text).ok().filter(|_| usable);
        let mut authorization = value.ok_or_else(|| {
            let detail = "the token is empty or holds characters that no header may hold";
            Error::new(ErrorKind::Invalid, "fetch token", detail)
        })?;
        authorization.set_sensitive(true);
        Ok(Self {
            authorization,
            lifetime,
        })
    }

    /// The value of the `Authorization` header, marked sensitive.
    pub fn authorization(&self) -> HeaderValue {
        self.authorization.clone()
    }

    /// How long it lives.
    pub fn lifetime(&self) -> Lifetime {
        self.lifetime
    }

    /// What is left of its life for one who received it now. A token that seems to have expired
    /// on arrival means that the clocks disagree, not that the token is useless.
    pub(crate) fn life(&self, now: SystemTime) -> Duration {
        let life = match self.lifetime {
            Lifetime::For(life) => life,
            Lifetime::Until(end) => end.duration_since(now).unwrap_or_default(),
        };
        if life.is_zero() {
            DEFAULT_LIFETIME
        } else {
            life
        }
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken")
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}
