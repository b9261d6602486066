//! The checks that need no network, and the report that all checks of the doctor end in.
//!
//! The whole doctor, with its checks over the network, is `sanspay_blocking::Doctor`.

mod certificates;

pub use certificates::ClientPem;
#[doc(no_inline)]
pub use sanspay_core::{Check, Diagnosis, Verdict};
