//! The provider in memory behind a gate: a payout that reached it waits until it is let through.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use http::{Request, Response};
use sanspay_async::Client;
use sanspay_core::partner::NewPayout;
use sanspay_core::{Currency, TransportError};
use sanspay_testkit::sandbox::{RecordKind, Sandbox, SandboxConfig};
use tokio::sync::Semaphore;

#[derive(Clone)]
pub(crate) struct Gate(Arc<Inner>);

struct Inner {
    sandbox: Mutex<Sandbox>,
    reached: Semaphore,
    through: Semaphore,
}

pub(crate) fn payout(reference: &str) -> NewPayout {
    NewPayout::new(reference, "7.50".parse().unwrap(), Currency::EUR, "DE00")
}

impl Gate {
    pub(crate) fn closed() -> Self {
        Self(Arc::new(Inner {
            sandbox: Mutex::new(Sandbox::new(SandboxConfig::default())),
            reached: Semaphore::new(0),
            through: Semaphore::new(0),
        }))
    }

    pub(crate) fn client(&self) -> Client {
        let gate = self.clone();
        Client::builder()
            .base_url("https://api.example.com")
            .credentials("sandbox-key-id", "sandbox-key-secret")
            .transport(move |request| gate.clone().send(request))
            .build()
            .unwrap()
    }

    async fn send(self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, TransportError> {
        if !request.uri().path().ends_with("/token") {
            self.0.reached.add_permits(1);
            self.0.through.acquire().await.unwrap().forget();
        }
        let sandbox = self.0.sandbox.lock();
        let mut sandbox = sandbox.unwrap_or_else(PoisonError::into_inner);
        Ok(sandbox.handle(&request, SystemTime::now()))
    }

    /// A request waits at the gate.
    pub(crate) async fn reached(&self) {
        self.0.reached.acquire().await.unwrap().forget();
    }

    pub(crate) fn let_through(&self) {
        self.0.through.add_permits(1);
    }

    pub(crate) fn executed(&self, reference: &str) -> usize {
        let sandbox = self.0.sandbox.lock();
        let sandbox = sandbox.unwrap_or_else(PoisonError::into_inner);
        sandbox.executions(RecordKind::Payout, reference)
    }
}
