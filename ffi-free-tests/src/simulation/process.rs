//! A merchant's process: what it has in memory dies with it, what is on its disk does not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Wake;
use std::time::{Duration, SystemTime};

use http::Response;
use sanspay_core::checkout::Status as CheckoutStatus;
use sanspay_core::partner::{Expected, ListEvidence, RecordType};
use sanspay_core::{Amount, Currency, Intent, Session};
use sanspay_testkit::sandbox::{DeliveryId, RecordKind};

use super::call::Running;
use super::disk::Disk;
use super::suspend::{Nap, Point};

/// True time 0 of every run: the 15th of January 2027.
const BEGINNING: Duration = Duration::from_secs(1_800_000_000);

/// What a clock shows that is so many milliseconds before or behind true time.
pub(super) fn clock(now: Duration, skew: i64) -> SystemTime {
    let distance = Duration::from_millis(skew.unsigned_abs());
    let time = SystemTime::UNIX_EPOCH + BEGINNING + now;
    if skew < 0 {
        time - distance
    } else {
        time + distance
    }
}

/// The true time at which a clock that is so far off shows `time`.
pub(super) fn true_time(time: SystemTime, skew: i64) -> Duration {
    let begin = clock(Duration::ZERO, skew);
    time.duration_since(begin).unwrap_or_default()
}

/// What a merchant was asked to do. It is durable, as the row of an order in a database is.
pub(super) struct Job {
    pub(super) kind: JobKind,
    pub(super) reference: String,
    /// How often it was sent by this process; durable or not makes no difference.
    pub(super) attempts: u32,
    /// Nothing is left to be done about it.
    pub(super) done: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum JobKind {
    Payout,
    Payment,
    Checkout,
}

impl JobKind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Payout => "payout",
            Self::Payment => "payment",
            Self::Checkout => "order",
        }
    }

    pub(super) fn record(self) -> Option<RecordKind> {
        match self {
            Self::Payout => Some(RecordKind::Payout),
            Self::Payment => Some(RecordKind::Payment),
            Self::Checkout => None,
        }
    }
}

impl Job {
    pub(super) fn intent(&self) -> Intent {
        let expected = self.expected();
        expected.map_or_else(
            || Intent::new(self.kind.name(), &self.reference),
            |expected| Intent::of(&expected),
        )
    }

    /// What its record has to be. No two jobs are about the same amount.
    pub(super) fn expected(&self) -> Option<Expected> {
        let record_type = match self.kind {
            JobKind::Payout => RecordType::Payout,
            JobKind::Payment => RecordType::Payment,
            JobKind::Checkout => return None,
        };
        let number: u64 = self.reference.rsplit('-').next()?.parse().ok()?;
        let amount = Amount::from_minor_units(1000 + number, 2).ok()?;
        Some(Expected::new(
            record_type,
            &*self.reference,
            amount,
            Currency::USD,
        ))
    }
}

/// One attempt of a job: what the journal was told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attempt {
    pub(super) number: usize,
    /// By the clock of whoever began it.
    pub(super) sent_by: SystemTime,
    /// The same in true time.
    pub(super) fence: Duration,
}

/// Names a call of a process that lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TaskKey {
    pub(super) process: usize,
    pub(super) incarnation: u32,
    pub(super) task: u32,
}

/// A call on its way, and what it is for.
pub(super) struct Task {
    pub(super) name: String,
    pub(super) call: Box<dyn Running>,
    pub(super) purpose: Purpose,
    pub(super) flight: Option<u64>,
    pub(super) fetches_token: bool,
    pub(super) polled_at: Option<Duration>,
    pub(super) ends_by: Duration,
    pub(super) sends: u32,
    /// Its last answer was not about what it asked, or left something open.
    pub(super) misled: bool,
    /// The only time that a broken driver ever shows.
    pub(super) frozen: Option<SystemTime>,
}

/// What a merchant does with the result of a call.
pub(super) enum Purpose {
    Create(Attempt),
    LookUp(Attempt),
    /// Looks up a record that is known to exist, to see whether the list shows it.
    Control(JobKind),
    /// With the job that the webhook claims to be about.
    Confirm(ReplyTo, Option<usize>),
    Reconcile(usize),
    List,
}

impl Purpose {
    /// The job that the call is about.
    pub(super) fn job(&self) -> Option<usize> {
        match self {
            Self::Create(attempt) | Self::LookUp(attempt) => Some(attempt.number),
            _ => None,
        }
    }
}

/// Where the answer to a webhook or notification goes.
#[derive(Clone)]
pub(super) struct ReplyTo {
    pub(super) name: String,
    /// Absent where an attacker posted it.
    pub(super) delivery: Option<DeliveryId>,
    pub(super) back: Duration,
    pub(super) lost: bool,
    /// The job and the status that a genuine message speaks of.
    pub(super) claim: Option<(usize, String)>,
}

/// What is known from outside about the token that a process holds.
pub(super) struct HeldToken {
    pub(super) text: String,
    pub(super) since: Duration,
    pub(super) refused: bool,
}

pub(super) struct Process {
    pub(super) up: bool,
    pub(super) incarnation: u32,
    pub(super) session: Session,
    pub(super) skew: i64,
    /// How much its clock was turned back so far.
    pub(super) turned_back: Duration,
    pub(super) disk: Disk,
    pub(super) down_for: Duration,
    pub(super) tasks: BTreeMap<u32, Task>,
    pub(super) last_task: u32,
    pub(super) token: Option<HeldToken>,
    /// Calls that a broken driver gave up and never dropped.
    pub(super) leaked: Vec<Task>,
    /// Orders that it has ever held for paid.
    pub(super) believed_paid: BTreeSet<String>,
    /// Until then it does not run.
    pub(super) asleep_until: Duration,
    /// Where it will be suspended next, and how.
    pub(super) sleeps_at: Option<(Point, Nap)>,
    /// For how long its clocks stood still so far.
    pub(super) stood_still: Duration,
    /// The kinds of record that a lookup of this session, or of one whose evidence it has, found.
    pub(super) shown: BTreeSet<JobKind>,
    /// The evidence that it has stored.
    pub(super) evidence: Vec<ListEvidence>,
}

impl Process {
    /// Whether it is up and not suspended.
    pub(super) fn runs(&self, now: Duration) -> bool {
        self.up && self.asleep_until <= now
    }

    /// Whether a call about the job is on its way.
    pub(super) fn works_on(&self, job: usize) -> bool {
        self.tasks
            .values()
            .any(|task| task.purpose.job() == Some(job))
    }
}

/// Wakes one task: it is polled before time passes.
pub(super) struct Woken {
    pub(super) key: TaskKey,
    pub(super) queue: Arc<Mutex<Vec<TaskKey>>>,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.push(self.key);
    }
}

/// Whether the text that a merchant stores for an order means that it is paid.
pub(super) fn says_paid(status: &str) -> bool {
    let status = status.split(' ').next().unwrap_or_default();
    status == "paid" || CheckoutStatus::from_text(status).is_some_and(CheckoutStatus::is_success)
}

/// A response of this status and body.
pub(super) fn response(status: u16, kind: &'static str, body: &str) -> Response<Vec<u8>> {
    let mut response = Response::new(body.as_bytes().to_vec());
    if let Ok(status) = http::StatusCode::from_u16(status) {
        *response.status_mut() = status;
    }
    let value = http::HeaderValue::from_static(kind);
    response
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, value);
    response
}
