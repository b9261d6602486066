//! What is fuzzed: one function for each place where the core, the TLS settings and the
//! sandbox read bytes from outside.
//!
//! Each takes any bytes and panics where a property does not hold, so that libFuzzer
//! (`fuzz_targets`) and the smoke run on stable (`src/bin/smoke.rs`) run the very same code.

mod cassette;
mod checkout;
mod headers;
mod journal;
mod partner;
mod sandbox;
mod tls;

pub use cassette::{cassette, redactor};
pub use checkout::{notification_body, return_query};
pub use headers::headers;
pub use journal::journal;
pub use partner::{error_body, jwt_expiry, page, record, token_answer, webhook};
pub use sandbox::sandbox_routes;
pub use tls::{certificate, pem};

/// A target: its name and its function.
pub type Target = (&'static str, fn(&[u8]));

/// Every target by the name of its corpus.
pub const TARGETS: [Target; 15] = [
    ("token_answer", token_answer),
    ("jwt_expiry", jwt_expiry),
    ("record", record),
    ("page", page),
    ("error_body", error_body),
    ("webhook", webhook),
    ("notification_body", notification_body),
    ("return_query", return_query),
    ("cassette", cassette),
    ("redactor", redactor),
    ("headers", headers),
    ("journal", journal),
    ("sandbox_routes", sandbox_routes),
    ("pem", pem),
    ("certificate", certificate),
];

/// Stands in the corpora where a secret or customer data would: nothing that is printed may
/// repeat it. It has not the form of a name, because names are printed.
pub const MARKER: &str = "s3cr3t@x";

/// Nothing that is printed repeats a secret, nor draws on a terminal.
fn assert_silent(printed: &str) {
    assert_without_secret(printed);
    assert_line(printed);
}

fn assert_without_secret(text: &str) {
    assert!(!text.contains(MARKER), "{text}");
}

/// What is printed is one line of visible characters, whoever wrote the text in it.
fn assert_line(printed: &str) {
    let draws = printed
        .chars()
        .any(|c| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'));
    assert!(!draws, "{printed:?}");
}
