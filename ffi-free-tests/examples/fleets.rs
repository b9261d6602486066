//! Simulates fleets over one store: `cargo run --release --example fleets -- --seeds 10000`
//!
//! It says as well after how many seeds each deliberate mistake is found.
#![allow(clippy::print_stdout)]

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use lexopt::{Arg, Parser, ValueExt};
use sanspay_ffi_free_tests::fleet::{Figures, Mutation, simulate};

fn seeds() -> Result<u64, lexopt::Error> {
    let (mut arguments, mut seeds) = (Parser::from_env(), 1000);
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("seeds") => seeds = arguments.value()?.parse()?,
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(seeds)
}

fn main() -> ExitCode {
    let seeds = match seeds() {
        Ok(seeds) => seeds,
        Err(error) => {
            println!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let (next, ended) = (AtomicU64::new(0), Mutex::new((Figures::default(), 0)));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds {
                        return;
                    }
                    let result = simulate(seed, None);
                    let mut ended = ended.lock().unwrap_or_else(PoisonError::into_inner);
                    match result {
                        Ok(figures) => ended.0.add(&figures),
                        Err(violation) => {
                            println!("{violation}");
                            ended.1 += 1;
                        }
                    }
                }
            });
        }
    });
    let (figures, violations) = ended.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!("{seeds} fleets, {violations} violations: {figures:?}");
    for mistake in Mutation::ALL {
        let found = (0..seeds.min(1000)).find(|seed| simulate(*seed, Some(mistake)).is_err());
        println!("{mistake:?}: {found:?}");
    }
    if violations == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
