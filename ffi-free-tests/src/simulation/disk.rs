//! The disk of a process, or of several: what is synchronised survives a crash, the rest may or
//! may not.

use std::cell::{Ref, RefCell};
use std::fmt;
use std::rc::Rc;
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

/// One process's handle of a journal, which it may share with others.
#[derive(Clone, Default)]
pub(super) struct Disk(Rc<RefCell<Platter>>);

/// The journal as a file: the same lines as the one on a real disk, in virtual bytes.
#[derive(Default)]
struct Platter {
    bytes: Vec<u8>,
    synchronised: usize,
    entries: Entries,
    /// What the synchronised bytes say.
    durable: Entries,
    /// The process dies in the next write, after so many thousandths of its bytes.
    dies_in_write: Option<usize>,
    /// A write failed: what the bytes hold is not known before they are read again.
    failed: bool,
    mistake: Option<Mutation>,
}

impl Disk {
    pub(super) fn new(mistake: Option<Mutation>) -> Self {
        Self(Rc::new(RefCell::new(Platter {
            mistake,
            ..Platter::default()
        })))
    }

    /// Whoever writes next dies in it, after so many thousandths of the bytes.
    pub(super) fn die_in_write(&self, part: Option<usize>) {
        self.0.borrow_mut().dies_in_write = part;
    }

    /// What a crash leaves: everything synchronised and, of the rest, `part` thousandths.
    pub(super) fn crash(&self, part: usize) {
        self.0.borrow_mut().crash(part);
    }

    /// What a new process finds. The journal must be readable after any crash.
    pub(super) fn open_again(&self) -> Result<(), String> {
        self.0.borrow_mut().open_again()
    }

    /// The state that survives if the process dies now.
    pub(super) fn durable(&self) -> Ref<'_, Entries> {
        Ref::map(self.0.borrow(), |platter| &platter.durable)
    }

    /// What the process has stored, or believes to have.
    pub(super) fn entries(&self) -> Ref<'_, Entries> {
        Ref::map(self.0.borrow(), |platter| &platter.entries)
    }
}

impl Platter {
    fn crash(&mut self, part: usize) {
        let loose = self.bytes.len().saturating_sub(self.synchronised);
        self.bytes.truncate(self.synchronised + loose * part / 1000);
        self.dies_in_write = None;
    }

    fn open_again(&mut self) -> Result<(), String> {
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
        let (begin, entry) = self.entries().begin(intent, sent_by);
        self.0.borrow_mut().store(entry)?;
        Ok(begin)
    }

    fn end(&mut self, intent: &Intent, sent_by: SystemTime, outcome: Outcome) -> Result<End, Died> {
        let (end, entry) = self.entries().end(intent, sent_by, outcome);
        self.0.borrow_mut().store(entry)?;
        Ok(end)
    }

    fn open(&self) -> Result<Vec<UnknownOutcome>, Died> {
        Ok(self.entries().open().collect())
    }

    fn commit(&mut self, update: &OrderUpdate) -> Result<bool, Died> {
        let entry = self.entries().commit(update);
        self.0.borrow_mut().store(entry)
    }

    fn order_status(&self, order: &str) -> Result<Option<String>, Died> {
        Ok(self.entries().order_status(order).map(str::to_owned))
    }
}
