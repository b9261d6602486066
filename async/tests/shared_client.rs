//! One client shared by many tasks: one token request, whatever is cancelled around it.
#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use http::Request;
use sanspay_async::Client;
use sanspay_core::partner::ListPayments;
use sanspay_testkit::sandbox::{Sandbox, SandboxConfig};
use tokio::sync::Barrier;
use tokio::task::{JoinSet, yield_now};

const TASKS: usize = 256;

/// A sandbox in memory behind a transport that yields at random points.
#[derive(Clone)]
struct Provider {
    sandbox: Arc<Mutex<Sandbox>>,
    random: Arc<AtomicU64>,
}

impl Provider {
    fn new(seed: u64) -> Self {
        let sandbox = Arc::new(Mutex::new(Sandbox::new(SandboxConfig::default())));
        Self {
            sandbox,
            random: Arc::new(AtomicU64::new(seed)),
        }
    }

    fn client<F, Fut>(&self, before: F) -> Client
    where
        F: Fn(bool) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let provider = self.clone();
        Client::builder()
            .base_url("https://api.example.com")
            .credentials("sandbox-key-id", "sandbox-key-secret")
            .transport(move |request: Request<Vec<u8>>| {
                let waiting = before(request.headers().contains_key("authorization"));
                let provider = provider.clone();
                async move {
                    waiting.await;
                    provider.pause().await;
                    let answer = provider
                        .sandbox
                        .lock()
                        .unwrap()
                        .handle(&request, SystemTime::now());
                    provider.pause().await;
                    Ok(answer)
                }
            })
            .build()
            .unwrap()
    }

    /// A number below `bound` that follows from the seed.
    fn draw(&self, bound: u64) -> u64 {
        let drawn = self
            .random
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |x: u64| {
                Some(x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1))
            });
        (drawn.unwrap() >> 33) % bound
    }

    async fn pause(&self) {
        for _ in 0..self.draw(4) {
            yield_now().await;
        }
    }

    fn token_requests(&self) -> u64 {
        self.sandbox.lock().unwrap().token_requests()
    }
}

async fn all_at_once(client: &Client) {
    let mut calls = JoinSet::new();
    for _ in 0..TASKS {
        let client = client.clone();
        calls.spawn(async move { client.call(ListPayments::new()).await });
    }
    for result in calls.join_all().await {
        result.unwrap();
    }
}

async fn cold_and_revoked() {
    let provider = Provider::new(1);
    let revoked = Arc::new(AtomicBool::new(false));
    // All requests of the second round carry the revoked token before any is answered.
    let together = Arc::new(Barrier::new(TASKS));
    let left = Arc::new(AtomicU64::new(TASKS as u64));
    let client = provider.client({
        let revoked = Arc::clone(&revoked);
        move |authorized| {
            let first_round = left
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                    (revoked.load(Ordering::SeqCst) && authorized).then(|| left.checked_sub(1))?
                })
                .is_ok();
            let together = Arc::clone(&together);
            async move {
                if first_round {
                    together.wait().await;
                }
            }
        }
    });
    all_at_once(&client).await;
    assert_eq!(provider.token_requests(), 1);
    provider.sandbox.lock().unwrap().revoke_tokens();
    revoked.store(true, Ordering::SeqCst);
    all_at_once(&client).await;
    assert_eq!(provider.token_requests(), 2);
}

#[tokio::test(flavor = "current_thread")]
async fn many_tasks_make_one_token_request_cold_and_one_more_around_a_revoked_token() {
    cold_and_revoked().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_on_several_threads() {
    cold_and_revoked().await;
}

/// Aborts calls of a cold client at random points; the others must end, with at most one more
/// token request for each abort.
async fn abort_a_thousand_times() {
    for seed in 0..1000 {
        let provider = Provider::new(seed);
        let client = provider.client(|_| async {});
        let mut calls = JoinSet::new();
        let aborted: Vec<_> = (0..3)
            .map(|_| {
                let client = client.clone();
                calls.spawn(async move { client.call(ListPayments::new()).await })
            })
            .collect();
        let mut others = JoinSet::new();
        for _ in 0..5 {
            let client = client.clone();
            others.spawn(async move { client.call(ListPayments::new()).await });
        }
        for call in aborted {
            provider.pause().await;
            call.abort();
        }
        for result in others.join_all().await {
            result.unwrap();
        }
        let requests = provider.token_requests();
        assert!(
            (1..=4).contains(&requests),
            "{requests} token requests with seed {seed}"
        );
    }
}

#[tokio::test(flavor = "current_thread")]
async fn aborted_leaders_are_replaced_and_nothing_hangs() {
    abort_a_thousand_times().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn aborted_leaders_are_replaced_on_several_threads() {
    abort_a_thousand_times().await;
}

#[test]
fn calls_are_send_and_clients_are_shared_freely() {
    fn is_shared<T: Clone + Send + Sync + 'static>() {}
    fn is_send<T: Send>(_: &T) {}
    is_shared::<Client>();
    let client = Provider::new(0).client(|_| async {});
    is_send(&client.call(ListPayments::new()));
    is_send(&client.pages(ListPayments::new()));
}
