//! Mutated answers after an executed payout: none is sent again, and none says "not executed" but a
//! refusal whose status came through.
//!
//! `SANSPAY_MUTATIONS` says how many for each of both adapters, plain, in TLS, and on TLS's wire; a
//! few by default.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing
)]

use std::collections::BTreeMap;
use std::env;
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;
use std::time::Duration;

use sanspay_e2e::{
    Adapter, ClientCertificates, End, Manner, Meddling, Paid, Payer, PayerSetup, PayoutServer,
    Relay, Speaks, Told, Version, payout,
};
use sanspay_testkit::network::Mutation;
use sanspay_testkit::pki::Pki;
use sanspay_testkit::sandbox::{Sandbox, SandboxConfig};

static PKI: LazyLock<Pki> = LazyLock::new(Pki::new);

/// The statuses by which a server says that it executed nothing, as the core's table has them.
const REFUSALS: [u16; 23] = [
    400, 401, 402, 403, 404, 405, 409, 410, 411, 412, 413, 414, 415, 416, 417, 421, 422, 423, 426,
    428, 429, 431, 451,
];

fn number() -> usize {
    let told = env::var("SANSPAY_MUTATIONS").ok();
    told.map_or(80, |number| number.parse().unwrap())
}

/// Where the damage is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// To the answer, which goes in plain.
    Plain,
    /// To the answer, which goes in TLS.
    Tls(Version),
    /// To TLS itself, by somebody without keys.
    Wire(Version),
}

impl Way {
    const ALL: [Self; 5] = [
        Self::Plain,
        Self::Tls(Version::Tls12),
        Self::Tls(Version::Tls13),
        Self::Wire(Version::Tls12),
        Self::Wire(Version::Tls13),
    ];

    fn speaks(self) -> Speaks {
        match self {
            Self::Plain => Speaks::Plain,
            Self::Tls(version) | Self::Wire(version) => {
                Speaks::tls(&PKI, version, &PKI.server, ClientCertificates::NotAsked)
            }
        }
    }
}

fn end(random: &mut fastrand::Rng) -> End {
    *random
        .choice(&[End::Fin, End::Goodbye, End::Reset])
        .unwrap()
}

/// What somebody without keys does to the answer's records.
fn meddling(seed: u64) -> Meddling {
    let mut random = fastrand::Rng::with_seed(seed);
    let noise: Vec<u8> = (0..random.usize(1..40)).map(|_| random.u8(..)).collect();
    // What looks like a record, of any kind.
    let mut record = vec![
        random.u8(20..=24),
        3,
        3,
        0,
        u8::try_from(noise.len()).unwrap(),
    ];
    record.extend_from_slice(&noise);
    let end = end(&mut random);
    match random.u8(..6) {
        0 => Meddling::Answer(noise, end),
        1 => Meddling::Answer(record, end),
        2 => Meddling::BeforeAnswer(noise),
        3 => Meddling::BeforeAnswer(record),
        4 => Meddling::FlipInAnswer(random.usize(..600), random.u8(..8)),
        _ => Meddling::CutAnswer(random.usize(..600), end),
    }
}

/// What came of the payouts.
type Counts = BTreeMap<String, usize>;

fn check(paid: &Paid, executed: usize, case: &str) -> &'static str {
    let Paid { told, result } = paid;
    let refused = |status: &u16| REFUSALS.contains(status);
    // A 401 is a refusal, after which the token is renewed and the request sent once more.
    let renewed = matches!(told[..], [Told::Answer(401), _]);
    assert_eq!(
        told.len(),
        if renewed { 2 } else { 1 },
        "{case}: sent again: {told:?}"
    );
    assert!(
        executed <= told.len(),
        "{case}: executed {executed} times: {told:?}"
    );
    if executed == 0 {
        // The connection of the payout before was still there, and ended only now.
        assert!(
            matches!(told.last(), Some(Told::MaybeSent(_))),
            "{case}: {told:?}"
        );
    }
    let refusal = matches!(told.last(), Some(Told::Answer(status)) if refused(status));
    match result {
        Ok(_) => "read all the same",
        Err(error) if error.outcome_unknown() => "unknown",
        Err(_) if refusal => "refused",
        Err(error) => panic!("{case}: said not to be executed: {told:?}, {error:?}"),
    }
}

fn lane(adapter: Adapter, way: Way, payouts: usize) -> Counts {
    let mut sandbox = SandboxConfig::default();
    sandbox.seen_limit = 0;
    let sandbox = Arc::new(Mutex::new(Sandbox::new(sandbox)));
    let server = PayoutServer::with(way.speaks(), Arc::clone(&sandbox), move |before| {
        let end = end(&mut fastrand::Rng::with_seed(before as u64));
        match way {
            Way::Wire(_) => Manner::AnswersAnd(end),
            _ => Manner::Damages(before as u64, end),
        }
    });
    let relay = Relay::with(&server, move |before| match way {
        Way::Wire(_) => meddling(before as u64),
        _ => Meddling::None,
    });
    let setup = PayerSetup {
        base_url: server.base_url(relay.address()),
        tls: PKI.trusting().build().unwrap(),
        sandbox,
        connect_timeout: Duration::from_secs(5),
    };
    let payer = Payer::new(adapter, &setup);
    let mut counts = Counts::new();
    let mut number = 0;
    while server.tally().executed() < payouts {
        number += 1;
        let before = server.tally().executed();
        if number % 2 == 1 {
            payer.warm_up();
        }
        let paid = payer.pay(payout(&format!("p-{number}")));
        let executed = server.tally().executed() - before;
        let case = format!("{adapter:?}, {way:?}, number {number}, seed {before}");
        let outcome = check(&paid, executed, &case);
        *counts
            .entry(format!("{adapter:?}: {outcome}, executed {executed}"))
            .or_default() += 1;
    }
    counts
}

#[test]
fn no_mutated_answer_makes_a_payout_be_sent_again_or_denied() {
    let mut counts = Counts::new();
    thread::scope(|scope| {
        let lanes: Vec<_> = Adapter::BOTH
            .into_iter()
            .flat_map(|adapter| Way::ALL.map(|way| (adapter, way)))
            .map(|(adapter, way)| scope.spawn(move || lane(adapter, way, number())))
            .collect();
        for lane in lanes {
            for (what, count) in lane.join().unwrap() {
                *counts.entry(what).or_default() += count;
            }
        }
    });
    println!("{counts:#?}");
    for adapter in Adapter::BOTH {
        for came in ["unknown", "read all the same"] {
            assert!(
                counts.contains_key(&format!("{adapter:?}: {came}, executed 1")),
                "{came}: {counts:?}"
            );
        }
    }
}

#[test]
fn every_mutation_does_something() {
    for mutation in Mutation::ALL {
        let whole = b"HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\n\r\n{}".to_vec();
        let changed = (0..20).any(|seed| {
            let mut bytes = whole.clone();
            mutation.apply(&mut bytes, &mut fastrand::Rng::with_seed(seed));
            bytes != whole
        });
        assert!(changed, "{mutation:?}");
    }
}
