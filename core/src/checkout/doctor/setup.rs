//! What the checkout's doctor is told: the base URL and the routes.

use std::fmt;
use std::time::Duration;

use super::Examination;
use crate::builder::SessionBuilder;
use crate::error::Error;
use crate::exchange::{RetryPolicy, Session};
use crate::wire::Wire;

/// How long each probe may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Examines a checkout installation: whether its messages prove anything, and what to block at its
/// web server. It takes five harmless requests and no log-in, which an adapter's `examine_checkout`
/// sends in less than a minute.
#[derive(Clone)]
#[must_use]
pub struct CheckoutDoctor {
    base_url: String,
    wire: Wire,
}

impl CheckoutDoctor {
    /// For the installation at this base URL, such as `https://pay.shop.example`.
    pub fn new(base_url: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            wire: Wire::default(),
        }
    }

    /// Replaces the routes; those in [`Wire::admin`] count.
    pub fn wire(mut self, wire: Wire) -> Self {
        self.wire = wire;
        self
    }

    /// A session that tries everything once, without TLS too. What the probes call needs no token,
    /// so the credentials are nobody's.
    ///
    /// # Errors
    /// When the base URL is none.
    pub fn session(&self) -> Result<Session, Error> {
        SessionBuilder::new(0)
            .base_url(self.base_url.clone())
            .plain_http(true)
            .credentials("nobody", "nobody")
            .short_key_secret(true)
            .wire(self.wire.clone())
            .retry(RetryPolicy::never())
            .deadline(PATIENCE)
            .build()
    }

    /// Begins the examination.
    pub fn examination(&self) -> Examination {
        Examination::new(&self.base_url)
    }
}

impl fmt::Debug for CheckoutDoctor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL may hold anything until it is examined.
        f.debug_struct("CheckoutDoctor").finish_non_exhaustive()
    }
}
