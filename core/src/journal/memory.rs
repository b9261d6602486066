//! A journal that forgets everything with the process: for tests.

use std::convert::Infallible;
use std::time::SystemTime;

use super::{Begin, End, Entries, Entry, Journal, OrderUpdate, Outcome};
use crate::error::{Intent, UnknownOutcome};

/// A journal in memory, for tests: what must survive a crash does not survive here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemoryJournal(Entries);

impl MemoryJournal {
    fn store(&mut self, entry: Option<&Entry>) -> bool {
        entry.inspect(|entry| self.0.apply(entry)).is_some()
    }
}

impl Journal for MemoryJournal {
    type Error = Infallible;

    fn begin(&mut self, intent: &Intent, sent_by: SystemTime) -> Result<Begin, Infallible> {
        let (begin, entry) = self.0.begin(intent, sent_by);
        self.store(entry.as_ref());
        Ok(begin)
    }

    fn end(
        &mut self,
        intent: &Intent,
        sent_by: SystemTime,
        outcome: Outcome,
    ) -> Result<End, Infallible> {
        let (end, entry) = self.0.end(intent, sent_by, outcome);
        self.store(entry.as_ref());
        Ok(end)
    }

    fn open(&self) -> Result<Vec<UnknownOutcome>, Infallible> {
        Ok(self.0.open().collect())
    }

    fn commit(&mut self, update: &OrderUpdate) -> Result<bool, Infallible> {
        let entry = self.0.commit(update);
        Ok(self.store(entry.as_ref()))
    }

    fn order_status(&self, order: &str) -> Result<Option<String>, Infallible> {
        Ok(self.0.order_status(order).map(str::to_owned))
    }
}
