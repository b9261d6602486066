//! The store of the shared token, whatever its type.

use sanspay_core::durable::{BlockingStore, StoreAnswer, StoreError, StoreOp};

/// Any store, behind one question.
pub(crate) trait TokenStore: Send + Sync {
    fn ask(&self, op: &StoreOp) -> Result<StoreAnswer, StoreError>;
}

impl<S: BlockingStore + Send + Sync> TokenStore for S {
    fn ask(&self, op: &StoreOp) -> Result<StoreAnswer, StoreError> {
        op.ask_blocking(self)
    }
}

/// Asks the store, where there is one.
pub(crate) fn ask(store: Option<&dyn TokenStore>, op: &StoreOp) -> Result<StoreAnswer, StoreError> {
    match store {
        Some(store) => store.ask(op),
        None => Err(StoreError::not_stored("the client has no store")),
    }
}
