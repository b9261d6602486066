//! What a way to drive the core implements to be put through the suite.

use sanspay_core::partner::{ListPayments, Record, Resolution};
use sanspay_core::{Endpoint, Error, Page, Pager, Settings, UnknownOutcome};
use std::time::Duration;

use sanspay_testkit::world::World;

/// The key id that the sandbox knows.
pub const KEY_ID: &str = "sandbox-key-id";

/// The key secret that the sandbox knows.
pub const KEY_SECRET: &str = "sandbox-key-secret";

/// A way to drive the core: by hand in memory, or by the client of an adapter.
///
/// To put an adapter through the suite, build its client with [`KEY_ID`], [`KEY_SECRET`], the
/// `settings` as they are, and four parts that belong to the world:
///
/// - its spelling is [`World::wire`];
/// - its time is [`World::now`];
/// - it sleeps by [`World::sleep`], unless the wait may end early: then it waits in its own way
///   to be woken;
/// - its transport calls [`World::send`]. Over a socket it calls [`World::depart`] instead, sends
///   the request to a server that does what [`Flight::reply`](crate::Flight::reply) says (to an
///   address where nobody listens for `NotConnected`, with a short time limit for one that
///   [is late](crate::Flight::is_late)), and hands the outcome to [`World::landed`].
///
/// A transport whose flight [is abandoned](crate::Flight::is_abandoned) gives its call up: by
/// unwinding where calls block, by never finishing where they can be dropped.
pub trait Driver {
    /// Calls operations.
    type Client: Client;

    /// A client with no token yet, whose requests, time and sleep are the world's.
    ///
    /// # Errors
    /// Those of the adapter's own builder.
    fn client(&self, world: &World, settings: Settings) -> Result<Self::Client, Error>;
}

/// The client of an adapter, as the suite uses it.
pub trait Client {
    /// Calls an operation, within a deadline of its own if one is given.
    ///
    /// # Errors
    /// Those of the call.
    fn call<E>(&self, endpoint: E, deadline: Option<Duration>) -> Result<E::Output, Error>
    where
        E: Endpoint + Send + Sync,
        E::Output: Send;

    /// Begins `dropped`, begins `follower` while the first request of `dropped` is on its way,
    /// drops `dropped`, and calls `follower` to its end. The world has marked that request.
    ///
    /// # Errors
    /// Those of the call of `follower`.
    fn abandon<E>(&self, dropped: E, follower: E) -> Result<E::Output, Error>
    where
        E: Endpoint + Send + Sync,
        E::Output: Send;

    /// Finds out what became of an operation; the adapter's own way to do it.
    fn resolve(&self, unknown: &UnknownOutcome) -> Resolution;

    /// All records of a list, and the error that ended it; the adapter's own way to do it.
    fn pages(&self, list: ListPayments) -> (Vec<Record>, Option<Error>) {
        read_pages(list, |list| self.call(list, None))
    }
}

/// Reads a list to its end by hand: all of its records, and the error that ended it.
pub fn read_pages(
    list: ListPayments,
    call: impl Fn(ListPayments) -> Result<Page<Record>, Error>,
) -> (Vec<Record>, Option<Error>) {
    let (mut pager, mut records) = (Pager::new(list), Vec::new());
    loop {
        let list = match pager.next() {
            Ok(Some(list)) => list,
            Ok(None) => return (records, None),
            Err(error) => return (records, Some(error)),
        };
        match call(list).and_then(|page| pager.accept(page)) {
            Ok(items) => records.extend(items),
            Err(error) => return (records, Some(error)),
        }
    }
}
