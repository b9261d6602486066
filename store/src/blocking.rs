//! An asynchronous store for the blocking client.

use std::fmt;
use std::sync::Arc;

use sanspay_core::durable::{BlockingStore, Loaded, Put, Scan, Scanned, Store, StoreError};
use sanspay_core::exchange::{TOKEN_PREFIX, TOKEN_STORE_TIMEOUT};
use tokio::runtime::{Builder, Runtime};

/// An asynchronous store for the blocking client, with a runtime of its own on one thread.
///
/// It must not be used inside of a runtime, as all that blocks.
pub struct Blocking<S> {
    store: S,
    runtime: Arc<Runtime>,
}

impl<S: Store> Blocking<S> {
    /// Starts the runtime and makes the store in it.
    ///
    /// # Errors
    /// Where no thread can be started, and those of `make`.
    pub fn new<F>(make: F) -> Result<Self, StoreError>
    where
        F: Future<Output = Result<S, StoreError>>,
    {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("sanspay-store")
            .enable_all()
            .build()
            .map_err(StoreError::not_stored)?;
        let store = runtime.block_on(make)?;
        let runtime = Arc::new(runtime);
        Ok(Self { store, runtime })
    }

    /// The store itself.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// A token is not waited for as long as the record of money: one can be fetched without the store.
    fn ask<T>(
        &self,
        key: &str,
        asked: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        self.runtime.block_on(async {
            if !key.starts_with(TOKEN_PREFIX) {
                return asked.await;
            }
            let answered = tokio::time::timeout(TOKEN_STORE_TIMEOUT, asked).await;
            answered.unwrap_or_else(|late| Err(StoreError::maybe_stored(late)))
        })
    }
}

impl<S: Store> BlockingStore for Blocking<S> {
    fn load(&self, key: &str) -> Result<Loaded, StoreError> {
        self.ask(key, self.store.load(key))
    }

    fn store_if(&self, put: &Put) -> Result<bool, StoreError> {
        self.ask(&put.key, self.store.store_if(put))
    }

    fn scan(&self, scan: &Scan) -> Result<Scanned, StoreError> {
        self.runtime.block_on(self.store.scan(scan))
    }
}

impl<S: fmt::Debug> fmt::Debug for Blocking<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Blocking").field(&self.store).finish()
    }
}
