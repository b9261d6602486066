//! Collects what a client needs.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use sanspay_core::partner::RecordType;
use sanspay_core::{
    Clock, Error, Idempotency, RetryPolicy, Secret, SessionBuilder, Settings, Wire,
};
#[cfg(feature = "reqwest")]
use sanspay_tls::TlsConfig;

use crate::client::Client;
use crate::clock::SystemClock;
use crate::transport::Transport;
#[cfg(feature = "reqwest")]
use crate::transport::reqwest::ReqwestTransport;

/// Builds a [`Client`]. Everything but base URL and credentials has a default.
#[must_use]
pub struct ClientBuilder {
    session: SessionBuilder,
    transport: Option<Arc<dyn Transport>>,
    clock: Arc<dyn Clock>,
}

impl ClientBuilder {
    pub(crate) fn new() -> Self {
        // Each process jitters in its own way, so that a fleet does not retry in step.
        let seed = RandomState::new().build_hasher().finish();
        Self {
            session: SessionBuilder::new(seed),
            transport: None,
            clock: Arc::new(SystemClock::new()),
        }
    }

    /// Where the API is; there is no default. `https`, or `http` on a loopback address.
    pub fn base_url(self, url: impl Into<String>) -> Self {
        self.with(|session| session.base_url(url))
    }

    /// Accepts a plain `http` base URL on any host: for a network that you trust.
    pub fn plain_http(self, accepted: bool) -> Self {
        self.with(|session| session.plain_http(accepted))
    }

    /// `key_id` and `key_secret` as provisioned. Outside of a sandbox the keys that this SDK
    /// publishes are refused, and so is a secret of less than 16 characters; see
    /// [`SessionBuilder::credentials`].
    pub fn credentials(self, key_id: impl Into<Secret>, key_secret: impl Into<Secret>) -> Self {
        self.with(|session| session.credentials(key_id, key_secret))
    }

    /// Accepts a key secret of less than 16 characters at any host: for an environment whose keys
    /// really are that short.
    pub fn short_key_secret(self, accepted: bool) -> Self {
        self.with(|session| session.short_key_secret(accepted))
    }

    /// Name and password of a user of a checkout installation's admin pages, in place of
    /// [`credentials`](ClientBuilder::credentials): for a client that
    /// [asks the installation](sanspay_core::checkout::query).
    pub fn operator(self, username: impl Into<Secret>, password: impl Into<Secret>) -> Self {
        self.with(|session| session.operator(username, password))
    }

    /// Replaces the assumed routes and header names.
    pub fn wire(self, wire: Wire) -> Self {
        self.with(|session| session.wire(wire))
    }

    /// Replaces all rules at once: deadline, retry, token, idempotency, body limit, seed.
    pub fn settings(self, settings: Settings) -> Self {
        self.with(|session| session.settings(settings))
    }

    /// The time that one call may take, with its token, its retries and its waits. 30 s.
    pub fn deadline(self, deadline: Duration) -> Self {
        self.with(|session| session.deadline(deadline))
    }

    /// How often and how soon a failed request is sent again.
    pub fn retry(self, policy: RetryPolicy) -> Self {
        self.with(|session| session.retry(policy))
    }

    /// Whether the server is known to honour `Idempotency-Key`.
    pub fn idempotency(self, idempotency: Idempotency) -> Self {
        self.with(|session| session.idempotency(idempotency))
    }

    /// You know from the provider that its list shows every record of this type, filtered by type
    /// and reference: only then, or where a lookup has shown one, does a lookup say *absent*.
    pub fn authoritative_list(self, record_type: RecordType) -> Self {
        self.with(|session| session.authoritative_list(record_type))
    }

    /// Sends through this [`Transport`]: a [`ReqwestTransport`](crate::ReqwestTransport) of yours, a
    /// [tower service](crate::tower_transport), or any closure from a request to a future of its
    /// outcome.
    ///
    /// ```
    /// use sanspay_async::Client;
    /// use sanspay_core::{NotSent, TransportError};
    /// let client = Client::builder()
    ///     .base_url("https://api.example.com")
    ///     .credentials("key-id", "key-secret")
    ///     .transport(|_request| async { Err(TransportError::not_sent(NotSent::proven(), "the cable is cut")) })
    ///     .build()?;
    /// # Ok::<(), sanspay_core::Error>(())
    /// ```
    pub fn transport(mut self, transport: impl Transport + 'static) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Takes the time from elsewhere than the system, as tests do.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The client.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](sanspay_core::ErrorKind::Invalid) with everything that is missing
    /// or wrong.
    pub fn build(self) -> Result<Client, Error> {
        let session = self.session.build()?;
        let transport = match self.transport {
            Some(transport) => transport,
            None => default_transport()?,
        };
        Ok(Client::from_parts(session, transport, self.clock))
    }

    fn with(mut self, change: impl FnOnce(SessionBuilder) -> SessionBuilder) -> Self {
        self.session = change(self.session);
        self
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "reqwest")]
fn default_transport() -> Result<Arc<dyn Transport>, Error> {
    let transport = ReqwestTransport::new(TlsConfig::builder().build()?)?;
    Ok(Arc::new(transport))
}

#[cfg(not(feature = "reqwest"))]
fn default_transport() -> Result<Arc<dyn Transport>, Error> {
    Err(SessionBuilder::missing_transport("reqwest"))
}
