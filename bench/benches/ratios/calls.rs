//! One call through each adapter, against the bare client that it stands on.

use std::hint::black_box;
use std::net::SocketAddr;
use std::sync::{Arc, Barrier, Mutex};
use std::time::{Duration, Instant};

use http::header::{ACCEPT, AUTHORIZATION, USER_AGENT};
use sanspay_core::partner::{RecordId, ShowPayment};
use tokio::runtime::Runtime;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

use crate::server::serve;
use sanspay_bench::measure::{Cost, Effort, compare};
use sanspay_bench::partner::{self, ID, PlainRecord};
use sanspay_bench::table::{Row, Target, ratio};

/// A record of 1 KB.
fn answer() -> String {
    let mut record = partner::record(ID, true);
    record.truncate(record.len() - 1);
    let note = "x".repeat(1024 - record.len() - r#","note":""}"#.len());
    format!(r#"{record},"note":"{note}"}}"#)
}

fn url(server: SocketAddr) -> String {
    format!("http://{server}/partner/payments/{ID}")
}

fn id() -> RecordId {
    ID.parse().expect("an id")
}

pub(crate) fn runtime() -> Runtime {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime")
}

/// Every row of single calls.
pub(crate) fn rows(effort: Effort) -> Vec<Row> {
    let answer = answer();
    assert_eq!(answer.len(), 1024);
    let server = serve(Duration::ZERO, move |_| answer.clone());
    let mut rows = vec![blocking_row(effort, server)];
    let pair = Pair::new(server);
    for tasks in [1, 64, 256] {
        let (floor, ours) = pair.measure(effort, tasks);
        rows.push(Row::timed(
            format!("one call, async, {tasks} in flight, 1 KB of JSON"),
            "bare reqwest",
            ratio(1.05),
            floor,
            ours,
        ));
    }
    rows
}

/// Knows the address: with a deadline ureq's own resolver starts a thread for each request, which
/// takes twice as long as the request, and which the SDK's spares by remembering.
#[derive(Debug)]
struct Known(SocketAddr);

impl Resolver for Known {
    fn resolve(
        &self,
        _: &ureq::http::Uri,
        _: &ureq::config::Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut addresses = self.empty();
        addresses.push(self.0);
        Ok(addresses)
    }
}

fn blocking_row(effort: Effort, server: SocketAddr) -> Row {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .timeout_connect(Some(Duration::from_secs(10)))
        .timeout_global(Some(Duration::from_secs(30)))
        .max_idle_connections(256)
        .max_idle_connections_per_host(256)
        .build();
    let agent = ureq::Agent::with_parts(config, DefaultConnector::new(), Known(server));
    let url = url(server);
    let bare = || {
        let request = agent
            .get(&url)
            .header(ACCEPT, "application/json")
            .header(USER_AGENT, "sanspay/0.1.0")
            .header(AUTHORIZATION, partner::bearer());
        let body = request
            .call()
            .expect("an answer")
            .into_body()
            .read_to_vec()
            .expect("a body");
        serde_json::from_slice::<PlainRecord>(&body).expect("a record")
    };
    let client = sanspay_blocking::Client::builder()
        .base_url(format!("http://{server}"))
        .credentials("key-4711", "a-long-secret-4711")
        .build()
        .expect("a client");
    let call = || client.call(ShowPayment::new(id())).expect("a record");
    let (mut floor, mut ours) = (f64::INFINITY, f64::INFINITY);
    let begun = Instant::now();
    while begun.elapsed() < effort.io_budget() {
        floor = floor.min(nanos(20, bare));
        ours = ours.min(nanos(20, call));
    }
    let name = "one call, blocking, 1 KB of JSON";
    Row::timed(name, "bare ureq", ratio(1.05), floor, ours)
}

/// The nanoseconds of one of `count` calls.
fn nanos<T>(count: u32, f: impl Fn() -> T) -> f64 {
    let begun = Instant::now();
    for _ in 0..count {
        black_box(f());
    }
    begun.elapsed().as_secs_f64() * 1e9 / f64::from(count)
}

/// The bare client with the settings of ours.
pub(crate) fn bare_reqwest() -> reqwest::Client {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .http1_only()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .connect_timeout(Duration::from_secs(10))
        .pool_idle_timeout(Duration::from_secs(45))
        .pool_max_idle_per_host(256);
    client.build().expect("a client")
}

/// The async client of the SDK.
pub(crate) fn client(server: SocketAddr) -> sanspay_async::Client {
    let client = sanspay_async::Client::builder()
        .base_url(format!("http://{server}"))
        .credentials("key-4711", "a-long-secret-4711");
    client.build().expect("a client")
}

/// A bare reqwest and a client of ours on the same server.
pub(crate) struct Pair {
    runtime: Runtime,
    bare: reqwest::Client,
    url: String,
    client: sanspay_async::Client,
}

impl Pair {
    pub(crate) fn new(server: SocketAddr) -> Self {
        let runtime = runtime();
        let bare = runtime.block_on(async { bare_reqwest() });
        Self {
            runtime,
            bare,
            url: url(server),
            client: client(server),
        }
    }

    /// The least nanoseconds of a call with so many tasks at once, of the floor and of ours.
    pub(crate) fn measure(&self, effort: Effort, tasks: u32) -> (f64, f64) {
        let rounds = (32 / tasks).max(1);
        let (mut floor, mut ours) = (f64::INFINITY, f64::INFINITY);
        let begun = Instant::now();
        while begun.elapsed() < effort.io_budget() {
            let (client, url) = (self.bare.clone(), self.url.clone());
            floor = floor.min(self.round(tasks, rounds, move || {
                let (client, url) = (client.clone(), url.clone());
                async move {
                    let request = client
                        .get(url)
                        .timeout(Duration::from_secs(30))
                        .header(ACCEPT, "application/json")
                        .header(USER_AGENT, "sanspay/0.1.0")
                        .header(AUTHORIZATION, partner::bearer());
                    let body = request
                        .send()
                        .await
                        .expect("an answer")
                        .bytes()
                        .await
                        .expect("a body");
                    serde_json::from_slice::<PlainRecord>(&body).expect("a record");
                }
            }));
            let client = self.client.clone();
            ours = ours.min(self.round(tasks, rounds, move || {
                let client = client.clone();
                async move {
                    client.call(ShowPayment::new(id())).await.expect("a record");
                }
            }));
        }
        (floor, ours)
    }

    fn round<F: Future<Output = ()> + Send + 'static>(
        &self,
        tasks: u32,
        rounds: u32,
        call: impl Fn() -> F,
    ) -> f64 {
        self.runtime.block_on(async {
            let begun = Instant::now();
            for _ in 0..rounds {
                let tasks: Vec<_> = (0..tasks).map(|_| tokio::spawn(call())).collect();
                for task in tasks {
                    task.await.expect("a call");
                }
            }
            begun.elapsed().as_secs_f64() * 1e9 / f64::from(tasks * rounds)
        })
    }
}

/// Reading the live token, from one thread and from two.
pub(crate) fn token_rows(effort: Effort) -> Vec<Row> {
    let now = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let session = partner::warm_session(now);
    assert!(session.authorization(now).is_some());
    let read = || {
        let token = session.authorization(black_box(now));
        black_box(token.as_deref());
    };
    let heap = allocation_counter::measure(read);
    let target = Target {
        ratio: Some(1.5),
        nanos: Some(20.0),
        allocations: Some(0),
    };
    let mut rows: Vec<_> = [1, 2]
        .map(|threads| {
            let (mut floor, mut ours) = (f64::INFINITY, f64::INFINITY);
            let begun = Instant::now();
            while begun.elapsed() < effort.budget() {
                floor = floor.min(slowest(threads, || {
                    let free = Mutex::new(0u64);
                    move || *free.lock().expect("sound") += 1
                }));
                ours = ours.min(slowest(threads, || read));
            }
            let cost = |nanos, heap: Option<&allocation_counter::AllocationInfo>| Cost {
                nanos,
                allocations: heap.map_or(0, |heap| heap.count_total),
                bytes: heap.map_or(0, |heap| heap.bytes_total),
            };
            Row::of(
                format!("read the live token, {threads} thread(s)"),
                "a Mutex that is free",
                target,
                (cost(floor, None), cost(ours, Some(&heap))),
            )
        })
        .into();
    let keep = || {
        let token = session.authorization(black_box(now));
        black_box(token.map(|token| token.clone()));
    };
    rows.push(Row::of(
        "read the live token and keep it",
        "a HeaderValue cloned",
        Target::default(),
        compare(effort, || drop(black_box(partner::bearer())), keep),
    ));
    rows
}

/// The nanoseconds of the slowest of so many threads that do the same all at once.
fn slowest<F: FnMut()>(threads: usize, make: impl Fn() -> F + Sync) -> f64 {
    // Long enough that the threads overlap but for their first steps.
    const TIMES: u32 = 100_000;
    let start = Barrier::new(threads);
    let worker = || {
        let mut work = make();
        work();
        start.wait();
        let begun = Instant::now();
        for _ in 0..TIMES {
            work();
        }
        begun.elapsed().as_secs_f64() * 1e9 / f64::from(TIMES)
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        let times = workers
            .into_iter()
            .map(|worker| worker.join().expect("a time"));
        times.fold(0.0, f64::max)
    })
}
