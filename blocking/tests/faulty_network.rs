//! The client over ureq through a proxy that refuses, resets, stalls, truncates and delays.
#![cfg(feature = "ureq")]
#![allow(clippy::unwrap_used)]

#[path = "faulty/cases.rs"]
mod cases;

use std::thread;
use std::time::{Duration, Instant};

use cases::{CASES, Case, PATIENT};
use sanspay_async::sandbox::{FREE_PORT, Server, serve_in_thread};
use sanspay_blocking::Client;
use sanspay_core::partner::{ListPayments, NewPayout};
use sanspay_core::sandbox::SandboxConfig;
use sanspay_core::{Currency, ErrorKind, RetryPolicy, Settings};
use sanspay_e2e::{Fault, Proxy, Refusing, eventually};

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

fn twenty_calls_succeed(client: &Client) {
    for _ in 0..20 {
        client.call(ListPayments::new()).unwrap();
    }
}

fn goes_through(case: Case) {
    let provider = provider();
    let proxy = case.proxy(&provider.base_url());
    let client = client(&proxy.base_url());
    let begin = Instant::now();
    let result = client.call_within(case.deadline, payout());
    case.check(&result, begin.elapsed());
    assert_eq!(
        proxy.hurt(),
        0,
        "{case:?}: nobody waits for what is out of time"
    );
    twenty_calls_succeed(&client);
    assert_eq!(
        proxy.open_at_most(1),
        1,
        "{case:?}: one connection is used again and again"
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
    let provider = provider();
    let refusing = Refusing::new();
    let client = client(&format!("http://{}", refusing.address()));
    let error = client.call(payout()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotSent, "{error}");
    assert!(!error.outcome_unknown());
    let proxy = Proxy::start(refusing.listen(), &provider.base_url(), || Fault::None);
    twenty_calls_succeed(&client);
    assert_eq!(proxy.open_at_most(1), 1);
}
