//! Tests of the core with no IO and no C in the whole dependency tree, and the one scenario suite
//! that every way to drive the core must pass.
//!
//! - [`World`]: the sandbox, the network before it and the clock, all virtual. It keeps a
//!   [`Trace`] of what happens.
//! - [`InMemory`]: the driver with no socket, no thread and no sleep.
//! - [`scenarios::all`]: the suite, as data with its expectations.
//! - [`cassettes::record`]: the suite as cassettes, and replayed from them alone.
//! - [`cases`]: what real servers answer, line by line, and what the SDK has to make of it.
//! - [`cuts`]: every way to cut a signed text into parameters.
//! - [`simulation`]: years of faults from one seed, with a violation told as a story.
//! - [`Driver`] and [`Client`]: what a way to drive the core implements to be put through it;
//!   [`disagreements`] does that.
//!
//! ```
//! use sanspay_ffi_free_tests::{InMemory, disagreements, scenarios};
//! assert_eq!(disagreements(&InMemory, &scenarios::all()), Vec::<String>::new());
//! ```

pub mod cases;
pub mod cassettes;
pub mod cuts;
mod driver;
pub mod fleet;
mod memory;
pub mod profiles;
mod run;
mod scenario;
pub mod scenarios;
pub mod simulation;

pub use driver::{Client, Driver, KEY_ID, KEY_SECRET, read_pages};
pub use memory::{InMemory, MemoryClient, Speaking};
pub use run::{disagreements, disagreements_spelled, perform, run, run_in, run_spelled};
pub use sanspay_testkit::world::{Canned, Event, Flight, RequestEnd, Trace, World, drive};
pub use scenario::{Call, Scenario, Step};
