//! The driver with no socket, no thread and no sleep.

use std::time::Duration;

use sanspay_core::exchange::Step;
use sanspay_core::partner::Resolution;
use sanspay_core::{Endpoint, Error, Session, SessionBuilder, Settings, UnknownOutcome, Wire};
use sanspay_testkit::world::{TestClient, World, drive};

use crate::driver::{Client, Driver, KEY_ID, KEY_SECRET};

/// Drives the core by hand against the world: the reference that every other driver has to agree
/// with.
///
/// ```
/// use sanspay_core::Settings;
/// use sanspay_core::partner::ListPayments;
/// use sanspay_testkit::sandbox::SandboxConfig;
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
pub struct MemoryClient(TestClient);

impl MemoryClient {
    /// The session that the client drives.
    pub fn session(&self) -> &Session {
        self.0.session()
    }
}

impl Driver for InMemory {
    type Client = MemoryClient;

    fn client(&self, world: &World, settings: Settings) -> Result<MemoryClient, Error> {
        Speaking(world.wire()).client(world, settings)
    }
}

/// The same driver with clients of a spelling of its own, whatever the provider's is.
#[derive(Debug, Clone)]
pub struct Speaking(pub Wire);

impl Driver for Speaking {
    type Client = MemoryClient;

    fn client(&self, world: &World, settings: Settings) -> Result<MemoryClient, Error> {
        let session = SessionBuilder::new(0)
            .base_url("https://api.example.com")
            .credentials(KEY_ID, KEY_SECRET)
            .wire(self.0.clone())
            .settings(settings)
            .build()?;
        Ok(MemoryClient(TestClient::new(world, session)))
    }
}

impl Client for MemoryClient {
    fn call<E>(&self, endpoint: E, deadline: Option<Duration>) -> Result<E::Output, Error>
    where
        E: Endpoint + Send + Sync,
        E::Output: Send,
    {
        match deadline {
            Some(deadline) => self.0.call_within(deadline, endpoint),
            None => self.0.call(endpoint),
        }
    }

    fn abandon<E>(&self, dropped: E, follower: E) -> Result<E::Output, Error>
    where
        E: Endpoint + Send + Sync,
        E::Output: Send,
    {
        let (world, session) = (self.0.world(), self.0.session());
        let mut dropped = session.exchange(dropped);
        if let Step::Send(request) = dropped.poll(world.now()) {
            let _ = world.depart(&request);
        }
        let mut follower = session.exchange(follower);
        // It waits for the token, or goes its own way.
        if let Step::Send(request) = follower.poll(world.now()) {
            let outcome = world.send(&request);
            follower.reply(world.now(), outcome);
        }
        drop(dropped);
        drive(world, follower)
    }

    fn resolve(&self, unknown: &UnknownOutcome) -> Resolution {
        self.0.resolve(unknown)
    }
}
