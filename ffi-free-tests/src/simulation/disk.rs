//! A process's disk: what is synchronised survives a crash, the rest may or may not.

use std::fmt;
use std::time::SystemTime;

use sanspay_core::journal::{Begin, End, Entries, Entry, Journal, OrderUpdate, Outcome};
use sanspay_core::{Intent, UnknownOutcome};

use super::mutation::Mutation;

/// The process died while it wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Died;

impl fmt::Display for Died {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the process died while it wrote")
    }
}

impl std::error::Error for Died {}

/// The journal as a file: the same lines as the one on a real disk, in virtual bytes.
#[derive(Default)]
pub(super) struct Disk {
    bytes: Vec<u8>,
    synchronised: usize,
    entries: Entries,
    /// What the synchronised bytes say.
    durable: Entries,
    /// The process dies in the next write, after so many thousandths of its bytes.
    pub(super) dies_in_write: Option<usize>,
    /// A write failed: what the bytes hold is not known before they are read again.
    failed: bool,
    pub(super) mistake: Option<Mutation>,
}

impl Disk {
    /// What a crash leaves: everything synchronised and, of the rest, `part` thousandths.
    pub(super) fn crash(&mut self, part: usize) {
        let loose = self.bytes.len().saturating_sub(self.synchronised);
        self.bytes.truncate(self.synchronised + loose * part / 1000);
        self.dies_in_write = None;
    }

    /// What a new process finds. The journal must be readable after any crash.
    pub(super) fn open_again(&mut self) -> Result<(), String> {
        let (mut entries, whole) = Entries::read(&self.bytes).map_err(|e| e.to_string())?;
        self.bytes.truncate(whole);
        if self.mistake == Some(Mutation::ForgetOpenIntents) {
            entries = self.write_anew(&entries)?;
        }
        self.synchronised = self.bytes.len();
        self.failed = false;
        self.durable = entries.clone();
        self.entries = entries;
        Ok(())
    }

    /// The mistake of keeping only what has ended.
    fn write_anew(&mut self, all: &Entries) -> Result<Entries, String> {
        let mut kept = Entries::default();
        self.bytes.clear();
        for entry in all.compact() {
            if !matches!(entry, Entry::Begun(_)) {
                self.bytes
                    .extend(entry.to_line().map_err(|e| e.to_string())?);
                kept.apply(&entry);
            }
        }
        Ok(kept)
    }

    /// The state that survives if the process dies now.
    pub(super) fn durable(&self) -> &Entries {
        &self.durable
    }

    /// What the process has stored, or believes to have.
    pub(super) fn entries(&self) -> &Entries {
        &self.entries
    }

    fn store(&mut self, entry: Option<Entry>) -> Result<bool, Died> {
        let Some(entry) = entry else {
            return Ok(false);
        };
        let line = entry.to_line().map_err(|_| Died)?;
        if self.failed && self.mistake != Some(Mutation::WriteAfterFailure) {
            return Err(Died);
        }
        if let Some(part) = self.dies_in_write.take() {
            let written = line.len() * part.min(1000) / 1000;
            self.bytes.extend(line.iter().take(written));
            // It may have reached the platter, or any part of it.
            self.synchronised = self.bytes.len();
            self.failed = true;
            return Err(Died);
        }
        self.bytes.extend(line);
        if self.mistake != Some(Mutation::SkipSync) {
            self.synchronised = self.bytes.len();
            self.durable.apply(&entry);
        }
        self.entries.apply(&entry);
        Ok(true)
    }
}

impl Journal for Disk {
    type Error = Died;

    fn begin(&mut self, intent: &Intent, sent_by: SystemTime) -> Result<Begin, Died> {
        let (begin, entry) = self.entries.begin(intent, sent_by);
        self.store(entry)?;
        Ok(begin)
    }

    fn end(&mut self, intent: &Intent, sent_by: SystemTime, outcome: Outcome) -> Result<End, Died> {
        let (end, entry) = self.entries.end(intent, sent_by, outcome);
        self.store(entry)?;
        Ok(end)
    }

    fn open(&self) -> Result<Vec<UnknownOutcome>, Died> {
        Ok(self.entries.open().collect())
    }

    fn commit(&mut self, update: &OrderUpdate) -> Result<bool, Died> {
        let entry = self.entries.commit(update);
        self.store(entry)
    }

    fn order_status(&self, order: &str) -> Result<Option<String>, Died> {
        Ok(self.entries.order_status(order).map(str::to_owned))
    }
}
