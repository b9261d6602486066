//! Certificates are swapped while calls are in flight, and connections are used again and again.
//! NGINX's own log is the witness.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr
)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use sanspay_core::partner::{ListPayments, NewPayment, RecordId, ShowPayment};
use sanspay_core::{Currency, RetryPolicy, Settings};
use sanspay_e2e::{Adapter, AnyClient, AnyTransport, Front, FrontKind, Nginx, Setup, fronts};
use sanspay_testkit::pki::{Pki, VALID};

const THREADS: usize = 8;
const SWAPS: usize = 5;

/// The promise is about NGINX; the embedded front, slow in a debug build, need not repeat it.
fn calls(kind: FrontKind) -> usize {
    match kind {
        FrontKind::Nginx => 10_000,
        FrontKind::Embedded => 2_000,
    }
}

/// Calls from several threads, or tasks, until all were made; how many were begun is told to
/// `progress`. The number of calls that succeeded.
fn call_all(client: &AnyClient, id: RecordId, calls: usize, progress: &AtomicUsize) -> usize {
    let begin = || progress.fetch_add(1, Ordering::Relaxed) < calls;
    match client {
        AnyClient::Blocking(client) => thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS)
                .map(|_| {
                    scope.spawn(|| {
                        let mut good = 0;
                        while begin() {
                            client.call(ShowPayment::new(id)).unwrap();
                            good += 1;
                        }
                        good
                    })
                })
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .sum()
        }),
        AnyClient::Async(client, runtime) => runtime.block_on(async {
            let task = async || {
                let mut good = 0;
                while begin() {
                    client.call(ShowPayment::new(id)).await.unwrap();
                    good += 1;
                }
                good
            };
            let tasks = tokio::join!(
                task(),
                task(),
                task(),
                task(),
                task(),
                task(),
                task(),
                task()
            );
            <[usize; THREADS]>::from(tasks).iter().sum()
        }),
    }
}

fn payment(client: &AnyClient) -> RecordId {
    let payment = NewPayment::new("order-1", "10.00".parse().unwrap(), Currency::USD);
    client.call(payment).unwrap().id()
}

#[test]
fn ten_thousand_calls_survive_five_swaps_of_the_certificate() {
    let pki = Pki::new();
    let identities: Vec<_> = (0..=SWAPS)
        .map(|number| pki.platform.client(&format!("partner-{number}"), VALID))
        .collect();
    for kind in fronts() {
        for adapter in Adapter::BOTH {
            let front = Front::start(kind, &Setup::new(&pki));
            // Nothing is tried again, so that no failure can hide.
            let mut settings = Settings::default();
            settings.retry = RetryPolicy::never();
            let transport = AnyTransport::new(adapter, pki.tls(&identities[0]));
            let client = AnyClient::over(&transport, &front.base_url(), settings);
            let id = payment(&client);
            let (calls, progress) = (calls(kind), AtomicUsize::new(0));
            let began = Instant::now();
            let good = thread::scope(|scope| {
                scope.spawn(|| {
                    for (number, identity) in identities.iter().enumerate().skip(1) {
                        while progress.load(Ordering::Relaxed) < number * calls / (SWAPS + 1) {
                            thread::sleep(Duration::from_micros(200));
                        }
                        transport.reload_tls(pki.tls(identity));
                    }
                });
                call_all(&client, id, calls, &progress)
            });
            assert_eq!(good, calls, "{kind:?} {adapter:?}");
            let mut calls_of = BTreeMap::new();
            front.provider.with(|sandbox, _| {
                for seen in sandbox.seen() {
                    *calls_of.entry(seen.client_fingerprint.clone()).or_insert(0) += 1;
                }
            });
            let served: Vec<usize> = identities
                .iter()
                .map(|identity| calls_of.remove(&Some(identity.fingerprint())).unwrap_or(0))
                .collect();
            assert!(
                calls_of.is_empty(),
                "a call came with another certificate or none"
            );
            assert!(served.iter().all(|served| *served > 0), "{served:?}");
            eprintln!(
                "{kind:?} {adapter:?}: {calls} calls in {:?}, by certificate {served:?}",
                began.elapsed()
            );
        }
    }
}

/// How many requests of the log each connection carried.
fn requests_by_connection(log: &[Vec<String>]) -> BTreeMap<&str, usize> {
    let mut connections = BTreeMap::new();
    for line in log {
        *connections.entry(line[0].as_str()).or_insert(0) += 1;
    }
    connections
}

#[test]
fn there_is_at_most_one_handshake_for_each_pooled_connection() {
    if !Nginx::is_installed() {
        return;
    }
    let pki = Pki::new();
    for adapter in Adapter::BOTH {
        let front = Front::start(FrontKind::Nginx, &Setup::new(&pki));
        let client = AnyClient::new(adapter, &front.base_url(), pki.tls(&pki.client));
        for _ in 0..200 {
            client.all(ListPayments::new()).unwrap();
        }
        let nginx = front.nginx().unwrap();
        // 200 calls, and the one for the token.
        let log = nginx.log(201);
        assert_eq!(
            requests_by_connection(&log)
                .into_values()
                .collect::<Vec<_>>(),
            [201],
            "{adapter:?}: one after another"
        );

        let id = payment(&client);
        let calls = 3_000;
        call_all(&client, id, calls, &AtomicUsize::new(0));
        let requests = 201 + 1 + calls;
        let log = nginx.log(requests);
        assert_eq!(log.len(), requests);
        let connections = requests_by_connection(&log);
        // NGINX ends a connection after 1,000 requests; each thread then makes another one.
        let most = THREADS + requests / 1000;
        assert!(
            connections.len() <= most,
            "{adapter:?}: {} connections",
            connections.len()
        );
        let certificates: BTreeSet<_> = log.iter().map(|line| line[4].clone()).collect();
        assert_eq!(certificates, BTreeSet::from([pki.client.fingerprint()]));
        eprintln!(
            "{adapter:?}: {requests} requests, {} handshakes",
            connections.len()
        );
    }
}
