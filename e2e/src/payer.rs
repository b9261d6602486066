//! Somebody who pays out through either adapter, and hears what its transport reports.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use http::{Request, Response};
use sanspay_async::{ReqwestTransport, Transport as _};
use sanspay_blocking::{Transport as _, UreqTransport};
use sanspay_core::partner::{ListPayments, NewPayout, Record};
use sanspay_core::{Currency, Error, Settings, TransportError};
use sanspay_testkit::sandbox::Sandbox;
use sanspay_tls::{TlsConfig, TlsProblem};

use crate::client::{Adapter, AnyClient};

/// What a transport reports of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// Not sent, and whether TLS is to blame.
    NotSent(Option<TlsProblem>),
    /// Maybe sent, and whether TLS is to blame.
    MaybeSent(Option<TlsProblem>),
    /// An answer with this status.
    Answer(u16),
}

impl Told {
    /// What a transport's result says.
    pub fn of(outcome: &Result<Response<Vec<u8>>, TransportError>) -> Self {
        match outcome {
            Ok(response) => Self::Answer(response.status().as_u16()),
            Err(error) if error.may_have_been_sent() => Self::MaybeSent(error.tls_problem()),
            Err(error) => Self::NotSent(error.tls_problem()),
        }
    }
}

/// What came of a payout.
pub struct Paid {
    /// What the client says in the end.
    pub result: Result<Record, Error>,
    /// What its transport said of each attempt.
    pub told: Vec<Told>,
}

impl Paid {
    /// Whether the client says that nothing was executed.
    pub fn says_not_executed(&self) -> bool {
        matches!(&self.result, Err(error) if !error.outcome_unknown())
    }
}

type Heard = Arc<Mutex<Vec<Told>>>;

/// A client of either adapter whose tokens come from the sandbox by hand, so that the first request
/// on the wire is the one that a test means. It tries again as often as the default policy does, and
/// sooner.
pub struct Payer {
    client: AnyClient,
    heard: Heard,
}

/// Where a payer pays, and how long it waits for a connection.
#[derive(Clone)]
pub struct PayerSetup {
    /// The server's URL.
    pub base_url: String,
    /// How it speaks TLS.
    pub tls: TlsConfig,
    /// Who issues tokens.
    pub sandbox: Arc<Mutex<Sandbox>>,
    /// How long a connection may take.
    pub connect_timeout: Duration,
}

impl Payer {
    /// A payer over this adapter.
    pub fn new(adapter: Adapter, setup: &PayerSetup) -> Self {
        let heard = Heard::default();
        let client = match adapter {
            Adapter::Blocking => blocking(setup, Arc::clone(&heard)),
            Adapter::Async => over_tokio(setup, Arc::clone(&heard)),
        };
        Self { client, heard }
    }

    /// Lists payments over the wire, so that there is an idle connection afterwards.
    pub fn warm_up(&self) {
        // A connection that ends just now may cost one call its whole deadline: hyper can forget it.
        let listed = (0..3).any(|_| self.client.call(ListPayments::new()).is_ok());
        assert!(listed, "no listing came back");
        self.forget();
    }

    /// Pays out.
    pub fn pay(&self, payout: NewPayout) -> Paid {
        self.forget();
        let result = self.client.call(payout);
        self.paid(result)
    }

    /// Pays out within a time.
    pub fn pay_within(&self, deadline: Duration, payout: NewPayout) -> Paid {
        self.forget();
        let result = self.client.call_within(deadline, payout);
        self.paid(result)
    }

    /// Pays out, unless it could only be sent after this time.
    pub fn pay_send_by(&self, time: SystemTime, payout: NewPayout) -> Paid {
        self.forget();
        let result = self.client.call_send_by(time, payout);
        self.paid(result)
    }

    fn forget(&self) {
        lock(&self.heard).clear();
    }

    fn paid(&self, result: Result<Record, Error>) -> Paid {
        let told = lock(&self.heard).clone();
        Paid { result, told }
    }
}

/// A payout of 7.50 EUR.
pub fn payout(reference: &str) -> NewPayout {
    let amount = "7.50".parse().unwrap();
    NewPayout::new(reference, amount, Currency::EUR, "DE00")
}

fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.deadline = Duration::from_secs(10);
    settings.retry.base = Duration::from_millis(1);
    settings.retry.cap = Duration::from_millis(2);
    settings
}

fn blocking(setup: &PayerSetup, heard: Heard) -> AnyClient {
    let over_ureq = UreqTransport::with_connect_timeout(setup.connect_timeout, setup.tls.clone());
    let sandbox = Arc::clone(&setup.sandbox);
    let client = sanspay_blocking::Client::builder()
        .base_url(&setup.base_url)
        .plain_http(true)
        .settings(settings())
        .transport(move |request: Request<Vec<u8>>| {
            if let Some(token) = token(&sandbox, &request) {
                return Ok(token);
            }
            let outcome = over_ureq.send(request);
            lock(&heard).push(Told::of(&outcome));
            outcome
        });
    AnyClient::blocking(client)
}

fn over_tokio(setup: &PayerSetup, heard: Heard) -> AnyClient {
    let over_reqwest =
        ReqwestTransport::with_connect_timeout(setup.connect_timeout, setup.tls.clone()).unwrap();
    let sandbox = Arc::clone(&setup.sandbox);
    let client = sanspay_async::Client::builder()
        .base_url(&setup.base_url)
        .plain_http(true)
        .settings(settings())
        .transport(move |request: Request<Vec<u8>>| {
            let (over_reqwest, heard) = (over_reqwest.clone(), Arc::clone(&heard));
            let token = token(&sandbox, &request);
            async move {
                if let Some(token) = token {
                    return Ok(token);
                }
                // What is dropped before it ends may have been sent.
                lock(&heard).push(Told::MaybeSent(None));
                let outcome = over_reqwest.send(request).await;
                lock(&heard).pop();
                lock(&heard).push(Told::of(&outcome));
                outcome
            }
        });
    AnyClient::over_tokio(client)
}

/// The answer, if the request is for a token.
fn token(sandbox: &Mutex<Sandbox>, request: &Request<Vec<u8>>) -> Option<Response<Vec<u8>>> {
    let is_token = request.uri().path().ends_with("/token");
    is_token.then(|| lock(sandbox).handle(request, SystemTime::now()))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
