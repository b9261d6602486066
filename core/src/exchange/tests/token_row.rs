//! What may lie in the row of a shared token, and whatever else does.

use super::token_store::{Fleet, call};
use super::*;
use crate::durable::BlockingStore;

#[test]
fn what_is_in_the_row_and_not_ours_costs_a_fetch() {
    let damaged = [
        "",
        "{",
        "[]",
        r#"{"format":1}"#,
        r#"{"format":1,"leased_until":18446744073709551615}"#,
        r#"{"format":1,"token":{"generation":"1","obtained":1050000000000,"life":3600000000,"sealed":"?"}}"#,
        r#"{"format":1,"token":{"generation":"1","obtained":1050000000000,"life":18446744073709551615,"sealed":"AAAA"}}"#,
        r#"{"format":2,"token":"of a newer version"}"#,
    ];
    for value in damaged {
        let mut fleet = Fleet::new();
        let put = crate::durable::Put {
            key: "token:live".into(),
            expected: 0,
            value: value.into(),
            due_in: None,
        };
        assert!(BlockingStore::store_if(&fleet.store, &put).unwrap());
        let session = fleet.machine();
        let mut call = call(&session);
        let step = fleet.poll(&mut call, at(0));
        assert_eq!(sent(step).uri().path(), "/token", "{value}");
        call.reply(at(0), token("one", 3600));
        assert_eq!(bearer(&sent(fleet.poll(&mut call, at(0)))), "Bearer one");
        let newer = value.contains("newer");
        let kept = fleet.store.rows()[0].value == value;
        assert_eq!(newer, kept, "{value}");
    }
}

fn any_row() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    let number = || prop_oneof![any::<u64>(), 1_049_000_000_000_u64..1_052_000_000_000];
    let token = (number(), number(), "[a-zA-Z0-9+/=]{0,40}").prop_map(|(obtained, life, sealed)| {
        serde_json::json!({"generation": "1-a", "obtained": obtained, "life": life, "sealed": sealed})
    });
    let token = prop_oneof![token, Just(serde_json::Value::Null)];
    let row =
        (0_u32..3, token, proptest::option::of(number())).prop_map(|(format, token, lease)| {
            serde_json::json!({"format": format, "token": token, "leased_until": lease}).to_string()
        });
    prop_oneof![row, ".{0,60}"]
}

proptest::proptest! {
    #[test]
    fn whatever_is_in_the_row_the_call_gets_a_token(value in any_row(), now in proptest::prelude::any::<u32>()) {
        let mut fleet = Fleet::new();
        *fleet.clock.0.lock().unwrap() = SystemTime::UNIX_EPOCH + Duration::from_millis(now.into());
        let put = crate::durable::Put {
            key: "token:live".into(),
            expected: 0,
            value,
            due_in: None,
        };
        assert!(BlockingStore::store_if(&fleet.store, &put).unwrap());
        let session = fleet.machine();
        let (mut call, mut now) = (call(&session), at(0));
        loop {
            match fleet.poll(&mut call, now) {
                Step::Wait(wait) => {
                    assert!(!wait.delay().is_zero());
                    now += wait.delay();
                    fleet.pass(wait.delay());
                }
                step => {
                    // Nothing there was sealed for this session.
                    assert_eq!(sent(step).uri().path(), "/token");
                    break;
                }
            }
        }
        assert!(now <= at(6), "it waits for nothing for too long");
    }
}
