//! The driver with no socket, no thread and no sleep.

use std::time::Duration;

use sanspay_core::exchange::Step;
use sanspay_core::partner::Resolution;
use sanspay_core::{Endpoint, Error, Exchange, Session, SessionBuilder, Settings, UnknownOutcome};

use crate::driver::{Client, Driver, KEY_ID, KEY_SECRET};
use crate::world::World;

/// Drives the core by hand against the world: the reference that every other driver has to agree
/// with.
///
/// ```
/// use sanspay_core::Settings;
/// use sanspay_core::partner::ListPayments;
/// use sanspay_core::sandbox::SandboxConfig;
/// use sanspay_ffi_free_tests::{Client, Driver, InMemory, World};
///
/// let world = World::new(SandboxConfig::default());
/// let client = InMemory.client(&world, Settings::default())?;
/// assert!(client.call(ListPayments::new(), None)?.items().is_empty());
/// assert_eq!(world.trace().lines(), [
///     "POST /partner/auth/token: 200",
///     "GET /partner/payments: 200",
/// ]);
/// # Ok::<(), sanspay_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct InMemory;

/// The client of [`InMemory`].
#[derive(Debug, Clone)]
pub struct MemoryClient {
    world: World,
    session: Session,
}

impl MemoryClient {
    /// The session that the client drives.
    pub fn session(&self) -> &Session {
        &self.session
    }
}

/// Drives an exchange to its end: the whole loop of a driver.
///
/// # Errors
/// Those of the exchange.
pub fn drive<E: Endpoint>(world: &World, mut exchange: Exchange<E>) -> Result<E::Output, Error> {
    loop {
        match exchange.poll(world.now()) {
            Step::Send(request) => {
                let outcome = world.send(&request);
                exchange.reply(world.now(), outcome);
            }
            Step::Wait(wait) => world.pause(&wait),
            Step::Done(result) => return result,
        }
    }
}

impl Driver for InMemory {
    type Client = MemoryClient;

    fn client(&self, world: &World, settings: Settings) -> Result<MemoryClient, Error> {
        let session = SessionBuilder::new(0)
            .base_url("https://api.example.com")
            .credentials(KEY_ID, KEY_SECRET)
            .settings(settings)
            .build()?;
        let world = world.clone();
        Ok(MemoryClient { world, session })
    }
}

impl Client for MemoryClient {
    fn call<E>(&self, endpoint: E, deadline: Option<Duration>) -> Result<E::Output, Error>
    where
        E: Endpoint + Send + Sync,
        E::Output: Send,
    {
        let exchange = self.session.exchange(endpoint);
        let exchange = match deadline {
            Some(deadline) => exchange.with_deadline(deadline),
            None => exchange,
        };
        drive(&self.world, exchange)
    }

    fn abandon<E>(&self, dropped: E, follower: E) -> Result<E::Output, Error>
    where
        E: Endpoint + Send + Sync,
        E::Output: Send,
    {
        let mut dropped = self.session.exchange(dropped);
        if let Step::Send(request) = dropped.poll(self.world.now()) {
            let _ = self.world.depart(&request);
        }
        let mut follower = self.session.exchange(follower);
        // It waits for the token, or goes its own way.
        if let Step::Send(request) = follower.poll(self.world.now()) {
            let outcome = self.world.send(&request);
            follower.reply(self.world.now(), outcome);
        }
        drop(dropped);
        drive(&self.world, follower)
    }

    fn resolve(&self, unknown: &UnknownOutcome) -> Resolution {
        Resolution::from(self.call(unknown.lookup(self.world.now()), None))
    }
}
