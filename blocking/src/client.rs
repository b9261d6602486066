//! The client: a session, a transport, and the loop that drives one with the other.

use std::fmt;
use std::sync::Arc;
use std::task::{Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, SystemTime};

use sanspay_core::checkout::Paid;
use sanspay_core::checkout::query::{Confirmation, Trade, TradeSearch};
use sanspay_core::durable::BlockingStore;
use sanspay_core::exchange::{Call, Step};
use sanspay_core::partner::Resolution;
use sanspay_core::{Clock, Endpoint, Error, Exchange, Session, UnknownOutcome};

use crate::builder::ClientBuilder;
use crate::clock::SystemClock;
use crate::durable::Durable;
use crate::pages::Pages;
use crate::token_store::{TokenStore, ask};
use crate::transport::Transport;

/// A blocking client of the partner API. Cloning is cheap; all clones and all threads share the
/// connections and the token.
///
/// A call runs to its end: its thread waits for it, and nothing can take it away in the middle. So
/// there is no `spawn` as the asynchronous client has it; to go on meanwhile, make the call in a
/// thread of yours (`std::thread::spawn`, `tokio::task::spawn_blocking`), which nobody cancels
/// either. Where a call panics, in a transport or a parser of yours, its span closes with what is
/// known by then, and with a warning where the request may have been sent.
///
/// ```no_run
/// use sanspay_blocking::Client;
/// use sanspay_core::Currency;
/// use sanspay_core::partner::NewPayment;
///
/// let client = Client::builder()
///     .base_url("https://api.example.com")
///     .credentials("key-id", "key-secret")
///     .build()?;
/// let payment = client.call(NewPayment::new("order-1", "10.00".parse()?, Currency::USD))?;
/// println!("{} is {}", payment.id(), payment.status());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Client {
    session: Session,
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    token_store: Option<Arc<dyn TokenStore>>,
}

impl Client {
    /// Begins a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }

    /// A client that drives this session over this transport, by the system's clock.
    pub fn new(session: Session, transport: impl Transport + 'static) -> Self {
        Self::from_parts(session, Arc::new(transport), Arc::new(SystemClock::new()))
    }

    pub(crate) fn from_parts(
        session: Session,
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            session,
            transport,
            clock,
            token_store: None,
        }
    }

    pub(crate) fn with_token_store(mut self, store: Option<Arc<dyn TokenStore>>) -> Self {
        self.token_store = store;
        self
    }

    /// The session that the client drives.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Calls an operation and waits for its result.
    ///
    /// # Errors
    /// See [`Error`]: it says what happened, whether repeating is safe, and what to do next.
    pub fn call<E: Endpoint>(&self, endpoint: E) -> Result<E::Output, Error> {
        self.drive(self.session.exchange(endpoint))
    }

    /// Like [`call`](Client::call) with a deadline of its own.
    ///
    /// # Errors
    /// Those of [`call`](Client::call).
    pub fn call_within<E: Endpoint>(
        &self,
        deadline: Duration,
        endpoint: E,
    ) -> Result<E::Output, Error> {
        self.drive(self.session.exchange(endpoint).with_deadline(deadline))
    }

    /// Like [`call`](Client::call), and sends nothing at `time` or later by the client's
    /// [`now`](Client::now), even where the process was suspended in between; see
    /// [`Exchange::with_send_by`].
    ///
    /// # Errors
    /// Those of [`call`](Client::call); [`ErrorKind::Deadline`](sanspay_core::ErrorKind::Deadline)
    /// where it was too late.
    pub fn call_send_by<E: Endpoint>(
        &self,
        time: SystemTime,
        endpoint: E,
    ) -> Result<E::Output, Error> {
        self.drive(self.session.exchange(endpoint).with_send_by(time))
    }

    /// The time by the client's clock, which all that is stored about its calls is told in. The
    /// system's clock never goes back here.
    pub fn now(&self) -> SystemTime {
        self.clock.now()
    }

    /// All items of a list, page by page as the iterator advances. It ends at the first error.
    pub fn pages<L: sanspay_core::Paged>(&self, list: L) -> Pages<L> {
        Pages::new(self.clone(), list)
    }

    /// Finds out what became of an operation whose outcome is unknown. A lookup that fails leaves
    /// it unknown and keeps the error.
    pub fn resolve(&self, unknown: &UnknownOutcome) -> Resolution {
        Resolution::from(self.call(self.session.lookup(unknown, self.clock.now())))
    }

    /// Payments and payouts that are executed once whatever happens to this process, over a store
    /// that survives it.
    pub fn durable<'a, S: BlockingStore + ?Sized>(&'a self, store: &'a S) -> Durable<'a, S> {
        Durable::new(self, store)
    }

    /// Finds a trade of a checkout installation by its number; the client needs an
    /// [operator](ClientBuilder::operator). Each page of the list is a call of its own, with a
    /// deadline of its own.
    ///
    /// # Errors
    /// Those of [`call`](Client::call) and of [`TradeSearch`]; the trade may be there all the same.
    pub fn find_trade(&self, trade_no: &str) -> Result<Option<Trade>, Error> {
        let mut search = TradeSearch::new(trade_no);
        while let Some(list) = search.next() {
            search.accept(self.call(list)?)?;
        }
        search.finish()
    }

    /// Asks the checkout installation whether its records say what a message said; see
    /// [`query`](sanspay_core::checkout::query).
    ///
    /// # Errors
    /// Those of [`find_trade`](Client::find_trade); nothing is known about the payment then.
    pub fn confirm(&self, paid: &Paid) -> Result<Confirmation, Error> {
        Ok(Confirmation::of(paid, self.find_trade(paid.trade_no())?))
    }

    /// Lets the time pass.
    pub(crate) fn sleep(&self, delay: Duration) {
        if !self.clock.skip(delay) {
            thread::sleep(delay);
        }
    }

    /// Drives an exchange to its end.
    pub(crate) fn drive<E: Endpoint>(&self, exchange: Exchange<E>) -> Result<E::Output, Error> {
        let mut call = Call::new(exchange, Arc::clone(&self.clock));
        let _entered = call.span().enter();
        // One for the whole call: the session keeps the same waker once.
        let mut waker = None;
        loop {
            match call.poll() {
                Step::Send(request) => call.reply(self.transport.send(request)),
                Step::Store(op) => call.stored(ask(self.token_store.as_deref(), &op)),
                Step::Wait(wait) if wait.may_end_early() => {
                    wait.wake_early(waker.get_or_insert_with(unpark_this_thread));
                    thread::park_timeout(wait.delay());
                }
                Step::Wait(wait) => self.sleep(wait.delay()),
                Step::Done(result) => return result,
            }
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

fn unpark_this_thread() -> Waker {
    Waker::from(Arc::new(Unpark(thread::current())))
}

/// Wakes a thread that waits for the token which another one fetches.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
