//! `PostgreSQL`: any number of hosts, directly or behind `PgBouncer` in transaction mode.

#[cfg(feature = "postgres-blocking")]
mod blocking;

use std::fmt;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use sanspay_core::durable::{Loaded, Put, Row, Scan, Scanned, Store, StoreError};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Error, GenericClient, NoTls, Row as SqlRow};

use crate::In;
use crate::time::{from_micros, micros, span_micros};

/// The table, for a migration of yours.
pub const SCHEMA: &str = include_str!("../sql/postgres.sql");

/// Stores a row that is not there. `$2` is the microseconds until it is due.
pub const INSERT: &str = "INSERT INTO sanspay (value, due, key, version) \
     SELECT $1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + $2, $3, 1 \
     ON CONFLICT (key) DO NOTHING";
/// Stores a row that still has its version.
pub const UPDATE: &str = "UPDATE sanspay SET version = version + 1, value = $1, \
     due = (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + $2 \
     WHERE key = $3 AND version = $4";
/// Reads one row and the time; a row of nothing but the time where the key is not there.
pub const LOAD: &str = "SELECT s.version, s.value, s.due, \
     (extract(epoch FROM clock_timestamp()) * 1000000)::bigint \
     FROM (SELECT) AS one LEFT JOIN sanspay AS s ON s.key = $1";
/// Reads the rows that are due and the time, which comes also where there is none.
pub const SCAN: &str = "SELECT s.version, s.value, s.due, clock.now, s.key \
     FROM (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now) AS clock \
     LEFT JOIN LATERAL (SELECT key, version, value, due FROM sanspay \
       WHERE due <= clock.now AND (due, key) > ($1, $2) AND key >= $3 AND key < $4 \
       ORDER BY due, key LIMIT $5) AS s ON true ORDER BY s.due, s.key";

/// Both wait two seconds at most for a transaction of somebody else that holds the row, and say so
/// in the statement itself, because a connection of `PgBouncer` keeps no setting.
const BOUNDED_INSERT: &str = "WITH wait AS MATERIALIZED \
       (SELECT set_config('lock_timeout', '2000', true)) \
     INSERT INTO sanspay (value, due, key, version) \
     SELECT $1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + $2, $3, 1 FROM wait \
     ON CONFLICT (key) DO NOTHING";
const BOUNDED_UPDATE: &str = "WITH wait AS MATERIALIZED \
       (SELECT set_config('lock_timeout', '2000', true)) \
     UPDATE sanspay SET version = version + 1, value = $1, \
     due = (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + $2 \
     FROM wait WHERE key = $3 AND version = $4";

/// The longest that a question takes. An answer that comes later may still have been stored.
const PATIENCE: Duration = Duration::from_secs(5);

/// A store in `PostgreSQL`: the record of money for any number of hosts.
///
/// Every statement is one round trip and prepares nothing, so that it goes through `PgBouncer` in
/// transaction mode. Keep `synchronous_commit` on, and with a standby name it in
/// `synchronous_standby_names`: what an acknowledged intent loses is paid twice. A log of slow
/// statements writes their parameters.
///
/// ```no_run
/// use sanspay_store::PostgresStore;
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let store = PostgresStore::connect("host=/run/postgresql user=shop dbname=shop").await?;
/// store.migrate().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct PostgresStore {
    pool: Pool,
}

impl PostgresStore {
    /// Over a pool of yours, with TLS and sizes as you set them.
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// With a pool of sixteen connections of its own, without TLS: over a socket of the host or a
    /// private network.
    ///
    /// # Errors
    /// Where the text is no set of parameters, or no connection comes about.
    pub async fn connect(parameters: &str) -> Result<Self, StoreError> {
        let config = parameters.parse::<tokio_postgres::Config>();
        let manager = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let manager = Manager::from_config(config.map_err(not_stored)?, NoTls, manager);
        let pool = Pool::builder(manager).max_size(16);
        let pool = pool.build().map_err(StoreError::not_stored)?;
        let store = Self { pool };
        drop(store.client().await?);
        Ok(store)
    }

    /// The pool, for queries of yours.
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Creates the table where there is none. Needs the right to create one.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let client = self.client().await?;
        // Two that create it at the same time: one of them finds it there on the second try.
        if client.batch_execute(SCHEMA).await.is_ok() {
            return Ok(());
        }
        client.batch_execute(SCHEMA).await.map_err(store_error)
    }

    async fn client(&self) -> Result<deadpool_postgres::Object, StoreError> {
        match tokio::time::timeout(PATIENCE, self.pool.get()).await {
            Ok(Ok(client)) => Ok(client),
            Ok(Err(error)) => Err(StoreError::not_stored(error)),
            Err(late) => Err(StoreError::not_stored(late)),
        }
    }
}

impl Store for PostgresStore {
    async fn load(&self, key: &str) -> Result<Loaded, StoreError> {
        let client = self.client().await?;
        let asked = async { load(&**client, key).await.map_err(store_error) };
        in_time(asked).await
    }

    async fn store_if(&self, put: &Put) -> Result<bool, StoreError> {
        let client = self.client().await?;
        let asked = async {
            match store_if(&**client, BOUNDED_INSERT, BOUNDED_UPDATE, put).await {
                // Outside of a transaction it means that somebody else was faster.
                Err(error) if error.code() == Some(&SqlState::T_R_SERIALIZATION_FAILURE) => {
                    Ok(false)
                }
                other => other.map_err(store_error),
            }
        };
        in_time(asked).await
    }

    async fn scan(&self, scan: &Scan) -> Result<Scanned, StoreError> {
        let client = self.client().await?;
        let asked = async { read_due(&**client, scan).await.map_err(store_error) };
        in_time(asked).await
    }
}

impl<C: GenericClient + Sync> Store for In<&C> {
    async fn load(&self, key: &str) -> Result<Loaded, StoreError> {
        load(self.0, key).await.map_err(store_error)
    }

    async fn store_if(&self, put: &Put) -> Result<bool, StoreError> {
        store_if(self.0, INSERT, UPDATE, put)
            .await
            .map_err(store_error)
    }

    async fn scan(&self, scan: &Scan) -> Result<Scanned, StoreError> {
        read_due(self.0, scan).await.map_err(store_error)
    }
}

async fn in_time<T>(asked: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    let answered = tokio::time::timeout(PATIENCE, asked).await;
    answered.unwrap_or_else(|late| Err(StoreError::maybe_stored(late)))
}

async fn load(client: &(impl GenericClient + Sync), key: &str) -> Result<Loaded, Error> {
    let row = client.query_typed_one(LOAD, &[(&key, Type::TEXT)]).await?;
    read_loaded(&row, key)
}

async fn store_if(
    client: &(impl GenericClient + Sync),
    insert: &str,
    update: &str,
    put: &Put,
) -> Result<bool, Error> {
    let due_in = put.due_in.map(span_micros);
    let parameters = changing(put, &due_in);
    let statement = if put.expected == 0 { insert } else { update };
    Ok(client.execute_typed(statement, &parameters).await? == 1)
}

async fn read_due(client: &(impl GenericClient + Sync), scan: &Scan) -> Result<Scanned, Error> {
    let page = Page::new(scan);
    let found = client.query_typed(SCAN, &page.parameters(scan)).await?;
    read_found(&found)
}

type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

/// In the order of [`INSERT`] and [`UPDATE`].
fn changing<'a>(put: &'a Put, due_in: &'a (dyn ToSql + Sync)) -> Vec<Parameter<'a>> {
    let mut all: Vec<Parameter<'a>> = vec![
        (&put.value, Type::TEXT),
        (due_in, Type::INT8),
        (&put.key, Type::TEXT),
    ];
    if put.expected != 0 {
        all.push((&put.expected, Type::INT8));
    }
    all
}

/// Where a scan begins and ends.
struct Page<'s> {
    due: i64,
    after: &'s str,
    end: String,
    limit: i64,
}

impl<'s> Page<'s> {
    fn new(scan: &'s Scan) -> Self {
        let (due, after) = match &scan.after {
            Some(after) => (micros(after.due), after.key.as_str()),
            None => (i64::MIN, ""),
        };
        Self {
            due,
            after,
            end: format!("{}\u{10ffff}", scan.prefix),
            limit: i64::from(scan.limit),
        }
    }

    /// In the order of [`SCAN`].
    fn parameters<'a>(&'a self, scan: &'a Scan) -> [Parameter<'a>; 5] {
        [
            (&self.due, Type::INT8),
            (&self.after, Type::TEXT),
            (&scan.prefix, Type::TEXT),
            (&self.end, Type::TEXT),
            (&self.limit, Type::INT8),
        ]
    }
}

fn read_loaded(row: &SqlRow, key: &str) -> Result<Loaded, Error> {
    let now = from_micros(row.try_get(3)?);
    let row = read_row(row, key.to_owned())?;
    Ok(Loaded { row, now })
}

fn read_found(found: &[SqlRow]) -> Result<Scanned, Error> {
    let now = match found.first() {
        Some(row) => from_micros(row.try_get(3)?),
        None => std::time::SystemTime::UNIX_EPOCH,
    };
    let mut rows = Vec::with_capacity(found.len());
    for row in found {
        let key: Option<String> = row.try_get(4)?;
        rows.extend(read_row(row, key.unwrap_or_default())?);
    }
    Ok(Scanned { rows, now })
}

/// Version, value and due time, in the first three columns.
fn read_row(row: &SqlRow, key: String) -> Result<Option<Row>, Error> {
    let version: Option<i64> = row.try_get(0)?;
    let value: Option<String> = row.try_get(1)?;
    let due: Option<i64> = row.try_get(2)?;
    Ok(version.zip(value).map(|(version, value)| Row {
        key,
        version,
        value,
        due: due.map(from_micros),
    }))
}

fn not_stored(error: Error) -> StoreError {
    StoreError::not_stored(Told(error))
}

/// The server refuses by an error of this severity; everything else leaves it open.
fn store_error(error: Error) -> StoreError {
    use tokio_postgres::error::Severity;
    let refused = error
        .as_db_error()
        .is_some_and(|told| matches!(told.parsed_severity(), Some(Severity::Error)));
    if refused {
        not_stored(error)
    } else {
        StoreError::maybe_stored(Told(error))
    }
}

/// The driver's `Display` says nothing but "db error".
#[derive(Debug)]
struct Told(Error);

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_db_error() {
            // Its detail may quote a row.
            Some(told) => write!(f, "{} ({})", told.message(), told.code().code()),
            None => self.0.fmt(f),
        }
    }
}

impl std::error::Error for Told {}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostgresStore")
    }
}
