//! Stores for [durable calls](sanspay_core::durable): the seam of the core over real databases.
//!
//! | feature | store | who shares it | the record of money |
//! |---|---|---|---|
//! | `sqlite` | [`SqliteStore`] | the processes of one host | yes |
//! | `redb` | [`RedbStore`] | the threads of one process; no C | yes |
//! | `postgres` | [`PostgresStore`] | any number of hosts, also behind `PgBouncer` | yes |
//! | `redis` | [`RedisStore`] | any number of hosts | no: the shared token alone |
//!
//! None is on by default. `SqliteStore` and `RedbStore` serve the blocking client, and with the feature
//! `tokio` the asynchronous one; [`Blocking`] lends an asynchronous store to the blocking client.
//!
//! A token that machines share is sealed by a [`SealingKey`] (feature `seal`) before it is stored.
//!
//! A store inside a transaction of yours is [`In`]: what is stored through it is committed together
//! with your own rows, or not at all.

#[cfg(any(feature = "postgres", feature = "redis"))]
mod blocking;
mod in_transaction;
#[cfg(all(feature = "tokio", any(feature = "sqlite", feature = "redb")))]
mod off_thread;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "redb")]
mod redb;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "seal")]
mod seal;
#[cfg(feature = "sqlite")]
pub mod sqlite;
mod time;

#[cfg(any(feature = "postgres", feature = "redis"))]
pub use blocking::Blocking;
pub use in_transaction::In;
#[cfg(feature = "postgres")]
pub use postgres::PostgresStore;
#[cfg(feature = "redb")]
pub use redb::RedbStore;
#[cfg(feature = "redis")]
pub use redis::RedisStore;
#[cfg(feature = "seal")]
pub use seal::SealingKey;
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;
