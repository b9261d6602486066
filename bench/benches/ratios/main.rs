//! Every figure of the project, as a ratio against the floor measured in the same run.
//!
//! `cargo bench` prints the table and writes `ratios.json`; `SANSPAY_BENCH=short cargo bench` is the
//! short form, which fails where a row misses its target by more than half. `SANSPAY_BENCH_ONLY`
//! names the groups to run: checkout, partner, token, calls, list, sizes, scale.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::float_arithmetic,
    clippy::print_stdout,
    clippy::print_stderr
)]

mod calls;
mod checkout;
mod list;
mod measure;
mod partner;
mod scale;
mod server;
mod sizes;
mod table;

use std::path::Path;
use std::process::ExitCode;

use measure::Effort;
use table::Row;

/// By how much a ratio may miss its target in the short form, on a machine that does other work.
const SLACK: f64 = 1.5;

type Group = (&'static str, fn(Effort) -> Vec<Row>);

fn main() -> ExitCode {
    let short = std::env::args().any(|arg| arg == "--short")
        || std::env::var("SANSPAY_BENCH").is_ok_and(|form| form == "short");
    let only = std::env::var("SANSPAY_BENCH_ONLY").unwrap_or_default();
    let effort = Effort { short };
    let groups: [Group; 6] = [
        ("checkout", checkout::rows),
        ("partner", partner::rows),
        ("token", calls::token_rows),
        ("calls", calls::rows),
        ("list", list::rows),
        ("sizes", |_| sizes::rows()),
    ];
    let wanted = |name: &str| only.is_empty() || only.split(',').any(|one| one == name);
    let chosen = groups.into_iter().filter(|(name, _)| wanted(name));
    let rows: Vec<_> = chosen.flat_map(|(_, rows)| rows(effort)).collect();
    println!("{}", table::markdown(&rows));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let written = serde_json::to_vec_pretty(&rows)
        .map_err(Into::into)
        .and_then(|json| std::fs::write(root.join("ratios.json"), json).map_err(Into::into))
        .and_then(|()| {
            if !short && wanted("scale") {
                scale::plot(&root.join("plots"))
            } else {
                Ok(())
            }
        });
    if let Err(error) = written {
        eprintln!("the results cannot be written: {error}");
        return ExitCode::FAILURE;
    }
    for name in table::missed(&rows, 1.0) {
        println!("above its target: {name}");
    }
    let failed = table::missed(&rows, SLACK);
    for name in &failed {
        println!("FAILED, above {SLACK} times its target or above its allocations: {name}");
    }
    if short && !failed.is_empty() {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
