//! One token for eight processes of 32 calls each, with both clients, over real databases.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use sanspay_core::durable::{Loaded, Put, Scan, Scanned, Store, StoreError};
use sanspay_core::exchange::SharedToken;
use sanspay_core::partner::ListPayments;
use sanspay_e2e::{Database, Redis};
use sanspay_store::{Blocking, PostgresStore, RedisStore, SealingKey, SqliteStore};
use sanspay_testkit::sandbox::{Fault, FaultRule, SandboxConfig};
use sanspay_testkit::server::serve_in_thread;
use tokio::runtime::Runtime;

use super::postgres::open;

const PROCESSES: usize = 8;
const CALLS: usize = 32;
const PROVIDER: &str = "SANSPAY_TOKEN_PROVIDER";
const STORE: &str = "SANSPAY_TOKEN_STORE";
/// Set for a process that uses the asynchronous client.
const ASYNC: &str = "SANSPAY_TOKEN_ASYNC";

fn token() -> SharedToken {
    SharedToken::new("sandbox", SealingKey::new(&[7; 32])).unwrap()
}

/// Not a test of its own: one of the processes, started by those below.
#[test]
fn process() {
    let (Ok(provider), Ok(store)) = (std::env::var(PROVIDER), std::env::var(STORE)) else {
        return;
    };
    if std::env::var_os(ASYNC).is_some() {
        Runtime::new()
            .unwrap()
            .block_on(call_async(&provider, &store));
    } else {
        call_blocking(&provider, &store);
    }
}

fn call_blocking(provider: &str, store: &str) {
    let builder = sanspay_blocking::Client::builder()
        .base_url(provider)
        .credentials("sandbox-key-id", "sandbox-key-secret");
    let builder = if Path::new(store).is_absolute() {
        builder.share_token(token(), SqliteStore::open(store).unwrap())
    } else if store.starts_with("unix:") {
        let store = Blocking::new(async { RedisStore::connect(store) }).unwrap();
        builder.share_token(token(), store)
    } else {
        let store = Blocking::new(PostgresStore::connect(store)).unwrap();
        builder.share_token(token(), store)
    };
    let client = builder.build().unwrap();
    thread::scope(|scope| {
        for _ in 0..CALLS {
            scope.spawn(|| client.call(ListPayments::new()).unwrap());
        }
    });
}

async fn call_async(provider: &str, store: &str) {
    let builder = sanspay_async::Client::builder()
        .base_url(provider)
        .credentials("sandbox-key-id", "sandbox-key-secret");
    let builder = if Path::new(store).is_absolute() {
        builder.share_token(token(), SqliteStore::open(store).unwrap())
    } else if store.starts_with("unix:") {
        builder.share_token(token(), RedisStore::connect(store).unwrap())
    } else {
        let store = PostgresStore::connect(store).await.unwrap();
        builder.share_token(token(), store)
    };
    let client = builder.build().unwrap();
    let calls = (0..CALLS).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { client.call(ListPayments::new()).await })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap().unwrap();
    }
}

/// Starts all processes at once and waits for them.
fn fleet(provider: &str, store: &str) {
    let processes = (0..PROCESSES).map(|number| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["token::process", "--exact", "--nocapture"]);
        command.env(PROVIDER, provider).env(STORE, store);
        if number % 2 == 1 {
            command.env(ASYNC, "1");
        }
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command.spawn().unwrap()
    });
    for mut process in processes.collect::<Vec<_>>() {
        assert!(process.wait().unwrap().success());
    }
}

fn run(store: &str) {
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let server = serve_in_thread(SandboxConfig::default(), address).unwrap();
    // Slow enough for all of them to want it meanwhile.
    let slow = FaultRule::new(Fault::Latency(Duration::from_millis(500)));
    let slow = slow.path("/partner/auth/token").times(u32::MAX);
    server.with(|sandbox, _| sandbox.add_fault(slow));
    let requests = || server.with(|sandbox, _| sandbox.token_requests());

    fleet(&server.base_url(), store);
    assert_eq!(requests(), 1, "a cold store");
    fleet(&server.base_url(), store);
    assert_eq!(requests(), 1, "the token is there");
    server.with(|sandbox, _| sandbox.revoke_tokens());
    fleet(&server.base_url(), store);
    assert_eq!(requests(), 2, "one renewal, whoever was refused");
}

#[test]
fn sqlite_shares_one_token() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token.db");
    drop(SqliteStore::open(&path).unwrap());
    run(path.to_str().unwrap());
}

#[test]
fn redis_shares_one_token() {
    let Some(redis) = Redis::start() else {
        return;
    };
    run(&redis.address());
}

/// Nobody's call fails for it: each process fetches a token of its own.
#[test]
fn a_store_that_is_down_costs_a_request_for_each_process() {
    let Some(redis) = Redis::start() else {
        return;
    };
    redis.kill();
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let server = serve_in_thread(SandboxConfig::default(), address).unwrap();
    fleet(&server.base_url(), &redis.address());
    let requests = server.with(|sandbox, _| sandbox.token_requests());
    assert_eq!(requests, PROCESSES as u64);
}

/// It never answers, as a database that is suspended.
struct Hanging;

impl Store for Hanging {
    async fn load(&self, _: &str) -> Result<Loaded, StoreError> {
        std::future::pending().await
    }

    async fn store_if(&self, _: &Put) -> Result<bool, StoreError> {
        std::future::pending().await
    }

    async fn scan(&self, _: &Scan) -> Result<Scanned, StoreError> {
        std::future::pending().await
    }
}

#[test]
fn a_store_that_hangs_does_not_take_the_call_with_it() {
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let server = serve_in_thread(SandboxConfig::default(), address).unwrap();
    let deadline = Duration::from_secs(10);
    let client = sanspay_blocking::Client::builder()
        .base_url(server.base_url())
        .credentials("sandbox-key-id", "sandbox-key-secret")
        .share_token(token(), Blocking::new(async { Ok(Hanging) }).unwrap())
        .build()
        .unwrap();
    client.call_within(deadline, ListPayments::new()).unwrap();
    Runtime::new().unwrap().block_on(async {
        let client = sanspay_async::Client::builder()
            .base_url(server.base_url())
            .credentials("sandbox-key-id", "sandbox-key-secret")
            .share_token(token(), Hanging)
            .build()
            .unwrap();
        let called = client.call_within(deadline, ListPayments::new());
        called.await.unwrap();
    });
}

#[test]
fn postgres_shares_one_token() {
    let Some(database) = Database::start() else {
        return;
    };
    drop(open(&database.direct()));
    run(&database.direct());
}

#[test]
fn postgres_behind_pgbouncer_shares_one_token() {
    let Some(database) = Database::start() else {
        return;
    };
    drop(open(&database.direct()));
    run(&database.bounced());
}
