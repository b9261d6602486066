//! The client over reqwest through a proxy that refuses, resets, stalls, truncates and delays.
#![cfg(all(feature = "reqwest", feature = "sandbox"))]
#![allow(clippy::unwrap_used)]

#[path = "../../blocking/tests/faulty/cases.rs"]
mod cases;

use std::thread;
use std::time::{Duration, Instant};

use cases::{CASES, Case, PATIENT};
use sanspay_async::Client;
use sanspay_async::sandbox::{FREE_PORT, Server, serve_in_thread};
use sanspay_core::partner::{ListPayments, NewPayout};
use sanspay_core::sandbox::SandboxConfig;
use sanspay_core::{Currency, ErrorKind, RetryPolicy, Settings};
use sanspay_e2e::{Fault, Proxy, Refusing, eventually};
use tokio::runtime::{Builder, Runtime};

/// How many connections may be open after calls one after the other.
const MOST_OPEN: usize = 3;

fn provider() -> Server {
    serve_in_thread(SandboxConfig::default(), FREE_PORT).unwrap()
}

fn client(base_url: &str) -> Client {
    let mut settings = Settings::default();
    settings.deadline = PATIENT;
    settings.retry = RetryPolicy::never();
    settings.token.failure_memory = Duration::ZERO;
    Client::builder()
        .base_url(base_url)
        .credentials("sandbox-key-id", "sandbox-key-secret")
        .settings(settings)
        .build()
        .unwrap()
}

fn payout() -> NewPayout {
    NewPayout::new("p-1", "7.50".parse().unwrap(), Currency::EUR, "DE00")
}

/// Connections are looked after by its own thread, while the test waits or looks on.
fn runtime() -> Runtime {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(1).enable_all().build().unwrap()
}

async fn twenty_calls_succeed(client: &Client) {
    for _ in 0..20 {
        client.call(ListPayments::new()).await.unwrap();
    }
}

fn goes_through(case: Case) {
    let (runtime, provider) = (runtime(), provider());
    let proxy = case.proxy(&provider.base_url());
    let client = client(&proxy.base_url());
    let begin = Instant::now();
    let result = runtime.block_on(client.call_within(case.deadline, payout()));
    case.check(&result, begin.elapsed());
    assert_eq!(
        proxy.hurt(),
        0,
        "{case:?}: nobody waits for what is out of time"
    );
    runtime.block_on(twenty_calls_succeed(&client));
    // A call that begins before the connection of the last one is back makes another.
    let open = proxy.open_at_most(MOST_OPEN);
    assert!(
        open <= MOST_OPEN,
        "{case:?}: {open} connections for twenty calls"
    );
    let executed = || provider.with(|sandbox, _| case.is_executed(sandbox, "p-1"));
    assert!(eventually(executed, |right| *right), "{case:?}");
}

#[test]
fn whatever_befalls_a_request_the_error_is_typed_in_time_and_the_pool_stays_sound() {
    thread::scope(|scope| {
        for case in CASES {
            scope.spawn(move || goes_through(case));
        }
    });
}

#[test]
fn a_refused_connection_was_not_sent_and_the_next_is_made() {
    let (runtime, provider) = (runtime(), provider());
    let refusing = Refusing::new();
    let client = client(&format!("http://{}", refusing.address()));
    let error = runtime.block_on(client.call(payout())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotSent, "{error}");
    assert!(!error.outcome_unknown());
    let proxy = Proxy::start(refusing.listen(), &provider.base_url(), || Fault::None);
    runtime.block_on(twenty_calls_succeed(&client));
    assert!(proxy.open_at_most(MOST_OPEN) <= MOST_OPEN);
}
