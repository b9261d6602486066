use std::cell::RefCell;
use std::sync::LazyLock;
use std::time::Duration;

use sanspay_core::durable::{BlockingStore, Put, Scan, Store};
use sanspay_e2e::Database;
use sanspay_store::{Blocking, In, PostgresStore};
use tokio::runtime::Runtime;

/// One for all tests of this program.
static DATABASE: LazyLock<Option<Database>> = LazyLock::new(|| {
    let database = Database::start()?;
    let migrated = open(&database.direct());
    drop(migrated);
    Some(database)
});

pub(super) fn open(parameters: &str) -> Blocking<PostgresStore> {
    Blocking::new(async {
        let store = PostgresStore::connect(parameters).await?;
        store.migrate().await?;
        Ok(store)
    })
    .unwrap()
}

fn put(key: &str, expected: i64) -> Put {
    Put {
        key: key.into(),
        expected,
        value: "{}".into(),
        due_in: None,
    }
}

mod direct {
    sanspay_testkit::store_conformance!(|| {
        super::DATABASE.as_ref().map(|it| super::open(&it.direct()))
    });
}

/// In a database of its own, because the rules share keys with those above.
mod behind_pgbouncer {
    sanspay_testkit::store_conformance!(|| {
        static OTHER: std::sync::LazyLock<Option<super::Database>> =
            std::sync::LazyLock::new(super::Database::start);
        OTHER.as_ref().map(|it| super::open(&it.bounced()))
    });
}

/// A row of the user's and ours are there together or not at all.
#[test]
fn what_is_rolled_back_was_never_stored() {
    let Some(database) = DATABASE.as_ref() else {
        return;
    };
    Runtime::new().unwrap().block_on(async {
        for (parameters, key) in [(database.direct(), "tx:1"), (database.bounced(), "tx:2")] {
            let store = PostgresStore::connect(&parameters).await.unwrap();
            store.migrate().await.unwrap();
            for commits in [false, true] {
                let mut client = store.pool().get().await.unwrap();
                let transaction = client.transaction().await.unwrap();
                assert!(
                    Store::store_if(&In(&*transaction), &put(key, 0))
                        .await
                        .unwrap()
                );
                if commits {
                    transaction.commit().await.unwrap();
                } else {
                    transaction.rollback().await.unwrap();
                }
                let there = Store::load(&store, key).await.unwrap().row.is_some();
                assert_eq!(there, commits);
            }
        }
    });
}

/// The same in a transaction of the blocking driver, with rows of the user's.
#[test]
fn the_blocking_driver_lends_its_transaction() {
    let Some(database) = DATABASE.as_ref() else {
        return;
    };
    let store = open(&database.direct());
    let mut client = postgres::Client::connect(&database.direct(), postgres::NoTls).unwrap();
    client
        .batch_execute("CREATE TABLE orders_blocking (name text PRIMARY KEY)")
        .unwrap();
    for commits in [false, true] {
        let mut transaction = client.transaction().unwrap();
        transaction
            .execute("INSERT INTO orders_blocking VALUES ('order-1')", &[])
            .unwrap();
        {
            let ours = In(RefCell::new(&mut transaction));
            let mut due = put("blocking:1", 0);
            due.due_in = Some(Duration::ZERO);
            assert!(ours.store_if(&due).unwrap());
            assert!(!ours.store_if(&put("blocking:1", 0)).unwrap());
            assert!(ours.store_if(&Put { expected: 1, ..due }).unwrap());
            assert_eq!(ours.load("blocking:1").unwrap().row.unwrap().version, 2);
            let scan = Scan {
                prefix: "blocking:".into(),
                after: None,
                limit: 10,
            };
            assert_eq!(ours.scan(&scan).unwrap().rows.len(), 1);
        }
        if commits {
            transaction.commit().unwrap();
        } else {
            transaction.rollback().unwrap();
        }
        let there = store.load("blocking:1").unwrap().row.is_some();
        assert_eq!(there, commits);
    }
}

/// A transaction of somebody else that holds the row bounds the wait, and nothing is stored later.
#[test]
fn a_row_that_is_held_is_waited_for_with_a_bound() {
    let Some(database) = DATABASE.as_ref() else {
        return;
    };
    Runtime::new().unwrap().block_on(async {
        let store = PostgresStore::connect(&database.bounced()).await.unwrap();
        assert!(Store::store_if(&store, &put("held:1", 0)).await.unwrap());
        let mut client = store.pool().get().await.unwrap();
        let transaction = client.transaction().await.unwrap();
        assert!(
            Store::store_if(&In(&*transaction), &put("held:1", 1))
                .await
                .unwrap()
        );
        let error = Store::store_if(&store, &put("held:1", 1))
            .await
            .unwrap_err();
        assert!(!error.may_have_been_stored(), "{error}");
        assert!(error.to_string().contains("55P03"), "{error}");
        transaction.rollback().await.unwrap();
        assert_eq!(
            Store::load(&store, "held:1")
                .await
                .unwrap()
                .row
                .unwrap()
                .version,
            1
        );
    });
}

/// The store that is asked for says so, and finds its way back.
#[test]
fn a_server_that_is_killed_and_started_again_is_found_again() {
    let Some(database) = Database::start() else {
        return;
    };
    let store = open(&database.direct());
    assert!(store.store_if(&put("back:1", 0)).unwrap());
    database.kill();
    assert!(store.store_if(&put("back:1", 1)).is_err());
    database.run();
    for _ in 0..100 {
        if store.load("back:1").is_ok() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(store.store_if(&put("back:1", 1)).unwrap());
}
