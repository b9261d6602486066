//! Both adapters behind one type, so that each test is written once.

use std::time::{Duration, SystemTime};

use sanspay_core::{Endpoint, Error, Paged, RetryPolicy, Settings};
use sanspay_tls::TlsConfig;
use tokio::runtime::{Builder, Runtime};

/// Which adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adapter {
    /// Over ureq.
    Blocking,
    /// Over reqwest.
    Async,
}

impl Adapter {
    /// Both of them.
    pub const BOTH: [Self; 2] = [Self::Blocking, Self::Async];
}

/// A client of either adapter, with the sandbox's credentials.
pub enum AnyClient {
    /// Over ureq.
    Blocking(sanspay_blocking::Client),
    /// Over reqwest.
    Async(sanspay_async::Client, Runtime),
}

impl AnyClient {
    /// A client for `base_url`, with the default rules.
    pub fn new(adapter: Adapter, base_url: &str, tls: TlsConfig) -> Self {
        Self::with_settings(adapter, base_url, tls, Settings::default())
    }

    /// A client with a rule of retrying of its own.
    pub fn with_retry(
        adapter: Adapter,
        base_url: &str,
        tls: TlsConfig,
        retry: RetryPolicy,
    ) -> Self {
        let mut settings = Settings::default();
        settings.retry = retry;
        Self::with_settings(adapter, base_url, tls, settings)
    }

    /// A client with rules of its own.
    pub fn with_settings(
        adapter: Adapter,
        base_url: &str,
        tls: TlsConfig,
        settings: Settings,
    ) -> Self {
        Self::over(&AnyTransport::new(adapter, tls), base_url, settings)
    }

    /// A client over a transport that the test keeps, to reload its TLS configuration.
    pub fn over(transport: &AnyTransport, base_url: &str, settings: Settings) -> Self {
        match transport.clone() {
            AnyTransport::Blocking(transport) => Self::blocking(
                sanspay_blocking::Client::builder()
                    .base_url(base_url)
                    .settings(settings)
                    .transport(transport),
            ),
            AnyTransport::Async(transport) => Self::over_tokio(
                sanspay_async::Client::builder()
                    .base_url(base_url)
                    .settings(settings)
                    .transport(transport),
            ),
        }
    }

    /// The blocking client that comes of this.
    pub(crate) fn blocking(client: sanspay_blocking::ClientBuilder) -> Self {
        Self::Blocking(client.credentials(ID, SECRET).build().unwrap())
    }

    /// The asynchronous client that comes of this, with a runtime.
    pub(crate) fn over_tokio(client: sanspay_async::ClientBuilder) -> Self {
        // Connections are looked after by its own threads, while the test waits or looks on.
        let mut runtime = Builder::new_multi_thread();
        let runtime = runtime.worker_threads(2).enable_all().build().unwrap();
        Self::Async(client.credentials(ID, SECRET).build().unwrap(), runtime)
    }

    /// Calls an operation.
    ///
    /// # Errors
    /// Those of the client.
    pub fn call<E: Endpoint>(&self, endpoint: E) -> Result<E::Output, Error> {
        match self {
            Self::Blocking(client) => client.call(endpoint),
            Self::Async(client, runtime) => runtime.block_on(client.call(endpoint)),
        }
    }

    /// Calls an operation, with a deadline of its own.
    ///
    /// # Errors
    /// Those of the client.
    pub fn call_within<E: Endpoint>(
        &self,
        deadline: Duration,
        endpoint: E,
    ) -> Result<E::Output, Error> {
        match self {
            Self::Blocking(client) => client.call_within(deadline, endpoint),
            Self::Async(client, runtime) => {
                runtime.block_on(client.call_within(deadline, endpoint))
            }
        }
    }

    /// Calls an operation, unless it could only be sent after this time.
    ///
    /// # Errors
    /// Those of the client.
    pub fn call_send_by<E: Endpoint>(
        &self,
        time: SystemTime,
        endpoint: E,
    ) -> Result<E::Output, Error> {
        match self {
            Self::Blocking(client) => client.call_send_by(time, endpoint),
            Self::Async(client, runtime) => runtime.block_on(client.call_send_by(time, endpoint)),
        }
    }

    /// All items of a list.
    ///
    /// # Errors
    /// Those of the client.
    pub fn all<L>(&self, list: L) -> Result<Vec<L::Item>, Error>
    where
        L: Paged + Send + Sync + 'static,
        L::Item: Send,
        L::Key: Send,
    {
        match self {
            Self::Blocking(client) => client.pages(list).collect(),
            Self::Async(client, runtime) => runtime.block_on(async {
                let mut pages = client.pages(list);
                let mut items = Vec::new();
                while let Some(item) = pages.next().await {
                    items.push(item?);
                }
                Ok(items)
            }),
        }
    }
}

/// The transport of either adapter.
#[derive(Clone)]
pub enum AnyTransport {
    /// Over ureq.
    Blocking(sanspay_blocking::UreqTransport),
    /// Over reqwest.
    Async(sanspay_async::ReqwestTransport),
}

impl AnyTransport {
    /// A transport with this TLS configuration.
    pub fn new(adapter: Adapter, tls: TlsConfig) -> Self {
        match adapter {
            Adapter::Blocking => Self::Blocking(sanspay_blocking::UreqTransport::new(tls)),
            Adapter::Async => Self::Async(sanspay_async::ReqwestTransport::new(tls).unwrap()),
        }
    }

    /// Makes all later connections with another configuration.
    pub fn reload_tls(&self, tls: TlsConfig) {
        match self {
            Self::Blocking(transport) => transport.reload_tls(tls),
            Self::Async(transport) => transport.reload_tls(tls).unwrap(),
        }
    }
}

const ID: &str = "sandbox-key-id";
const SECRET: &str = "sandbox-key-secret";
