//! `SQLite`: one file, any number of processes of one host.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Row as SqlRow, params};
use sanspay_core::durable::{BlockingStore, Loaded, Put, Row, Scan, Scanned, StoreError};

use crate::In;
use crate::time::{from_micros, micros};

/// The table, for a migration of yours.
pub const SCHEMA: &str = include_str!("../sql/sqlite.sql");

/// Stores a row that is not there. In `SQLite` a `$1` would be a name, hence the question marks.
pub const INSERT: &str = "INSERT INTO sanspay (value, due, key, version) VALUES (?1, ?2, ?3, 1) \
     ON CONFLICT (key) DO NOTHING";
/// Stores a row that still has its version.
pub const UPDATE: &str = "UPDATE sanspay SET version = version + 1, value = ?1, due = ?2 \
     WHERE key = ?3 AND version = ?4";
/// Reads one row.
pub const LOAD: &str = "SELECT key, version, value, due FROM sanspay WHERE key = ?1";
/// Reads the rows that are due.
pub const SCAN: &str = "SELECT key, version, value, due FROM sanspay WHERE due <= ?1 \
     AND (due, key) > (?2, ?3) AND key >= ?4 AND key < ?5 ORDER BY due, key LIMIT ?6";

/// Marks a file of this store (`PRAGMA application_id`): `sans`.
const APPLICATION_ID: i32 = 0x7361_6e73;

/// How long one process waits for another that writes.
const BUSY: Duration = Duration::from_secs(10);
/// How often opening is tried: processes that create the file at once may find it locked.
const OPENINGS: usize = 5;

/// A store in a `SQLite` file: the default on one host.
///
/// Any number of processes and threads of the host share the file. What it acknowledges survives a
/// power failure (`synchronous = FULL`). Use no network file system.
///
/// ```
/// use sanspay_core::durable::{BlockingStore, Put};
/// use sanspay_store::SqliteStore;
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("payouts.db");
/// let store = SqliteStore::open(&path)?;
/// let put = Put { key: "note:1".into(), expected: 0, value: "{}".into(), due_in: None };
/// assert!(BlockingStore::store_if(&store, &put)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SqliteStore {
    shared: Arc<Shared>,
}

struct Shared {
    path: PathBuf,
    file: Option<FileId>,
    connection: Mutex<Connection>,
}

/// What tells one file from another that was put in its place, and how many names it has.
type FileId = (u64, u64, u64);

impl SqliteStore {
    /// Opens the file, and creates it where there is none.
    ///
    /// # Errors
    /// Where it is a database of something else, or cannot be opened.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Self::with(path.as_ref(), OpenFlags::SQLITE_OPEN_CREATE)
    }

    /// Opens a file that has to be there: a wrong path is an error and not an empty store.
    ///
    /// # Errors
    /// Those of [`open`](SqliteStore::open), and where there is no file.
    pub fn open_existing(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Self::with(path.as_ref(), OpenFlags::empty())
    }

    fn with(path: &Path, create: OpenFlags) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | create;
        let mut opened = open(path, flags);
        for _ in 1..OPENINGS {
            if !opened.as_ref().is_err_and(is_busy) {
                break;
            }
            opened = open(path, flags);
        }
        let connection = opened.map_err(|error| match error {
            Opening::Sql(error) => store_error(error),
            Opening::Foreign => StoreError::not_stored(
                "the file is a database of something else: give the store a file of its own, or \
                 use `In` with your connection",
            ),
            Opening::SeveralNames => StoreError::not_stored(SEVERAL_NAMES),
        })?;
        let file = file_id(path);
        Ok(Self {
            shared: Arc::new(Shared {
                path: path.to_owned(),
                file,
                connection: Mutex::new(connection),
            }),
        })
    }

    /// The connection, if the path still leads to the file that was opened. Writing to one that was
    /// moved away would be lost, and two processes could hold two files for the same.
    fn connection(&self) -> Result<MutexGuard<'_, Connection>, StoreError> {
        let Shared { path, file, .. } = &*self.shared;
        let found = file_id(path);
        if found.is_some_and(has_several_names) {
            return Err(StoreError::not_stored(SEVERAL_NAMES));
        }
        if found != *file {
            let what = "the file was moved, removed or replaced while it was open";
            return Err(StoreError::not_stored(what));
        }
        let connection = self.shared.connection.lock();
        Ok(connection.unwrap_or_else(PoisonError::into_inner))
    }
}

const SEVERAL_NAMES: &str = "the file has a second name, a hard link: SQLite would write two logs for \
     it, and two processes would not see each other";

enum Opening {
    Sql(rusqlite::Error),
    Foreign,
    SeveralNames,
}

impl From<rusqlite::Error> for Opening {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

fn is_busy(error: &Opening) -> bool {
    let Opening::Sql(error) = error else {
        return false;
    };
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

fn has_several_names((_, _, names): FileId) -> bool {
    names > 1
}

fn open(path: &Path, flags: OpenFlags) -> Result<Connection, Opening> {
    if file_id(path).is_some_and(has_several_names) {
        return Err(Opening::SeveralNames);
    }
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    let tables = "SELECT count(*) FROM sqlite_schema";
    let is_empty = |connection: &Connection| {
        connection.query_row(tables, [], |row| Ok(row.get::<_, i64>(0)? == 0))
    };
    let ours = |connection: &Connection| {
        connection.pragma_query_value(None, "application_id", |row| {
            Ok(row.get::<_, i32>(0)? == APPLICATION_ID)
        })
    };
    if !ours(&connection)? && !is_empty(&connection)? {
        return Err(Opening::Foreign);
    }
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let begin = rusqlite::TransactionBehavior::Immediate;
    let transaction = connection.transaction_with_behavior(begin)?;
    if !ours(&transaction)? {
        // Another program may have been faster.
        if !is_empty(&transaction)? {
            return Err(Opening::Foreign);
        }
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.execute_batch(SCHEMA)?;
    }
    transaction.commit()?;
    Ok(connection)
}

#[cfg(unix)]
fn file_id(path: &Path) -> Option<FileId> {
    use std::os::unix::fs::MetadataExt;
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.dev(), metadata.ino(), metadata.nlink()))
}

/// Not known elsewhere.
#[cfg(not(unix))]
fn file_id(_: &Path) -> Option<FileId> {
    None
}

/// Creates the table in a database of yours.
///
/// # Errors
/// Those of the database.
pub fn migrate(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(SCHEMA)
}

impl BlockingStore for In<&Connection> {
    fn load(&self, key: &str) -> Result<Loaded, StoreError> {
        load(self.0, key).map_err(store_error)
    }

    fn store_if(&self, put: &Put) -> Result<bool, StoreError> {
        store_if(self.0, put).map_err(store_error)
    }

    fn scan(&self, scan: &Scan) -> Result<Scanned, StoreError> {
        read_due(self.0, scan).map_err(store_error)
    }
}

impl BlockingStore for SqliteStore {
    fn load(&self, key: &str) -> Result<Loaded, StoreError> {
        load(&*self.connection()?, key).map_err(store_error)
    }

    fn store_if(&self, put: &Put) -> Result<bool, StoreError> {
        store_if(&*self.connection()?, put).map_err(store_error)
    }

    fn scan(&self, scan: &Scan) -> Result<Scanned, StoreError> {
        read_due(&*self.connection()?, scan).map_err(store_error)
    }
}

#[cfg(feature = "tokio")]
impl sanspay_core::durable::Store for SqliteStore {
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

fn load(connection: &Connection, key: &str) -> rusqlite::Result<Loaded> {
    let mut statement = connection.prepare_cached(LOAD)?;
    let row = statement.query_row([key], read_row).optional()?;
    let now = SystemTime::now();
    Ok(Loaded { row, now })
}

/// By `execute` and its count: the error of a commit is lost where one row is read (rusqlite #1418).
fn store_if(connection: &Connection, put: &Put) -> rusqlite::Result<bool> {
    let Put {
        key,
        expected,
        value,
        due_in,
    } = put;
    let due = due_in.and_then(|later| SystemTime::now().checked_add(later));
    let due = due.map(micros);
    let changed = if *expected == 0 {
        let mut statement = connection.prepare_cached(INSERT)?;
        statement.execute(params![value, due, key])?
    } else {
        let mut statement = connection.prepare_cached(UPDATE)?;
        statement.execute(params![value, due, key, expected])?
    };
    Ok(changed == 1)
}

fn read_due(connection: &Connection, scan: &Scan) -> rusqlite::Result<Scanned> {
    let now = SystemTime::now();
    let (due, key) = match &scan.after {
        Some(after) => (micros(after.due), after.key.as_str()),
        None => (i64::MIN, ""),
    };
    let end = format!("{}\u{10ffff}", scan.prefix);
    let mut statement = connection.prepare_cached(SCAN)?;
    let rows = statement.query_map(
        params![micros(now), due, key, scan.prefix, end, scan.limit],
        read_row,
    )?;
    let rows = rows.collect::<Result<_, _>>()?;
    Ok(Scanned { rows, now })
}

fn read_row(row: &SqlRow<'_>) -> rusqlite::Result<Row> {
    let due: Option<i64> = row.get(3)?;
    Ok(Row {
        key: row.get(0)?,
        version: row.get(1)?,
        value: row.get(2)?,
        due: due.map(from_micros),
    })
}

/// Only an error while writing leaves open whether it was written.
fn store_error(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt) => {
            StoreError::maybe_stored(error)
        }
        _ => StoreError::not_stored(error),
    }
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteStore")
            .field("path", &self.shared.path)
            .finish_non_exhaustive()
    }
}
