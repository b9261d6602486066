//! The world outside of a client: the sandbox, the network before it, and the clock.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use http::{HeaderValue, Request, Response, StatusCode, header};
use sanspay_core::exchange::Wait;
use sanspay_core::sandbox::{Reply, Sandbox, SandboxConfig};
use sanspay_core::{Limits, TransportError};

use crate::trace::{Event, RequestEnd, Trace};

/// The year 2027: when every world begins.
const BEGINNING: Duration = Duration::from_secs(1_800_000_000);

/// The sandbox, the network before it and the clock, all virtual: time passes only by
/// [`sleep`](World::sleep), [`advance`](World::advance) and by the latency of answers. Clones
/// share it. It keeps a [`Trace`] of what happens.
///
/// ```
/// use std::time::Duration;
/// use sanspay_ffi_free_tests::World;
/// use sanspay_core::sandbox::SandboxConfig;
///
/// let world = World::new(SandboxConfig::default());
/// let before = world.now();
/// world.sleep(Duration::from_secs(7));
/// assert_eq!(world.now(), before + Duration::from_secs(7));
/// assert_eq!(world.trace().lines(), ["wait 7s"]);
/// ```
#[derive(Clone)]
pub struct World(Arc<Mutex<Inner>>);

struct Inner {
    now: SystemTime,
    sandbox: Sandbox,
    canned: Vec<Canned>,
    abandon_next: bool,
    trace: Trace,
}

/// An answer that is given in the sandbox's place, for what no sandbox answers.
#[derive(Debug, Clone)]
pub struct Canned {
    path: String,
    skip: u32,
    response: Response<Vec<u8>>,
}

impl Canned {
    /// Answers the next request for this path with 200 and this body as JSON.
    pub fn new(path: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        let mut response = Response::new(body.into());
        let json_type = HeaderValue::from_static("application/json");
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, json_type);
        Self {
            path: path.into(),
            skip: 0,
            response,
        }
    }

    /// Answers with another status.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        *self.response.status_mut() = status;
        self
    }

    /// Says that the body is something else than JSON.
    #[must_use]
    pub fn content_type(mut self, text: &'static str) -> Self {
        let value = HeaderValue::from_static(text);
        self.response
            .headers_mut()
            .insert(header::CONTENT_TYPE, value);
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, text: &'static str) -> Self {
        let value = HeaderValue::from_static(text);
        self.response.headers_mut().insert(name, value);
        self
    }

    /// Lets the first requests for the path pass.
    #[must_use]
    pub fn skip(mut self, requests: u32) -> Self {
        self.skip = requests;
        self
    }
}

/// A request on its way, with what will become of it.
///
/// A driver without sockets hands it to [`World::land`]. One on a socket sends the request for
/// real, makes [`reply`](Flight::reply) happen to it, and reports to [`World::landed`].
#[derive(Debug)]
#[must_use = "a flight ends by landing"]
pub struct Flight {
    index: usize,
    delay: Duration,
    body_limit: usize,
    late: bool,
    abandoned: bool,
    reply: Reply,
}

impl Flight {
    /// How long it takes, in virtual time; never longer than the call's deadline.
    pub fn delay(&self) -> Duration {
        self.delay
    }

    /// Whether the answer comes after the deadline: the transport has to give up first.
    pub fn is_late(&self) -> bool {
        self.late
    }

    /// Whether the call is to be given up while this is on its way.
    pub fn is_abandoned(&self) -> bool {
        self.abandoned
    }

    /// What happens to the request, see the table of [`Reply`].
    pub fn reply(&self) -> &Reply {
        &self.reply
    }

    fn outcome(self) -> Result<Response<Vec<u8>>, TransportError> {
        match self.reply {
            Reply::NotConnected => Err(TransportError::not_sent("no connection")),
            _ if self.late => Err(TransportError::maybe_sent("no answer in time")),
            Reply::Answer(mut response) => {
                // The contract of a transport: one byte more than the limit tells the rest.
                let most = self.body_limit.saturating_add(1);
                response.body_mut().truncate(most);
                Ok(response)
            }
            Reply::BrokenOff(_) => Err(TransportError::maybe_sent("broken off")),
            Reply::Lost => Err(TransportError::maybe_sent("connection closed")),
        }
    }
}

impl World {
    /// A world with this sandbox, on the 15th of January 2027.
    pub fn new(config: SandboxConfig) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            now: SystemTime::UNIX_EPOCH + BEGINNING,
            sandbox: Sandbox::new(config),
            canned: Vec::new(),
            abandon_next: false,
            trace: Trace::default(),
        })))
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

    /// The hands of the other people: payer, staff, fault rules.
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
        let event = Event::request(request.method(), request.uri());
        let index = inner.trace.push(event);
        let abandoned = std::mem::take(&mut inner.abandon_next);
        let (delay, reply) = if abandoned {
            inner.trace.end_request(index, RequestEnd::Abandoned);
            (Duration::ZERO, Reply::Lost)
        } else if let Some(response) = inner.canned(request.uri().path()) {
            (Duration::ZERO, Reply::Answer(response))
        } else {
            let now = inner.now;
            let outcome = inner.sandbox.exchange(request, now);
            (outcome.delay, outcome.reply)
        };
        Flight {
            index,
            delay: delay.min(limits.time_left),
            body_limit: limits.body,
            late: delay > limits.time_left,
            abandoned,
            reply,
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
        let index = flight.index;
        let outcome = flight.outcome();
        let end = RequestEnd::of(&outcome);
        self.lock().trace.end_request(index, end);
        outcome
    }

    /// Notes what came of a flight over a real socket, and lets its virtual time pass.
    pub fn landed(&self, flight: &Flight, outcome: &Result<Response<Vec<u8>>, TransportError>) {
        let mut inner = self.lock();
        inner.pass(flight.delay);
        let end = RequestEnd::of(outcome);
        inner.trace.end_request(flight.index, end);
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
        let due = self.sandbox(Sandbox::due);
        for delivery in due {
            // The merchant may call the API meanwhile, so the world is not locked here.
            let answer = merchant(&delivery.request);
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
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn pass(&mut self, time: Duration) {
        self.now = self.now.checked_add(time).unwrap_or(self.now);
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

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.lock();
        f.debug_struct("World")
            .field("now", &inner.now)
            .field("sandbox", &inner.sandbox)
            .finish_non_exhaustive()
    }
}
