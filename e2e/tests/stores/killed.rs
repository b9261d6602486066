//! Payouts by four processes that are killed at random: each is executed exactly once.
//!
//! `SANSPAY_KILLED_PAYOUTS` sets how many there are; 400 by default, 10,000 for the figures.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sanspay_blocking::Client;
use sanspay_core::durable::{BlockingStore, State, StoredIntent};
use sanspay_core::partner::{NewPayout, RecordType};
use sanspay_core::{Currency, Wire};
use sanspay_e2e::Database;
use sanspay_store::{Blocking, PostgresStore, SqliteStore};
use sanspay_testkit::sandbox::{DuplicateReferences, RecordKind, SandboxConfig};
use sanspay_testkit::server::{Server, serve_in_thread};

const WORKERS: usize = 4;
/// What the worker is told: the provider and the store.
const PROVIDER: &str = "SANSPAY_KILLED_PROVIDER";
const STORE: &str = "SANSPAY_KILLED_STORE";

/// Any store by a text: a path for `SQLite`, parameters for `PostgreSQL`.
fn open(store: &str) -> Box<dyn SharedStore> {
    if Path::new(store).is_absolute() {
        return Box::new(SqliteStore::open(store).unwrap());
    }
    let connecting = Instant::now();
    loop {
        let opened = Blocking::new(async {
            let store = PostgresStore::connect(store).await?;
            store.migrate().await?;
            Ok(store)
        });
        match opened {
            Ok(store) => return Box::new(store),
            Err(error) => assert!(connecting.elapsed() < Duration::from_secs(30), "{error}"),
        }
    }
}

trait SharedStore: BlockingStore + Sync {}
impl<S: BlockingStore + Sync> SharedStore for S {}

fn client(provider: &str) -> Client {
    // Whatever a killed process sent arrives at once on this host.
    let mut wire = Wire::default();
    wire.settle = Duration::from_secs(2);
    Client::builder()
        .base_url(provider)
        .credentials("sandbox-key-id", "sandbox-key-secret")
        .deadline(Duration::from_secs(2))
        .authoritative_list(RecordType::Payout)
        .wire(wire)
        .build()
        .unwrap()
}

fn payout(number: usize) -> NewPayout {
    let amount = "7.50".parse().unwrap();
    NewPayout::new(format!("p-{number}"), amount, Currency::EUR, "DE00")
}

/// Not a test of its own: the program that is killed, started by those below.
#[test]
fn worker() {
    let (Ok(provider), Ok(store)) = (std::env::var(PROVIDER), std::env::var(STORE)) else {
        return;
    };
    let (client, store) = (client(&provider), open(&store));
    loop {
        // A store that is stopped for a while is asked again.
        let recovered = client.durable(&*store).concurrency(4).recover();
        if recovered.is_ok_and(|recovered| recovered.outcomes.is_empty()) {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

struct Workers<'a> {
    provider: &'a str,
    store: &'a str,
    running: Vec<Child>,
}

impl Workers<'_> {
    fn start(&self) -> Child {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["killed::worker", "--exact", "--nocapture"]);
        command.env(PROVIDER, self.provider).env(STORE, self.store);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command.spawn().unwrap()
    }

    fn kill(&mut self, which: usize) {
        let fresh = self.start();
        let mut old = std::mem::replace(&mut self.running[which], fresh);
        old.kill().unwrap();
        old.wait().unwrap();
    }
}

impl Drop for Workers<'_> {
    fn drop(&mut self) {
        for worker in &mut self.running {
            worker.kill().ok();
            worker.wait().ok();
        }
    }
}

fn executed(server: &Server, payouts: usize) -> (usize, usize) {
    server.with(|sandbox, _| {
        let times = (0..payouts).map(|number| {
            let reference = format!("p-{number}");
            sandbox.executions(RecordKind::Payout, &reference)
        });
        times.fold((0, 0), |(once, more), times| {
            (
                once + usize::from(times == 1),
                more + usize::from(times > 1),
            )
        })
    })
}

fn run(store: &str, mut disturb: impl FnMut(usize)) {
    let payouts = std::env::var("SANSPAY_KILLED_PAYOUTS");
    let payouts = payouts.map_or(400, |number| number.parse().unwrap());
    let mut config = SandboxConfig::default();
    config.partner.duplicate_references = DuplicateReferences::Accept;
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let server = serve_in_thread(config, address).unwrap();
    let provider = server.base_url();
    let rows = open(store);
    let ours = client(&provider);
    for number in 0..payouts {
        let _ = ours.durable(&*rows).enqueue(&payout(number)).unwrap();
    }

    let began = Instant::now();
    let mut workers = Workers {
        provider: &provider,
        store,
        running: Vec::new(),
    };
    workers.running = (0..WORKERS).map(|_| workers.start()).collect();
    let mut kills = 0;
    let mut random = fastrand::Rng::with_seed(20);
    while executed(&server, payouts).0 < payouts {
        std::thread::sleep(Duration::from_millis(random.u64(10..120)));
        workers.kill(random.usize(..WORKERS));
        kills += 1;
        disturb(kills);
        let (_, twice) = executed(&server, payouts);
        assert_eq!(twice, 0, "executed twice, of {payouts} with {kills} kills");
        assert!(
            began.elapsed() < Duration::from_secs(900),
            "it does not end"
        );
    }
    // And what is known about each of them is that it was executed.
    for number in 0..payouts {
        let key = format!("intent:payout:p-{number}");
        let known = || {
            rows.load(&key)
                .ok()?
                .row
                .map(|row| StoredIntent::read(&row))
        };
        while !matches!(known(), Some(Ok(stored)) if matches!(stored.state(), State::Executed(_))) {
            assert!(
                began.elapsed() < Duration::from_secs(900),
                "it does not end"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    assert_eq!(executed(&server, payouts), (payouts, 0));
    let seconds = began.elapsed().as_secs();
    eprintln!("{payouts} payouts, {kills} kills, each executed once, in {seconds} s");
}

#[test]
fn sqlite_pays_each_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("payouts.db");
    run(path.to_str().unwrap(), |_| {});
}

/// The database itself is killed and started again in between.
#[test]
fn postgres_pays_each_once() {
    let Some(database) = Database::start() else {
        return;
    };
    run(&database.direct(), |kills| {
        if kills % 8 == 3 {
            database.kill();
            database.run();
        }
    });
}
