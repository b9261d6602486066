//! The lines of a journal's file.

use std::time::SystemTime;

use md5::{Digest, Md5};
use sanspay_core::Intent;
use sanspay_core::journal::{Begin, Entries, Entry, OrderUpdate};

use crate::assert_silent;

/// What must hold of a file: what was read is whole lines, means the same again, and goes on.
fn assert_sound(data: &[u8]) {
    let (mut entries, whole) = match Entries::read(data) {
        Ok(read) => read,
        Err(damaged) => {
            let lines = data.split(|b| *b == b'\n').count();
            assert!((1..lines).contains(&damaged.line()));
            assert_silent(&format!("{damaged} {damaged:?}"));
            return;
        }
    };
    let (lines, torn) = data.split_at(whole);
    assert!(lines.is_empty() || lines.ends_with(b"\n"));
    assert!(!torn.contains(&b'\n'));
    assert_eq!(Entries::read(lines), Ok((entries.clone(), whole)));
    assert_silent(&format!("{entries:?}"));
    // What is open is looked up and not sent.
    for unknown in entries.open() {
        let intent = Intent::new(unknown.record_type(), unknown.reference());
        let (begin, entry) = entries.begin(&intent, SystemTime::UNIX_EPOCH);
        assert!(matches!(begin, Begin::LookUp(_)) && entry.is_none());
    }
    // Written anew it means the same, and so does what is added to it.
    let mut file = Vec::new();
    for entry in entries.compact() {
        file.extend(entry.to_line().unwrap());
    }
    let (compact, length) = Entries::read(&file).unwrap();
    assert_eq!(length, file.len());
    assert_eq!(compact.open().count(), entries.open().count());
    let added = Entry::Committed(OrderUpdate::new("fuzz", "paid", "fuzz:paid"));
    let longer = [lines, &added.to_line().unwrap()].concat();
    entries.apply(&added);
    assert_eq!(Entries::read(&longer), Ok((entries, longer.len())));
}

/// A file as it is, and its lines as entries with the checksum that they deserve.
pub fn journal(data: &[u8]) {
    assert_sound(data);
    let mut file = Vec::new();
    for entry in data.split(|b| *b == b'\n') {
        let digest = Md5::digest(entry);
        let digits: String = digest.iter().map(|b| format!("{b:02x}")).collect();
        file.extend(format!("{{\"md5\":\"{digits}\",\"entry\":").bytes());
        file.extend(entry);
        file.extend(b"}\n");
    }
    assert_sound(&file);
}
