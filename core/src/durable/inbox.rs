//! The inbox: what a webhook, a notification or a return told is acted on once.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::store::{BlockingStore, Put, Row, Scan, Store, StoreAnswer, StoreError, StoreOp};
use crate::json;

/// What the keys of events begin with.
pub const EVENT_PREFIX: &str = "event:";
/// An event that waits is looked at after this time, twice as long after each further failure.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// The most doublings: then it is a bit more than an hour.
const MOST_DOUBLINGS: u32 = 10;
/// The most questions for one event: more mean a store that contradicts itself.
const MOST_QUESTIONS: u32 = 8;

/// Something that was told and is acted on once, known by its dedup key
/// ([`Paid::dedup_key`](crate::partner::Paid::dedup_key) of either system).
///
/// Apply it with a store inside the transaction that changes your order: both are committed, or
/// neither is. Acknowledge the message only after the commit.
///
/// ```
/// # use std::time::SystemTime;
/// # struct Still;
/// # impl sanspay_core::Clock for Still {
/// #     fn now(&self) -> SystemTime { SystemTime::UNIX_EPOCH }
/// # }
/// # let transaction = sanspay_core::durable::MemoryStore::new(Still);
/// use sanspay_core::durable::{Applied, Event};
/// let event = Event::new("6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d:paid");
/// assert_eq!(event.apply_in_blocking(&transaction)?, Applied::Now); // change the order here
/// assert_eq!(event.apply_in_blocking(&transaction)?, Applied::Before); // a repetition
/// # Ok::<(), sanspay_core::durable::StoreError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Event {
    key: String,
    body: Option<String>,
}

/// What applying an event came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Applied {
    /// It is news: act on it in this transaction.
    Now,
    /// It was acted on before: acknowledge it and do nothing.
    Before,
}

#[derive(Serialize, Deserialize)]
struct Form {
    format: u32,
    state: EventState,
    #[serde(default)]
    failures: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum EventState {
    Waiting,
    Applied,
}

impl Event {
    /// An event by its dedup key.
    pub fn new(dedup_key: impl fmt::Display) -> Self {
        Self {
            key: format!("{EVENT_PREFIX}{dedup_key}"),
            body: None,
        }
    }

    /// Keeps the message, for an event that may have to [wait](Event::wait). It may hold customer
    /// data.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<String>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// The dedup key.
    pub fn dedup_key(&self) -> &str {
        self.key.strip_prefix(EVENT_PREFIX).unwrap_or(&self.key)
    }

    /// The message that was kept.
    pub fn body(&self) -> Option<&str> {
        self.body.as_deref()
    }

    /// Says whether it is news, and stores that it is not any more.
    ///
    /// # Errors
    /// Those of the store: roll your transaction back and do not acknowledge the message.
    pub async fn apply_in(&self, store: &impl Store) -> Result<Applied, StoreError> {
        let mut change = Change::new(self, EventState::Applied);
        while let Some(op) = change.next() {
            change.stored(op.ask(store).await)?;
        }
        Ok(change.end())
    }

    /// [`apply_in`](Event::apply_in) for a blocking store.
    ///
    /// # Errors
    /// Those of the store: roll your transaction back and do not acknowledge the message.
    pub fn apply_in_blocking(
        &self,
        store: &(impl BlockingStore + ?Sized),
    ) -> Result<Applied, StoreError> {
        let mut change = Change::new(self, EventState::Applied);
        while let Some(op) = change.next() {
            change.stored(op.ask_blocking(store))?;
        }
        Ok(change.end())
    }

    /// Keeps it for later, such as one about an order that is not there yet: it comes again from
    /// [`waiting`](Event::waiting), after a pause that doubles. [`Applied::Before`] where it was
    /// applied meanwhile.
    ///
    /// # Errors
    /// Those of the store: do not acknowledge the message.
    pub async fn wait(&self, store: &impl Store) -> Result<Applied, StoreError> {
        let mut change = Change::new(self, EventState::Waiting);
        while let Some(op) = change.next() {
            change.stored(op.ask(store).await)?;
        }
        Ok(change.end())
    }

    /// [`wait`](Event::wait) for a blocking store.
    ///
    /// # Errors
    /// Those of the store: do not acknowledge the message.
    pub fn wait_blocking(
        &self,
        store: &(impl BlockingStore + ?Sized),
    ) -> Result<Applied, StoreError> {
        let mut change = Change::new(self, EventState::Waiting);
        while let Some(op) = change.next() {
            change.stored(op.ask_blocking(store))?;
        }
        Ok(change.end())
    }

    /// Up to a hundred events that have waited long enough: try each again, and let it
    /// [wait](Event::wait) once more where that fails.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn waiting(store: &impl Store) -> Result<Vec<Self>, StoreError> {
        Ok(Self::of_rows(store.scan(&Self::scan()).await?.rows))
    }

    /// [`waiting`](Event::waiting) for a blocking store.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn waiting_blocking(
        store: &(impl BlockingStore + ?Sized),
    ) -> Result<Vec<Self>, StoreError> {
        Ok(Self::of_rows(store.scan(&Self::scan())?.rows))
    }

    fn scan() -> Scan {
        Scan {
            prefix: EVENT_PREFIX.to_owned(),
            after: None,
            limit: 100,
        }
    }

    fn of_rows(rows: Vec<Row>) -> Vec<Self> {
        let events = rows.into_iter().map(|row| Self {
            body: read(&row).ok().and_then(|form| form.body),
            key: row.key,
        });
        events.collect()
    }
}

/// The steps of one change of an event.
struct Change<'a> {
    event: &'a Event,
    to: EventState,
    next: Option<StoreOp>,
    questions: u32,
    applied: Applied,
}

impl<'a> Change<'a> {
    fn new(event: &'a Event, to: EventState) -> Self {
        let mut change = Self {
            event,
            to,
            next: None,
            questions: 0,
            applied: Applied::Now,
        };
        change.next = Some(change.put(0, 0, event.body.clone()));
        change
    }

    fn put(&self, expected: i64, failures: u32, body: Option<String>) -> StoreOp {
        let waits = self.to == EventState::Waiting;
        let pause = FIRST_PAUSE * 2_u32.pow(failures.min(MOST_DOUBLINGS));
        let form = Form {
            format: 1,
            state: self.to,
            failures,
            body: body.filter(|_| waits),
        };
        StoreOp::StoreIf(Put {
            key: self.event.key.clone(),
            expected,
            value: json::write_text(&form),
            due_in: waits.then_some(pause),
        })
    }

    fn next(&mut self) -> Option<StoreOp> {
        self.next.take()
    }

    fn stored(&mut self, answer: Result<StoreAnswer, StoreError>) -> Result<(), StoreError> {
        self.questions += 1;
        if self.questions > MOST_QUESTIONS {
            return Err(StoreError::maybe_stored("the store contradicts itself"));
        }
        match answer? {
            StoreAnswer::Stored(true) => {}
            StoreAnswer::Stored(false) => {
                self.next = Some(StoreOp::Load(self.event.key.clone()));
            }
            StoreAnswer::Loaded(loaded) => match loaded.row {
                None => self.next = Some(self.put(0, 0, self.event.body.clone())),
                Some(row) => {
                    let form = read(&row).map_err(StoreError::not_stored)?;
                    if form.state == EventState::Applied {
                        self.applied = Applied::Before;
                    } else {
                        let body = self.event.body.clone().or(form.body);
                        let failures = form.failures.saturating_add(1);
                        self.next = Some(self.put(row.version, failures, body));
                    }
                }
            },
            StoreAnswer::Scanned(_) => {
                return Err(StoreError::maybe_stored("that is no answer"));
            }
        }
        Ok(())
    }

    fn end(self) -> Applied {
        self.applied
    }
}

fn read(row: &Row) -> Result<Form, &'static str> {
    let form: Result<Form, _> = serde_json::from_str(&row.value);
    let known = form.ok().filter(|form| form.format == 1);
    known.ok_or("what is stored is no event, or was written by a newer version")
}

/// The dedup key is yours to print.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event").finish_non_exhaustive()
    }
}
