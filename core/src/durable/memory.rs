//! A store that forgets with its process, for tests.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::store::{BlockingStore, Loaded, Place, Put, Row, Scan, Scanned, Store, StoreError};
use crate::clock::Clock;

/// A store that forgets with its process, for tests. Its time is that of the clock that it is given.
///
/// ```
/// use std::time::SystemTime;
/// use sanspay_core::Clock;
/// use sanspay_core::durable::{BlockingStore, MemoryStore, Put};
///
/// struct Still;
/// impl Clock for Still {
///     fn now(&self) -> SystemTime {
///         SystemTime::UNIX_EPOCH
///     }
/// }
///
/// let store = MemoryStore::new(Still);
/// let put = Put { key: "note:1".into(), expected: 0, value: "{}".into(), due_in: None };
/// assert!(BlockingStore::store_if(&store, &put)?);
/// assert!(!BlockingStore::store_if(&store, &put)?, "it is there already");
/// assert_eq!(BlockingStore::load(&store, "note:1")?.row.unwrap().version, 1);
/// # Ok::<(), sanspay_core::durable::StoreError>(())
/// ```
pub struct MemoryStore {
    clock: Box<dyn Clock>,
    rows: Mutex<BTreeMap<String, Row>>,
}

impl MemoryStore {
    /// An empty one.
    pub fn new(clock: impl Clock + 'static) -> Self {
        Self {
            clock: Box::new(clock),
            rows: Mutex::default(),
        }
    }

    /// Everything in it, in the order of the keys.
    pub fn rows(&self) -> Vec<Row> {
        self.lock().values().cloned().collect()
    }

    /// No code of ours panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Row>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BlockingStore for MemoryStore {
    fn load(&self, key: &str) -> Result<Loaded, StoreError> {
        Ok(Loaded {
            row: self.lock().get(key).cloned(),
            now: self.clock.now(),
        })
    }

    fn store_if(&self, put: &Put) -> Result<bool, StoreError> {
        let mut rows = self.lock();
        let version = rows.get(&put.key).map_or(0, |row| row.version);
        if version != put.expected {
            return Ok(false);
        }
        let now = self.clock.now();
        let due = put.due_in.and_then(|later| now.checked_add(later));
        let row = Row {
            key: put.key.clone(),
            version: version + 1,
            value: put.value.clone(),
            due,
        };
        rows.insert(put.key.clone(), row);
        Ok(true)
    }

    fn scan(&self, scan: &Scan) -> Result<Scanned, StoreError> {
        let now = self.clock.now();
        let mut found: Vec<(Place, Row)> = self
            .lock()
            .values()
            .filter(|row| row.key.starts_with(&scan.prefix))
            .filter_map(|row| {
                let due = row.due.filter(|due| *due <= now)?;
                let key = row.key.clone();
                Some((Place { due, key }, row.clone()))
            })
            .filter(|(place, _)| scan.after.as_ref().is_none_or(|after| place > after))
            .collect();
        found.sort_by(|(one, _), (other, _)| one.cmp(other));
        let limit = usize::try_from(scan.limit).unwrap_or(usize::MAX);
        Ok(Scanned {
            rows: found.into_iter().take(limit).map(|(_, row)| row).collect(),
            now,
        })
    }
}

impl Store for MemoryStore {
    async fn load(&self, key: &str) -> Result<Loaded, StoreError> {
        BlockingStore::load(self, key)
    }

    async fn store_if(&self, put: &Put) -> Result<bool, StoreError> {
        BlockingStore::store_if(self, put)
    }

    async fn scan(&self, scan: &Scan) -> Result<Scanned, StoreError> {
        BlockingStore::scan(self, scan)
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("rows", &self.lock().len())
            .finish_non_exhaustive()
    }
}
