//! Many calls through a faulty network, and what they leave behind.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sanspay_core::partner::{NewPayout, RecordType, Resolution};
use sanspay_core::{Currency, Error, ErrorKind, RetryPolicy, Settings, Wire};
use sanspay_testkit::sandbox::{RecordKind, Sandbox, SandboxConfig};

use sanspay_testkit::network::{Fault, Proxy};

/// How many payouts are asked for: as many calls, and those that faults make necessary.
pub(crate) const PAYOUTS: usize = 10_000;
/// How many listings are asked for then, twice: they leave nothing behind at the provider.
pub(crate) const LISTINGS: usize = 2_500;
/// How many calls are on their way at a time.
pub(crate) const WAYS: usize = 64;
/// How long a call may take.
const DEADLINE: Duration = Duration::from_secs(2);

pub(crate) fn provider() -> SandboxConfig {
    let mut config = SandboxConfig::default();
    // What it remembers of requests would look like a leak.
    config.seen_limit = 0;
    config
}

/// Nothing is sent twice by the client, so that every fault is seen.
pub(crate) fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.deadline = DEADLINE;
    settings.authoritative_lists = vec![RecordType::Payout];
    settings.retry = RetryPolicy::never();
    settings
}

/// What the proxy has is delivered at once or never, so no request is on its way for long.
pub(crate) fn wire() -> Wire {
    let mut wire = Wire::default();
    wire.settle = Duration::from_secs(1);
    wire
}

/// A proxy with faults for 5 % of the requests, of every kind, from a seed.
pub(crate) fn five_percent(upstream: &str) -> Proxy {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let mut seed: u64 = 1;
    Proxy::start(listener, upstream, move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        match (seed >> 33) % 140 {
            0 => Fault::Reset,
            1 => Fault::AnswerLost,
            2 => Fault::Stall,
            3 => Fault::StallInAnswer,
            4 => Fault::Truncate,
            5 => Fault::Delay(Duration::from_millis(50)),
            6 => Fault::CloseAfter,
            _ => Fault::None,
        }
    })
}

pub(crate) fn payout(number: usize) -> NewPayout {
    let amount = "7.50".parse().unwrap();
    NewPayout::new(reference(number), amount, Currency::EUR, "DE00")
}

fn reference(number: usize) -> String {
    format!("p-{number}")
}

/// What came of the calls.
#[derive(Default)]
pub(crate) struct Ledger {
    next: AtomicUsize,
    outcomes: Mutex<BTreeMap<String, usize>>,
}

impl Ledger {
    /// The next number below `most`, if it was not the last.
    pub(crate) fn next(&self, most: usize) -> Option<usize> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        (number < most).then_some(number)
    }

    /// Notes how a call ended. Only what may come of these faults may come.
    pub(crate) fn note<T>(&self, call: &str, result: &Result<T, Error>) {
        let kind = result.as_ref().err().map(Error::kind);
        let fits = matches!(
            kind,
            None | Some(ErrorKind::Lost | ErrorKind::Deadline | ErrorKind::NotSent)
        );
        assert!(fits, "{call}: {:?}", result.as_ref().err());
        let ended = kind.map_or("succeeded".to_owned(), |kind| format!("{kind:?}"));
        self.count(format!("{call}: {ended}"));
    }

    /// Notes what a lookup says of a payout; whether it is known now.
    pub(crate) fn note_lookup(&self, resolution: &Resolution) -> bool {
        let (found, known) = match resolution {
            Resolution::Found(_) => ("found", true),
            Resolution::Absent => ("absent", true),
            Resolution::Unknown(_) => ("still unknown", false),
        };
        self.count(format!("lookup: {found}"));
        known
    }

    fn count(&self, what: String) {
        let mut outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        *outcomes.entry(what).or_default() += 1;
    }

    pub(crate) fn outcomes(&self) -> BTreeMap<String, usize> {
        let outcomes = self.outcomes.lock();
        outcomes.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The payouts that were not executed exactly once.
pub(crate) fn lost_or_doubled(sandbox: &Sandbox) -> Vec<String> {
    let executed_once = |reference: &String| sandbox.executions(RecordKind::Payout, reference) == 1;
    let all = (0..PAYOUTS).map(reference);
    all.filter(|reference| !executed_once(reference)).collect()
}

/// What this process holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) files: usize,
    pub(crate) sockets: usize,
    pub(crate) threads: usize,
    pub(crate) kib: usize,
}

impl Held {
    pub(crate) fn now() -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let number = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let digits = line.and_then(|line| line.split_ascii_whitespace().next());
            digits.unwrap().parse().unwrap()
        };
        let files = fs::read_dir("/proc/self/fd").unwrap().flatten();
        let targets: Vec<_> = files
            .filter_map(|file| fs::read_link(file.path()).ok())
            .collect();
        Self {
            files: targets.len(),
            sockets: targets
                .iter()
                .filter(|target: &&std::path::PathBuf| {
                    target.to_string_lossy().starts_with("socket")
                })
                .count(),
            threads: number("Threads:"),
            kib: number("VmRSS:"),
        }
    }

    /// No more than that, but for memory, of which allocators give little back.
    pub(crate) fn is_within(&self, before: &Self) -> bool {
        self.files <= before.files
            && self.sockets <= before.sockets
            && self.threads <= before.threads
    }
}

/// What must hold of `before` there was a client, `warm` after many calls, at the `end` of as many
/// more that leave nothing behind, and `after` the client.
pub(crate) fn check_leaks(before: &Held, warm: &Held, end: &Held, after: &Held) {
    assert!(
        after.is_within(before),
        "left behind: {after:?}, and {before:?} before"
    );
    // Each connection has four ends in this process; what waits to be closed is a few more.
    assert!(end.sockets <= before.sockets + 4 * WAYS + 32, "{end:?}");
    // 1.6 KiB left behind by each call; allocators alone move by one or two MiB.
    assert!(
        end.kib < warm.kib + 4 * 1024,
        "memory: {warm:?}, then {end:?}"
    );
}

/// The faults were there: what can come of them has come.
pub(crate) fn check_faults(ledger: &Ledger) {
    let outcomes = ledger.outcomes();
    for what in [
        "payout: Lost",
        "payout: Deadline",
        "lookup: found",
        "lookup: absent",
    ] {
        let count = outcomes.get(what).copied().unwrap_or_default();
        assert!(count >= 20, "{what}: {count} times");
    }
}
