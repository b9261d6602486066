//! The journal in a file: what was acknowledged is there after a crash at any byte.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use sanspay_blocking::{FileJournal, JournalError};
use sanspay_core::journal::{Begin, Journal, OrderUpdate, Outcome};
use sanspay_core::partner::RecordId;
use sanspay_core::{Intent, UnknownOutcome};

/// A directory that goes away with the test.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("sanspay-journal-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("payouts.journal")
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn payout(number: u32) -> Intent {
    Intent::new("payout", format!("p-{number}"))
}

fn executed() -> Outcome {
    Outcome::Executed(RecordId::from_bytes([7; 16]))
}

/// Three payouts: one executed, one refused, one open; and one paid order.
fn write(path: &Path) {
    let mut journal = FileJournal::open(path).unwrap();
    for number in 0..3 {
        assert_eq!(journal.begin(&payout(number), at(30)).unwrap(), Begin::Send);
    }
    let _ = journal.end(&payout(0), at(30), executed()).unwrap();
    let _ = journal
        .end(&payout(1), at(30), Outcome::NotExecuted)
        .unwrap();
    let update = OrderUpdate::new("order-1", "paid", "key");
    assert!(journal.commit(&update).unwrap());
    assert!(!journal.commit(&update).unwrap());
}

fn check(journal: &mut FileJournal) {
    let open = vec![UnknownOutcome::new(payout(2), at(30))];
    assert_eq!(journal.open().unwrap(), open);
    let begin = journal.begin(&payout(0), at(60)).unwrap();
    assert_eq!(begin, Begin::Executed(RecordId::from_bytes([7; 16])));
    let status = journal.order_status("order-1").unwrap();
    assert_eq!(status.as_deref(), Some("paid"));
    let again = OrderUpdate::new("order-1", "failed", "key");
    assert!(!journal.commit(&again).unwrap());
}

#[test]
fn what_was_stored_is_there_after_a_restart_and_after_writing_it_anew() {
    let directory = Directory::new();
    let path = directory.file();
    write(&path);
    let mut journal = FileJournal::open(&path).unwrap();
    check(&mut journal);
    let before = fs::metadata(&path).unwrap().len();
    journal.compact().unwrap();
    assert!(fs::metadata(&path).unwrap().len() < before);
    check(&mut journal);
    assert_eq!(journal.begin(&payout(1), at(90)).unwrap(), Begin::Send);
    drop(journal);
    let mut journal = FileJournal::open(&path).unwrap();
    let _ = journal.end(&payout(1), at(90), executed()).unwrap();
    check(&mut journal);
}

#[test]
fn a_crash_at_any_byte_leaves_a_journal_that_opens_and_goes_on() {
    let directory = Directory::new();
    let path = directory.file();
    write(&path);
    let whole = fs::read(&path).unwrap();
    for cut in (0..=whole.len()).rev().step_by(3) {
        fs::write(&path, &whole[..cut]).unwrap();
        let lines = whole[..cut].split(|byte| *byte == b'\n').count() - 1;
        let mut journal = FileJournal::open(&path).unwrap();
        let open = [0, 1, 2, 3, 2, 1, 1][lines];
        assert_eq!(journal.open().unwrap().len(), open, "cut at {cut}");
        // The torn line is gone: what is appended now can be read again.
        assert_eq!(journal.begin(&payout(9), at(99)).unwrap(), Begin::Send);
        drop(journal);
        let journal = FileJournal::open(&path).unwrap();
        assert_eq!(journal.open().unwrap().len(), open + 1, "cut at {cut}");
    }
}

#[test]
fn a_damaged_line_is_named_and_nothing_is_written() {
    let directory = Directory::new();
    let path = directory.file();
    write(&path);
    let mut bytes = fs::read(&path).unwrap();
    let second = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    bytes[second + 50] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let error = FileJournal::open(&path).unwrap_err();
    assert_eq!(error.to_string(), "line 2 of the journal is damaged");
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn one_process_at_a_time_has_it_open() {
    let directory = Directory::new();
    let path = directory.file();
    let mut first = FileJournal::open(&path).unwrap();
    let second = FileJournal::open(&path);
    assert!(matches!(second, Err(JournalError::Locked)));
    first.compact().unwrap();
    let second = FileJournal::open(&path);
    assert!(
        matches!(second, Err(JournalError::Locked)),
        "compaction keeps the lock"
    );
    drop(first);
    FileJournal::open(&path).unwrap();
}

#[test]
fn debug_shows_no_reference() {
    let directory = Directory::new();
    let mut journal = FileJournal::open(directory.file()).unwrap();
    let begun = journal.begin(&Intent::new("payout", "SECRET"), at(1));
    assert_eq!(begun.unwrap(), Begin::Send);
    assert!(!format!("{journal:?}").contains("SECRET"));
}

/// Two processes that both begin the same payout pay twice.
#[test]
#[cfg(unix)]
fn a_link_to_it_is_the_same_journal() {
    let directory = Directory::new();
    let (path, link) = (directory.file(), directory.0.join("current.journal"));
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let mut first = FileJournal::open(&link).unwrap();
    let second = FileJournal::open(&path);
    assert!(matches!(second, Err(JournalError::Locked)), "{second:?}");
    assert_eq!(first.begin(&payout(1), at(30)).unwrap(), Begin::Send);
    first.compact().unwrap();
    drop(first);
    for name in [&path, &link] {
        let journal = FileJournal::open(name).unwrap();
        assert_eq!(journal.open().unwrap().len(), 1, "{}", name.display());
    }
}
