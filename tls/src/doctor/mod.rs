//! The checks that need no network, and the report that all checks of the doctor end in.
//!
//! The whole doctor, with its checks over the network, is `sanspay_blocking::Doctor`.

mod certificates;
mod report;

pub use certificates::ClientPem;
pub use report::{Check, Diagnosis, Verdict};
