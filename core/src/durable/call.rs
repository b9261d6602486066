//! The machine of one durable call: begin, fence, send, resolve, end.
//!
//! ```text
//!         store_if(absent)        yes            Call            known
//! begin ──────────────────▶ ours ─────▶ send ──────────▶ ended ────────▶ store what came of it ─▶ Done
//!   ▲          │ no, or maybe                              │ unknown
//!   │          ▼                                           ▼
//!   │        load ── open by another ─────────────────▶ look up ── found ──▶ store ─▶ Done
//!   │          │                                           │   └─ nobody knows ─────▶ Done
//!   └──────────┴── not executed ◀──────────── absent ──────┘
//! ```

use std::time::{Duration, SystemTime};

use super::outcome::{Executed, Outcome, Pending, PendingReason};
use super::store::{Loaded, Put, Row, StoreAnswer, StoreError, StoreOp};
use super::stored_intent::{State, StoredIntent, key_of};
use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind, Intent, UnknownOutcome};
use crate::exchange::{Exchange, Session};
use crate::partner::{Lookup, NewPayout, Record, Resolution};

mod decide;
mod end;
mod show;

/// How often the store is asked again when it fails, and how long after.
const STORE_PAUSES: [Duration; 2] = [Duration::from_millis(50), Duration::from_millis(250)];

/// The most questions to the store in one call. Each round that is lost was won by somebody else, so
/// that more than a few mean a store that contradicts itself.
const MOST_QUESTIONS: u32 = 24;

/// A call that moves money once, whatever happens in between: a pure machine, driven by the clients'
/// `durable(&store).call(…)`.
///
/// It stores the intent before it sends anything, sends nothing after the time that it stored,
/// and stores what came of it. Where an earlier attempt is open it finds out, and sends only
/// after a proof that nothing was executed.
///
/// ```
/// use std::time::SystemTime;
/// use sanspay_core::durable::{DurableCall, DurableStep, StoreAnswer, StoreOp};
/// use sanspay_core::partner::NewPayout;
/// use sanspay_core::{Currency, SessionBuilder};
///
/// let session = SessionBuilder::new(0)
///     .base_url("https://api.example.com")
///     .credentials("key", "secret")
///     .build()?;
/// let payout = NewPayout::new("p-1", "7.50".parse()?, Currency::EUR, "DE00");
/// let mut call = DurableCall::new(session, &payout, "a number that no other attempt has");
/// let now = SystemTime::UNIX_EPOCH;
///
/// // The intent is stored first,
/// let DurableStep::Store(StoreOp::StoreIf(put)) = call.poll(now) else { panic!() };
/// assert_eq!((put.key.as_str(), put.expected), ("intent:payout:p-1", 0));
/// // and only then is anything sent.
/// call.stored(Ok(StoreAnswer::Stored(true)));
/// assert!(matches!(call.poll(now), DurableStep::Call(_)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct DurableCall<E: Endpoint<Output = Record>> {
    session: Session,
    key: String,
    operation: String,
    intent: Intent,
    /// `None`: nothing is sent, it only finds out.
    endpoint: Option<E>,
    /// Whether what is stored keeps its payout, because a worker tries again.
    is_worker: bool,
    attempt: String,
    /// What this attempt has stored, or tried to.
    begun: Option<Begun>,
    phase: Phase,
    failures: u32,
    questions: u32,
}

/// The row that this attempt wants to be.
struct Begun {
    expected: i64,
    stored: StoredIntent,
    /// Nothing is sent at this time or later, by the clock of the client. It counts from when the
    /// store was first asked, so that the row is due later than that.
    send_by: Option<SystemTime>,
}

/// What the machine asks of its driver.
#[must_use]
pub enum DurableStep<E: Endpoint> {
    /// Ask the store, and tell the answer to [`DurableCall::stored`].
    Store(StoreOp),
    /// Drive this exchange to its end, and tell it to [`DurableCall::called`].
    Call(Box<Exchange<E>>),
    /// Drive this exchange to its end, and tell it to [`DurableCall::looked_up`].
    LookUp(Box<Exchange<Lookup>>),
    /// Poll again after this time.
    Wait(Duration),
    /// The end.
    Done(Outcome),
}

enum Phase {
    Ask(Question),
    Pause(Duration, Question),
    Asked(Question),
    Send,
    Sending,
    LookUp(Doubt),
    LookingUp(Doubt),
    Ended(Option<Outcome>),
}

#[derive(Clone)]
enum Question {
    Begin,
    Load(Why),
    End(Put, Known),
}

/// What is to be done with the row.
#[derive(Clone)]
enum Why {
    Decide,
    /// What is known could not be stored, because somebody was faster or the store did not answer.
    See(Known),
}

#[derive(Clone)]
enum Known {
    Executed(Executed),
    NotExecuted(Error),
    /// Not executed, and to be tried again after this time.
    Queued(Error, Duration),
    /// Looked up without a finding, and to be looked up again after this time.
    Pending(PendingReason, Duration),
}

/// An attempt of which nobody knows what came of it.
struct Doubt {
    /// The row of the attempt and its content.
    version: i64,
    stored: StoredIntent,
    /// What is looked up, and at which time of the same clock.
    unknown: UnknownOutcome,
    asked_at: SystemTime,
    again_in: Duration,
    /// Why it is in doubt, where the attempt was our own. Then absent says nothing yet.
    own: Option<Error>,
}

impl<E: Endpoint<Output = Record> + Clone> DurableCall<E> {
    /// A call of this endpoint. `attempt` is a text that no other attempt of any process has, such
    /// as 128 random bits.
    pub fn new(session: Session, endpoint: E, attempt: impl Into<String>) -> Self {
        let operation = endpoint.operation().to_owned();
        let intent = endpoint.intent();
        let checked = check(&session, &endpoint, intent.as_ref(), &operation);
        let (key, phase) = match checked {
            Ok(key) => (key, Phase::Ask(Question::Begin)),
            Err(error) => (
                String::new(),
                Phase::Ended(Some(Outcome::NotExecuted(error))),
            ),
        };
        Self {
            session,
            key,
            operation,
            intent: intent.unwrap_or_else(|| Intent::new("none", "")),
            endpoint: Some(endpoint),
            is_worker: false,
            attempt: attempt.into(),
            begun: None,
            phase,
            failures: 0,
            questions: 0,
        }
    }

    /// What to do now. `now` is the client's clock.
    pub fn poll(&mut self, now: SystemTime) -> DurableStep<E> {
        match std::mem::replace(&mut self.phase, Phase::Ended(None)) {
            Phase::Ask(question) => self.ask(now, question),
            Phase::Pause(delay, question) => {
                self.phase = Phase::Ask(question);
                DurableStep::Wait(delay)
            }
            Phase::Send => self.send(),
            Phase::LookUp(doubt) => {
                let lookup = self.session.lookup(&doubt.unknown, doubt.asked_at);
                self.phase = Phase::LookingUp(doubt);
                DurableStep::LookUp(Box::new(self.session.exchange(lookup)))
            }
            Phase::Ended(outcome) => {
                DurableStep::Done(outcome.unwrap_or_else(|| Outcome::Unknown(self.misused())))
            }
            // Its answer is awaited: nothing is asked or sent twice.
            waiting => {
                self.phase = waiting;
                DurableStep::Wait(STORE_PAUSES[0])
            }
        }
    }

    fn ask(&mut self, now: SystemTime, question: Question) -> DurableStep<E> {
        self.questions += 1;
        if self.questions > MOST_QUESTIONS {
            let contradiction = StoreError::not_stored("the store contradicts itself");
            let outcome = self.give_up(question, contradiction);
            return DurableStep::Done(outcome);
        }
        let op = match &question {
            Question::Begin => StoreOp::StoreIf(self.begin(now)),
            Question::Load(_) => StoreOp::Load(self.key.clone()),
            Question::End(put, _) => StoreOp::StoreIf(put.clone()),
        };
        self.phase = Phase::Asked(question);
        DurableStep::Store(op)
    }

    /// The row that says that this attempt is sent now.
    fn begin(&mut self, now: SystemTime) -> Put {
        let window = self.session.settings().deadline;
        let begun = self.begun.get_or_insert_with(|| {
            let attempt = self.attempt.clone();
            Begun {
                expected: 0,
                stored: StoredIntent::new(self.intent.clone(), State::Open { attempt }),
                send_by: None,
            }
        });
        // A question that was lost may still be stored, and its time counts from then.
        let by = now.checked_add(window).unwrap_or(now);
        begun.send_by.get_or_insert(by);
        Put {
            key: self.key.clone(),
            expected: begun.expected,
            value: begun.stored.write(),
            due_in: Some(window),
        }
    }

    fn send(&mut self) -> DurableStep<E> {
        let send_by = self.begun.as_ref().and_then(|begun| begun.send_by);
        let (Some(endpoint), Some(send_by)) = (self.endpoint.clone(), send_by) else {
            return DurableStep::Done(Outcome::Unknown(self.misused()));
        };
        self.phase = Phase::Sending;
        let exchange = self.session.exchange(endpoint).with_send_by(send_by);
        DurableStep::Call(Box::new(exchange))
    }

    /// Takes what the store answered. An answer that nobody waits for is ignored.
    pub fn stored(&mut self, answer: Result<StoreAnswer, StoreError>) {
        let question = match std::mem::replace(&mut self.phase, Phase::Ended(None)) {
            Phase::Asked(question) => question,
            other => {
                self.phase = other;
                return;
            }
        };
        let failed = answer.is_err();
        self.phase = match answer {
            Ok(answer) => self.answered(question, answer),
            Err(error) => self.store_failed(question, error),
        };
        if !failed {
            self.failures = 0;
        }
    }

    fn answered(&mut self, question: Question, answer: StoreAnswer) -> Phase {
        match (question, answer) {
            (Question::Begin, StoreAnswer::Stored(true)) => Phase::Send,
            // Another worker has taken it.
            (Question::Begin, StoreAnswer::Stored(false)) if self.is_worker => {
                let window = self.session.settings().deadline;
                Self::pending(window, PendingReason::OtherAttempt)
            }
            (Question::Begin, StoreAnswer::Stored(false)) => {
                Phase::Ask(Question::Load(Why::Decide))
            }
            (Question::End(_, known), StoreAnswer::Stored(true)) => {
                Phase::Ended(Some(known.outcome()))
            }
            (Question::End(_, known), StoreAnswer::Stored(false)) => {
                Phase::Ask(Question::Load(Why::See(known)))
            }
            (Question::Load(Why::Decide), StoreAnswer::Loaded(loaded)) => self.decide(loaded),
            (Question::Load(Why::See(known)), StoreAnswer::Loaded(loaded)) => {
                self.see(loaded, known)
            }
            (question, _) => {
                let error = StoreError::maybe_stored("that is no answer to what was asked");
                self.store_failed(question, error)
            }
        }
    }

    fn store_failed(&mut self, question: Question, error: StoreError) -> Phase {
        let pause = STORE_PAUSES.get(self.failures as usize);
        self.failures += 1;
        match (pause, question) {
            (None, question) => Phase::Ended(Some(self.give_up(question, error))),
            // It may be stored: what is there says so.
            (Some(pause), Question::Begin) if error.may_have_been_stored() => {
                Phase::Pause(*pause, Question::Load(Why::Decide))
            }
            (Some(pause), Question::End(_, known)) if error.may_have_been_stored() => {
                Phase::Pause(*pause, Question::Load(Why::See(known)))
            }
            (Some(pause), question) => Phase::Pause(*pause, question),
        }
    }

    /// Takes the end of the exchange of [`DurableStep::Call`].
    pub fn called(&mut self, now: SystemTime, result: Result<Record, Error>) {
        if matches!(self.phase, Phase::Sending) {
            self.phase = self.sent(now, result);
        }
    }

    /// Takes the end of the exchange of [`DurableStep::LookUp`].
    pub fn looked_up(&mut self, result: Result<Resolution, Error>) {
        match std::mem::replace(&mut self.phase, Phase::Ended(None)) {
            Phase::LookingUp(doubt) => {
                self.phase = self.resolved(doubt, Resolution::from(result));
            }
            other => self.phase = other,
        }
    }

    fn misused(&self) -> Pending {
        let detail = "the call had already given its result";
        let error = Error::new(ErrorKind::Misuse, self.operation.clone(), detail);
        Pending {
            again_in: Duration::ZERO,
            reason: PendingReason::Call(error),
        }
    }
}

impl DurableCall<NewPayout> {
    /// Goes on where another process stopped, with what it stored. It sends only what waits to be
    /// sent by a worker.
    pub(super) fn of_row(session: Session, loaded: Loaded, attempt: String) -> Option<Self> {
        let row = loaded.row.as_ref()?;
        let read = StoredIntent::read(row);
        let mut call = Self {
            session,
            key: row.key.clone(),
            operation: "recover".to_owned(),
            intent: Intent::new("none", ""),
            endpoint: None,
            is_worker: true,
            attempt,
            begun: None,
            phase: Phase::Ended(None),
            failures: 0,
            questions: 0,
        };
        if let Ok(stored) = read {
            call.intent = stored.intent().clone();
            call.endpoint = stored.payout().cloned();
        }
        call.phase = call.decide(loaded);
        Some(call)
    }

    /// The intent that it is about.
    pub fn intent(&self) -> &Intent {
        &self.intent
    }
}

/// Whether the call can be made at all, and the key of its intent.
fn check<E: Endpoint>(
    session: &Session,
    endpoint: &E,
    intent: Option<&Intent>,
    operation: &str,
) -> Result<String, Error> {
    let intent = intent.ok_or_else(|| {
        let detail = "a durable call needs an operation with an intent";
        Error::new(ErrorKind::Misuse, operation.to_owned(), detail)
    })?;
    // What is refused for its input needs no row.
    endpoint.request(session.api())?;
    key_of(intent, operation)
}
