//! redb: one file of one process, in pure Rust.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use redb::{Database, Durability, ReadableDatabase, ReadableTable, TableDefinition};
use sanspay_core::durable::{BlockingStore, Loaded, Place, Put, Row, Scan, Scanned, StoreError};

use crate::time::{from_micros, micros};

/// Version, due time and value by key.
const ROWS: TableDefinition<'_, &str, (i64, Option<i64>, &str)> = TableDefinition::new("sanspay");
/// The keys by the time at which they are due.
const DUE: TableDefinition<'_, (i64, &str), ()> = TableDefinition::new("sanspay_due");

/// A store in a redb file, for one process that wants no C.
///
/// A second process that opens the file is refused. What it acknowledges survives a power failure.
///
/// ```
/// use sanspay_core::durable::{BlockingStore, Put};
/// use sanspay_store::RedbStore;
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("payouts.redb");
/// let store = RedbStore::open(&path)?;
/// let put = Put { key: "note:1".into(), expected: 0, value: "{}".into(), due_in: None };
/// assert!(BlockingStore::store_if(&store, &put)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct RedbStore {
    database: Arc<Database>,
}

impl RedbStore {
    /// Opens the file, and creates it where there is none.
    ///
    /// # Errors
    /// Where another process has it open, it is a file of something else, or it cannot be opened.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Self::of(Database::create(path))
    }

    /// Opens a file that has to be there: a wrong path is an error and not an empty store.
    ///
    /// # Errors
    /// Those of [`open`](RedbStore::open), and where there is no file.
    pub fn open_existing(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Self::of(Database::open(path))
    }

    fn of(opened: Result<Database, redb::DatabaseError>) -> Result<Self, StoreError> {
        let database = Arc::new(opened.map_err(StoreError::not_stored)?);
        let store = Self { database };
        // Both tables are there from the beginning, so that reading needs no special case.
        store.write(|_, _| Ok(())).map_err(StoreError::not_stored)?;
        Ok(store)
    }

    fn write<T>(
        &self,
        change: impl FnOnce(&mut Rows<'_>, &mut Dues<'_>) -> Result<T, redb::Error>,
    ) -> Result<T, redb::Error> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_durability(Durability::Immediate)?;
        let changed = {
            let mut rows = transaction.open_table(ROWS)?;
            let mut dues = transaction.open_table(DUE)?;
            change(&mut rows, &mut dues)?
        };
        transaction.commit()?;
        Ok(changed)
    }

    fn read(&self, key: &str) -> Result<Option<Row>, redb::Error> {
        let transaction = self.database.begin_read()?;
        let rows = transaction.open_table(ROWS)?;
        let found = rows.get(key)?;
        Ok(found.map(|found| row_of(key, found.value())))
    }

    fn read_due(&self, scan: &Scan, now: i64) -> Result<Vec<Row>, redb::Error> {
        let transaction = self.database.begin_read()?;
        let rows = transaction.open_table(ROWS)?;
        let dues = transaction.open_table(DUE)?;
        let (due, key) = match &scan.after {
            Some(Place { due, key }) => (micros(*due), key.as_str()),
            None => (i64::MIN, ""),
        };
        let mut found = Vec::new();
        for entry in dues.range((due, key)..)? {
            let (place, ()) = entry.map(|(place, nothing)| (place, nothing.value()))?;
            let (at, its_key) = place.value();
            if at > now || found.len() >= scan.limit as usize {
                break;
            }
            let is_read = scan.after.is_some() && (at, its_key) == (due, key);
            if is_read || !its_key.starts_with(&scan.prefix) {
                continue;
            }
            let row = rows.get(its_key)?;
            found.extend(row.map(|row| row_of(its_key, row.value())));
        }
        Ok(found)
    }
}

type Rows<'t> = redb::Table<'t, &'static str, (i64, Option<i64>, &'static str)>;
type Dues<'t> = redb::Table<'t, (i64, &'static str), ()>;

fn row_of(key: &str, (version, due, value): (i64, Option<i64>, &str)) -> Row {
    Row {
        key: key.to_owned(),
        version,
        value: value.to_owned(),
        due: due.map(from_micros),
    }
}

impl BlockingStore for RedbStore {
    fn load(&self, key: &str) -> Result<Loaded, StoreError> {
        let row = self.read(key).map_err(StoreError::not_stored)?;
        let now = SystemTime::now();
        Ok(Loaded { row, now })
    }

    fn store_if(&self, put: &Put) -> Result<bool, StoreError> {
        let due = put
            .due_in
            .and_then(|later| SystemTime::now().checked_add(later));
        let due = due.map(micros);
        let key = put.key.as_str();
        let stored = self.write(|rows, dues| {
            let known = rows.get(key)?.map(|row| (row.value().0, row.value().1));
            let (version, old_due) = known.unwrap_or((0, None));
            if version != put.expected {
                return Ok(false);
            }
            if let Some(old_due) = old_due {
                dues.remove((old_due, key))?;
            }
            if let Some(due) = due {
                dues.insert((due, key), ())?;
            }
            rows.insert(key, (version + 1, due, put.value.as_str()))?;
            Ok(true)
        });
        // A commit that failed may have reached the disk.
        stored.map_err(StoreError::maybe_stored)
    }

    fn scan(&self, scan: &Scan) -> Result<Scanned, StoreError> {
        let now = SystemTime::now();
        let rows = self.read_due(scan, micros(now));
        let rows = rows.map_err(StoreError::not_stored)?;
        Ok(Scanned { rows, now })
    }
}

#[cfg(feature = "tokio")]
impl sanspay_core::durable::Store for RedbStore {
    async fn load(&self, key: &str) -> Result<Loaded, StoreError> {
        let (store, key) = (self.clone(), key.to_owned());
        crate::off_thread::run(move || BlockingStore::load(&store, &key)).await
    }

    async fn store_if(&self, put: &Put) -> Result<bool, StoreError> {
        let (store, put) = (self.clone(), put.clone());
        crate::off_thread::run(move || BlockingStore::store_if(&store, &put)).await
    }

    async fn scan(&self, scan: &Scan) -> Result<Scanned, StoreError> {
        let (store, scan) = (self.clone(), scan.clone());
        crate::off_thread::run(move || BlockingStore::scan(&store, &scan)).await
    }
}

impl fmt::Debug for RedbStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedbStore")
    }
}
