//! The stores over real databases: `PostgreSQL`, directly and behind `PgBouncer`, `SQLite`, and Redis.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr
)]

mod killed;
mod postgres;
mod redis;
mod token;
