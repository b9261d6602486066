//! The storage seam inside of a transaction of sqlx. sanspay depends on no sqlx, so that it never decides which
//! one you have: copy this file. For `PostgreSQL` put `PgConnection` and the statements of
//! `sanspay_store::postgres` in.

use std::time::{Duration, SystemTime};

use sanspay_core::durable::{Loaded, Put, Row, Scan, Scanned, Store, StoreError};
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};
use tokio::sync::Mutex;

/// The statements of `sanspay_store::sqlite`, which the tests hold equal.
pub const INSERT: &str = "INSERT INTO sanspay (value, due, key, version) VALUES (?1, ?2, ?3, 1) \
     ON CONFLICT (key) DO NOTHING";
pub const UPDATE: &str = "UPDATE sanspay SET version = version + 1, value = ?1, due = ?2 \
     WHERE key = ?3 AND version = ?4";
pub const LOAD: &str = "SELECT key, version, value, due FROM sanspay WHERE key = ?1";
pub const SCAN: &str = "SELECT key, version, value, due FROM sanspay WHERE due <= ?1 \
     AND (due, key) > (?2, ?3) AND key >= ?4 AND key < ?5 ORDER BY due, key LIMIT ?6";

/// A transaction of yours as a store: begun by `begin_with("BEGIN IMMEDIATE")`, lent as `&mut *transaction`.
pub struct InSqlx<'a>(Mutex<&'a mut SqliteConnection>);

impl<'a> InSqlx<'a> {
    pub fn new(connection: &'a mut SqliteConnection) -> Self {
        Self(Mutex::new(connection))
    }
}

impl Store for InSqlx<'_> {
    async fn load(&self, key: &str) -> Result<Loaded, StoreError> {
        let mut connection = self.0.lock().await;
        let rows = sqlx::query(LOAD).bind(key).fetch_all(&mut **connection);
        let row = rows.await.map_err(failed)?.first().map(read);
        let now = SystemTime::now();
        Ok(Loaded {
            row: row.transpose()?,
            now,
        })
    }

    async fn store_if(&self, put: &Put) -> Result<bool, StoreError> {
        let due = put.due_in.map(|later| micros(SystemTime::now() + later));
        let query = sqlx::query(if put.expected == 0 { INSERT } else { UPDATE });
        let mut query = query.bind(&put.value).bind(due).bind(&put.key);
        if put.expected != 0 {
            query = query.bind(put.expected);
        }
        let mut connection = self.0.lock().await;
        let done = query.execute(&mut **connection).await.map_err(failed)?;
        Ok(done.rows_affected() == 1)
    }

    async fn scan(&self, scan: &Scan) -> Result<Scanned, StoreError> {
        let now = SystemTime::now();
        let (due, key) = match &scan.after {
            Some(after) => (micros(after.due), after.key.as_str()),
            None => (i64::MIN, ""),
        };
        let query = sqlx::query(SCAN).bind(micros(now)).bind(due).bind(key);
        let query = query.bind(&scan.prefix);
        let query = query.bind(format!("{}\u{10ffff}", scan.prefix));
        let mut connection = self.0.lock().await;
        let rows = query.bind(scan.limit).fetch_all(&mut **connection).await;
        let rows = rows.map_err(failed)?;
        let rows = rows.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Scanned { rows, now })
    }
}

fn read(row: &SqliteRow) -> Result<Row, StoreError> {
    let due: Option<i64> = row.try_get(3).map_err(failed)?;
    let due = due.map(|due| Duration::from_micros(u64::try_from(due).unwrap_or(0)));
    Ok(Row {
        key: row.try_get(0).map_err(failed)?,
        version: row.try_get(1).map_err(failed)?,
        value: row.try_get(2).map_err(failed)?,
        due: due.map(|due| SystemTime::UNIX_EPOCH + due),
    })
}

/// Inside of a transaction nothing is stored before you commit: roll back after any error.
fn failed(error: sqlx::Error) -> StoreError {
    StoreError::not_stored(error)
}

fn micros(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
    })
}
