//! Durable calls: the machines of the core, driven by the client and a store.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};

use futures_util::stream::{FuturesUnordered, StreamExt};
use sanspay_core::durable::{
    DurableCall, DurableStep, Enqueue, Enqueued, Outcome, Recovered, Recovery, Store, StoreError,
};
use sanspay_core::partner::{NewPayout, Record};
use sanspay_core::{Endpoint, Error, Intent};

use crate::client::Client;

/// Calls that move money once, over a store; made by [`Client::durable`].
///
/// The same line goes on after a crash where it stopped, and never sends again before it is proven
/// that nothing was executed: see [`durable`](sanspay_core::durable).
///
/// Where its future is dropped, as a web framework does when the browser hangs up, the intent stays
/// open in the store, and the next call or [`recover`](Durable::recover) finds out.
pub struct Durable<'a, S> {
    client: &'a Client,
    store: &'a S,
    concurrency: usize,
}

impl<'a, S: Store> Durable<'a, S> {
    pub(crate) fn new(client: &'a Client, store: &'a S) -> Self {
        Self {
            client,
            store,
            concurrency: 8,
        }
    }

    /// How many intents are recovered at the same time; 8 by default.
    #[must_use]
    pub fn concurrency(mut self, most: usize) -> Self {
        self.concurrency = most.max(1);
        self
    }

    /// Makes a payment or payout once: begins, sends, finds out and stores what came of it. Call it
    /// again with the same reference as often as you like.
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use sanspay_async::Client;
    /// use sanspay_core::durable::{MemoryStore, Outcome};
    /// use sanspay_core::partner::NewPayout;
    /// use sanspay_core::{Clock, Currency};
    /// use sanspay_testkit::world::World;
    ///
    /// struct System;
    /// impl Clock for System {
    ///     fn now(&self) -> SystemTime {
    ///         SystemTime::now()
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let builder = Client::builder().base_url("https://api.example.com");
    /// let builder = builder.credentials("sandbox-key-id", "sandbox-key-secret");
    /// let client = builder.transport(World::new(Default::default()).async_transport()).build()?;
    /// let store = MemoryStore::new(System); // a database: see `sanspay-store`
    ///
    /// let payout = NewPayout::new("payout-7", "25.50".parse()?, Currency::EUR, "DE00");
    /// let Outcome::Executed(first) = client.durable(&store).call(&payout).await else { panic!() };
    /// let Outcome::Executed(again) = client.durable(&store).call(&payout).await else { panic!() };
    /// assert_eq!(first.id(), again.id());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn call<E: Endpoint<Output = Record> + Clone>(&self, endpoint: E) -> Outcome {
        let session = self.client.session().clone();
        let call = DurableCall::new(session, endpoint, random_text());
        self.drive(call).await
    }

    /// Stores a payout that [`recover`](Durable::recover) sends: with a store over a transaction of
    /// yours it is stored together with your order or not at all.
    ///
    /// # Errors
    /// Where the payout is invalid, its reference was used for something else, or the store fails:
    /// roll your transaction back.
    pub async fn enqueue(&self, payout: &NewPayout) -> Result<Enqueued, Error> {
        let mut enqueue = Enqueue::new(self.client.session(), payout)?;
        while let Some(op) = enqueue.next() {
            enqueue.stored(op.ask(self.store).await);
        }
        enqueue.end()
    }

    /// Looks up what is open and due, whoever began it, and sends what was
    /// [enqueued](Durable::enqueue): call it when you start and then every few seconds. Any number
    /// of processes may do so.
    ///
    /// # Errors
    /// When the store cannot be read. What was done by then is stored.
    pub async fn recover(&self) -> Result<Recovered, StoreError> {
        let mut recovery = Recovery::new(self.client.session().clone(), random_text());
        let mut recovered = Recovered::default();
        while let Some(op) = recovery.next() {
            let mut waiting = recovery.accept(op.ask(self.store).await?).into_iter();
            let mut running = FuturesUnordered::new();
            running.extend(
                waiting
                    .by_ref()
                    .take(self.concurrency)
                    .map(|call| self.work(call)),
            );
            while let Some(ended) = running.next().await {
                recovered.outcomes.push(ended);
                running.extend(waiting.next().map(|call| self.work(call)));
            }
        }
        Ok(recovered)
    }

    async fn work(&self, call: DurableCall<NewPayout>) -> (Intent, Outcome) {
        let intent = call.intent().clone();
        (intent, self.drive(call).await)
    }

    async fn drive<E>(&self, mut call: DurableCall<E>) -> Outcome
    where
        E: Endpoint<Output = Record> + Clone,
    {
        loop {
            match call.poll(self.client.now()) {
                DurableStep::Store(op) => call.stored(op.ask(self.store).await),
                DurableStep::Call(exchange) => {
                    let result = self.client.drive(*exchange).await;
                    call.called(self.client.now(), result);
                }
                DurableStep::LookUp(exchange) => {
                    call.looked_up(self.client.drive(*exchange).await);
                }
                DurableStep::Wait(delay) => self.client.sleep(delay).await,
                DurableStep::Done(outcome) => return outcome,
            }
        }
    }
}

impl<S> fmt::Debug for Durable<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Durable")
            .field("client", &self.client)
            .finish_non_exhaustive()
    }
}

/// 128 random bits, as the standard library has them for its maps.
fn random_text() -> String {
    let bits = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", bits(), bits())
}
