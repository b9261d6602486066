//! Providers that do not exist, by the profile that each has: the suite is played with every one.

use sanspay_core::Wire;
use sanspay_profile::{ZEPHYR, from_toml};

use crate::scenario::Scenario;

/// A provider with a spelling of its own.
#[derive(Debug, Clone)]
pub struct Provider {
    name: &'static str,
    wire: Wire,
    differs: &'static [&'static str],
}

impl Provider {
    /// What it is called.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// How it spells the API.
    pub fn wire(&self) -> &Wire {
        &self.wire
    }

    /// Whether a scenario goes another way with it, because it is about something that this
    /// provider does not have.
    pub fn differs_in(&self, scenario: &Scenario) -> bool {
        RAW.contains(&scenario.name()) || self.differs.contains(&scenario.name())
    }
}

/// A call of any route is written in the provider's own spelling, which is another one.
const RAW: [&str; 2] = [
    "an operation that the SDK does not know has token and errors like the rest",
    "a refusal with field messages names the fields",
];

/// Cursors alone, and no numbers.
const WITHOUT_NUMBERS: &[&str] = &[
    "a bare list counts pages until one is empty",
    "a server that ignores the page's number is noticed",
];

/// Offsets, no links, and no filter by status.
const BY_OFFSET: &[&str] = &[
    "a list is filtered by the server",
    "an empty page in the middle is no end",
    "a link back to the same page ends the list with an error",
    "of a link to another origin only the page is taken",
];

/// The providers.
///
/// # Panics
/// Where a profile of this repository is none.
#[allow(clippy::panic)]
pub fn all() -> Vec<Provider> {
    let profiles = [
        ("zephyr", ZEPHYR, WITHOUT_NUMBERS),
        ("boreas", include_str!("boreas.toml"), BY_OFFSET),
        // Links, and pages that say which one they are.
        ("notos", include_str!("notos.toml"), WITHOUT_NUMBERS),
    ];
    let provider = |(name, text, differs)| {
        let mut wire = match from_toml(text) {
            Ok(file) => Wire::from(file.profile().clone()),
            Err(problems) => panic!("{problems}"),
        };
        // The suite's times are those of the default.
        wire.settle = Wire::default().settle;
        Provider {
            name,
            wire,
            differs,
        }
    };
    profiles.map(provider).into()
}
