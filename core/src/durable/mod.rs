//! What has to survive a crash, and what many machines share: pure decisions over one storage seam.
//!
//! A process can die between sending a payout and storing what came of it. So a durable call stores
//! the intent *before* the request is sent, and its outcome after. What is still open after a
//! restart may have been executed: it is looked up and never sent again on a guess.
//!
//! ```text
//!            begin                      not executed
//! nothing ─────────▶ open ─────────────────────────────────▶ not executed ──begin──▶ open
//!    │                │ executed, whoever tells it
//!    │ enqueue        └────────────▶ executed, permanently
//!    └─────────▶ queued ──a worker begins──▶ open
//! ```
//!
//! [`Store`] and [`BlockingStore`] are the seam: load, store-if-version, scan. All times are the
//! store's own, so that no decision compares the clocks of two machines; the fence after which
//! nothing is sent is measured by one clock, that of the machine which sends.
//!
//! One payout, paid once whatever happens in between (`client` is that of either adapter; the
//! asynchronous one awaits):
//!
//! ```no_run
//! # fn store() -> impl sanspay_core::durable::BlockingStore { Memory }
//! # struct Memory;
//! # use sanspay_core::durable::{Loaded, Put, Scan, Scanned, StoreError};
//! # impl sanspay_core::durable::BlockingStore for Memory {
//! #     fn load(&self, _: &str) -> Result<Loaded, StoreError> { unimplemented!() }
//! #     fn store_if(&self, _: &Put) -> Result<bool, StoreError> { unimplemented!() }
//! #     fn scan(&self, _: &Scan) -> Result<Scanned, StoreError> { unimplemented!() }
//! # }
//! # let client = sanspay_blocking::Client::builder().build()?;
//! use sanspay_core::Currency;
//! use sanspay_core::durable::Outcome;
//! use sanspay_core::partner::NewPayout;
//!
//! let store = store(); // a database: see `sanspay-store`
//! let payout = NewPayout::new("p-1", "5".parse()?, Currency::EUR, "DE00");
//! match client.durable(&store).call(&payout) {
//!     Outcome::Executed(executed) => println!("paid: {}", executed.id()),
//!     Outcome::NotExecuted(error) => println!("not paid, for certain: {error}"),
//!     Outcome::Unknown(pending) => println!("ask again in {:?}", pending.again_in()),
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod call;
mod enqueue;
mod inbox;
mod memory;
mod outcome;
mod reconcile;
mod recover;
mod store;
mod stored_intent;
#[cfg(test)]
mod tests;

pub use call::{DurableCall, DurableStep};
pub use enqueue::{Enqueue, Enqueued};
pub use inbox::{Applied, EVENT_PREFIX, Event};
pub use memory::MemoryStore;
pub use outcome::{Executed, Outcome, Pending, PendingReason};
pub use reconcile::{Difference, Known, Listed, Ours, Reconciler, Repair, Side};
pub use recover::{Recovered, Recovery};
pub use store::{
    BlockingStore, Loaded, Place, Put, Row, Scan, Scanned, Store, StoreAnswer, StoreError, StoreOp,
};
pub use stored_intent::{INTENT_PREFIX, State, StoredIntent};
pub(crate) use stored_intent::{from_micros, to_micros};
