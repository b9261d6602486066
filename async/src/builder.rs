//! Collects what a client needs.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;

use sanspay_core::durable::Store;
use sanspay_core::exchange::SharedToken;
use sanspay_core::{Clock, Error, SessionBuilder};
#[cfg(feature = "reqwest")]
use sanspay_tls::TlsConfig;

use crate::client::Client;
use crate::clock::SystemClock;
use crate::token_store::TokenStore;
use crate::transport::Transport;
#[cfg(feature = "reqwest")]
use crate::transport::reqwest::ReqwestTransport;

/// Builds a [`Client`]. Everything but base URL and credentials has a default.
#[must_use]
pub struct ClientBuilder {
    session: SessionBuilder,
    transport: Option<Arc<dyn Transport>>,
    clock: Arc<dyn Clock>,
    token_store: Option<Arc<dyn TokenStore>>,
}

impl ClientBuilder {
    pub(crate) fn new() -> Self {
        // Each process jitters in its own way, so that a fleet does not retry in step.
        let seed = RandomState::new().build_hasher().finish();
        Self {
            session: SessionBuilder::new(seed),
            transport: None,
            clock: Arc::new(SystemClock::new()),
            token_store: None,
        }
    }

    sanspay_core::session_setters!();

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

    /// Shares the token with all machines that have this store: one token request for the whole
    /// fleet. A store that is down costs token requests and never a call. One that hangs holds a
    /// call for a second.
    pub fn share_token<S>(mut self, token: SharedToken, store: S) -> Self
    where
        S: Store + 'static,
    {
        self.session = self.session.shared_token(token);
        self.token_store = Some(Arc::new(store));
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
        Ok(Client::from_parts(session, transport, self.clock).with_token_store(self.token_store))
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
