use proptest::prelude::*;

use super::*;
use crate::Intent;

fn row(value: String) -> Row {
    Row {
        key: "intent:payout:p-1".into(),
        version: 1,
        value,
        due: None,
    }
}

#[test]
fn a_person_can_read_what_is_stored() {
    let intent = payout().intent().unwrap();
    let attempt = "7".to_owned();
    let value = StoredIntent::new(intent, State::Open { attempt }).write();
    assert_eq!(
        value,
        r#"{"format":1,"state":"open","attempt":"7","intent":{"record_type":"payout","reference":"p-1","amount":"7.50","currency":"EUR","fingerprint":"27fe4ba27754312e2aea986d3f78d0a3"}}"#
    );
}

#[test]
fn fields_of_a_later_version_stay() {
    let value = r#"{"format":1,"state":"open","attempt":"7","intent":{"record_type":"payout","reference":"p-1"},"region":{"name":"eu"}}"#;
    let stored = StoredIntent::read(&row(value.to_owned())).unwrap();
    let id = ID.parse().unwrap();
    let written = stored.with_state(State::Executed(id)).write();
    assert!(written.contains(r#""region":{"name":"eu"}"#), "{written}");
    assert!(!written.contains("attempt"), "{written}");
}

fn states() -> impl Strategy<Value = State> {
    prop_oneof![
        Just(State::Queued),
        ".{1,20}".prop_map(|attempt| State::Open { attempt }),
        any::<[u8; 16]>().prop_map(|id| State::Executed(crate::partner::RecordId::from_bytes(id))),
        ".{0,40}".prop_map(|why| State::NotExecuted { why }),
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        reference in "\\PC{1,40}", state in states(), minor in 1_u64..1_000_000, beneficiary in ".*",
    ) {
        let amount = crate::Amount::from_minor_units(minor, 2).unwrap();
        let payout = NewPayout::new(&*reference, amount, Currency::EUR, &beneficiary);
        let intent = payout.intent().unwrap();
        let key = super::super::stored_intent::key_of(&intent, "test").unwrap();
        let stored = StoredIntent::queued(intent, payout).with_state(state.clone());
        let row = Row { key, version: 1, value: stored.write(), due: None };
        let read = StoredIntent::read(&row).unwrap();
        prop_assert_eq!(read.state(), &state);
        prop_assert_eq!(read.intent(), stored.intent());
        prop_assert_eq!(read.write(), row.value);
    }

    #[test]
    fn no_bytes_panic(value in ".{0,200}") {
        let _ = StoredIntent::read(&row(value));
    }

    /// Two intents never share a key.
    #[test]
    fn keys_tell_intents_apart(one in "[a-z_]{1,6}", other in "[a-z_]{1,6}", a in "[:a-z]{0,6}", b in "[:a-z]{0,6}") {
        let key = |kind: &str, reference: &str| {
            super::super::stored_intent::key_of(&Intent::new(kind, reference), "test").unwrap()
        };
        let same = one == other && a == b;
        prop_assert_eq!(key(&one, &a) == key(&other, &b), same);
    }
}
