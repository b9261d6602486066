//! The store of the shared token, whatever its type.

use std::pin::Pin;

use sanspay_core::durable::{Store, StoreAnswer, StoreError, StoreOp};
use sanspay_core::exchange::TOKEN_STORE_TIMEOUT;
use tokio::time;

type Asking<'a> = Pin<Box<dyn Future<Output = Result<StoreAnswer, StoreError>> + Send + 'a>>;

/// Any store, behind one question.
pub(crate) trait TokenStore: Send + Sync {
    fn ask<'a>(&'a self, op: &'a StoreOp) -> Asking<'a>;
}

impl<S: Store> TokenStore for S {
    fn ask<'a>(&'a self, op: &'a StoreOp) -> Asking<'a> {
        Box::pin(op.ask(self))
    }
}

/// Asks the store, where there is one, and no longer than a token is worth.
pub(crate) async fn ask(
    store: Option<&dyn TokenStore>,
    op: &StoreOp,
) -> Result<StoreAnswer, StoreError> {
    match store {
        Some(store) => {
            let answer = time::timeout(TOKEN_STORE_TIMEOUT, store.ask(op)).await;
            answer.unwrap_or_else(|late| Err(StoreError::maybe_stored(late)))
        }
        None => Err(StoreError::not_stored("the client has no store")),
    }
}
