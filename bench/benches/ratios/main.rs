//! Every figure of the project, as a ratio against the floor measured in the same run.
//!
//! `cargo bench` prints the table and writes `ratios.json`; `SANSPAY_BENCH=short cargo bench` is the
//! short form, which fails where a row misses its target by more than half. `SANSPAY_BENCH_ONLY`
//! names the groups to run: checkout, partner, token, calls, list, sizes. Neither of the two writes
//! anything. With the feature `peers` the other libraries and languages are measured as well.
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
mod list;
mod scale;
mod server;
mod sizes;

use std::path::Path;
use std::process::{Command, ExitCode};

use sanspay_bench::measure::Effort;
use sanspay_bench::table::{self, Row};
use sanspay_bench::{checkout, partner};

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
    let rows: Vec<_> = chosen
        .flat_map(|(_, rows)| measured(rows, effort))
        .collect();
    println!("{}", table::markdown(&rows));
    // What is committed comes from complete runs only.
    if !short && only.is_empty() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        if let Err(error) = write(&rows, root) {
            eprintln!("the results cannot be written: {error}");
            return ExitCode::FAILURE;
        }
    }
    for name in table::missed(&rows, None) {
        println!("above its target: {name}");
    }
    let failed = table::missed(&rows, Some(SLACK));
    for name in &failed {
        println!("FAILED, above {SLACK} times its target or above its allocations: {name}");
    }
    if short && !failed.is_empty() {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn write(rows: &[Row], root: &Path) -> Result<(), Box<dyn std::error::Error>> {
    std::fs::write(root.join("ratios.json"), serde_json::to_vec_pretty(rows)?)?;
    scale::plot(&root.join("plots"))?;
    if cfg!(feature = "peers") {
        peers(root)?;
    }
    Ok(())
}

/// Runs the peers, which are a workspace of their own: nothing of them is built without the feature,
/// nor by `--all-features` in the checks of the project.
fn peers(root: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let status = Command::new(env!("CARGO"))
        .args(["run", "--release", "--locked", "--manifest-path"])
        .arg(root.join("peers/Cargo.toml"))
        .status()?;
    status
        .success()
        .then_some(())
        .ok_or_else(|| "the peers failed".into())
}

/// The rows of a group. In the short form one that fails is measured again, up to three times in
/// all: other work on the machine can only make it slower.
fn measured(rows: fn(Effort) -> Vec<Row>, effort: Effort) -> Vec<Row> {
    let mut best = rows(effort);
    for _ in 1..3 {
        if !effort.short || table::missed(&best, Some(SLACK)).is_empty() {
            break;
        }
        let again = best.into_iter().zip(rows(effort));
        best = again.map(|(row, again)| row.or_quicker(again)).collect();
    }
    best
}
