//! One client shared by many threads: one token request, whatever happens around it.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::thread;
use std::time::SystemTime;

use http::{Request, Response};
use sanspay_blocking::Client;
use sanspay_core::TransportError;
use sanspay_core::partner::ListPayments;
use sanspay_testkit::sandbox::{Sandbox, SandboxConfig};

const THREADS: usize = 64;

/// A sandbox in memory and a transport to it.
struct Provider(Arc<Mutex<Sandbox>>);

impl Provider {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(Sandbox::new(SandboxConfig::default()))))
    }

    fn client(&self, before: impl Fn(&Request<Vec<u8>>) + Send + Sync + 'static) -> Client {
        let sandbox = Arc::clone(&self.0);
        Client::builder()
            .base_url("https://api.example.com")
            .credentials("sandbox-key-id", "sandbox-key-secret")
            .transport(
                move |request| -> Result<Response<Vec<u8>>, TransportError> {
                    before(&request);
                    Ok(sandbox.lock().unwrap().handle(&request, SystemTime::now()))
                },
            )
            .build()
            .unwrap()
    }

    fn token_requests(&self) -> u64 {
        self.0.lock().unwrap().token_requests()
    }
}

/// All threads call at the same time; every call must succeed.
fn all_at_once(client: &Client) {
    let start = Barrier::new(THREADS);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                start.wait();
                client.call(ListPayments::new()).unwrap();
            });
        }
    });
}

#[test]
fn sixty_four_threads_on_a_cold_client_make_one_token_request() {
    let provider = Provider::new();
    let client = provider.client(|_| ());
    all_at_once(&client);
    assert_eq!(provider.token_requests(), 1);
}

#[test]
fn sixty_four_threads_around_a_revoked_token_make_one_more() {
    let provider = Provider::new();
    // Every request of the second round carries the revoked token before any is answered.
    let revoked = Arc::new(AtomicBool::new(false));
    let together = Arc::new(Barrier::new(THREADS));
    let client = provider.client({
        let (revoked, together) = (Arc::clone(&revoked), Arc::clone(&together));
        let first_token = Mutex::new(None);
        move |request| {
            let Some(token) = request.headers().get("authorization").cloned() else {
                return;
            };
            let mut first = first_token.lock().unwrap();
            let is_first = *first.get_or_insert_with(|| token.clone()) == token;
            drop(first);
            if revoked.load(Ordering::SeqCst) && is_first {
                together.wait();
            }
        }
    });
    client.call(ListPayments::new()).unwrap();
    provider.0.lock().unwrap().revoke_tokens();
    revoked.store(true, Ordering::SeqCst);
    all_at_once(&client);
    assert_eq!(provider.token_requests(), 2);
}

#[test]
fn a_panicking_leader_is_replaced() {
    let provider = Provider::new();
    let (arrived, leader_is_fetching) = mpsc::channel();
    let (release, released) = mpsc::channel();
    let released = Mutex::new(released);
    let panicked = AtomicBool::new(false);
    let client = provider.client(move |_| {
        if !panicked.swap(true, Ordering::SeqCst) {
            arrived.send(()).unwrap();
            released.lock().unwrap().recv().unwrap();
            panic!("the leader's transport panics while it fetches the token");
        }
    });
    let start = Barrier::new(THREADS + 1);
    thread::scope(|scope| {
        let leader = scope.spawn(|| client.call(ListPayments::new()));
        leader_is_fetching.recv().unwrap();
        let followers: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    client.call(ListPayments::new())
                })
            })
            .collect();
        start.wait();
        release.send(()).unwrap();
        assert!(leader.join().is_err());
        for follower in followers {
            follower.join().unwrap().unwrap();
        }
    });
    assert_eq!(
        provider.token_requests(),
        1,
        "the panic came before the sandbox saw the first"
    );
}

#[test]
fn a_client_is_shared_freely() {
    fn is_shared<T: Clone + Send + Sync + 'static>() {}
    is_shared::<Client>();
}
