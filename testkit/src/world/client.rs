//! A client with no socket, no thread and no sleep.

use std::fmt;
use std::time::Duration;
use std::vec;

use super::World;
use sanspay_core::Endpoint;
use sanspay_core::SessionBuilder;
use sanspay_core::durable::StoreError;
use sanspay_core::exchange::{Exchange, Session, Settings, Step};
use sanspay_core::partner::Resolution;
use sanspay_core::{Error, UnknownOutcome};
use sanspay_core::{Paged, Pager};

/// A client in a [`World`]: the names of the adapters' clients, driven by hand. Clones share the
/// token.
#[derive(Debug, Clone)]
pub struct TestClient {
    world: World,
    session: Session,
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
            Step::Store(_) => {
                exchange.stored(world.now(), Err(StoreError::not_stored("no store")));
            }
            Step::Wait(wait) => world.pause(&wait),
            Step::Done(result) => return result,
        }
    }
}

impl World {
    /// A world with the default sandbox, and a client that knows its keys.
    ///
    /// # Errors
    /// None that can be expected.
    pub fn with_client() -> Result<(Self, TestClient), Error> {
        let world = Self::new(crate::sandbox::SandboxConfig::default());
        let client = world.client(Settings::default())?;
        Ok((world, client))
    }

    /// A client with the keys and routes of the world's sandbox, and no token yet.
    ///
    /// # Errors
    /// When the sandbox was set up with keys that no client accepts.
    pub fn client(&self, settings: Settings) -> Result<TestClient, Error> {
        let partner = self.lock().partner.clone();
        let session = SessionBuilder::new(0)
            .base_url("https://api.example.com")
            .credentials(partner.key_id, partner.key_secret)
            .wire(partner.wire)
            .settings(settings)
            .build()?;
        Ok(TestClient::new(self, session))
    }
}

impl TestClient {
    /// A client with a session of your own, such as one with wrong keys.
    pub fn new(world: &World, session: Session) -> Self {
        let world = world.clone();
        Self { world, session }
    }

    /// The world that the client is in.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The session that the client drives.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Calls an operation.
    ///
    /// # Errors
    /// Those of the call.
    pub fn call<E: Endpoint>(&self, endpoint: E) -> Result<E::Output, Error> {
        drive(&self.world, self.session.exchange(endpoint))
    }

    /// Like [`call`](TestClient::call) with a deadline of its own.
    ///
    /// # Errors
    /// Those of the call.
    pub fn call_within<E: Endpoint>(
        &self,
        deadline: Duration,
        endpoint: E,
    ) -> Result<E::Output, Error> {
        drive(
            &self.world,
            self.session.exchange(endpoint).with_deadline(deadline),
        )
    }

    /// All items of a list, page by page as the iterator advances. It ends at the first error.
    pub fn pages<L: Paged>(&self, list: L) -> TestPages<L> {
        TestPages {
            client: self.clone(),
            pager: Pager::new(list),
            items: Vec::new().into_iter(),
            failed: false,
        }
    }

    /// Finds out what became of an operation whose outcome is unknown.
    pub fn resolve(&self, unknown: &UnknownOutcome) -> Resolution {
        Resolution::from(self.call(self.session.lookup(unknown, self.world.now())))
    }
}

/// The items of a list, in order.
#[must_use]
pub struct TestPages<L: Paged> {
    client: TestClient,
    pager: Pager<L>,
    items: vec::IntoIter<L::Item>,
    failed: bool,
}

impl<L: Paged> TestPages<L> {
    /// The items of the next page; `None` after the last one.
    fn fetch(&mut self) -> Result<Option<Vec<L::Item>>, Error> {
        let Some(list) = self.pager.next()? else {
            return Ok(None);
        };
        let page = self.client.call(list)?;
        self.pager.accept(page).map(Some)
    }
}

impl<L: Paged> Iterator for TestPages<L> {
    type Item = Result<L::Item, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(item) = self.items.next() {
                return Some(Ok(item));
            }
            if self.failed {
                return None;
            }
            match self.fetch() {
                Ok(items) => self.items = items?.into_iter(),
                Err(error) => {
                    self.failed = true;
                    return Some(Err(error));
                }
            }
        }
    }
}

impl<L: Paged> fmt::Debug for TestPages<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestPages")
            .field("failed", &self.failed)
            .finish_non_exhaustive()
    }
}
