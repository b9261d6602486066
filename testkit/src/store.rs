//! What every store of durable calls must do, as tests that one macro makes for an implementation.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "each of these is a test, and fails by a panic"
)]

use std::collections::BTreeSet;
use std::time::Duration;

use sanspay_core::durable::{BlockingStore, Loaded, Place, Put, Row, Scan};

const HOUR: Duration = Duration::from_secs(3600);

/// Makes one test for each rule of [`BlockingStore`], from a function that opens a store; `None`
/// where what it needs is missing, and then the test says that it was skipped.
///
/// The rules share no keys, so that the function may open the same database each time. An
/// asynchronous store is tested through `sanspay_store::Blocking`.
///
/// ```
/// mod memory {
///     use std::time::SystemTime;
///     use sanspay_core::Clock;
///     use sanspay_core::durable::MemoryStore;
///
///     struct System;
///     impl Clock for System {
///         fn now(&self) -> SystemTime {
///             SystemTime::now()
///         }
///     }
///
///     sanspay_testkit::store_conformance!(|| Some(MemoryStore::new(System)));
/// }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! store_conformance {
    ($open:expr) => {
        $crate::store_conformance!(@ $open;
            an_absent_key_has_no_row_and_the_store_tells_its_time
            a_row_is_stored_first_with_version_one
            a_row_that_is_there_is_not_stored_first
            a_row_is_changed_at_its_version_only
            a_row_is_due_by_the_time_of_the_store
            values_and_keys_come_back_as_they_were
            a_scan_finds_what_is_due_below_its_prefix
            a_prefix_is_no_pattern
            a_scan_goes_on_behind_a_place
            one_of_many_stores_a_row_first
            every_change_has_one_winner
        );
    };
    (@ $open:expr; $($rule:ident)*) => {
        $(#[test]
        fn $rule() {
            match $open() {
                Some(store) => $crate::store::$rule(&store),
                None => eprintln!("skipped: there is no store"),
            }
        })*
    };
}

fn put(key: &str, expected: i64, value: &str) -> Put {
    Put {
        key: key.to_owned(),
        expected,
        value: value.to_owned(),
        due_in: None,
    }
}

fn due(key: &str, due_in: Duration) -> Put {
    Put {
        due_in: Some(due_in),
        ..put(key, 0, "{}")
    }
}

fn store(store: &impl BlockingStore, put: &Put) -> bool {
    store.store_if(put).expect("the store answers")
}

fn load(store: &impl BlockingStore, key: &str) -> Loaded {
    store.load(key).expect("the store answers")
}

fn row(store: &impl BlockingStore, key: &str) -> Row {
    load(store, key).row.expect("the row is there")
}

fn scan(store: &impl BlockingStore, prefix: &str, after: Option<Place>, limit: u32) -> Vec<Row> {
    let prefix = prefix.to_owned();
    let scan = Scan {
        prefix,
        after,
        limit,
    };
    store.scan(&scan).expect("the store answers").rows
}

fn keys(rows: &[Row]) -> Vec<&str> {
    rows.iter().map(|row| row.key.as_str()).collect()
}

/// A key that nobody stored.
pub fn an_absent_key_has_no_row_and_the_store_tells_its_time(tested: &impl BlockingStore) {
    let first = load(tested, "absent:1");
    assert_eq!(first.row, None);
    let second = load(tested, "absent:1");
    assert!(second.now >= first.now, "its time does not go back");
    let scanned = Scan {
        prefix: "absent:".into(),
        after: None,
        limit: 10,
    };
    let scanned = tested.scan(&scanned).expect("the store answers");
    assert!(scanned.rows.is_empty() && scanned.now >= second.now);
}

/// The first version is 1.
pub fn a_row_is_stored_first_with_version_one(tested: &impl BlockingStore) {
    assert!(store(tested, &put("first:1", 0, "a")));
    let row = row(tested, "first:1");
    assert_eq!((row.version, row.value.as_str(), row.due), (1, "a", None));
}

/// 0 expects nothing.
pub fn a_row_that_is_there_is_not_stored_first(tested: &impl BlockingStore) {
    assert!(store(tested, &put("again:1", 0, "a")));
    assert!(!store(tested, &put("again:1", 0, "b")));
    assert_eq!(row(tested, "again:1").value, "a");
}

/// Every other version is refused, the next one included.
pub fn a_row_is_changed_at_its_version_only(tested: &impl BlockingStore) {
    assert!(!store(tested, &put("change:1", 1, "a")), "nothing is there");
    assert_eq!(load(tested, "change:1").row, None);
    assert!(store(tested, &put("change:1", 0, "a")));
    assert!(!store(tested, &put("change:1", 2, "b")));
    assert!(store(tested, &put("change:1", 1, "b")));
    assert!(!store(tested, &put("change:1", 1, "c")), "that was before");
    let row = row(tested, "change:1");
    assert_eq!((row.version, row.value.as_str()), (2, "b"));
}

/// What is due is counted from the store's own time, and forgotten when a change says nothing.
pub fn a_row_is_due_by_the_time_of_the_store(tested: &impl BlockingStore) {
    let before = load(tested, "due:1").now;
    assert!(store(tested, &due("due:1", HOUR)));
    let after = load(tested, "due:1");
    let at = row(tested, "due:1").due.expect("it is due");
    // Stores count in microseconds.
    let exact = Duration::from_micros(1);
    assert!(at + exact >= before + HOUR && at <= after.now + HOUR + exact);
    assert!(store(tested, &put("due:1", 1, "{}")));
    assert_eq!(row(tested, "due:1").due, None);
}

/// Text of any script, with quotes, of any length.
pub fn values_and_keys_come_back_as_they_were(tested: &impl BlockingStore) {
    let long = "x".repeat(100_000);
    let values = [
        "",
        "{\"a\":\"\\u0000\"}",
        "'; --",
        "\u{1f600} \u{43a}",
        "\r\n\t",
        &long,
    ];
    for (number, value) in values.iter().enumerate() {
        let key = format!("text:'\"%_\\ \u{e9}\u{1f600}:{number}");
        assert!(store(tested, &put(&key, 0, value)));
        let row = row(tested, &key);
        assert_eq!(
            (row.key.as_str(), row.value.as_str()),
            (key.as_str(), *value)
        );
    }
    assert_eq!(load(tested, "text:").row, None);
}

/// The earliest first, and only what is due now.
pub fn a_scan_finds_what_is_due_below_its_prefix(tested: &impl BlockingStore) {
    for key in ["scan:b", "scan:a", "scan:c"] {
        assert!(store(tested, &due(key, Duration::ZERO)));
    }
    assert!(store(tested, &due("scan:later", HOUR)));
    assert!(store(tested, &put("scan:never", 0, "{}")));
    assert!(store(tested, &due("scao:1", Duration::ZERO)));
    assert!(store(tested, &due("scam:1", Duration::ZERO)));
    let rows = scan(tested, "scan:", None, 10);
    let mut sorted = rows.clone();
    sorted.sort_by_key(|row| (row.due, row.key.clone()));
    assert_eq!(rows, sorted);
    let found: BTreeSet<_> = keys(&rows).into_iter().collect();
    assert_eq!(found, BTreeSet::from(["scan:a", "scan:b", "scan:c"]));
    assert_eq!(scan(tested, "scan:", None, 2), rows[..2]);
    assert!(store(tested, &put("scan:a", 1, "{}")), "it is done");
    assert_eq!(scan(tested, "scan:", None, 10).len(), 2);
}

/// Percent sign, underscore and the order of a language mean nothing.
pub fn a_prefix_is_no_pattern(tested: &impl BlockingStore) {
    for key in [
        "p%:1",
        "pq:1",
        "p_:1",
        "P%:1",
        "p%:\u{fffd}",
        "p%:\u{1f600}",
    ] {
        assert!(store(tested, &due(key, Duration::ZERO)));
    }
    let rows = scan(tested, "p%:", None, 10);
    let found: BTreeSet<_> = keys(&rows).into_iter().collect();
    assert_eq!(
        found,
        BTreeSet::from(["p%:1", "p%:\u{fffd}", "p%:\u{1f600}"])
    );
    assert_eq!(keys(&scan(tested, "p_:", None, 10)), ["p_:1"]);
}

/// Page by page, everything comes once.
pub fn a_scan_goes_on_behind_a_place(tested: &impl BlockingStore) {
    for number in 0..25 {
        assert!(store(
            tested,
            &due(&format!("page:{number}"), Duration::ZERO)
        ));
    }
    let all = scan(tested, "page:", None, 100);
    assert_eq!(all.len(), 25);
    let mut read = Vec::new();
    let mut after = None;
    loop {
        let rows = scan(tested, "page:", after, 7);
        let Some(last) = rows.last() else { break };
        let due = last.due.expect("a scan finds what is due");
        let key = last.key.clone();
        after = Some(Place { due, key });
        read.extend(rows);
    }
    assert_eq!(read, all);
}

/// Threads that store the same key at the same time.
pub fn one_of_many_stores_a_row_first<S: BlockingStore + Sync>(tested: &S) {
    for round in 0..10 {
        let key = format!("race:{round}");
        let winners = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|thread| {
                    let put = put(&key, 0, &thread.to_string());
                    scope.spawn(move || store(tested, &put).then_some(put.value))
                })
                .collect();
            let ended = threads.into_iter().map(std::thread::ScopedJoinHandle::join);
            ended
                .filter_map(|won| won.expect("no thread panics"))
                .collect::<Vec<_>>()
        });
        assert_eq!(winners, [row(tested, &key).value]);
    }
}

/// Threads that change the same key at the same time.
pub fn every_change_has_one_winner<S: BlockingStore + Sync>(tested: &S) {
    assert!(store(tested, &put("winner:1", 0, "{}")));
    let winners: i64 = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(move || {
                    let tries = (0..25).filter(|_| {
                        let version = row(tested, "winner:1").version;
                        store(tested, &put("winner:1", version, "{}"))
                    });
                    i64::try_from(tries.count()).expect("it is small")
                })
            })
            .collect();
        let ended = threads.into_iter().map(std::thread::ScopedJoinHandle::join);
        ended.map(|won| won.expect("no thread panics")).sum()
    });
    assert_eq!(row(tested, "winner:1").version, 1 + winners);
    assert!(winners >= 25, "somebody always wins");
}
