//! The outbox: a payout is stored in the transaction of the order that causes it, and sent later.

use std::time::Duration;

use super::store::{Loaded, Put, StoreAnswer, StoreError, StoreOp};
use super::stored_intent::{State, StoredIntent, key_of};
use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind};
use crate::exchange::Session;
use crate::partner::NewPayout;

const OPERATION: &str = "enqueue payout";

/// Puts a payout into a store, from where `recover` sends it: a pure machine of at most two questions.
///
/// Asked inside a transaction of yours, it is stored together with your order or not at all.
///
/// ```
/// use sanspay_core::durable::{Enqueue, Enqueued, StoreAnswer, StoreOp};
/// use sanspay_core::partner::NewPayout;
/// use sanspay_core::{Currency, SessionBuilder};
///
/// let builder = SessionBuilder::new(0).base_url("https://api.example.com");
/// let session = builder.credentials("key", "secret").build()?;
/// let payout = NewPayout::new("p-1", "7.50".parse()?, Currency::EUR, "DE00");
/// let mut enqueue = Enqueue::new(&session, &payout)?;
/// assert!(matches!(enqueue.next(), Some(StoreOp::StoreIf(put)) if put.key == "intent:payout:p-1"));
/// enqueue.stored(Ok(StoreAnswer::Stored(true)));
/// assert!(enqueue.next().is_none());
/// assert_eq!(enqueue.end()?, Enqueued::Now);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Enqueue {
    put: Put,
    intent: crate::Intent,
    next: Option<StoreOp>,
    end: Option<Result<Enqueued, Error>>,
}

/// What came of enqueueing a payout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Enqueued {
    /// It is stored now.
    Now,
    /// The same payout was stored before, and may have been sent already.
    Before,
}

impl Enqueue {
    /// For this payout.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] with everything that is wrong with it.
    pub fn new(session: &Session, payout: &NewPayout) -> Result<Self, Error> {
        payout.request(session.api())?;
        let detail = "a payout has an intent";
        let no_intent = || Error::new(ErrorKind::Misuse, OPERATION, detail);
        let intent = payout.intent().ok_or_else(no_intent)?;
        let put = Put {
            key: key_of(&intent, OPERATION)?,
            expected: 0,
            value: StoredIntent::queued(intent.clone(), payout.clone()).write(),
            due_in: Some(Duration::ZERO),
        };
        Ok(Self {
            next: Some(StoreOp::StoreIf(put.clone())),
            put,
            intent,
            end: None,
        })
    }

    /// The next question to the store; `None` at the end.
    #[expect(
        clippy::should_implement_trait,
        reason = "what comes next depends on the answer, which is told in between"
    )]
    pub fn next(&mut self) -> Option<StoreOp> {
        self.next.take()
    }

    /// Takes what the store answered.
    pub fn stored(&mut self, answer: Result<StoreAnswer, StoreError>) {
        self.end = Some(match answer {
            Ok(StoreAnswer::Stored(true)) => Ok(Enqueued::Now),
            Ok(StoreAnswer::Stored(false)) => {
                self.next = Some(StoreOp::Load(self.put.key.clone()));
                return;
            }
            Ok(StoreAnswer::Loaded(loaded)) => self.known(&loaded),
            Ok(StoreAnswer::Scanned(_)) => Err(failed(StoreError::maybe_stored(
                "that is no answer to what was asked",
            ))),
            Err(error) => Err(failed(error)),
        });
    }

    /// What is there already.
    fn known(&self, loaded: &Loaded) -> Result<Enqueued, Error> {
        let row = loaded
            .row
            .as_ref()
            .ok_or_else(|| failed(StoreError::not_stored("the store contradicts itself")))?;
        let stored = StoredIntent::read(row)
            .map_err(|what| Error::new(ErrorKind::Unreadable, OPERATION, what))?;
        let differences = match stored.state() {
            // It was given up: enqueueing it again needs a decision, which a durable call is.
            State::NotExecuted { .. } => {
                let detail =
                    "this payout was not executed before: call it again, or use another reference";
                return Err(Error::new(ErrorKind::Conflict, OPERATION, detail));
            }
            _ => stored.conflicts(&self.intent),
        };
        if differences.is_empty() {
            return Ok(Enqueued::Before);
        }
        let detail = "the reference was used before for something else";
        Err(Error::new(ErrorKind::Invalid, OPERATION, detail).with_problems(differences))
    }

    /// What came of it.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] where the reference was used for something else; the store's error
    /// otherwise: roll your transaction back.
    pub fn end(self) -> Result<Enqueued, Error> {
        self.end.unwrap_or_else(|| {
            let detail = "the store was not asked";
            Err(Error::new(ErrorKind::Misuse, OPERATION, detail))
        })
    }
}

fn failed(error: StoreError) -> Error {
    let detail = "the store failed, and nothing was sent";
    Error::new(ErrorKind::NotSent, OPERATION, detail).with_source(error)
}
