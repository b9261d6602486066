//! What is fuzzed: one function for each place where the core reads bytes from outside.
//!
//! Each takes any bytes and panics where a property does not hold, so that libFuzzer
//! (`fuzz_targets`) and the smoke run on stable (`src/bin/smoke.rs`) run the very same code. A
//! recorded cassette becomes a target of its own once there is a reader of cassettes.

mod checkout;
#[path = "../../../ffi-free-tests/tests/forger/cuts.rs"]
mod cuts;
mod partner;

pub use checkout::{notification_body, return_query};
pub use partner::{error_body, jwt_expiry, page, record, token_answer, webhook};

/// A target: its name and its function.
pub type Target = (&'static str, fn(&[u8]));

/// Every target by the name of its corpus.
pub const TARGETS: [Target; 8] = [
    ("token_answer", token_answer),
    ("jwt_expiry", jwt_expiry),
    ("record", record),
    ("page", page),
    ("error_body", error_body),
    ("webhook", webhook),
    ("notification_body", notification_body),
    ("return_query", return_query),
];

/// Stands in the corpora where a secret or customer data would: nothing that is printed may
/// repeat it. It has not the form of a name, because names are printed.
pub const MARKER: &str = "s3cr3t@x";

fn assert_silent(printed: &str) {
    assert!(!printed.contains(MARKER), "{printed}");
}
