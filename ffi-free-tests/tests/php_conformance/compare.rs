//! Property-generated sets, each answered by PHP and by a signer; the smallest that differs.

use std::cell::{Cell, RefCell};

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use crate::php::Php;
use crate::recipes::Answer;
use crate::sets::Set;

/// How many sets were compared, and of how many PHP itself has no order of the names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Compared {
    pub(crate) sets: u32,
    pub(crate) circular: u32,
}

/// The seed of every run: 1, or `SANSPAY_SEED`.
pub(crate) fn seed() -> u64 {
    number("SANSPAY_SEED").unwrap_or(1)
}

pub(crate) fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable} is no number")),
    )
}

/// A runner of so many cases from the seed.
pub(crate) fn runner(cases: u32) -> TestRunner {
    let mut bytes = [0x5a; 16];
    bytes[..8].copy_from_slice(&seed().to_le_bytes());
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..Config::default()
    };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::XorShift, &bytes))
}

/// Runs a property and panics with the smallest case for which it does not hold.
pub(crate) fn check<S: Strategy>(
    cases: u32,
    strategy: &S,
    property: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    if let Err(failure) = runner(cases).run(strategy, property) {
        panic!("{failure} (SANSPAY_SEED={})", seed());
    }
}

/// Asks both about `cases` sets.
///
/// # Errors
/// The smallest set that they answer differently, with the difference.
pub(crate) fn compare(
    php: &mut Php,
    signer: impl Fn(&Set) -> Answer,
    sets: impl Strategy<Value = Set>,
    cases: u32,
) -> Result<Compared, (Set, String)> {
    let php = RefCell::new(php);
    let (compared, circular) = (Cell::new(0), Cell::new(0));
    let outcome = runner(cases).run(&sets, |set| {
        let mut answer = php.borrow_mut().ask_pairs("sign", &set.secret, &set.pairs);
        let one_order = answer.pop().unwrap() == "1";
        let told = signer(&set);
        // Where PHP's comparison runs in a circle only the order is open, and with it the hash.
        let same_text = if one_order {
            [&told.text, &told.sign] == [&answer[0], &answer[1]]
        } else {
            sorted(&told.text) == sorted(&answer[0])
        };
        if same_text && told.query == answer[2] {
            let counter = if one_order { &compared } else { &circular };
            counter.set(counter.get() + 1);
            return Ok(());
        }
        let difference = format!("PHP says {answer:#?}, the signer says {told:#?}");
        Err(TestCaseError::fail(difference))
    });
    match outcome {
        Ok(()) => Ok(Compared {
            sets: compared.get(),
            circular: circular.get(),
        }),
        Err(TestError::Fail(reason, set)) => Err((set, reason.message().to_owned())),
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    }
}

fn sorted(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.sort_unstable();
    bytes
}
