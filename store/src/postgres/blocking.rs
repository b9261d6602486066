//! The seam inside a transaction of the blocking driver, the crate `postgres`.

use std::cell::RefCell;

use postgres::GenericClient;
use sanspay_core::durable::{BlockingStore, Loaded, Put, Scan, Scanned, StoreError};
use tokio_postgres::types::Type;

use super::{INSERT, LOAD, Page, SCAN, UPDATE, changing, read_found, read_loaded, store_error};
use crate::In;
use crate::time::span_micros;

/// `In(RefCell::new(&mut transaction))`: the driver needs `&mut`, and the seam shares.
impl<C: GenericClient> BlockingStore for In<RefCell<&mut C>> {
    fn load(&self, key: &str) -> Result<Loaded, StoreError> {
        let mut client = self.0.borrow_mut();
        let row = client.query_typed_one(LOAD, &[(&key, Type::TEXT)]);
        row.and_then(|row| read_loaded(&row, key))
            .map_err(store_error)
    }

    fn store_if(&self, put: &Put) -> Result<bool, StoreError> {
        let due_in = put.due_in.map(span_micros);
        let statement = if put.expected == 0 { INSERT } else { UPDATE };
        let mut client = self.0.borrow_mut();
        let changed = client.execute_typed(statement, &changing(put, &due_in));
        Ok(changed.map_err(store_error)? == 1)
    }

    fn scan(&self, scan: &Scan) -> Result<Scanned, StoreError> {
        let page = Page::new(scan);
        let mut client = self.0.borrow_mut();
        let found = client.query_typed(SCAN, &page.parameters(scan));
        found
            .and_then(|found| read_found(&found))
            .map_err(store_error)
    }
}
