//! What has to survive a crash: intents before they are sent, their outcomes, and the events that
//! were acted on.
//!
//! A process can die between sending a payout and storing what came of it. So the intent is stored
//! *before* the request is sent, and its outcome after. What is still [`open`](Journal::open)
//! after a restart may have been executed: it is looked up and never sent again on a guess.
//!
//! ```text
//!            begin                      end(NotExecuted)
//! nothing ─────────▶ open ─────────────────────────────────▶ not executed ──begin──▶ open
//!                     │ end(Executed)
//!                     └────────────▶ executed, permanently
//! ```
//!
//! [`Journal`] is the interface. [`MemoryJournal`] is for tests; `FileJournal` of
//! `sanspay-blocking` keeps the entries in a file, written through to the disk before it returns.
//! Over a database of yours implement the trait by four statements, each in a transaction.
//!
//! One payout, paid once whatever happens in between:
//!
//! ```
//! use std::time::{Duration, SystemTime};
//! use sanspay_core::journal::{Begin, End, Journal, MemoryJournal, Outcome};
//! use sanspay_core::partner::{NewPayout, Record, Resolution};
//! use sanspay_core::{Currency, Endpoint, Error};
//!
//! # let record = Record::parse(br#"{"id":"6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d",
//! #     "type":"payout","status":"created","amount":"5","currency":"EUR","reference":"p-1"}"#,
//! #     &sanspay_core::Wire::default())?;
//! # let call = |_: &NewPayout| -> Result<Record, Error> { Ok(record.clone()) };
//! # let resolve = |_: &sanspay_core::UnknownOutcome| Resolution::Absent;
//! let mut journal = MemoryJournal::default();
//! let mut pay_out = |payout: &NewPayout| -> Result<Option<Outcome>, Box<dyn std::error::Error>> {
//!     let intent = payout.intent().ok_or("a payout has an intent")?;
//!     let deadline = Duration::from_secs(30); // the one of your session
//!     loop {
//!         let sent_by = SystemTime::now() + deadline; // with a client: `client.now()`
//!         match journal.begin(&intent, sent_by)? {
//!             // It is stored: send it before `sent_by` and never after it (a client's
//!             // `call_send_by`), and store what came of it, if anything is known.
//!             Begin::Send => {
//!                 let outcome = Outcome::of(&call(payout));
//!                 if let Some(outcome) = outcome
//!                     && journal.end(&intent, sent_by, outcome)? == End::Late
//!                 {
//!                     eprintln!("this attempt came late: look both up");
//!                 }
//!                 return Ok(outcome);
//!             }
//!             // It was begun before, perhaps by a process that died: find out.
//!             Begin::LookUp(unknown) => match Outcome::of_lookup(&resolve(&unknown)) {
//!                 // And see what that allows.
//!                 Some(outcome) => {
//!                     let _ = journal.end(&intent, unknown.sent_at(), outcome)?;
//!                 }
//!                 None => return Ok(None), // ask again later
//!             },
//!             Begin::Executed(id) => return Ok(Some(Outcome::Executed(id))),
//!             // The reference was used for another amount or beneficiary.
//!             Begin::Conflict(differences) => return Err(format!("{differences:?}").into()),
//!         }
//!     }
//! };
//! let payout = NewPayout::new("p-1", "5".parse()?, Currency::EUR, "DE00");
//! let paid = pay_out(&payout)?;
//! assert!(matches!(paid, Some(Outcome::Executed(_))));
//! assert_eq!(pay_out(&payout)?, paid, "the second call sends nothing");
//! assert!(journal.open()?.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A webhook or notification is acted on once: commit its dedup key together with the order that
//! it changes, and acknowledge it only then.
//!
//! ```
//! use sanspay_core::journal::{Journal, MemoryJournal, OrderUpdate};
//! let mut journal = MemoryJournal::default();
//! let update = OrderUpdate::new("order-1", "paid", "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d:paid");
//! assert!(journal.commit(&update)?, "news");
//! assert!(!journal.commit(&update)?, "a repetition: acknowledge it and do nothing");
//! assert_eq!(journal.order_status("order-1")?.as_deref(), Some("paid"));
//! # Ok::<(), std::convert::Infallible>(())
//! ```

mod entries;
mod line;
mod memory;
#[cfg(test)]
mod tests;

use std::error::Error as StdError;
use std::fmt;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Intent, Problem, UnknownOutcome};
use crate::partner::{Record, RecordId, Resolution};

pub use entries::{Damaged, Entries, Entry};
pub use line::Unwritable;
pub use memory::MemoryJournal;

/// Where intents, outcomes and handled events are stored so that a crash cannot lose them.
///
/// Every method that stores returns only when it is durable: a power failure right after it must
/// not undo it. One process at a time uses a journal; threads share it behind a mutex, which is
/// not held while a request is on its way.
pub trait Journal {
    /// Why storing or reading failed. After a failed `begin` nothing may be sent.
    type Error: StdError + Send + Sync + 'static;

    /// Stores that the intent is about to be sent, at `sent_by` at the latest: now plus the
    /// deadline of the call. Says what to do about it; only [`Begin::Send`] stores anything.
    ///
    /// # Errors
    /// When it could not be stored durably: do not send.
    fn begin(&mut self, intent: &Intent, sent_by: SystemTime) -> Result<Begin, Self::Error>;

    /// Stores what came of the attempt of an intent that was to be sent by `sent_by`: the time that
    /// [`begin`](Journal::begin) was given, or the one that was looked up
    /// ([`UnknownOutcome::sent_at`]).
    ///
    /// [`Outcome::Executed`] is final, whichever attempt tells it. [`Outcome::NotExecuted`] changes
    /// nothing after it, nor while another attempt is open, which may well be executed. Says
    /// whether the attempt came late.
    ///
    /// # Errors
    /// When it could not be stored: the intent stays open, and looking it up finds out again.
    fn end(
        &mut self,
        intent: &Intent,
        sent_by: SystemTime,
        outcome: Outcome,
    ) -> Result<End, Self::Error>;

    /// What was begun and not ended. After a restart look each of them up
    /// ([`UnknownOutcome::lookup`]) and [`end`](Journal::end) it.
    ///
    /// # Errors
    /// When it could not be read.
    fn open(&self) -> Result<Vec<UnknownOutcome>, Self::Error>;

    /// Stores the new status of an order together with the dedup key of the event that told it;
    /// `false` when the key is there already, and then nothing changes.
    ///
    /// Whether a change of status is legal is decided before, see
    /// [`Status::change_to`](crate::partner::Status::change_to) and
    /// [`Status::progress`](crate::checkout::Status::progress).
    ///
    /// # Errors
    /// When it could not be stored: do not acknowledge the event, so that it comes again.
    fn commit(&mut self, update: &OrderUpdate) -> Result<bool, Self::Error>;

    /// The status that was committed last for an order.
    ///
    /// # Errors
    /// When it could not be read.
    fn order_status(&self, order: &str) -> Result<Option<String>, Self::Error>;
}

/// What to do about an intent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Begin {
    /// It is stored now: send it.
    Send,
    /// It was begun before and nobody knows what came of it: look it up, do not send it.
    LookUp(UnknownOutcome),
    /// It was executed: this is its record.
    Executed(RecordId),
    /// The reference was used for something else, which was executed or may have been: do not send
    /// it. Each difference has its field.
    Conflict(Vec<Problem>),
}

/// What was stored about the end of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum End {
    /// It is stored.
    Stored,
    /// It was known.
    Known,
    /// Another attempt was begun after this one, or it was already held for not executed. Where
    /// this one was executed, the money may have moved twice: look both up.
    Late,
}

/// What is known to have become of an intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was executed, and this is its record.
    Executed(RecordId),
    /// It was not executed and will not be, unless it is sent again.
    NotExecuted,
}

impl Outcome {
    /// What the result of a payment's or payout's call says; `None` when nothing is known and the
    /// intent stays open.
    ///
    /// A conflict (409) leaves it open: a record of this reference exists, and it may be this one. So
    /// does a refusal that names the reference or the idempotency key.
    pub fn of(result: &Result<Record, Error>) -> Option<Self> {
        match result {
            Ok(record) => Some(Self::Executed(record.id())),
            Err(error) if error.outcome_unknown() || error.may_exist_already() => None,
            Err(_) => Some(Self::NotExecuted),
        }
    }

    /// What a lookup says; `None` when the intent stays open.
    pub fn of_lookup(resolution: &Resolution) -> Option<Self> {
        match resolution {
            Resolution::Found(record) => Some(Self::Executed(record.id())),
            Resolution::Absent => Some(Self::NotExecuted),
            Resolution::Unknown(_) => None,
        }
    }
}

/// An order's new status and the event that told it, stored as one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderUpdate {
    order: String,
    status: String,
    dedup_key: String,
}

impl OrderUpdate {
    /// `order` is your own number, `status` the text to be read back, `dedup_key` that of
    /// [`ConfirmedEvent::dedup_key`](crate::partner::ConfirmedEvent::dedup_key) or of
    /// [`Matched::dedup_key`](crate::checkout::Matched::dedup_key).
    pub fn new(
        order: impl Into<String>,
        status: impl Into<String>,
        dedup_key: impl Into<String>,
    ) -> Self {
        Self {
            order: order.into(),
            status: status.into(),
            dedup_key: dedup_key.into(),
        }
    }

    /// The merchant's own number of the order.
    pub fn order(&self) -> &str {
        &self.order
    }

    /// The order's new status.
    pub fn status(&self) -> &str {
        &self.status
    }

    /// What the event is known by when it comes again.
    pub fn dedup_key(&self) -> &str {
        &self.dedup_key
    }
}

/// Shows the status; order and key are yours to print.
impl fmt::Debug for OrderUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OrderUpdate")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}
