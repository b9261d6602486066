//! The client: a session, a transport, and the loop that drives one with the other.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, SystemTime};

use sanspay_core::checkout::Paid;
use sanspay_core::checkout::query::{Confirmation, Trade, TradeSearch};
use sanspay_core::durable::Store;
use sanspay_core::exchange::{Call, Step, Wait};
use sanspay_core::partner::Resolution;
use sanspay_core::{
    Clock, Endpoint, Error, Exchange, Limits, Paged, Session, TransportError, UnknownOutcome,
};
use tokio::runtime::Handle;
use tokio::time;

use crate::builder::ClientBuilder;
use crate::clock::SystemClock;
use crate::durable::Durable;
use crate::pages::Pages;
use crate::spawned::{Spawned, Told};
use crate::token_store::{TokenStore, ask};
use crate::transport::Transport;

const NO_SPAWN: &str = "a call can be spawned in a tokio runtime only";
const NO_RUNTIME: &str =
    "nothing was sent, because calls need a tokio runtime and there is none here";

/// An asynchronous client of the partner API on tokio. Cloning is cheap; all clones and all tasks
/// share the connections and the token.
///
/// A call may be dropped at any await point: nothing stays locked, and where it was fetching the
/// token another call takes over. A request that was already sent may be executed all the same;
/// then the call's span closes with `outcome = "unknown"`, and a warning says so. A payment or
/// payout whose caller may be dropped, as a web handler is when the browser hangs up, is
/// [spawned](Client::spawn). A call that is kept and not polled may hold up others that wait for the
/// token which it fetches, until it is polled or dropped or they reach their deadlines.
///
/// It may be used from several runtimes, one after the other or at the same time; over reqwest each
/// of them has connections of its own. Outside of a runtime a call fails with
/// [`ErrorKind::Misuse`](sanspay_core::ErrorKind::Misuse) and sends nothing.
///
/// ```no_run
/// use sanspay_async::Client;
/// use sanspay_core::Currency;
/// use sanspay_core::partner::NewPayment;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::builder()
///     .base_url("https://api.example.com")
///     .credentials("key-id", "key-secret")
///     .build()?;
/// let payment = client.call(NewPayment::new("order-1", "10.00".parse()?, Currency::USD)).await?;
/// println!("{} is {}", payment.id(), payment.status());
/// # Ok(())
/// # }
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
    pub fn call<E: Endpoint>(&self, endpoint: E) -> impl Future<Output = Result<E::Output, Error>> {
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
    ) -> impl Future<Output = Result<E::Output, Error>> {
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
    ) -> impl Future<Output = Result<E::Output, Error>> {
        self.drive(self.session.exchange(endpoint).with_send_by(time))
    }

    /// Calls an operation in a task of its own, which runs to its end whatever becomes of the
    /// caller; its result can still be awaited.
    ///
    /// Use it for everything that moves money and is called from where a future may be dropped: a
    /// web handler, whose framework drops it when the browser hangs up, a `select!`, a timeout of
    /// your own. The call is bounded by the client's deadline all the same. What must happen
    /// after it, such as storing the result, belongs into a task of yours that awaits it.
    ///
    /// The call needs the runtime on which it was spawned. Where that shuts down, or the task
    /// panics, [`Spawned`] yields an error that says whether the request may have been sent. A
    /// process that ends takes the call with it: for that, make a [durable](Client::durable) call.
    ///
    /// ```no_run
    /// use sanspay_async::Client;
    /// use sanspay_core::Currency;
    /// use sanspay_core::partner::NewPayout;
    ///
    /// # async fn example(client: Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let payout = NewPayout::new("payout-1", "7.50".parse()?, Currency::EUR, "DE00");
    /// // If this function's future is dropped here, the payout goes on and its span says how it ends.
    /// let record = client.spawn(payout).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of [`call`](Client::call), and [`ErrorKind::Misuse`](sanspay_core::ErrorKind::Misuse)
    /// outside of a tokio runtime, where nothing is sent.
    pub fn spawn<E>(&self, endpoint: E) -> Spawned<E::Output>
    where
        E: Endpoint + Send + 'static,
        E::Output: Send,
    {
        let operation = endpoint.operation().to_owned();
        let (mut told, spawned) =
            Told::begin(self.begin(self.session.exchange(endpoint)), operation);
        if let Ok(runtime) = Handle::try_current() {
            let client = self.clone();
            drop(runtime.spawn(async move {
                let result = client.finish(told.call()).await;
                told.tell(result);
            }));
        } else {
            let refused = told.call().refuse(NO_SPAWN);
            told.tell(Err(refused));
        }
        spawned
    }

    /// The time by the client's clock, which all that is stored about its calls is told in. The
    /// system's clock never goes back here.
    pub fn now(&self) -> SystemTime {
        self.clock.now()
    }

    /// All items of a list as a stream, page by page. It ends at the first error.
    pub fn pages<L>(&self, list: L) -> Pages<L>
    where
        L: Paged + Send + Sync + 'static,
        L::Item: Send,
        L::Key: Send,
    {
        Pages::new(self.clone(), list)
    }

    /// Finds out what became of an operation whose outcome is unknown. A lookup that fails leaves
    /// it unknown and keeps the error.
    pub async fn resolve(&self, unknown: &UnknownOutcome) -> Resolution {
        Resolution::from(
            self.call(self.session.lookup(unknown, self.clock.now()))
                .await,
        )
    }

    /// Payments and payouts that are executed once whatever happens to this process, over a store
    /// that survives it.
    pub fn durable<'a, S: Store>(&'a self, store: &'a S) -> Durable<'a, S> {
        Durable::new(self, store)
    }

    /// Finds a trade of a checkout installation by its number; the client needs an
    /// [operator](ClientBuilder::operator). Each page of the list is a call of its own, with a
    /// deadline of its own.
    ///
    /// # Errors
    /// Those of [`call`](Client::call) and of [`TradeSearch`]; the trade may be there all the same.
    pub async fn find_trade(&self, trade_no: &str) -> Result<Option<Trade>, Error> {
        let mut search = TradeSearch::new(trade_no);
        while let Some(list) = search.next() {
            search.accept(self.call(list).await?)?;
        }
        search.finish()
    }

    /// Asks the checkout installation whether its records say what a message said; see
    /// [`query`](sanspay_core::checkout::query).
    ///
    /// # Errors
    /// Those of [`find_trade`](Client::find_trade); nothing is known about the payment then.
    pub async fn confirm(&self, paid: &Paid) -> Result<Confirmation, Error> {
        let found = self.find_trade(paid.trade_no()).await?;
        Ok(Confirmation::of(paid, found))
    }

    /// Drives an exchange to its end, or tells its span that it was dropped before.
    pub(crate) fn drive<E: Endpoint>(
        &self,
        exchange: Exchange<E>,
    ) -> impl Future<Output = Result<E::Output, Error>> {
        let mut call = self.begin(exchange);
        async move { self.finish(&mut call).await }
    }

    /// Lets the time pass; outside of a runtime it does so at once.
    pub(crate) async fn sleep(&self, delay: Duration) {
        if !self.clock.skip(delay) && Handle::try_current().is_ok() {
            time::sleep(delay).await;
        }
    }

    fn begin<E: Endpoint>(&self, exchange: Exchange<E>) -> Call<E> {
        Call::new(exchange, Arc::clone(&self.clock))
    }

    async fn finish<E: Endpoint>(&self, call: &mut Call<E>) -> Result<E::Output, Error> {
        let span = call.span();
        if Handle::try_current().is_err() {
            return Err(call.refuse(NO_RUNTIME));
        }
        let steps = async {
            loop {
                match call.poll() {
                    Step::Send(request) => {
                        let time_left = Limits::of(&request).time_left;
                        let sending = time::timeout(time_left, self.transport.send(request)).await;
                        let outcome =
                            sending.unwrap_or_else(|late| Err(TransportError::maybe_sent(late)));
                        call.reply(outcome);
                    }
                    Step::Store(op) => {
                        call.stored(ask(self.token_store.as_deref(), &op).await);
                    }
                    Step::Wait(wait) if wait.may_end_early() => pause(wait).await,
                    Step::Wait(wait) => self.sleep(wait.delay()).await,
                    Step::Done(result) => return result,
                }
            }
        };
        span.instrument(steps).await
    }
}

/// Waits for the call that fetches the token, and looks again after the wait's delay at the latest.
async fn pause(wait: Wait) {
    let mut registered = false;
    let early = poll_fn(|cx| {
        if registered {
            return Poll::Ready(());
        }
        registered = true;
        wait.wake_early(cx.waker());
        Poll::Pending
    });
    // Either way it is time to look again.
    let _ = time::timeout(wait.delay(), early).await;
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}
