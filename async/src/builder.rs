//! Collects what a client needs.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
#[cfg(feature = "cassette")]
use sanspay_core::cassette::Recorder;
use sanspay_core::partner::RecordType;
use sanspay_core::{
    Error, Idempotency, RetryPolicy, Secret, SessionBuilder, Settings, TransportError, Wire,
};
#[cfg(feature = "reqwest")]
use sanspay_tls::TlsConfig;

use crate::client::Client;
use crate::clock::{Clock, SystemClock};
use crate::transport::Transport;
#[cfg(feature = "reqwest")]
use crate::transport::reqwest::ReqwestTransport;
#[cfg(feature = "tower")]
use crate::transport::tower::tower_transport;

/// Builds a [`Client`]. Everything but base URL and credentials has a default.
#[must_use]
pub struct ClientBuilder {
    session: SessionBuilder,
    transport: Option<Arc<Transport>>,
    connect_timeout: Duration,
    #[cfg(feature = "reqwest")]
    tls: Option<TlsConfig>,
    clock: Arc<dyn Clock>,
    #[cfg(feature = "cassette")]
    recorder: Option<Recorder>,
}

impl ClientBuilder {
    pub(crate) fn new() -> Self {
        // Each process jitters in its own way, so that a fleet does not retry in step.
        let seed = RandomState::new().build_hasher().finish();
        Self {
            session: SessionBuilder::new(seed),
            transport: None,
            connect_timeout: Duration::from_secs(10),
            #[cfg(feature = "reqwest")]
            tls: None,
            clock: Arc::new(SystemClock::new()),
            #[cfg(feature = "cassette")]
            recorder: None,
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

    /// The time that making a connection may take, within the deadline. 10 s. It has no effect on
    /// a transport of your own.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Whom to trust, and with which certificate to introduce itself; see [`TlsConfig`]. Without it
    /// Mozilla's CAs are trusted and no certificate is sent. It has no effect on a transport of
    /// your own.
    #[cfg(feature = "reqwest")]
    pub fn tls(mut self, tls: TlsConfig) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Sends through a transport of your own: any closure from a request to a future. It keeps the
    /// [contract of a transport](sanspay_core::transport), or money may be moved twice;
    /// `check_transport_async` of `sanspay-testkit` tries whether it does.
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
    pub fn transport<F, Fut>(mut self, transport: F) -> Self
    where
        F: Fn(Request<Vec<u8>>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Response<Vec<u8>>, TransportError>> + Send + 'static,
    {
        self.transport = Some(Arc::new(move |request| Box::pin(transport(request))));
        self
    }

    /// Sends through a tower service, with whatever layers are around it.
    ///
    /// The service is cloned for each request, as tower asks for. If it fails with a
    /// [`TransportError`], that says whether the request was sent; any other failure counts as
    /// perhaps sent, unless the service was not ready. A layer that repeats requests asks
    /// [`Limits::may_be_repeated`](sanspay_core::Limits::may_be_repeated) first; the whole stack is
    /// bound to the [contract](sanspay_core::transport), see
    /// [`tower_transport`](crate::tower_transport) for how to check it.
    #[cfg(feature = "tower")]
    pub fn service<S, B, R>(mut self, service: S) -> Self
    where
        S: tower_service::Service<Request<B>, Response = Response<R>>,
        S: Clone + Send + Sync + 'static,
        S::Future: Send,
        S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
        B: From<Vec<u8>> + Send + 'static,
        R: http_body::Body + Send + 'static,
        R::Data: Send,
        R::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        self.transport = Some(Arc::new(tower_transport(service)));
        self
    }

    /// Takes the time from elsewhere than the system, as tests do.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Records what goes over the transport, whichever it is, for tests that replay it; see
    /// [`cassette`](sanspay_core::cassette).
    #[cfg(feature = "cassette")]
    pub fn record(mut self, recorder: &Recorder) -> Self {
        self.recorder = Some(recorder.clone());
        self
    }

    /// The client.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](sanspay_core::ErrorKind::Invalid) with everything that is missing
    /// or wrong.
    pub fn build(self) -> Result<Client, Error> {
        #[cfg(feature = "cassette")]
        if let Some(recorder) = self.recorder.clone() {
            return Ok(self.unrecorded()?.recorded(&recorder));
        }
        self.unrecorded()
    }

    fn unrecorded(self) -> Result<Client, Error> {
        let session = self.session.build()?;
        if let Some(transport) = self.transport {
            return Ok(Client::new(session, transport, self.clock));
        }
        #[cfg(feature = "reqwest")]
        {
            let tls = self.tls.map_or_else(|| TlsConfig::builder().build(), Ok)?;
            let transport = ReqwestTransport::new(self.connect_timeout, tls)?;
            Ok(Client::over_reqwest(session, transport, self.clock))
        }
        #[cfg(not(feature = "reqwest"))]
        Err(SessionBuilder::missing_transport("reqwest"))
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
            .field("connect_timeout", &self.connect_timeout)
            .finish_non_exhaustive()
    }
}
