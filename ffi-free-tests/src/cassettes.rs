//! The committed cassettes: every scenario and the messages of the hosted checkout, recorded from
//! the sandbox, and replayed without it.

mod checkout;

use std::error::Error;

use sanspay_core::Wire;
use sanspay_core::profile::LeafValue;
use sanspay_testkit::cassette::{Cassette, LeakError, Matching, Recorder, Redaction, Replay};
use sanspay_testkit::world::{Trace, World};

pub use self::checkout::{FORGED, PAID, order, page, verifier};
use crate::driver::{KEY_ID, KEY_SECRET};
use crate::memory::InMemory;
use crate::run::run_in;
use crate::scenario::Scenario;
use crate::scenarios;

/// Records all: the files' names with their texts, sorted. The same in every run.
///
/// # Errors
/// When a secret would be in one of them.
pub fn record() -> Result<Vec<(String, String)>, Box<dyn Error>> {
    let mut files = checkout::record()?;
    for scenario in scenarios::all() {
        files.push((file_name(&scenario), record_scenario(&scenario)?));
    }
    files.sort();
    Ok(files)
}

/// The name of a scenario's cassette.
pub fn file_name(scenario: &Scenario) -> String {
    let words = scenario.name().split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    words.join("-").to_ascii_lowercase() + ".json"
}

fn record_scenario(scenario: &Scenario) -> Result<String, LeakError> {
    let world = World::new(scenario.sandbox_config());
    // Scenarios tell their records apart by references, and invent a status.
    let rules = Redaction::new().keep("reference").keep("status");
    let recorder = recorder(scenario.name(), rules);
    world.record(&recorder);
    run_in(&world, &InMemory, scenario);
    recorder.to_json()
}

/// Records a scenario with a provider of another spelling.
///
/// # Errors
/// When a secret would be in it.
pub fn record_spelled(scenario: &Scenario, wire: &Wire) -> Result<String, LeakError> {
    let mut config = scenario.sandbox_config();
    config.partner.wire = wire.clone();
    let world = World::new(config);
    // Each provider has its own names for references and statuses.
    let names = [
        "record.reference",
        "list.query.reference",
        // A trace tells pages apart by their marks.
        "page.cursor",
        "page.next_cursor",
    ];
    let rules = names
        .iter()
        .fold(Redaction::new().spelling(wire), |rules, leaf| {
            let LeafValue::Text(place) = wire.profile.leaves().get(leaf) else {
                return rules;
            };
            rules.keep(place.rsplit('/').next().unwrap_or_default())
        });
    let recorder = recorder(scenario.name(), rules);
    world.record(&recorder);
    run_in(&world, &InMemory, scenario);
    recorder.to_json()
}

fn recorder(name: &str, rules: Redaction) -> Recorder {
    let rules = rules.secret(KEY_ID).secret(KEY_SECRET);
    Recorder::new(name, rules)
        .exact_times()
        .starting_at(Cassette::beginning())
}

/// Puts the reference driver through a scenario with nothing but its cassette.
///
/// # Errors
/// Says what is otherwise than expected, or what of the cassette was not used.
pub fn replay(scenario: &Scenario, cassette: Cassette) -> Result<Trace, String> {
    replay_spelled(scenario, cassette, Wire::default())
}

/// The same for a client of another spelling.
///
/// # Errors
/// Those of [`replay`].
pub fn replay_spelled(
    scenario: &Scenario,
    cassette: Cassette,
    wire: Wire,
) -> Result<Trace, String> {
    let matching = Matching::new().header("authorization");
    let replay = Replay::new(cassette).matching(matching).speaking(wire);
    let world = World::replaying(replay.clone());
    let trace = run_in(&world, &InMemory, scenario);
    // How often the provider did something is not the client's to say.
    let expected: Vec<_> = scenario
        .expected()
        .iter()
        .filter(|line| !line.starts_with("executed: "))
        .collect();
    if let Some(difference) = trace.difference(&expected) {
        return Err(format!("{}: {difference}", scenario.name()));
    }
    replay.finish().map_err(|error| error.to_string())?;
    Ok(trace)
}
