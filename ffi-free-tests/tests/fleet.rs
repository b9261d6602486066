//! Hundreds of fleets without a violation, and every deliberate mistake found.

#![allow(clippy::panic)]

use sanspay_ffi_free_tests::fleet::{Figures, Mutation, simulate};

#[test]
fn no_fleet_pays_twice_or_loses_a_payout() {
    let mut all = Figures::default();
    for seed in 0..300 {
        match simulate(seed, None) {
            Ok(figures) => all.add(&figures),
            Err(violation) => panic!("{violation}"),
        }
    }
    assert!(all.operations > 30_000 && all.faults > 3_000, "{all:?}");
    assert!(all.interruptions > 1_000 && all.executed > 1_000, "{all:?}");
}

#[test]
fn every_mistake_is_found() {
    for mistake in Mutation::ALL {
        let found = (0..1000).find(|seed| simulate(*seed, Some(mistake)).is_err());
        assert!(found.is_some(), "{mistake:?} is not found");
    }
}
