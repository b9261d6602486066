//! `SQLite` and redb keep the rules of a store, and refuse files that are not theirs.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::path::PathBuf;
use std::sync::LazyLock;

use sanspay_core::durable::{BlockingStore, Put};
use sanspay_store::{Blocking, In, RedbStore, SqliteStore};

/// One folder for the whole program; the system cleans it.
static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());

fn path(name: &str) -> PathBuf {
    FOLDER.path().join(name)
}

fn note(key: &str, expected: i64) -> Put {
    Put {
        key: key.into(),
        expected,
        value: "{}".into(),
        due_in: None,
    }
}

mod sqlite {
    use super::*;
    sanspay_testkit::store_conformance!(|| Some(SqliteStore::open(path("rules.db")).unwrap()));
}

mod sqlite_async {
    use super::*;
    sanspay_testkit::store_conformance!(|| {
        Some(Blocking::new(async { SqliteStore::open(path("async.db")) }).unwrap())
    });
}

mod redb_file {
    use super::*;
    static STORE: LazyLock<RedbStore> =
        LazyLock::new(|| RedbStore::open(path("rules.redb")).unwrap());
    sanspay_testkit::store_conformance!(|| Some(STORE.clone()));
}

/// M5: what is no store of ours is neither changed nor emptied.
#[test]
fn a_file_of_something_else_is_refused_and_left_as_it_is() {
    let text = path("letter.txt");
    std::fs::write(&text, "Dear Jane, this is no database at all.").unwrap();
    let other = path("other.db");
    let connection = rusqlite::Connection::open(&other).unwrap();
    connection
        .execute_batch("CREATE TABLE orders (id INTEGER)")
        .unwrap();
    drop(connection);
    for file in [&text, &other] {
        let before = std::fs::read(file).unwrap();
        assert!(SqliteStore::open(file).is_err());
        assert!(SqliteStore::open_existing(file).is_err());
        assert!(RedbStore::open_existing(file).is_err());
        assert_eq!(std::fs::read(file).unwrap(), before);
    }
}

/// M5: a wrong path.
#[test]
fn a_file_that_has_to_be_there_is_not_created() {
    let nowhere = path("nowhere.db");
    assert!(SqliteStore::open_existing(&nowhere).is_err());
    assert!(RedbStore::open_existing(&nowhere).is_err());
    assert!(!nowhere.exists());
}

/// M5: removed, or replaced by another store, while it was open.
#[cfg(unix)]
#[test]
fn a_file_that_was_replaced_while_open_is_noticed() {
    let (file, other) = (path("replaced.db"), path("replacing.db"));
    let store = SqliteStore::open(&file).unwrap();
    assert!(store.store_if(&note("note:1", 0)).unwrap());
    drop(SqliteStore::open(&other).unwrap());
    std::fs::rename(&other, &file).unwrap();
    let error = store.store_if(&note("note:1", 1)).unwrap_err();
    assert!(!error.may_have_been_stored());
    assert!(store.load("note:1").is_err());
    std::fs::remove_file(&file).unwrap();
    assert!(store.store_if(&note("note:2", 0)).is_err());
}

/// M5: a link leads to the same database, with the same lock.
#[cfg(unix)]
#[test]
fn a_link_opens_the_same_store() {
    let (file, symbolic) = (path("linked.db"), path("symbolic.db"));
    let store = SqliteStore::open(&file).unwrap();
    std::os::unix::fs::symlink(&file, &symbolic).unwrap();
    let other = SqliteStore::open(&symbolic).unwrap();
    assert!(store.store_if(&note("note:1", 0)).unwrap());
    assert!(!other.store_if(&note("note:1", 0)).unwrap());
}

/// M5: through a hard link `SQLite` would write a second log, and both would win.
#[cfg(unix)]
#[test]
fn a_hard_link_is_refused_also_while_the_file_is_open() {
    let (file, link) = (path("hard.db"), path("hard-link.db"));
    let store = SqliteStore::open(&file).unwrap();
    assert!(store.store_if(&note("note:1", 0)).unwrap());
    std::fs::hard_link(&file, &link).unwrap();
    assert!(SqliteStore::open(&link).is_err());
    assert!(store.store_if(&note("note:2", 0)).is_err());
    std::fs::remove_file(&link).unwrap();
    assert!(store.store_if(&note("note:2", 0)).unwrap());
}

#[test]
fn what_was_stored_is_there_after_opening_it_again() {
    let file = path("again.db");
    let store = SqliteStore::open(&file).unwrap();
    assert!(store.store_if(&note("note:1", 0)).unwrap());
    drop(store);
    let store = SqliteStore::open_existing(&file).unwrap();
    assert_eq!(store.load("note:1").unwrap().row.unwrap().version, 1);
}

#[test]
fn a_redb_file_is_opened_once() {
    let file = path("once.redb");
    let store = RedbStore::open(&file).unwrap();
    assert!(RedbStore::open(&file).is_err());
    drop(store);
    RedbStore::open_existing(&file).unwrap();
}

/// In a transaction of the user's own, with a row of theirs.
#[test]
fn what_is_rolled_back_was_never_stored() {
    let mut connection = rusqlite::Connection::open_in_memory().unwrap();
    sanspay_store::sqlite::migrate(&connection).unwrap();
    connection
        .execute_batch("CREATE TABLE orders (id TEXT)")
        .unwrap();
    for (commits, expected) in [(false, 0), (true, 1)] {
        let transaction = connection.transaction().unwrap();
        transaction
            .execute("INSERT INTO orders VALUES ('o-1')", [])
            .unwrap();
        assert!(In(&*transaction).store_if(&note("note:1", 0)).unwrap());
        if commits {
            transaction.commit().unwrap();
        } else {
            transaction.rollback().unwrap();
        }
        let orders: i64 = connection
            .query_row("SELECT count(*) FROM orders", [], |row| row.get(0))
            .unwrap();
        let stored = In(&connection).load("note:1").unwrap().row.is_some();
        assert_eq!((orders, stored), (expected, expected == 1));
    }
}
