//! Thousands of simulated cases without a violation, and every deliberate mistake found.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::thread;

use sanspay_ffi_free_tests::simulation::{Case, Figures, Mutation, shows, simulate, simulate_with};

const SEEDS: u64 = 2_000;

/// Cases that once broke an invariant, each as the line that its story ended with. To add one,
/// paste the line.
const REGRESSIONS: &[&str] = &["0", "17 without 3 5 op8.1 d4.1"];

#[test]
fn nothing_is_lost_in_two_thousand_cases() {
    let half = |from: u64| {
        let mut all = Figures::default();
        for seed in (from..SEEDS).step_by(2) {
            all.add(&simulate(&Case::new(seed)).unwrap_or_else(|violation| panic!("{violation}")));
        }
        all
    };
    let (mut all, other) = thread::scope(|scope| {
        let other = scope.spawn(|| half(1));
        (half(0), other.join().unwrap())
    });
    all.add(&other);
    assert_eq!(all.seeds, SEEDS);
    assert!(all.operations >= 200_000, "{all}");
    // The faults are there, each of them.
    assert!(
        all.faults.len() >= 25 && all.faults.values().all(|count| *count >= 100),
        "{all}"
    );
    let ended = all.outcomes["intent ended as executed"];
    assert!(
        ended > 20_000 && all.outcomes["order paid"] > 1_000,
        "{all}"
    );
}

#[test]
fn every_mistake_is_found_within_a_thousand_seeds() {
    for mistake in Mutation::ALL {
        let found = (0..1000).any(|seed| shows(&Case::new(seed), mistake));
        assert!(found, "{mistake:?} was not found");
    }
}

#[test]
fn what_once_broke_holds() {
    for line in REGRESSIONS {
        let case = line.parse::<Case>().unwrap();
        assert_eq!(case.to_string(), *line);
        simulate(&case).unwrap_or_else(|violation| panic!("{violation}"));
    }
}

#[test]
fn the_same_case_gives_the_same_run() {
    let run = |seed| simulate(&Case::new(seed)).unwrap();
    assert_eq!(run(11), run(11));
    assert_ne!(run(11), run(12));
}

#[test]
fn a_violation_is_a_short_story_and_a_line_that_repeats_it() {
    let mistake = Some(Mutation::RetryPayoutBlindly);
    let violation = (0..100).find_map(|seed| simulate_with(&Case::new(seed), mistake).err());
    let violation = violation.unwrap();
    assert_eq!(violation.invariant, "nothing is executed twice");
    assert!(violation.story.len() <= 20, "{violation}");
    let told = violation.to_string();
    let line = told.split('"').nth(1).unwrap();
    let case: Case = line.parse().unwrap();
    assert_eq!(case, violation.case);
    let again = simulate_with(&case, mistake).unwrap_err();
    assert_eq!(again.invariant, violation.invariant);
    // Without the mistake the same case is harmless.
    simulate(&case).unwrap_or_else(|violation| panic!("{violation}"));
}

#[test]
fn a_line_that_is_no_case_is_refused() {
    for line in ["", "x", "17 with 3", "-1"] {
        assert!(line.parse::<Case>().is_err(), "{line}");
    }
}
