//! Durable calls: the machines of the core, driven by the client and a store.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Mutex, PoisonError};
use std::thread;

use sanspay_core::durable::{
    BlockingStore, DurableCall, DurableStep, Enqueue, Enqueued, Outcome, Recovered, Recovery,
    StoreError,
};
use sanspay_core::partner::{NewPayout, Record};
use sanspay_core::{Endpoint, Error};

use crate::client::Client;

/// Calls that move money once, over a store; made by [`Client::durable`].
///
/// The same line goes on after a crash where it stopped, and never sends again before it is proven
/// that nothing was executed: see [`durable`](sanspay_core::durable).
pub struct Durable<'a, S: ?Sized> {
    client: &'a Client,
    store: &'a S,
    concurrency: usize,
}

impl<'a, S: BlockingStore + ?Sized> Durable<'a, S> {
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
    /// use sanspay_blocking::Client;
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
    /// let builder = Client::builder().base_url("https://api.example.com");
    /// let builder = builder.credentials("sandbox-key-id", "sandbox-key-secret");
    /// let client = builder.transport(World::new(Default::default()).transport()).build()?;
    /// let store = MemoryStore::new(System); // a database: see `sanspay-store`
    ///
    /// let payout = NewPayout::new("payout-7", "25.50".parse()?, Currency::EUR, "DE00");
    /// let Outcome::Executed(first) = client.durable(&store).call(&payout) else { panic!() };
    /// let Outcome::Executed(again) = client.durable(&store).call(&payout) else { panic!() };
    /// assert_eq!(first.id(), again.id());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn call<E: Endpoint<Output = Record> + Clone>(&self, endpoint: E) -> Outcome {
        let session = self.client.session().clone();
        self.drive(DurableCall::new(session, endpoint, random_text()))
    }

    /// Stores a payout that [`recover`](Durable::recover) sends: with a store over a transaction of
    /// yours it is stored together with your order or not at all.
    ///
    /// # Errors
    /// Where the payout is invalid, its reference was used for something else, or the store fails:
    /// roll your transaction back.
    pub fn enqueue(&self, payout: &NewPayout) -> Result<Enqueued, Error> {
        let mut enqueue = Enqueue::new(self.client.session(), payout)?;
        while let Some(op) = enqueue.next() {
            enqueue.stored(op.ask_blocking(self.store));
        }
        enqueue.end()
    }

    /// Looks up what is open and due, whoever began it, and sends what was
    /// [enqueued](Durable::enqueue): call it when you start and then every few seconds. Any number
    /// of processes may do so.
    ///
    /// # Errors
    /// When the store cannot be read. What was done by then is stored.
    pub fn recover(&self) -> Result<Recovered, StoreError>
    where
        S: Sync,
    {
        let mut recovery = Recovery::new(self.client.session().clone(), random_text());
        let recovered = Mutex::new(Recovered::default());
        while let Some(op) = recovery.next() {
            let calls = recovery.accept(op.ask_blocking(self.store)?);
            let workers = calls.len().min(self.concurrency);
            let waiting = Mutex::new(calls.into_iter());
            thread::scope(|scope| {
                for _ in 0..workers {
                    scope.spawn(|| {
                        while let Some(call) = locked(&waiting).next() {
                            let intent = call.intent().clone();
                            let outcome = self.drive(call);
                            locked(&recovered).outcomes.push((intent, outcome));
                        }
                    });
                }
            });
        }
        Ok(recovered
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner))
    }

    fn drive<E: Endpoint<Output = Record> + Clone>(&self, mut call: DurableCall<E>) -> Outcome {
        loop {
            match call.poll(self.client.now()) {
                DurableStep::Store(op) => call.stored(op.ask_blocking(self.store)),
                DurableStep::Call(exchange) => {
                    let result = self.client.drive(*exchange);
                    call.called(self.client.now(), result);
                }
                DurableStep::LookUp(exchange) => call.looked_up(self.client.drive(*exchange)),
                DurableStep::Wait(delay) => self.client.sleep(delay),
                DurableStep::Done(outcome) => return outcome,
            }
        }
    }
}

impl<S: ?Sized> fmt::Debug for Durable<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Durable")
            .field("client", &self.client)
            .finish_non_exhaustive()
    }
}

/// Nothing panics while it holds one of these locks.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// 128 random bits, as the standard library has them for its maps.
fn random_text() -> String {
    let bits = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", bits(), bits())
}
