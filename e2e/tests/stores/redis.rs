//! Redis: the shared token, and nothing else.

use std::time::Duration;

use sanspay_core::durable::{Put, Scan, Store};
use sanspay_e2e::Redis;
use sanspay_store::RedisStore;
use tokio::runtime::Runtime;

fn put(key: &str, expected: i64) -> Put {
    Put {
        key: key.into(),
        expected,
        value: format!("{{\"after\":{expected}}}"),
        due_in: None,
    }
}

#[test]
fn one_of_those_that_race_for_a_version_wins() {
    let Some(redis) = Redis::start() else {
        return;
    };
    Runtime::new().unwrap().block_on(async {
        for expected in 0..20 {
            let racing = (0..16).map(|_| {
                let store = RedisStore::connect(&redis.address()).unwrap();
                tokio::spawn(async move { store.store_if(&put("token:t", expected)).await })
            });
            let mut winners = 0;
            for stored in racing.collect::<Vec<_>>() {
                winners += u32::from(stored.await.unwrap().unwrap());
            }
            assert_eq!(winners, 1);
        }
        let store = RedisStore::connect(&redis.address()).unwrap();
        let row = store.load("token:t").await.unwrap().row.unwrap();
        assert_eq!((row.version, &*row.value), (20, "{\"after\":19}"));
        let loaded = store.load("token:other").await.unwrap();
        assert!(loaded.row.is_none());
        let distance = loaded.now.elapsed().unwrap_or_default();
        assert!(distance < Duration::from_secs(60), "{distance:?}");
    });
}

#[test]
fn it_refuses_the_record_of_money() {
    let Some(redis) = Redis::start() else {
        return;
    };
    Runtime::new().unwrap().block_on(async {
        let store = RedisStore::connect(&redis.address()).unwrap();
        let key = "intent:payout:p-1";
        let refused = [
            store.load(key).await.map(drop).unwrap_err(),
            store.store_if(&put(key, 0)).await.map(drop).unwrap_err(),
            store
                .store_if(&put("event:e-1", 0))
                .await
                .map(drop)
                .unwrap_err(),
        ];
        for error in refused {
            assert!(!error.may_have_been_stored());
            assert!(error.to_string().contains("paid twice"), "{error}");
        }
        let scan = Scan {
            prefix: "intent:".into(),
            after: None,
            limit: 1,
        };
        assert!(store.scan(&scan).await.is_err());
    });
}

#[test]
fn it_is_down_and_comes_back() {
    let Some(redis) = Redis::start() else {
        return;
    };
    Runtime::new().unwrap().block_on(async {
        let store = RedisStore::connect(&redis.address()).unwrap();
        assert!(store.store_if(&put("token:t", 0)).await.unwrap());
        redis.kill();
        assert!(store.store_if(&put("token:t", 1)).await.is_err());
        assert!(store.load("token:t").await.is_err());
        // One that begins while it is down.
        let late = RedisStore::connect(&redis.address()).unwrap();
        assert!(late.load("token:t").await.is_err());
        redis.run();
        for store in [store, late] {
            let mut back = false;
            for _ in 0..100 {
                back = store.load("token:t").await.is_ok();
                if back {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            assert!(back);
        }
    });
}

#[test]
fn an_address_that_is_none_shows_no_password() {
    let runtime = Runtime::new().unwrap();
    let _entered = runtime.enter();
    let error = RedisStore::connect("redis:/PlantedPassword@host").unwrap_err();
    assert!(!format!("{error} {error:?}").contains("PlantedPassword"));
}
