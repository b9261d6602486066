//! The core against real PHP 8, on property-generated parameters.
//!
//! | environment | |
//! |---|---|
//! | `SANSPAY_REQUIRE_PHP=1` | a missing PHP is a failure, and not a test that is skipped |
//! | `SANSPAY_PHP` | the program, `php` by default |
//! | `SANSPAY_PHP_SETS` | how many sets the signer is compared on, 20000 by default |
//! | `SANSPAY_SEED` | where the generator begins, 1 by default |

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::format_push_string
)]

mod checkout;
mod compare;
mod notification;
mod php;
mod recipes;
mod sets;

use compare::{compare, number};
use php::Php;
use recipes::Mistake;

#[test]
fn signs_and_encodes_as_php_wherever_phps_comparison_has_one_order_of_the_names() {
    let Some(mut php) = Php::start_or_skip("the comparison with PHP") else {
        return;
    };
    let wanted = u32::try_from(number("SANSPAY_PHP_SETS").unwrap_or(20_000)).unwrap();
    let start = std::time::Instant::now();
    // Some sets have names of which PHP has no order; they do not count.
    let outcome = compare(&mut php, recipes::core, sets::set(), wanted + wanted / 20);
    let compared = match outcome {
        Ok(compared) => compared,
        Err((set, difference)) => panic!(
            "the smallest set that differs, of seed {}: {set:#?}\n{difference}",
            compare::seed()
        ),
    };
    eprintln!(
        "PHP {}: {} sets agree, {} more have names that PHP's own comparison orders in a circle \
         and agree but for their order, in {:.1} s",
        php.version(),
        compared.sets,
        compared.circular,
        start.elapsed().as_secs_f32()
    );
    assert!(compared.sets >= wanted, "{compared:?}");
}

/// Names of the plain kinds that the reference in the tests sorts rightly: words that begin with
/// a letter, and canonical integers.
fn plain_names() -> impl proptest::strategy::Strategy<Value = sets::Set> {
    use proptest::prelude::*;
    let name = prop_oneof![
        sets::text("[a-cA-C_*~][a-c*~ ]{0,2}"),
        sets::text("0|[1-9][0-9]{0,2}")
    ];
    let pairs = proptest::collection::vec((name, sets::value()), 0..9);
    (sets::secret(), pairs).prop_map(|(secret, pairs)| sets::Set { secret, pairs })
}

#[test]
fn each_deliberately_wrong_signer_is_caught_by_the_same_comparison() {
    let Some(mut php) = Php::start_or_skip("the check of wrong signers") else {
        return;
    };
    // It is the mistake that is caught, and not the reference that makes it.
    let right = compare(
        &mut php,
        |set| Mistake::None.answer(set),
        plain_names(),
        1000,
    );
    assert_eq!(right.map(|compared| compared.sets), Ok(1000));
    for mistake in Mistake::ALL {
        let caught = compare(&mut php, |set| mistake.answer(set), plain_names(), 3000);
        let Err((smallest, _)) = caught else {
            panic!("{mistake:?} was not caught")
        };
        assert!(smallest.pairs.len() <= 3, "{mistake:?}: {smallest:?}");
    }
}
