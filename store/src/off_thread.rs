//! Blocking work for an asynchronous client.

use sanspay_core::durable::StoreError;

/// Runs it on tokio's threads for blocking work. Where the runtime ends meanwhile it may be done.
pub(crate) async fn run<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else {
        return Err(StoreError::not_stored("there is no tokio runtime here"));
    };
    let done = runtime.spawn_blocking(work).await;
    done.unwrap_or_else(|lost| Err(StoreError::maybe_stored(lost)))
}
