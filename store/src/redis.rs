//! Redis: the token that a fleet shares, and nothing else.

use std::fmt;
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisError, Script};
use sanspay_core::durable::{Loaded, Put, Row, Scan, Scanned, Store, StoreError};
use sanspay_core::exchange::TOKEN_PREFIX;
use tokio::runtime::Handle;

use crate::time::from_micros;

/// The time, and the row's version and value.
const LOAD: &str = "local t = redis.call('TIME') \
     local r = redis.call('HMGET', KEYS[1], 'n', 'v') \
     return {tonumber(t[1]) * 1000000 + tonumber(t[2]), tonumber(r[1] or 0), r[2] or ''}";
/// Nothing is written before everything was looked at: a script that fails keeps what it wrote.
const STORE_IF: &str = "if tonumber(redis.call('HGET', KEYS[1], 'n') or 0) ~= tonumber(ARGV[1]) \
     then return 0 end \
     redis.call('HSET', KEYS[1], 'n', ARGV[1] + 1, 'v', ARGV[2]) return 1";

/// What the keys of a store begin with in a Redis that others use as well.
const PREFIX: &str = "sanspay:";
const REFUSED: &str = "a RedisStore keeps the shared token alone: Redis loses acknowledged writes, and \
     a lost intent is paid twice";

/// The longest that a question takes; after it a token is fetched without the store.
const PATIENCE: Duration = Duration::from_millis(500);

/// A store in Redis for the [shared token](sanspay_core::exchange::SharedToken) of a fleet.
///
/// It refuses the record of money. Flushed or restarted it costs a token request, nothing worse; while
/// it is down each machine fetches a token of its own. `MONITOR` and `SLOWLOG` show the sealed token.
///
/// ```no_run
/// use sanspay_store::RedisStore;
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let store = RedisStore::connect("redis://redis.internal:6379/0")?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RedisStore {
    connection: ConnectionManager,
}

impl RedisStore {
    /// Connects with the first question, so that a Redis that is down stops nobody. To be called in
    /// a tokio runtime.
    ///
    /// # Errors
    /// Where the text is no address, or no runtime is there.
    pub fn connect(address: &str) -> Result<Self, StoreError> {
        if Handle::try_current().is_err() {
            return Err(StoreError::not_stored("there is no tokio runtime here"));
        }
        // The error of the library may show the password.
        let client = Client::open(address)
            .map_err(|_| StoreError::not_stored("the address of the Redis is not understood"))?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE))
            .set_number_of_retries(1)
            .set_max_delay(PATIENCE);
        let connection = ConnectionManager::new_lazy_with_config(client, config);
        let connection = connection.map_err(StoreError::not_stored)?;
        Ok(Self { connection })
    }
}

impl Store for RedisStore {
    async fn load(&self, key: &str) -> Result<Loaded, StoreError> {
        let script = Script::new(LOAD);
        let asked = script.key(name(key)?);
        let answer = asked.invoke_async(&mut self.connection.clone()).await;
        let (now, version, value): (i64, i64, String) = answer.map_err(StoreError::not_stored)?;
        let row = (version > 0).then(|| Row {
            key: key.to_owned(),
            version,
            value,
            due: None,
        });
        let now = from_micros(now);
        Ok(Loaded { row, now })
    }

    async fn store_if(&self, put: &Put) -> Result<bool, StoreError> {
        let script = Script::new(STORE_IF);
        let mut asked = script.key(name(&put.key)?);
        asked.arg(put.expected).arg(&put.value);
        let answer = asked.invoke_async(&mut self.connection.clone()).await;
        answer.map_err(failed)
    }

    async fn scan(&self, _: &Scan) -> Result<Scanned, StoreError> {
        Err(StoreError::not_stored(REFUSED))
    }
}

fn name(key: &str) -> Result<String, StoreError> {
    if key.starts_with(TOKEN_PREFIX) {
        Ok(format!("{PREFIX}{key}"))
    } else {
        Err(StoreError::not_stored(REFUSED))
    }
}

fn failed(error: RedisError) -> StoreError {
    if error.is_connection_refusal() {
        StoreError::not_stored(error)
    } else {
        StoreError::maybe_stored(error)
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisStore")
    }
}
