//! The committed cassettes: still what the sandbox answers, all that a replay needs, and free of
//! secrets.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use boon::{Compiler, Schemas};
use sanspay_core::checkout::Refusal;
use sanspay_ffi_free_tests::{Scenario, cassettes, profiles, scenarios};
use sanspay_testkit::cassette::{Cassette, Kind, Replay, SCHEMA};
use serde_json::Value;

/// What the sandbox and the scenarios know and no file may hold.
const SECRETS: [&str; 12] = [
    "sandbox-key-id",
    "sandbox-key-secret",
    "sandbox-app-key",
    "sandbox-default-key",
    "Jane",
    "Doe",
    "DE00",
    "eyJhbGci",
    "jane.doe",
    "shop.example",
    "Tea",
    "T20211224",
];

/// The committed files by name.
fn committed() -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/cassettes");
    let files = fs::read_dir(folder).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, fs::read_to_string(path).unwrap())
    });
    files.collect()
}

fn replay(name: &str) -> Replay {
    Replay::from_json(name, committed().get(name).unwrap()).unwrap()
}

#[test]
fn recording_again_gives_the_same_files() {
    let recorded: BTreeMap<_, _> = cassettes::record().unwrap().into_iter().collect();
    let committed = committed();
    let names = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        names(&recorded),
        names(&committed),
        "run `cargo run --example record-cassettes`"
    );
    for (name, text) in recorded {
        assert_eq!(
            Some(&text),
            committed.get(&name),
            "{name}: run `cargo run --example record-cassettes`"
        );
    }
}

#[test]
fn every_scenario_is_replayed_from_its_cassette_alone_in_two_seconds() {
    let files = committed();
    let replay_all = || {
        let begin = Instant::now();
        let mut wrong = Vec::new();
        for scenario in scenarios::all() {
            let name = cassettes::file_name(&scenario);
            let cassette = Cassette::from_json(&name, files.get(&name).unwrap()).unwrap();
            wrong.extend(cassettes::replay(&scenario, cassette).err());
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        begin.elapsed()
    };
    // Whatever else the machine does meanwhile.
    let fastest = (0..3).map(|_| replay_all()).min().unwrap();
    assert!(fastest < Duration::from_secs(2), "{fastest:?}");
}

#[test]
fn a_cassette_that_says_something_else_makes_its_scenario_fail() {
    let files = committed();
    let scenarios = scenarios::all();
    let scenario = &scenarios[1];
    let name = cassettes::file_name(scenario);
    let edit = |from: &str, to: &str| {
        let text = files.get(&name).unwrap();
        assert!(text.contains(from), "{name} has no {from}");
        let unchecked = text.lines().filter(|line| !line.contains("\"check\""));
        let text = unchecked.collect::<Vec<_>>().join("\n").replace(from, to);
        // Without the line after it, a comma ends nothing.
        let text = text
            .replace("},\n    }", "}\n    }")
            .replace(",\n    }", "\n    }");
        cassettes::replay(scenario, Cassette::from_json(&name, &text).unwrap())
    };
    assert!(edit("order-1", "order-1").is_ok());
    let other = edit("\"amount\": \"10.00\"", "\"amount\": \"11.00\"").unwrap_err();
    assert!(
        other.contains("body /amount: recorded `11.00`, asked `10.00`"),
        "{other}"
    );
    assert!(edit("\"status\": 201", "\"status\": 500").is_err());
}

#[test]
fn every_file_fits_the_schema() {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    compiler.add_resource("cassette.json", schema).unwrap();
    let schema = compiler.compile("cassette.json", &mut schemas).unwrap();
    let fits = |text: &str| {
        schemas
            .validate(&serde_json::from_str(text).unwrap(), schema)
            .is_ok()
    };
    let files = committed();
    assert!(files.len() > 100);
    for (name, text) in &files {
        assert!(fits(text), "{name}");
    }
    let text = &files[cassettes::PAID];
    for (right, wrong) in [
        ("\"sanspay_cassette\": 1", "\"sanspay_cassette\": 2"),
        ("\"kind\": \"call\"", "\"kind\": \"caller\""),
        ("\"status\": 200", "\"status\": 99"),
        ("\"path\": \"/", "\"path\": \""),
        ("\"kind\": \"return\"", "\"kind\": \"call\""),
        ("\"at\"", "\"when\""),
    ] {
        assert!(
            text.contains(right) && !fits(&text.replacen(right, wrong, 1)),
            "{wrong}"
        );
    }
}

#[test]
fn no_file_holds_a_secret() {
    for (name, text) in committed() {
        for secret in SECRETS {
            assert!(!text.contains(secret), "{name} holds {secret}");
        }
    }
}

#[test]
fn a_recorded_notification_and_return_are_verified_with_the_test_key() {
    let (verifier, order) = (cassettes::verifier().unwrap(), cassettes::order().unwrap());
    let replay = replay(cassettes::PAID);
    let page = &replay.unused()[0];
    assert_eq!((page.kind(), page.path()), (Kind::Call, "/checkout"));
    assert!(
        replay.next_delivery().is_none(),
        "the payer opens the page first"
    );
    let opened = replay.answer(&cassettes::page().unwrap()).unwrap();
    assert_eq!(opened.status(), 200);
    let notification = replay.next_delivery().unwrap();
    assert_eq!(notification.answer.unwrap().body(), b"succeed");
    let signed = verifier.notification(notification.request.body()).unwrap();
    assert!(signed.matches(&order).unwrap().paid().is_some());
    let back = replay.next_delivery().unwrap();
    assert_eq!(back.kind, Kind::Return);
    let signed = verifier
        .browser_return(back.request.uri().query().unwrap())
        .unwrap();
    assert!(signed.matches(&order).unwrap().paid().is_some());
    replay.assert_all_used();
}

#[test]
fn what_was_forged_stays_forged() {
    let verifier = cassettes::verifier().unwrap();
    let replay = replay(cassettes::FORGED);
    while let Some(delivered) = replay.next_delivery() {
        let refusal = verifier.notification(delivered.request.body()).unwrap_err();
        assert_eq!(refusal, Refusal::WrongSignature);
    }
    replay.assert_all_used();
}

/// A provider of another spelling is recorded and replayed as the default is: the traces are the
/// same, and nothing that no file may hold is in one.
#[test]
fn every_provider_is_recorded_and_replayed_in_its_own_spelling() {
    for provider in profiles::all() {
        let mut wrong = Vec::new();
        let played = scenarios::all();
        // A word that no profile lists is not written.
        let invents = |scenario: &Scenario| {
            scenario
                .expected()
                .iter()
                .any(|line| line.contains("on_hold"))
        };
        for scenario in played
            .iter()
            .filter(|s| !provider.differs_in(s) && !invents(s))
        {
            let text = cassettes::record_spelled(scenario, provider.wire()).unwrap();
            for secret in SECRETS {
                assert!(
                    !text.contains(secret),
                    "{} {secret}\n{text}",
                    scenario.name()
                );
            }
            let cassette = Cassette::from_json("spelled", &text).unwrap();
            assert_eq!(cassette.profile().map(str::len), Some(32));
            let wire = provider.wire().clone();
            if let Err(difference) = cassettes::replay_spelled(scenario, cassette.clone(), wire) {
                wrong.push(format!("{}: {difference}", provider.name()));
            }
        }
        assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
    }
}

#[test]
fn a_cassette_of_another_profile_answers_nothing() {
    let scenario = &scenarios::all()[0];
    let zephyr = profiles::all().remove(0);
    let text = cassettes::record_spelled(scenario, zephyr.wire()).unwrap();
    let cassette = Cassette::from_json("zephyr", &text).unwrap();
    let error = cassettes::replay(scenario, cassette).unwrap_err();
    assert!(error.contains("recorded with another profile"), "{error}");
}
