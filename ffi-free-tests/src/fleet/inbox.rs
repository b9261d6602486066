//! The orders of a fleet, and the events that change each of them once, in one transaction.

use std::cell::RefCell;

use sanspay_core::durable::{
    Applied, BlockingStore, Event, Loaded, MemoryStore, Put, Row, Scan, Scanned, StoreError,
};

use super::faulty_store::SetClock;

/// The merchant's database: what is known about events, and how often each order was changed.
pub(super) struct Inbox {
    rows: MemoryStore,
    changed: Vec<u32>,
    acknowledged: Vec<bool>,
}

/// A transaction that is not committed yet.
pub(super) struct Work {
    pub(super) order: usize,
    writes: Vec<Put>,
    changes: bool,
}

impl Inbox {
    pub(super) fn new(clock: SetClock, orders: usize) -> Self {
        Self {
            rows: MemoryStore::new(clock),
            changed: vec![0; orders],
            acknowledged: vec![false; orders],
        }
    }

    pub(super) fn is_acknowledged(&self, order: usize) -> bool {
        self.acknowledged.get(order).is_some_and(|it| *it)
    }

    pub(super) fn acknowledge(&mut self, order: usize) {
        if let Some(acknowledged) = self.acknowledged.get_mut(order) {
            *acknowledged = true;
        }
    }

    /// Applies the event of an order in a transaction, and changes the order with it.
    pub(super) fn begin(&self, order: usize) -> Result<Work, StoreError> {
        let transaction = Transaction {
            rows: &self.rows,
            writes: RefCell::default(),
        };
        let event = Event::new(format!("event-{order}"));
        let applied = event.apply_in_blocking(&transaction)?;
        Ok(Work {
            order,
            writes: transaction.writes.into_inner(),
            changes: applied == Applied::Now,
        })
    }

    /// Everything of the transaction, or nothing where somebody else was faster.
    pub(super) fn commit(&mut self, work: &Work) -> bool {
        let mut stands = work
            .writes
            .iter()
            .map(|put| self.version(&put.key) == put.expected);
        if !stands.all(|stands| stands) {
            return false;
        }
        for put in &work.writes {
            drop(self.rows.store_if(put));
        }
        if let Some(changed) = self.changed.get_mut(work.order) {
            *changed += u32::from(work.changes);
        }
        true
    }

    /// How often the order was changed that was changed most.
    pub(super) fn most(&self) -> u32 {
        self.changed.iter().copied().max().unwrap_or(0)
    }

    /// An order that was never changed.
    pub(super) fn lost(&self) -> Option<usize> {
        self.changed.iter().position(|times| *times == 0)
    }

    fn version(&self, key: &str) -> i64 {
        let loaded = self.rows.load(key).ok();
        loaded
            .and_then(|loaded| loaded.row)
            .map_or(0, |row| row.version)
    }
}

/// Reads what is committed and what it has written itself.
struct Transaction<'a> {
    rows: &'a MemoryStore,
    writes: RefCell<Vec<Put>>,
}

impl BlockingStore for Transaction<'_> {
    fn load(&self, key: &str) -> Result<Loaded, StoreError> {
        let mut loaded = self.rows.load(key)?;
        let writes = self.writes.borrow();
        if let Some(put) = writes.iter().rev().find(|put| put.key == key) {
            loaded.row = Some(Row {
                key: put.key.clone(),
                version: put.expected + 1,
                value: put.value.clone(),
                due: None,
            });
        }
        Ok(loaded)
    }

    fn store_if(&self, put: &Put) -> Result<bool, StoreError> {
        let row = self.load(&put.key)?.row;
        let stands = row.map_or(0, |row| row.version) == put.expected;
        if stands {
            self.writes.borrow_mut().push(put.clone());
        }
        Ok(stands)
    }

    fn scan(&self, scan: &Scan) -> Result<Scanned, StoreError> {
        self.rows.scan(scan)
    }
}
