//! The entries of a journal and what they add up to.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error as StdError;
use std::fmt;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::{Begin, End, OrderUpdate, Outcome};
use crate::error::{Intent, UnknownOutcome};

/// One thing that a journal stores.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Entry {
    /// The intent is about to be sent, or was.
    Begun(UnknownOutcome),
    /// What came of an intent.
    Ended(Intent, Outcome),
    /// An event was acted on.
    Committed(OrderUpdate),
}

/// What the entries of a journal add up to: pure state, on which journals are built. It keeps the
/// order in which things were first heard of, and two that differ in it are not equal.
///
/// ```
/// use std::time::SystemTime;
/// use sanspay_core::Intent;
/// use sanspay_core::journal::{Begin, Entries, Entry};
/// let intent = Intent::new("payout", "p-1");
/// let mut entries = Entries::default();
/// let (begin, entry) = entries.begin(&intent, SystemTime::UNIX_EPOCH);
/// assert_eq!(begin, Begin::Send);
///
/// // Store the entry durably, then apply it.
/// let entry = entry.unwrap();
/// let mut file = entry.to_line()?;
/// entries.apply(&entry);
///
/// // After a crash in the middle of the next line everything before it is there.
/// file.extend_from_slice(br#"{"md5":"5d41"#);
/// let (read, whole) = Entries::read(&file)?;
/// assert_eq!((&read, whole), (&entries, file.len() - 12));
/// assert_eq!(read.open().count(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Entries {
    /// In the order in which they were first heard of.
    intents: Vec<(Intent, State)>,
    /// The place of each intent, by [`key`].
    places: BTreeMap<String, usize>,
    /// In the order in which they were committed.
    updates: Vec<OrderUpdate>,
    /// The place of the last update of each order.
    orders: BTreeMap<String, usize>,
    /// Of every update.
    dedup_keys: BTreeSet<String>,
}

#[derive(Clone, PartialEq, Eq)]
enum State {
    Open(SystemTime),
    Ended(Outcome),
}

impl Entries {
    /// Reads the lines of a journal; also says how many bytes of them are whole. What follows the
    /// last line feed is a line that was torn by a crash: it was never acknowledged, so it is
    /// left out, and has to be cut off before anything is appended.
    ///
    /// # Errors
    /// When a whole line is not what was written. Going on without it could pay twice.
    pub fn read(bytes: &[u8]) -> Result<(Self, usize), Damaged> {
        let mut entries = Self::default();
        let mut whole = 0;
        for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let Some(text) = line.strip_suffix(b"\n") else {
                break;
            };
            let entry = Entry::from_line(text).ok_or(Damaged { line: index + 1 })?;
            entries.apply(&entry);
            whole += line.len();
        }
        Ok((entries, whole))
    }

    /// What [`Journal::begin`](super::Journal::begin) answers, and the entry to store for it.
    pub fn begin(&self, intent: &Intent, sent_by: SystemTime) -> (Begin, Option<Entry>) {
        if let Some(conflict) = self.conflict(intent) {
            return (conflict, None);
        }
        match self.state(intent) {
            Some(State::Open(sent_by)) => {
                let unknown = UnknownOutcome::new(intent.clone(), *sent_by);
                (Begin::LookUp(unknown), None)
            }
            Some(State::Ended(Outcome::Executed(id))) => (Begin::Executed(*id), None),
            Some(State::Ended(Outcome::NotExecuted)) | None => {
                let unknown = UnknownOutcome::new(intent.clone(), sent_by);
                (Begin::Send, Some(Entry::Begun(unknown)))
            }
        }
    }

    /// What speaks against an intent whose reference was used before and may have been executed.
    fn conflict(&self, intent: &Intent) -> Option<Begin> {
        let (known, state) = self.known(intent)?;
        let differences = known.differences(intent);
        let conflict = !differences.is_empty() && *state != State::Ended(Outcome::NotExecuted);
        conflict.then_some(Begin::Conflict(differences))
    }

    fn known(&self, intent: &Intent) -> Option<(&Intent, &State)> {
        let place = self.places.get(key(intent).as_str())?;
        self.intents
            .get(*place)
            .map(|(known, state)| (known, state))
    }

    fn state(&self, intent: &Intent) -> Option<&State> {
        self.known(intent).map(|(_, state)| state)
    }

    fn set(&mut self, intent: &Intent, state: State) {
        let next = self.intents.len();
        let place = *self.places.entry(key(intent)).or_insert(next);
        match self.intents.get_mut(place) {
            Some((known, before)) => {
                // What is to be paid is said when it begins, and an end may know less.
                if matches!(state, State::Open(_)) {
                    known.clone_from(intent);
                }
                *before = state;
            }
            None => self.intents.push((intent.clone(), state)),
        }
    }

    /// What [`Journal::end`](super::Journal::end) answers, and the entry to store for it.
    pub fn end(
        &self,
        intent: &Intent,
        sent_by: SystemTime,
        outcome: Outcome,
    ) -> (End, Option<Entry>) {
        let executed = outcome != Outcome::NotExecuted;
        let late = match self.state(intent) {
            Some(State::Open(open)) => *open != sent_by,
            Some(State::Ended(known)) => executed && *known != outcome,
            None => false,
        };
        let news = (executed || !late) && self.changes(intent, outcome);
        let end = match (late, news) {
            (true, _) => End::Late,
            (false, true) => End::Stored,
            (false, false) => End::Known,
        };
        (end, news.then(|| Entry::Ended(intent.clone(), outcome)))
    }

    fn changes(&self, intent: &Intent, outcome: Outcome) -> bool {
        match self.state(intent) {
            Some(State::Ended(Outcome::Executed(_))) => false,
            Some(State::Ended(known)) => *known != outcome,
            Some(State::Open(_)) | None => true,
        }
    }

    /// The entry to store for [`Journal::commit`](super::Journal::commit), if it is news.
    pub fn commit(&self, update: &OrderUpdate) -> Option<Entry> {
        let news = !self.dedup_keys.contains(update.dedup_key());
        news.then(|| Entry::Committed(update.clone()))
    }

    /// Adds an entry that is stored. Applying one again changes nothing.
    pub fn apply(&mut self, entry: &Entry) {
        match entry {
            Entry::Begun(unknown) => {
                if let (Begin::Send, _) = self.begin(&unknown.intent, unknown.sent_at) {
                    self.set(&unknown.intent, State::Open(unknown.sent_at));
                }
            }
            Entry::Ended(intent, outcome) => {
                if self.changes(intent, *outcome) {
                    self.set(intent, State::Ended(*outcome));
                }
            }
            Entry::Committed(update) => {
                if !self.dedup_keys.contains(&update.dedup_key) {
                    let place = self.updates.len();
                    self.dedup_keys.insert(update.dedup_key.clone());
                    self.orders.insert(update.order.clone(), place);
                    self.updates.push(update.clone());
                }
            }
        }
    }

    /// What was begun and not ended, in the order in which it was first heard of.
    pub fn open(&self) -> impl Iterator<Item = UnknownOutcome> {
        let intents = self.intents.iter();
        intents.filter_map(|(intent, state)| match state {
            State::Open(sent_by) => Some(UnknownOutcome::new(intent.clone(), *sent_by)),
            State::Ended(_) => None,
        })
    }

    /// The status that was committed last for an order.
    pub fn order_status(&self, order: &str) -> Option<&str> {
        let place = self.orders.get(order)?;
        self.updates
            .get(*place)
            .map(|update| update.status.as_str())
    }

    /// The fewest entries that add up to the same: for writing a journal anew.
    pub fn compact(&self) -> impl Iterator<Item = Entry> {
        let intents = self.intents.iter().map(|(intent, state)| match state {
            State::Open(sent_by) => Entry::Begun(UnknownOutcome::new(intent.clone(), *sent_by)),
            State::Ended(outcome) => Entry::Ended(intent.clone(), *outcome),
        });
        intents.chain(self.updates.iter().cloned().map(Entry::Committed))
    }
}

/// Type and reference as one text, which no other two make.
fn key(intent: &Intent) -> String {
    let Intent {
        record_type,
        reference,
        ..
    } = intent;
    format!("{}:{record_type}{reference}", record_type.len())
}

/// Shows how much there is; references and orders are yours to print.
impl fmt::Debug for Entries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entries")
            .field("intents", &self.intents.len())
            .field("open", &self.open().count())
            .field("orders", &self.orders.len())
            .finish_non_exhaustive()
    }
}

/// A whole line of a journal is not what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damaged {
    line: usize,
}

impl Damaged {
    /// The number of the line, counted from 1.
    pub fn line(&self) -> usize {
        self.line
    }
}

impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} of the journal is damaged", self.line)
    }
}

impl StdError for Damaged {}
