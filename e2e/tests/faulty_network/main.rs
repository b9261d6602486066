//! Both clients through a proxy that refuses, resets, stalls, truncates and delays.
#![allow(clippy::unwrap_used)]

mod cases;

use std::thread;
use std::time::{Duration, Instant};

use cases::{CASES, Case, PATIENT};
use sanspay_core::partner::ListPayments;
use sanspay_core::{ErrorKind, RetryPolicy, Settings};
use sanspay_e2e::{Adapter, AnyClient, payout};
use sanspay_testkit::network::{Fault, Proxy, Refusing, eventually};
use sanspay_testkit::sandbox::SandboxConfig;
use sanspay_testkit::server::{FREE_PORT, Server, serve_in_thread};
use sanspay_tls::TlsConfig;

/// How many connections may be open after calls one after the other. Over reqwest a call that begins
/// before the connection of the last one is back makes another.
fn most_open(adapter: Adapter) -> usize {
    match adapter {
        Adapter::Blocking => 1,
        Adapter::Async => 3,
    }
}

fn provider() -> Server {
    serve_in_thread(SandboxConfig::default(), FREE_PORT).unwrap()
}

fn client(adapter: Adapter, base_url: &str) -> AnyClient {
    let mut settings = Settings::default();
    settings.deadline = PATIENT;
    settings.retry = RetryPolicy::never();
    settings.token.failure_memory = Duration::ZERO;
    let tls = TlsConfig::builder().build().unwrap();
    AnyClient::with_settings(adapter, base_url, tls, settings)
}

fn twenty_calls_succeed(client: &AnyClient) {
    for _ in 0..20 {
        client.call(ListPayments::new()).unwrap();
    }
}

fn goes_through(adapter: Adapter, case: Case) {
    let provider = provider();
    let proxy = case.proxy(&provider.base_url());
    let client = client(adapter, &proxy.base_url());
    let begin = Instant::now();
    let result = client.call_within(case.deadline, payout("p-1"));
    case.check(&result, begin.elapsed());
    let name = format!("{adapter:?}, {case:?}");
    assert_eq!(
        proxy.hurt(),
        0,
        "{name}: nobody waits for what is out of time"
    );
    twenty_calls_succeed(&client);
    let most = most_open(adapter);
    let open = proxy.open_at_most(most);
    assert!(open <= most, "{name}: {open} connections for twenty calls");
    assert!(
        eventually(
            || provider.with(|sandbox, _| case.is_executed(sandbox, "p-1")),
            |right| *right
        ),
        "{name}"
    );
}

#[test]
fn whatever_happens_to_a_request_the_error_is_typed_in_time_and_the_pool_stays_sound() {
    thread::scope(|scope| {
        for adapter in Adapter::BOTH {
            for case in CASES {
                scope.spawn(move || goes_through(adapter, case));
            }
        }
    });
}

#[test]
fn a_refused_connection_was_not_sent_and_the_next_is_made() {
    for adapter in Adapter::BOTH {
        let provider = provider();
        let refusing = Refusing::new();
        let client = client(adapter, &format!("http://{}", refusing.address()));
        let error = client.call(payout("p-1")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotSent, "{error}");
        assert!(!error.outcome_unknown());
        let proxy = Proxy::start(refusing.listen(), &provider.base_url(), || Fault::None);
        twenty_calls_succeed(&client);
        let most = most_open(adapter);
        assert!(proxy.open_at_most(most) <= most, "{adapter:?}");
    }
}
