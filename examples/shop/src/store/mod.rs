//! What survives a restart: orders, what was said about them, and which of it was acted on, in
//! one `SQLite` file.

mod messages;
mod orders;
mod partner;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use crate::Failure;
use crate::file;

pub(crate) use messages::{Message, messages, put_message};
pub(crate) use orders::{
    Effect, OrderRow, PaymentRow, fresh_order_number, order, payments, put_order, take,
};
pub(crate) use partner::{
    Event, Request, end_event, events, fresh_reference, put_event, put_request, request, settle,
};

/// What the tables below are: a file of other tables is not opened.
const VERSION: i64 = 2;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS orders (
        number TEXT PRIMARY KEY, item TEXT NOT NULL, subject TEXT NOT NULL,
        amount_cents INTEGER NOT NULL, free_days INTEGER, status TEXT NOT NULL,
        url TEXT NOT NULL, signed_text TEXT NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS payments (
        id INTEGER PRIMARY KEY, number TEXT NOT NULL REFERENCES orders, trade_no TEXT NOT NULL,
        returned INTEGER NOT NULL, notified INTEGER NOT NULL, again INTEGER NOT NULL,
        UNIQUE (number, trade_no)
    ) STRICT;
    CREATE TABLE IF NOT EXISTS handled (key TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS messages (
        id INTEGER PRIMARY KEY, number TEXT NOT NULL REFERENCES orders, kind TEXT NOT NULL,
        raw TEXT NOT NULL, failed_check INTEGER, result TEXT NOT NULL, last TEXT NOT NULL,
        times INTEGER NOT NULL, UNIQUE (number, kind, raw)
    ) STRICT;
    CREATE TABLE IF NOT EXISTS requests (
        reference TEXT PRIMARY KEY, type TEXT NOT NULL, amount TEXT NOT NULL,
        currency TEXT NOT NULL, paid_by TEXT
    ) STRICT;
    CREATE TABLE IF NOT EXISTS events (
        id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, record TEXT NOT NULL,
        claim TEXT NOT NULL, state TEXT NOT NULL, found TEXT NOT NULL
    ) STRICT;
";

/// The database. One connection behind a lock: each use is a short transaction.
#[derive(Clone)]
pub(crate) struct Store(Arc<Mutex<Connection>>);

impl Store {
    /// Opens the file, or begins a database in memory.
    ///
    /// # Errors
    /// When the file is not private, or no database of this shop.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let connection = match path {
            Some(path) => {
                let flags = OpenFlags::default() | OpenFlags::SQLITE_OPEN_NOFOLLOW;
                Connection::open_with_flags(file::private(path)?, flags)?
            }
            None => Connection::open_in_memory()?,
        };
        // Written through to the disk before a notification is acknowledged.
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        let tables = "SELECT count(*) FROM sqlite_schema";
        let tables: i64 = connection.query_row(tables, [], |row| row.get(0))?;
        if tables > 0 && version != VERSION {
            return Err("the database is no file of this version of the shop: name another".into());
        }
        connection.execute_batch(SCHEMA)?;
        connection.pragma_update(None, "user_version", VERSION)?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// Runs one transaction, away from the threads that answer requests.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let connection = Arc::clone(&self.0);
        let done = tokio::task::spawn_blocking(move || {
            let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            // Immediate, so that another process on the same file is waited for.
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = work(&transaction)?;
            transaction.commit()?;
            Ok(value)
        });
        done.await?
    }
}

/// Notes that the message behind `key` is acted on; `false` when that was so before.
pub(crate) fn handle(db: &Transaction<'_>, key: &str) -> Result<bool, Failure> {
    Ok(db.execute("INSERT OR IGNORE INTO handled VALUES (?1)", [key])? == 1)
}

#[cfg(test)]
mod tests;
