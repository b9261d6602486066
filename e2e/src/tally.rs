//! Counts what a server executed, for those who wait for it.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// How many complete POSTs a server has read, each of which it executes.
#[derive(Clone, Default)]
pub struct Tally(Arc<(Mutex<usize>, Condvar)>);

impl Tally {
    /// One more.
    pub fn count(&self) {
        *self.lock() += 1;
        self.0.1.notify_all();
    }

    /// How many so far.
    pub fn executed(&self) -> usize {
        *self.lock()
    }

    /// Waits until there are so many, and no longer than `patience`; whether there are.
    pub fn wait_for(&self, least: usize, patience: Duration) -> bool {
        let (_, changed) = &*self.0;
        let waited = changed.wait_timeout_while(self.lock(), patience, |count| *count < least);
        *waited.unwrap_or_else(PoisonError::into_inner).0 >= least
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, usize> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
