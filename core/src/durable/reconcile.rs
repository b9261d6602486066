//! Compares what we hold with what the provider lists, as two streams, in constant memory.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::{Duration, SystemTime};

use crate::error::{Intent, Problem};
use crate::partner::{Expected, Record, RecordId};

/// What we hold of a payout or of an order: one entry of our stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ours {
    /// What the provider's record has to be.
    pub expected: Expected,
    /// When it was begun.
    pub at: SystemTime,
    /// What we know about it.
    pub known: Known,
}

/// What we know about an entry of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Executed, or an order that was paid: by this record.
    Done(RecordId),
    /// An order that waits for its payment; its record exists.
    Pending,
    /// Nobody knows.
    Unknown,
    /// It was not executed, for certain.
    NotExecuted,
}

/// One entry of the provider's list, as far as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The record.
    pub id: RecordId,
    /// What it says it is; its reference is empty where it has none.
    pub is: Expected,
    /// Whether it is paid.
    pub paid: bool,
    /// When it was created; `None` where it does not say so.
    pub at: Option<SystemTime>,
}

impl Listed {
    /// A record of a list; `None` where it does not say its type, and then it may be anything.
    pub fn of(record: &Record) -> Option<Self> {
        let record_type = record.record_type()?.clone();
        let reference = record.reference().unwrap_or_default();
        let (amount, currency) = (record.amount(), record.currency().clone());
        Some(Self {
            id: record.id(),
            is: Expected::new(record_type, reference, amount, currency),
            paid: record.status().is_paid(),
            at: record.created_at().map(SystemTime::from),
        })
    }
}

/// Something that the two sides do not agree about, with its evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Difference {
    /// The provider has it, and we do not know so.
    ExecutedUnknownHere(Ours, RecordId),
    /// The provider has it, and we hold it for not executed: it may have been paid again.
    ExecutedAgainstOurs(Ours, RecordId),
    /// It is paid there and waits here: its webhook never came, or was not acted on.
    PaidPendingHere(Ours, RecordId),
    /// We hold it for done, or wait for it, and it is not listed.
    NotListed(Ours),
    /// Nobody knows, and the list does not show it.
    UnknownNotListed(Ours),
    /// Two records have the reference of one entry: both are listed, or we know of another one.
    Twice(Ours, [RecordId; 2]),
    /// The record is of another amount or currency, each with its field.
    Differs(Ours, RecordId, Vec<Problem>),
    /// No entry of ours is about this record.
    Foreign(Listed),
}

/// The one safe thing to do about a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Repair {
    /// Call the durable payout again, or `recover`: it looks the record up and stores it.
    Recover,
    /// Fetch this record, compare it with the order, and act on it as on a webhook.
    Confirm(RecordId),
    /// Nothing is safe to do by a program: somebody has to look at both sides.
    AskAPerson,
}

impl Difference {
    /// What to do about it.
    pub fn repair(&self) -> Repair {
        match self {
            Self::ExecutedUnknownHere(..) | Self::UnknownNotListed(_) => Repair::Recover,
            Self::PaidPendingHere(_, id) => Repair::Confirm(*id),
            _ => Repair::AskAPerson,
        }
    }
}

/// The stream that has to be read next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Our entries.
    Ours,
    /// The provider's.
    Theirs,
}

type Key = (String, String);

/// Compares two streams that are in the order of their times, the earliest first.
///
/// Entries wait for their counterpart until both streams are further than the window behind them;
/// so it holds what fits into a window, however long the streams are. The window covers how far
/// the two times of one payment may be apart: clocks, `Wire::settle`, and the order of the list.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use sanspay_core::Currency;
/// use sanspay_core::durable::{Difference, Known, Listed, Ours, Reconciler, Repair};
/// use sanspay_core::partner::Expected;
///
/// let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
/// let order = Expected::payment("order-1", "10.00".parse()?, Currency::EUR);
/// let id = "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d".parse()?;
///
/// let mut reconciler = Reconciler::new(Duration::from_secs(600));
/// reconciler.ours(Ours { expected: order.clone(), at, known: Known::Pending });
/// reconciler.theirs(Listed { id, is: order, paid: true, at: Some(at) });
/// let differences = reconciler.finish(at + Duration::from_secs(3600));
/// assert!(matches!(differences[..], [Difference::PaidPendingHere(..)]));
/// assert_eq!(differences[0].repair(), Repair::Confirm(id));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Reconciler {
    window: Duration,
    waiting: BTreeMap<Key, Waiting>,
    by_time: BTreeSet<(SystemTime, Key)>,
    seen: [Option<SystemTime>; 2],
    found: Vec<Difference>,
}

struct Waiting {
    at: SystemTime,
    ours: Option<Ours>,
    listed: Option<Listed>,
}

impl Reconciler {
    /// With this window: at least `Wire::settle` and what the clocks may be apart.
    pub fn new(window: Duration) -> Self {
        Self {
            window,
            waiting: BTreeMap::new(),
            by_time: BTreeSet::new(),
            seen: [None; 2],
            found: Vec::new(),
        }
    }

    /// The stream that is behind: read it next, so that little has to be held.
    pub fn behind(&self) -> Side {
        let [ours, theirs] = self.seen;
        if theirs < ours {
            Side::Theirs
        } else {
            Side::Ours
        }
    }

    /// How many entries wait for their counterpart, or for a second one.
    pub fn held(&self) -> usize {
        self.waiting.len()
    }

    /// Takes the next entry of ours.
    pub fn ours(&mut self, ours: Ours) {
        let at = ours.at;
        self.note(0, at);
        let waiting = self.entry(&ours.expected, at);
        waiting.ours = Some(ours);
        self.pass();
    }

    /// Takes the next entry of the provider's list.
    pub fn theirs(&mut self, listed: Listed) {
        let at = listed.at.or(self.seen[1]);
        let at = at.or(self.seen[0]).unwrap_or(SystemTime::UNIX_EPOCH);
        self.note(1, at);
        let waiting = self.entry(&listed.is, at);
        match (&waiting.listed, &waiting.ours) {
            (Some(first), Some(ours)) if first.id != listed.id => {
                let twice = Difference::Twice(ours.clone(), [first.id, listed.id]);
                self.found.push(twice);
            }
            (Some(first), None) if first.id != listed.id => {
                // Ours may still come; until then the second one is nobody's.
                self.found.push(Difference::Foreign(listed));
            }
            _ => waiting.listed = Some(listed),
        }
        self.pass();
    }

    /// Takes the differences that were found so far.
    pub fn take(&mut self) -> Vec<Difference> {
        std::mem::take(&mut self.found)
    }

    /// Both streams have ended at `now`: what is younger than the window is left for the next time.
    pub fn finish(mut self, now: SystemTime) -> Vec<Difference> {
        self.seen = [Some(now); 2];
        self.pass();
        self.found
    }

    fn note(&mut self, side: usize, at: SystemTime) {
        if let Some(seen) = self.seen.get_mut(side) {
            *seen = (*seen).max(Some(at));
        }
    }

    fn entry(&mut self, is: &Expected, at: SystemTime) -> &mut Waiting {
        let key = (
            is.record_type().as_str().to_owned(),
            is.reference().to_owned(),
        );
        let by_time = &mut self.by_time;
        self.waiting.entry(key.clone()).or_insert_with(|| {
            by_time.insert((at, key));
            Waiting {
                at,
                ours: None,
                listed: None,
            }
        })
    }

    /// Judges everything that both streams are further than the window behind of.
    fn pass(&mut self) {
        let [Some(ours), Some(theirs)] = self.seen else {
            return;
        };
        let Some(watermark) = ours.min(theirs).checked_sub(self.window) else {
            return;
        };
        while let Some((at, _)) = self.by_time.first()
            && *at < watermark
        {
            let Some((_, key)) = self.by_time.pop_first() else {
                return;
            };
            if let Some(waiting) = self.waiting.remove(&key) {
                debug_assert!(waiting.at < watermark, "it waits as long as its key");
                self.found.extend(judge(waiting));
            }
        }
    }
}

fn judge(waiting: Waiting) -> Option<Difference> {
    let (ours, listed) = match (waiting.ours, waiting.listed) {
        (Some(ours), Some(listed)) => (ours, listed),
        (Some(ours), None) => return missing(ours),
        (None, listed) => return listed.map(Difference::Foreign),
    };
    let differences = Intent::of(&ours.expected).differences(&Intent::of(&listed.is));
    if !differences.is_empty() {
        return Some(Difference::Differs(ours, listed.id, differences));
    }
    match ours.known {
        Known::Done(id) if id == listed.id => None,
        Known::Done(other) => Some(Difference::Twice(ours, [other, listed.id])),
        Known::Pending if listed.paid => Some(Difference::PaidPendingHere(ours, listed.id)),
        Known::Pending => None,
        Known::Unknown => Some(Difference::ExecutedUnknownHere(ours, listed.id)),
        Known::NotExecuted => Some(Difference::ExecutedAgainstOurs(ours, listed.id)),
    }
}

fn missing(ours: Ours) -> Option<Difference> {
    match ours.known {
        Known::NotExecuted => None,
        Known::Unknown => Some(Difference::UnknownNotListed(ours)),
        Known::Done(_) | Known::Pending => Some(Difference::NotListed(ours)),
    }
}

impl fmt::Debug for Reconciler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reconciler")
            .field("window", &self.window)
            .field("held", &self.held())
            .finish_non_exhaustive()
    }
}
