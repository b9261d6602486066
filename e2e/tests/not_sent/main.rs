//! What both transports report of a payout that fails, provoked on real sockets, and how often the
//! server executed it: never "not executed" after an execution, never executed twice.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod races;
mod rows;
mod scene;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use sanspay_core::Error;
use sanspay_e2e::{Adapter, Paid, Told};

use rows::{Row, rows};

/// How many rows are tried at a time; most of them wait.
const LANES: usize = 12;

/// A server that has the whole request counts it within this time.
const COUNTED: Duration = Duration::from_secs(2);

/// What must hold of every payout, whatever happened to it.
fn check_promises(paid: &Paid, executed: usize) -> Result<(), String> {
    let (result, told) = (&paid.result, &paid.told);
    let lost = told.iter().any(|told| matches!(told, Told::MaybeSent(_)));
    let unknown = result.as_ref().is_err_and(Error::outcome_unknown);
    let broken = [
        (executed > 1, "executed twice"),
        (
            executed > 0 && paid.says_not_executed(),
            "said not to be executed",
        ),
        (executed != 1 && result.is_ok(), "said to be executed"),
        (lost && !unknown, "maybe sent and not unknown"),
    ];
    match broken.iter().find(|(is_broken, _)| *is_broken) {
        Some((_, what)) => Err(format!("{what}: executed {executed}, {told:?}, {result:?}")),
        None => Ok(()),
    }
}

fn goes_as_the_row_says(row: &Row, adapter: Adapter) -> Result<(), String> {
    let stage = row.scene.set(adapter);
    let paid = stage.pay();
    stage.tally.wait_for(*row.executed.start(), COUNTED);
    let executed = stage.tally.executed();
    let expected = match adapter {
        Adapter::Blocking => row.blocking,
        Adapter::Async => row.asynchronous,
    };
    let told_rightly = paid.told.iter().all(|told| expected.contains(told));
    if paid.told.is_empty() || !told_rightly || !row.executed.contains(&executed) {
        let Paid { told, result } = &paid;
        return Err(format!(
            "{told:?}, not {expected:?}, executed {executed}: {result:?}"
        ));
    }
    check_promises(&paid, executed)
}

#[test]
fn each_row_is_reported_as_the_table_says_and_executed_as_often() {
    let rows = rows();
    assert!(rows.len() >= 30);
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..LANES {
            scope.spawn(|| {
                while let Some(row) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
                    for adapter in Adapter::BOTH {
                        if let Err(why) = goes_as_the_row_says(row, adapter) {
                            let case = format!("{} {}, {adapter:?}: {why}", row.number, row.what);
                            failed.lock().unwrap().push(case);
                        }
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
