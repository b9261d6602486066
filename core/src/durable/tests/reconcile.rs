use proptest::prelude::*;

use super::*;
use crate::partner::{Expected, RecordId};

const WINDOW: Duration = Duration::from_secs(600);

fn at(millis: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000) + Duration::from_millis(millis)
}

fn expected(number: u64) -> Expected {
    let amount = crate::Amount::from_minor_units(100 + number % 7, 2).unwrap();
    Expected::payout(format!("p-{number}"), amount, Currency::EUR)
}

fn id(number: u64) -> RecordId {
    RecordId::from_bytes(u128::from(number).to_be_bytes())
}

/// What is planted at an entry; nothing at most of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Planted {
    Unknown,
    NotExecuted,
    PaidPending,
    NotListed,
    UnknownNotListed,
    Twice,
    Differs,
    Foreign,
}

const PLANTED: [Planted; 8] = [
    Planted::Unknown,
    Planted::NotExecuted,
    Planted::PaidPending,
    Planted::NotListed,
    Planted::UnknownNotListed,
    Planted::Twice,
    Planted::Differs,
    Planted::Foreign,
];

fn ours(number: u64, planted: Option<Planted>) -> Option<Ours> {
    let known = match planted {
        Some(Planted::Foreign) => return None,
        Some(Planted::Unknown | Planted::UnknownNotListed) => Known::Unknown,
        Some(Planted::NotExecuted) => Known::NotExecuted,
        Some(Planted::PaidPending) => Known::Pending,
        _ => Known::Done(id(number)),
    };
    Some(Ours {
        expected: expected(number),
        at: at(number * 1000),
        known,
    })
}

/// Listed up to five minutes earlier or later than ours says.
fn listed(number: u64, planted: Option<Planted>, jitter: u64) -> Vec<Listed> {
    let one = |id, is| Listed {
        id,
        is,
        paid: true,
        at: Some(at(number * 1000 + jitter % 300_000)),
    };
    match planted {
        Some(Planted::NotListed | Planted::UnknownNotListed) => Vec::new(),
        Some(Planted::Twice) => vec![
            one(id(number), expected(number)),
            one(id(u64::MAX - number), expected(number)),
        ],
        Some(Planted::Differs) => {
            let amount = "9999".parse().unwrap();
            let is = Expected::payout(format!("p-{number}"), amount, Currency::EUR);
            vec![one(id(number), is)]
        }
        _ => vec![one(id(number), expected(number))],
    }
}

fn reference_of(difference: &Difference) -> (String, Planted) {
    let (expected, planted) = match difference {
        Difference::ExecutedUnknownHere(ours, _) => (&ours.expected, Planted::Unknown),
        Difference::ExecutedAgainstOurs(ours, _) => (&ours.expected, Planted::NotExecuted),
        Difference::PaidPendingHere(ours, _) => (&ours.expected, Planted::PaidPending),
        Difference::NotListed(ours) => (&ours.expected, Planted::NotListed),
        Difference::UnknownNotListed(ours) => (&ours.expected, Planted::UnknownNotListed),
        Difference::Twice(ours, _) => (&ours.expected, Planted::Twice),
        Difference::Differs(ours, ..) => (&ours.expected, Planted::Differs),
        Difference::Foreign(listed) => (&listed.is, Planted::Foreign),
    };
    (expected.reference().to_owned(), planted)
}

/// Runs so many entries with a difference at every so-manieth; the most that was held.
fn run(entries: u64, every: u64, window: Duration) -> (usize, Vec<(String, Planted)>) {
    let planted = |number: u64| {
        let kind = PLANTED[usize::try_from(number / every % 8).unwrap()];
        (number % every == every / 2).then_some(kind)
    };
    let mut rng = fastrand::Rng::with_seed(entries);
    let mut reconciler = Reconciler::new(window);
    let (mut next_ours, mut next_theirs) = (0, 0);
    // The list comes in the order of its own times, which are shuffled against ours.
    let mut ahead: std::collections::BTreeMap<(SystemTime, u64, usize), Listed> =
        std::collections::BTreeMap::new();
    let (mut most, mut found) = (0, Vec::new());
    while next_ours < entries || next_theirs < entries || !ahead.is_empty() {
        while next_theirs < entries
            && ahead
                .first_key_value()
                .is_none_or(|((first, ..), _)| *first >= at(next_theirs * 1000))
        {
            let entry = listed(next_theirs, planted(next_theirs), rng.u64(..));
            for (index, listed) in entry.into_iter().enumerate() {
                ahead.insert((listed.at.unwrap(), next_theirs, index), listed);
            }
            next_theirs += 1;
        }
        let reads_ours = reconciler.behind() == Side::Ours || ahead.is_empty();
        if next_ours < entries && reads_ours {
            if let Some(ours) = ours(next_ours, planted(next_ours)) {
                reconciler.ours(ours);
            }
            next_ours += 1;
        } else if let Some((_, listed)) = ahead.pop_first() {
            reconciler.theirs(listed);
        }
        most = most.max(reconciler.held());
        found.extend(reconciler.take());
    }
    found.extend(reconciler.finish(at(entries * 1000 + 3_600_000)));
    let mut found: Vec<_> = found.iter().map(reference_of).collect();
    found.sort();
    let mut wanted: Vec<_> = (0..entries)
        .filter_map(|number| Some((format!("p-{number}"), planted(number)?)))
        .collect();
    wanted.sort();
    if window == WINDOW {
        assert_eq!(found, wanted);
    }
    (most, found)
}

#[test]
fn exactly_the_planted_differences_are_found_in_constant_memory() {
    let (short, _) = run(4_000, 40, WINDOW);
    let (long, found) = run(40_000, 40, WINDOW);
    assert_eq!(found.len(), 1_000);
    assert!(
        long < short + short / 4,
        "{long} are held, and {short} by a tenth"
    );
}

/// `cargo test -p sanspay-core million -- --ignored`
#[test]
#[ignore = "takes seconds"]
fn a_million_against_a_million() {
    let (most, found) = run(1_000_000, 1_000, WINDOW);
    assert_eq!(found.len(), 1_000);
    assert!(most < 1_000, "{most} are held");
}

/// What is on its way at the same time must not be told as missing.
#[test]
fn without_a_window_there_would_be_false_differences() {
    let (_, found) = run(4_000, 40, Duration::ZERO);
    assert!(found.len() > 1_000, "{}", found.len());
}

#[test]
fn what_is_younger_than_the_window_is_left_for_the_next_time() {
    let mut reconciler = Reconciler::new(WINDOW);
    reconciler.ours(ours(1, Some(Planted::NotListed)).unwrap());
    assert_eq!(reconciler.finish(at(1_000 + 600_000)), []);
}

proptest! {
    #[test]
    fn streams_that_agree_differ_in_nothing(entries in 1_u64..300, seed in any::<u64>()) {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut reconciler = Reconciler::new(WINDOW);
        let mut theirs: Vec<_> = (0..entries).flat_map(|n| listed(n, None, rng.u64(..))).collect();
        theirs.sort_by_key(|listed| listed.at);
        let mut theirs = theirs.into_iter();
        for number in 0..entries {
            while reconciler.behind() == Side::Theirs {
                let Some(listed) = theirs.next() else { break };
                reconciler.theirs(listed);
            }
            reconciler.ours(ours(number, None).unwrap());
        }
        theirs.for_each(|listed| reconciler.theirs(listed));
        prop_assert_eq!(reconciler.finish(at(entries * 1000 + 3_600_000)), []);
    }
}
