//! Tests in virtual time: the sandbox or a cassette, the network before it, and a clock in your
//! hand. No socket, no thread, no sleep.
//!
//! A token expires in the middle of a list:
//!
//! ```
//! use std::time::Duration;
//! use sanspay_core::partner::{ListPayments, NewPayment};
//! use sanspay_core::Currency;
//! use sanspay_testkit::world::World;
//!
//! let (world, client) = World::with_client()?;
//! for reference in ["order-1", "order-2", "order-3", "order-4"] {
//!     client.call(NewPayment::new(reference, "10.00".parse()?, Currency::USD))?;
//! }
//! let mut payments = client.pages(ListPayments::new().per_page(2));
//! assert_eq!(payments.next().transpose()?.and_then(|p| p.reference().map(String::from)), Some("order-4".into()));
//! world.assert_token_requests(1);
//! world.advance(Duration::from_secs(2 * 60 * 60));
//! assert_eq!(payments.filter(Result::is_ok).count(), 3);
//! world.assert_token_requests(2);
//! world.assert_no_secret_in(&format!("{client:?} {}", world.trace()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - [`World`] is all that is outside of a client. Faults, payers and revoked tokens are its
//!   [`sandbox`](World::sandbox)'s; [`replaying`](World::replaying) puts a cassette in its place,
//!   and [`record`](World::record) makes one.
//! - [`TestClient`] is a client in this world, and [`drive`] its whole loop. The clients of the
//!   adapters take [`World::transport`] as transport and the world itself as clock.
//! - [`Trace`] is what happened, as lines to compare.

mod checks;
mod client;
mod flight;
mod trace;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

pub use client::{TestClient, TestPages, drive};
pub use flight::{Canned, Flight};
use http::{Request, Response, header};
use sanspay_core::{Clock, Wire};
pub use trace::{Event, RequestEnd, Trace};

use crate::cassette::{Cassette, Kind, RecordedId, Recorder, Replay};
use crate::sandbox::{PartnerConfig, Reply, Sandbox, SandboxConfig};
use sanspay_core::exchange::Wait;
use sanspay_core::transport::{Limits, TransportError};

/// The sandbox, the network before it and the clock, all virtual: time passes only by
/// [`sleep`](World::sleep), [`advance`](World::advance) and by the latency of answers. Clones
/// share it. It keeps a [`Trace`] of what happens.
///
/// ```
/// use std::time::Duration;
/// use sanspay_testkit::sandbox::SandboxConfig;
/// use sanspay_testkit::world::World;
///
/// let world = World::new(SandboxConfig::default());
/// let before = world.now();
/// world.sleep(Duration::from_secs(7));
/// assert_eq!(world.now(), before + Duration::from_secs(7));
/// assert_eq!(world.trace().lines(), ["wait 7s"]);
/// ```
#[derive(Clone)]
pub struct World(Arc<Mutex<Inner>>);

pub(super) struct Inner {
    now: SystemTime,
    sandbox: Sandbox,
    pub(super) partner: PartnerConfig,
    replay: Option<Replay>,
    recorder: Option<Recorder>,
    /// The `Authorization` of requests.
    pub(super) tokens: BTreeSet<String>,
    canned: Vec<Canned>,
    abandon_next: bool,
    pub(super) trace: Trace,
}

impl World {
    /// A world with this sandbox, on the 15th of January 2027.
    pub fn new(config: SandboxConfig) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            now: Cassette::beginning(),
            partner: config.partner.clone(),
            replay: None,
            recorder: None,
            tokens: BTreeSet::new(),
            sandbox: Sandbox::new(config),
            canned: Vec::new(),
            abandon_next: false,
            trace: Trace::default(),
        })))
    }

    /// A world in which a cassette answers, and nobody else. A request that it does not know is
    /// not sent, and noted in the trace with what differs.
    pub fn replaying(replay: Replay) -> Self {
        let mut config = SandboxConfig::default();
        config.partner.wire = replay.wire();
        let world = Self::new(config);
        world.lock().replay = Some(replay);
        world
    }

    /// Whether a cassette answers.
    pub fn is_replaying(&self) -> bool {
        self.lock().replay.is_some()
    }

    /// Records what goes over the network from now on.
    pub fn record(&self, recorder: &Recorder) {
        self.lock().recorder = Some(recorder.clone());
    }

    /// The virtual time.
    pub fn now(&self) -> SystemTime {
        self.lock().now
    }

    /// Lets the time pass that a driver was asked to wait, and notes it.
    pub fn sleep(&self, time: Duration) {
        let mut inner = self.lock();
        inner.trace.push(Event::Wait(time));
        inner.pass(time);
    }

    /// Lets the time of a wait pass, and notes it unless it may end early.
    pub fn pause(&self, wait: &Wait) {
        if wait.may_end_early() {
            self.advance(wait.delay());
        } else {
            self.sleep(wait.delay());
        }
    }

    /// Lets time pass without a note.
    pub fn advance(&self, time: Duration) {
        self.lock().pass(time);
    }

    /// Turns the clock back, as a correction of the system time does.
    pub fn turn_back(&self, time: Duration) {
        let mut inner = self.lock();
        inner.now = inner.now.checked_sub(time).unwrap_or(inner.now);
    }

    /// How the world's provider spells its API, for a client of it.
    pub fn wire(&self) -> Wire {
        self.lock().partner.wire.clone()
    }

    /// What other people do: payer, staff, fault rules.
    pub fn sandbox<T>(&self, act: impl FnOnce(&mut Sandbox, SystemTime) -> T) -> T {
        let mut inner = self.lock();
        let now = inner.now;
        act(&mut inner.sandbox, now)
    }

    /// Adds an answer that is given once in the sandbox's place.
    pub fn answer_with(&self, canned: Canned) {
        self.lock().canned.push(canned);
    }

    /// Forgets the answers that were not asked for.
    pub fn forget_answers(&self) {
        self.lock().canned.clear();
    }

    /// Marks the next request as one whose call is given up while it is on its way.
    pub fn abandon_next(&self) {
        self.lock().abandon_next = true;
    }

    /// Whether a request was marked and has not begun yet.
    pub fn abandons_next(&self) -> bool {
        self.lock().abandon_next
    }

    /// A request begins: the provider acts at once, and the flight says what will arrive.
    pub fn depart(&self, request: &Request<Vec<u8>>) -> Flight {
        let mut inner = self.lock();
        let limits = Limits::of(request);
        let assumed = inner.sandbox.in_assumed_form(request);
        let event = Event::request(assumed.method(), assumed.uri());
        let index = inner.trace.push(event);
        let abandoned = std::mem::take(&mut inner.abandon_next);
        inner.learn(request);
        let now = inner.now;
        let recorded = inner.recorder.as_ref();
        let recorded = recorded.map(|recorder| recorder.request(request, now));
        let (delay, reply) = inner.fate(request, &assumed, abandoned, index);
        Flight {
            index,
            delay: delay.min(limits.time_left),
            body_limit: limits.body,
            late: delay > limits.time_left,
            abandoned,
            reply,
            recorded,
        }
    }

    /// Lets the flight's time pass and yields what arrives.
    ///
    /// # Errors
    /// When the connection fails or breaks, or the answer comes after the deadline.
    pub fn land(&self, flight: Flight) -> Result<Response<Vec<u8>>, TransportError> {
        self.advance(flight.delay);
        self.arrive(flight)
    }

    /// Yields what arrives, for a scheduler that has let the flight's time pass by itself.
    ///
    /// # Errors
    /// Those of [`land`](World::land).
    pub fn arrive(&self, flight: Flight) -> Result<Response<Vec<u8>>, TransportError> {
        let (index, recorded) = (flight.index, flight.recorded);
        let outcome = flight.outcome();
        self.lock().ended(index, recorded, &outcome);
        outcome
    }

    /// Notes what came of a flight over a real socket, and lets its virtual time pass.
    pub fn landed(&self, flight: &Flight, outcome: &Result<Response<Vec<u8>>, TransportError>) {
        let mut inner = self.lock();
        inner.pass(flight.delay);
        inner.ended(flight.index, flight.recorded, outcome);
    }

    /// The whole way of one request without a socket: it departs and lands.
    ///
    /// # Errors
    /// Those of [`land`](World::land).
    pub fn send(&self, request: &Request<Vec<u8>>) -> Result<Response<Vec<u8>>, TransportError> {
        self.land(self.depart(request))
    }

    /// Hands every webhook and notification that is due to the merchant, and its answer back;
    /// `None` stands for no answer.
    pub fn deliver(
        &self,
        mut merchant: impl FnMut(&Request<Vec<u8>>) -> Option<Response<Vec<u8>>>,
    ) {
        let replay = self.lock().replay.clone();
        if let Some(replay) = replay {
            while let Some(delivered) = replay.next_delivery() {
                let _ = merchant(&delivered.request);
            }
            return;
        }
        let due = self.sandbox(Sandbox::due);
        for delivery in due {
            let kind = kind_of(&delivery.request);
            let recorder = self.lock().recorder.clone();
            let begun = recorder.map(|recorder| {
                let id = recorder.delivery(kind, &delivery.request, self.now());
                (recorder, id)
            });
            // The merchant may call the API meanwhile, so the world is not locked here.
            let answer = merchant(&delivery.request);
            if let (Some((recorder, id)), Some(answer)) = (begun, &answer) {
                recorder.answered(id, answer, self.now());
            }
            self.sandbox(|sandbox, now| sandbox.delivered(delivery.id, now, answer.as_ref()));
        }
    }

    /// Adds a line about a result to the trace.
    pub fn note(&self, text: impl Into<String>) {
        self.lock().trace.push(Event::Note(text.into()));
    }

    /// What happened so far.
    pub fn trace(&self) -> Trace {
        self.lock().trace.clone()
    }

    /// Forgets what happened so far.
    pub fn forget_trace(&self) {
        self.lock().trace.clear();
    }

    /// A panicking driver is one of the scenarios, and no code of ours panics inside.
    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn pass(&mut self, time: Duration) {
        self.now = self.now.checked_add(time).unwrap_or(self.now);
    }

    fn learn(&mut self, request: &Request<Vec<u8>>) {
        let value = request.headers().get(header::AUTHORIZATION);
        let text = value.and_then(|value| value.to_str().ok());
        let token = text.and_then(|text| text.strip_prefix("Bearer "));
        self.tokens.extend(token.map(str::to_owned));
    }

    /// What becomes of a request, and after what time.
    fn fate(
        &mut self,
        request: &Request<Vec<u8>>,
        assumed: &Request<Vec<u8>>,
        abandoned: bool,
        index: usize,
    ) -> (Duration, Reply) {
        let replayed = self.replay.as_ref().map(|replay| replay.take(request));
        if abandoned {
            self.trace.end_request(index, RequestEnd::Abandoned);
            return (Duration::ZERO, Reply::Lost);
        }
        match replayed {
            Some(Ok(replayed)) => (replayed.took, replayed.into_reply()),
            Some(Err(error)) => {
                self.trace.push(Event::Note(error.to_string()));
                (Duration::ZERO, Reply::NotConnected)
            }
            None => {
                if let Some(response) = self.canned(assumed.uri().path()) {
                    let response = self.sandbox.in_own_form(assumed, response);
                    return (Duration::ZERO, Reply::Answer(response));
                }
                let outcome = self.sandbox.exchange(request, self.now);
                (outcome.delay, outcome.reply)
            }
        }
    }

    fn ended(
        &mut self,
        index: usize,
        recorded: Option<RecordedId>,
        outcome: &Result<Response<Vec<u8>>, TransportError>,
    ) {
        if let (Some(recorder), Some(id)) = (&self.recorder, recorded) {
            recorder.outcome(id, outcome, self.now);
        }
        self.trace.end_request(index, RequestEnd::of(outcome));
    }

    fn canned(&mut self, path: &str) -> Option<Response<Vec<u8>>> {
        let mut fitting = self.canned.iter_mut().filter(|canned| canned.path == path);
        let first = fitting.next()?;
        if first.skip > 0 {
            first.skip -= 1;
            return None;
        }
        let at = self.canned.iter().position(|canned| canned.path == path)?;
        Some(self.canned.remove(at).response)
    }
}

/// The partner API sends JSON, the hosted checkout a form.
fn kind_of(request: &Request<Vec<u8>>) -> Kind {
    let content_type = request.headers().get(header::CONTENT_TYPE);
    let is_form = content_type.is_some_and(|t| t.as_bytes().starts_with(b"application/x-www"));
    if is_form {
        Kind::Notification
    } else {
        Kind::Webhook
    }
}

/// A delay passes at once.
impl Clock for World {
    fn now(&self) -> SystemTime {
        self.now()
    }

    fn skip(&self, delay: Duration) -> bool {
        self.sleep(delay);
        true
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.lock();
        f.debug_struct("World")
            .field("now", &inner.now)
            .field("sandbox", &inner.sandbox)
            .finish_non_exhaustive()
    }
}
