//! A bearer token and how long it lives.

use std::fmt;
use std::time::{Duration, SystemTime};

use http::HeaderValue;

/// How long a token lives where the provider does not say (grade D).
const DEFAULT_LIFE: Duration = Duration::from_secs(3600);

/// A bearer token, never printed.
#[derive(Clone)]
pub struct AccessToken {
    authorization: HeaderValue,
    lifetime: Lifetime,
}

/// How long a token lives, as the provider says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// This long from now (grade A: `expires_in`).
    For(Duration),
    /// Until then (grade A: the JWT's own `exp`).
    Until(SystemTime),
    /// Not said: one hour (grade D).
    Unknown,
}

impl AccessToken {
    /// A token with its life; `None` when it holds characters that no header can carry.
    ///
    /// ```
    /// use sanspay_core::{AccessToken, Lifetime};
    /// let token = AccessToken::new("eyJ0.e30.c2ln", Lifetime::Unknown).ok_or("not a token")?;
    /// assert_eq!(token.authorization(), "Bearer eyJ0.e30.c2ln");
    /// assert!(!format!("{token:?} {:?}", token.authorization()).contains("eyJ0"));
    /// # Ok::<(), &str>(())
    /// ```
    pub fn new(token: &str, lifetime: Lifetime) -> Option<Self> {
        let fine = !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic());
        if !fine {
            return None;
        }
        let mut authorization = HeaderValue::try_from(format!("Bearer {token}")).ok()?;
        authorization.set_sensitive(true);
        Some(Self {
            authorization,
            lifetime,
        })
    }

    /// The value of the `Authorization` header, marked as sensitive.
    pub fn authorization(&self) -> HeaderValue {
        self.authorization.clone()
    }

    /// How long it lives, as the provider said it.
    pub fn lifetime(&self) -> Lifetime {
        self.lifetime
    }

    /// What is left of its life for one who received it now. A token that seems to have expired
    /// on arrival means that the clocks disagree, not that the token is useless.
    pub(crate) fn life(&self, now: SystemTime) -> Duration {
        let life = match self.lifetime {
            Lifetime::For(life) => life,
            Lifetime::Until(end) => end.duration_since(now).unwrap_or_default(),
            Lifetime::Unknown => DEFAULT_LIFE,
        };
        if life.is_zero() { DEFAULT_LIFE } else { life }
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken")
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}
