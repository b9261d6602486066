//! Reads a provider's profile: one file, TOML or JSON, that says how the provider spells the partner
//! API.
//!
//! A profile is data only: places, words, names and forms. It is strict: a key that is no leaf, a
//! place that two fields share, a word with two meanings, an amount form that is not stated are
//! problems, and all of them are said at once, each with its line.
//!
//! ```
//! use sanspay_core::{SessionBuilder, Wire};
//!
//! let file = sanspay_profile::from_toml(r#"
//!     format = 1
//!     name = "zephyr"
//!     money = { form = "minor-integer" }
//!     record = { id = "/uuid", amount = "/money/minor", currency = "/money/iso" }
//!     status = { created = "PENDING", paid = "SETTLED", failed = "DECLINED", expired = "LAPSED" }
//!
//!     [grades]
//!     "record" = { grade = "collection", evidence = "Charges / Show / 200 OK" }
//! "#)?;
//! let session = SessionBuilder::new(1)
//!     .base_url("https://api.example.com")
//!     .credentials("key-id", "key-secret")
//!     .wire(Wire::from(file.profile().clone()))
//!     .build()?;
//!
//! let problems = sanspay_profile::from_toml("format = 1\nrecord = { state = \"/s\" }").unwrap_err();
//! let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
//! assert_eq!(lines, [
//!     "1:1: name must be said: what the provider is called",
//!     "1:1: money.form must be said, also where all else is as assumed",
//!     "2:12: record.state is no leaf of a profile; is it record.status?",
//! ]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)
)]

mod grades;
mod problem;
mod read;
mod tree;

/// The profile of what the SDK assumes, every leaf of it: to copy from.
pub const ASSUMED: &str = include_str!("../profiles/qiaopay-assumed.toml");

/// The profile of a provider that does not exist and that differs in everything: to test with.
pub const ZEPHYR: &str = include_str!("../profiles/zephyr.toml");

pub use grades::Graded;
pub use problem::{Problem, Problems};
pub use read::{ProfileFile, from_json, from_toml};
