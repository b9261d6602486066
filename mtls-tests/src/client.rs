//! Both adapters behind one type, so that each test is written once.

use sanspay_core::{Endpoint, Error, Paged, RetryPolicy};
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

/// A client of either adapter, with the sandbox's credentials and the default rules of retrying.
pub enum AnyClient {
    /// Over ureq.
    Blocking(sanspay_blocking::Client),
    /// Over reqwest.
    Async(sanspay_async::Client, Runtime),
}

impl AnyClient {
    /// A client for `base_url`.
    pub fn new(adapter: Adapter, base_url: &str, tls: TlsConfig) -> Self {
        Self::with_retry(adapter, base_url, tls, RetryPolicy::default())
    }

    /// A client with a rule of retrying of its own.
    pub fn with_retry(
        adapter: Adapter,
        base_url: &str,
        tls: TlsConfig,
        retry: RetryPolicy,
    ) -> Self {
        const ID: &str = "sandbox-key-id";
        const SECRET: &str = "sandbox-key-secret";
        match adapter {
            Adapter::Blocking => Self::Blocking(
                sanspay_blocking::Client::builder()
                    .base_url(base_url)
                    .credentials(ID, SECRET)
                    .retry(retry)
                    .tls(tls)
                    .build()
                    .unwrap(),
            ),
            Adapter::Async => Self::Async(
                sanspay_async::Client::builder()
                    .base_url(base_url)
                    .credentials(ID, SECRET)
                    .retry(retry)
                    .tls(tls)
                    .build()
                    .unwrap(),
                Builder::new_multi_thread()
                    .worker_threads(2)
                    .enable_all()
                    .build()
                    .unwrap(),
            ),
        }
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

    /// Swaps the TLS configuration.
    pub fn reload_tls(&self, tls: TlsConfig) {
        match self {
            Self::Blocking(client) => client.reload_tls(tls).unwrap(),
            Self::Async(client, _) => client.reload_tls(tls).unwrap(),
        }
    }
}
