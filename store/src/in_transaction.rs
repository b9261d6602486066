//! The seam inside a transaction of the user's.

use std::fmt;

/// A store inside a transaction of yours: what is stored is committed together with your own rows,
/// or not at all.
///
/// It holds a reference to `rusqlite`'s `Connection` or `Transaction`, or to `tokio-postgres`'
/// `Client` or `Transaction`; with the feature `postgres-blocking` a `RefCell` of a `&mut` to those of the
/// crate `postgres`. Hand every error on and roll back: after one `PostgreSQL` has rolled
/// back already, and a `commit` that follows says nothing.
pub struct In<C>(pub C);

impl<C> fmt::Debug for In<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("In(transaction)")
    }
}
