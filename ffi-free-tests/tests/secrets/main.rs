//! No secret and no customer datum is in what the core prints: the Debug and Display of every
//! public type, of every error down to its last source, and of every step of a whole run.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::too_many_lines
)]

mod calls;
mod cassettes;
mod checkout;
mod durable;
mod query;
mod raw;
mod search;
mod values;

use std::collections::BTreeSet;
use std::fmt;

use search::{Secrets, Shown};

/// What the tests put wherever a secret or a customer datum can stand.
const PLANTED: [&str; 11] = [
    "PlantedKeyId",
    "PlantedKeySecret",
    "PlantedSigningKey",
    "PlantedDefaultKey",
    "PlantedJane",
    "PlantedDoe",
    "planted.mail@customer.example",
    "5550007788",
    "DE89PLANTED",
    "PlantedBeneficiary",
    "PlantedDescription",
];

/// Everything that is printed in the whole run, and every secret that it knew.
fn everything() -> (Shown, Secrets) {
    let mut shown = Shown::default();
    let mut secrets = Secrets::default();
    for secret in PLANTED {
        secrets.add(secret);
    }
    values::show(&mut shown);
    calls::show(&mut shown, &mut secrets);
    checkout::show(&mut shown, &mut secrets);
    query::show(&mut shown, &mut secrets);
    durable::show(&mut shown, &mut secrets);
    cassettes::show(&mut shown);
    (shown, secrets)
}

#[test]
fn nothing_that_is_printed_holds_a_secret() {
    let (shown, secrets) = everything();
    assert!(
        secrets.len() > PLANTED.len() + 2,
        "tokens and signatures are among them"
    );
    assert!(shown.len() > 500, "{}", shown.len());
    assert_eq!(secrets.leaks(&shown), Vec::<String>::new());
}

#[test]
fn every_public_type_of_the_core_was_printed() {
    let (shown, _) = everything();
    let public = search::public_types();
    assert!(public.len() > 90, "{}", public.len());
    let missing: BTreeSet<_> = public.difference(shown.types()).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn text_of_others_is_printed_as_one_bounded_line_of_visible_characters() {
    let mut shown = Shown::default();
    raw::show(&mut shown);
    assert!(shown.len() > 500, "{}", shown.len());
    assert_eq!(shown.raw(), BTreeSet::new());
}

#[test]
fn the_search_finds_what_draws_on_a_terminal_and_what_is_endless() {
    for (text, found) in [
        ("paid", 0),
        ("a\nb", 1),
        ("\u{1b}[31m", 1),
        ("\u{202e}", 1),
        (&*"x".repeat(10_000), 1),
    ] {
        let mut shown = Shown::default();
        shown.text("", text);
        assert_eq!(shown.raw().len(), found, "{text:?}");
    }
}

struct Leaking {
    key: String,
    body: Vec<u8>,
}

impl fmt::Debug for Leaking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leaking")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Leaking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.body)
    }
}

impl std::error::Error for Leaking {}

#[test]
fn the_search_finds_what_a_leaking_type_prints() {
    let mut secrets = Secrets::default();
    secrets.add("PlantedJane");
    let leaks = |key: &str, body: &str| {
        let mut shown = Shown::default();
        let (key, body) = (key.to_owned(), body.as_bytes().to_vec());
        shown.both(&Leaking { key, body });
        secrets.leaks(&shown).len()
    };
    assert_eq!(leaks("nothing", "nothing"), 0);
    assert_eq!(leaks("x PlantedJane x", "nothing"), 1);
    assert_eq!(leaks("plantedjane", "nothing"), 1, "in other letters");
    assert_eq!(leaks("nothing", "x PlantedJane x"), 1, "as bytes");
    assert_eq!(leaks("506c616e7465644a616e65", "nothing"), 1, "in hex");
    assert_eq!(
        leaks("eFBsYW50ZWRKYW5l", "nothing"),
        1,
        "in Base64, wherever it begins"
    );
    assert_eq!(
        leaks("UGxhbnRlZEphbmU=", "PlantedJane"),
        2,
        "in Base64 and as bytes"
    );
}

#[test]
fn the_search_finds_what_the_source_of_an_error_prints() {
    let mut secrets = Secrets::default();
    secrets.add("PlantedJane");
    let leaking = Leaking {
        key: "PlantedJane".into(),
        body: Vec::new(),
    };
    let error = sanspay_core::Error::new(sanspay_core::ErrorKind::Lost, "x", "y");
    let mut shown = Shown::default();
    shown.error(&error.clone());
    assert!(secrets.leaks(&shown).is_empty());
    shown.error(&error.with_source(leaking));
    assert!(!secrets.leaks(&shown).is_empty());
}
