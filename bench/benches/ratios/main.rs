//! Every figure of the project, as a ratio against the floor measured in the same run.
//!
//! `cargo bench` prints the table and writes `ratios.json`; `SANSPAY_BENCH=short cargo bench` is the
//! short form, which fails where a row misses its target by more than half.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::float_arithmetic,
    clippy::print_stdout,
    clippy::print_stderr
)]

mod checkout;
mod measure;
mod partner;
mod table;

use measure::Effort;

fn main() {
    let short = std::env::args().any(|arg| arg == "--short")
        || std::env::var("SANSPAY_BENCH").is_ok_and(|form| form == "short");
    let only = std::env::var("SANSPAY_BENCH_ONLY").unwrap_or_default();
    let effort = Effort { short };
    let groups: [(&str, fn(Effort) -> Vec<table::Row>); 2] =
        [("checkout", checkout::rows), ("partner", partner::rows)];
    let wanted = groups
        .iter()
        .filter(|(name, _)| only.is_empty() || only == *name);
    let rows: Vec<_> = wanted.flat_map(|(_, rows)| rows(effort)).collect();
    println!("{}", table::markdown(&rows));
    let missed = table::missed(&rows, if short { 1.5 } else { 1.0 });
    for name in &missed {
        println!("missed: {name}");
    }
}
