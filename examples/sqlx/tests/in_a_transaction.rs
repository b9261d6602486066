//! An order and its payout are there together or not at all, and `SqliteStore` sees what sqlx stored.

use sanspay_core::durable::{BlockingStore, Enqueue, Enqueued, Event, Scan, Store, StoredIntent};
use sanspay_core::partner::NewPayout;
use sanspay_core::{Currency, SessionBuilder};
use sanspay_store::{SqliteStore, sqlite};
use sanspay_with_sqlx::{INSERT, InSqlx, LOAD, SCAN, UPDATE};
use sqlx::{Connection, SqliteConnection};

#[test]
fn the_statements_are_those_of_the_store() {
    let theirs = [sqlite::INSERT, sqlite::UPDATE, sqlite::LOAD, sqlite::SCAN];
    assert_eq!([INSERT, UPDATE, LOAD, SCAN], theirs);
}

#[tokio::test]
async fn what_is_rolled_back_was_never_stored() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let store = SqliteStore::open(&path).unwrap();
    let address = format!("sqlite://{}", path.display());
    let mut connection = SqliteConnection::connect(&address).await.unwrap();
    sqlx::query("CREATE TABLE orders (name TEXT PRIMARY KEY)")
        .execute(&mut connection)
        .await
        .unwrap();
    let session = SessionBuilder::new(1)
        .base_url("https://api.example.com")
        .credentials("key-id", "key-secret")
        .build()
        .unwrap();

    for commits in [false, true] {
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.unwrap();
        sqlx::query("INSERT INTO orders VALUES ('order-1')")
            .execute(&mut *transaction)
            .await
            .unwrap();
        let payout = NewPayout::new("p-1", "7.50".parse().unwrap(), Currency::EUR, "DE00");
        let mut enqueue = Enqueue::new(&session, &payout).unwrap();
        {
            let ours = InSqlx::new(&mut transaction);
            while let Some(op) = enqueue.next() {
                enqueue.stored(op.ask(&ours).await);
            }
            assert_eq!(enqueue.end().unwrap(), Enqueued::Now);
            let event = Event::new("payment.paid:1");
            let _ = event.apply_in(&ours).await.unwrap();
            let due = Scan {
                prefix: "intent:".into(),
                after: None,
                limit: 10,
            };
            assert_eq!(ours.scan(&due).await.unwrap().rows.len(), 1);
        }
        if commits {
            transaction.commit().await.unwrap();
        } else {
            transaction.rollback().await.unwrap();
        }
        let row = BlockingStore::load(&store, "intent:payout:p-1")
            .unwrap()
            .row;
        assert_eq!(row.is_some(), commits);
        let row = row.map(|row| StoredIntent::read(&row).unwrap().payout().is_some());
        assert_eq!(row, commits.then_some(true));
        assert!(
            InSqlx::new(&mut connection)
                .load("none")
                .await
                .unwrap()
                .row
                .is_none()
        );
    }
}
