//! Row 15: an idle connection ends while a payout is written to it. Which of them is ahead is a
//! matter of microseconds, so it is tried often: `SANSPAY_RACES` times for each kind of connection,
//! a few hundred times by default.

use std::collections::BTreeMap;
use std::env;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use sanspay_e2e::{
    Adapter, ClientCertificates, End, Manner, Payer, PayerSetup, PayoutServer, Speaks, Told,
    Version, payout,
};
use sanspay_testkit::sandbox::{Sandbox, SandboxConfig};

use crate::check_promises;
use crate::scene::PKI;

/// The longest time after the last answer at which the connection ends, in microseconds: about as
/// long as the client takes to begin the next request.
const LATEST: u64 = 300;

fn tries() -> usize {
    let told = env::var("SANSPAY_RACES").ok();
    told.map_or(250, |number| number.parse().unwrap())
}

fn race(adapter: Adapter, version: Option<Version>, end: End) -> BTreeMap<String, usize> {
    let mut sandbox = SandboxConfig::default();
    sandbox.seen_limit = 0;
    let sandbox = Arc::new(Mutex::new(Sandbox::new(sandbox)));
    let speaks = version.map_or(Speaks::Plain, |version| {
        Speaks::tls(&PKI, version, &PKI.server, ClientCertificates::NotAsked)
    });
    let server = PayoutServer::with(speaks, Arc::clone(&sandbox), move |_| {
        Manner::EndsIdle(Duration::from_micros(fastrand::u64(..LATEST)), end)
    });
    let setup = PayerSetup {
        base_url: server.base_url(server.address()),
        tls: PKI.trusting().build().unwrap(),
        sandbox,
        connect_timeout: Duration::from_secs(5),
    };
    let payer = Payer::new(adapter, &setup);
    let mut came = BTreeMap::new();
    for number in 0..tries() {
        let before = server.tally().executed();
        payer.warm_up();
        let paid = payer.pay(payout(&format!("p-{number}")));
        if paid.says_not_executed() {
            // It would be executed about now.
            thread::sleep(Duration::from_millis(50));
        }
        let executed = server.tally().executed() - before;
        let which = format!("{adapter:?}, {version:?}, {end:?}, try {number}");
        check_promises(&paid, executed).unwrap_or_else(|why| panic!("{which}: {why}"));
        let told = match paid.told.last() {
            Some(Told::NotSent(_)) => "not sent",
            Some(Told::MaybeSent(_)) => "maybe sent",
            Some(Told::Answer(_)) => "answered",
            None => "nothing",
        };
        *came
            .entry(format!("{adapter:?}: {told}, executed {executed}"))
            .or_default() += 1;
    }
    came
}

#[test]
fn a_connection_that_ends_while_it_is_written_to_executes_at_most_once_and_is_never_denied() {
    let mut came: BTreeMap<String, usize> = BTreeMap::new();
    thread::scope(|scope| {
        let mut lanes = Vec::new();
        for adapter in Adapter::BOTH {
            for version in [None, Some(Version::Tls12), Some(Version::Tls13)] {
                for end in [End::Fin, End::Reset] {
                    lanes.push(scope.spawn(move || race(adapter, version, end)));
                }
            }
        }
        for lane in lanes {
            for (what, count) in lane.join().unwrap() {
                *came.entry(what).or_default() += count;
            }
        }
    });
    println!("{came:#?}");
    // The race was one: both were ahead at times.
    for adapter in Adapter::BOTH {
        for what in ["maybe sent, executed 0", "answered, executed 1"] {
            assert!(
                came.contains_key(&format!("{adapter:?}: {what}")),
                "{what}: {came:?}"
            );
        }
    }
}
