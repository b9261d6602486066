//! Simulates many cases: `cargo run --release --example simulate -- --seeds 100000`
//!
//! `--from N` begins at another seed, `--case "17 without 3 op8.2"` repeats one case, and
//! `--mistakes` says after how many seeds each deliberate mistake is found.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::num::NonZero;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use lexopt::{Arg, Parser, ValueExt};
use sanspay_ffi_free_tests::simulation::{Case, Figures, Mutation, Violation, broken_by, simulate};

struct Arguments {
    seeds: u64,
    from: u64,
    case: Option<Case>,
    mistakes: bool,
}

fn read_arguments() -> Result<Arguments, lexopt::Error> {
    let mut read = Arguments {
        seeds: 1000,
        from: 0,
        case: None,
        mistakes: false,
    };
    let mut arguments = Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("seeds") => read.seeds = arguments.value()?.parse()?,
            Arg::Long("from") => read.from = arguments.value()?.parse()?,
            Arg::Long("case") => read.case = Some(arguments.value()?.parse()?),
            Arg::Long("mistakes") => read.mistakes = true,
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(read)
}

/// Runs all seeds on all cores; yields the figures, and the violation of the least seed found.
fn run(from: u64, seeds: u64) -> (Figures, Option<Box<Violation>>) {
    let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let (sender, results) = mpsc::channel();
    let (mut all, mut found) = (Figures::default(), BTreeMap::new());
    thread::scope(|scope| {
        for _ in 0..cores {
            let (sender, next, stop) = (sender.clone(), &next, &stop);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds || sender.send(simulate(&Case::new(from + seed))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let mut bar = Bar::new(seeds);
        for result in results {
            match result {
                Ok(figures) => all.add(&figures),
                Err(violation) => {
                    stop.store(true, Ordering::Relaxed);
                    found.insert(violation.case.seed(), violation);
                }
            }
            bar.show(&all, false);
        }
        bar.show(&all, true);
    });
    (all, found.into_values().next())
}

/// A line that grows, where there is a terminal to show it.
struct Bar {
    seeds: u64,
    begin: Instant,
    shown: Option<Instant>,
}

impl Bar {
    fn new(seeds: u64) -> Self {
        Self {
            seeds,
            begin: Instant::now(),
            shown: None,
        }
    }

    fn show(&mut self, figures: &Figures, last: bool) {
        let recent = self
            .shown
            .is_some_and(|at| at.elapsed() < Duration::from_millis(200));
        if !io::stderr().is_terminal() || (recent && !last) {
            return;
        }
        self.shown = Some(Instant::now());
        let share = figures.seeds * 40 / self.seeds.max(1);
        let full = "#".repeat(usize::try_from(share).unwrap_or(40));
        let speed = per_second(figures.steps, self.begin);
        eprint!("\r[{full:<40}] {} seeds, {speed} steps/s ", figures.seeds);
        let _ = io::stderr().flush();
        if last {
            eprintln!();
        }
    }
}

fn per_second(count: u64, begin: Instant) -> u128 {
    u128::from(count) * 1000 / begin.elapsed().as_millis().max(1)
}

fn main() -> ExitCode {
    let arguments = match read_arguments() {
        Ok(arguments) => arguments,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    if arguments.mistakes {
        return mistakes(arguments.seeds);
    }
    let begin = Instant::now();
    let (figures, violation) = match arguments.case {
        Some(case) => match simulate(&case) {
            Ok(figures) => (figures, None),
            Err(violation) => (Figures::default(), Some(violation)),
        },
        None => run(arguments.from, arguments.seeds),
    };
    if let Some(violation) = violation {
        println!("{violation}");
        return ExitCode::FAILURE;
    }
    print!("{figures}");
    println!(
        "  {:<36} {:>12}",
        "steps per second",
        per_second(figures.steps, begin)
    );
    println!("  {:<36} {:>12}", "seconds", begin.elapsed().as_secs());
    println!("  {:<36} {:>12}", "violations", 0);
    ExitCode::SUCCESS
}

fn mistakes(seeds: u64) -> ExitCode {
    let mut missed = false;
    for mistake in Mutation::ALL {
        let mut broken = BTreeMap::new();
        let mut first = None;
        for seed in 0..seeds {
            if let Some(invariant) = broken_by(&Case::new(seed), mistake) {
                *broken.entry(invariant).or_insert(0) += 1;
                first.get_or_insert(seed);
            }
        }
        match first {
            Some(seed) => println!("{mistake:?}: first found by seed {seed}"),
            None => println!("{mistake:?}: not found"),
        }
        for (invariant, count) in broken {
            println!("  {:<56} {count:>6}", invariant.to_string());
        }
        missed |= first.is_none();
    }
    if missed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
