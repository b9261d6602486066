//! The doctor of a connection to the partner API: what it looks at, in which order, and what it
//! makes of it.
//!
//! It needs no network of its own. [`Doctor::offline`] looks at certificates and key;
//! [`Examination`] hands out one [`Probe`] after the other, which an adapter carries out.
//! `sanspay_blocking::examine` and `sanspay_async::examine` do that.

mod certificates;
mod examination;
mod knock;
mod server;
mod setup;

use std::time::Duration;

pub use examination::{Examination, Found, Probe};
pub use knock::Knock;
#[doc(no_inline)]
pub use sanspay_core::{Check, Diagnosis, Verdict};
pub use server::Handshake;
pub use setup::Doctor;

/// How long each probe may take.
pub const PATIENCE: Duration = Duration::from_secs(10);
