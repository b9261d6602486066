//! What sanspay costs beside other crates and languages, measured in turns in one run.
//!
//! `cargo run --release --manifest-path bench/peers/Cargo.toml` prints the table and writes
//! `peers.json`; with `SANSPAY_BENCH=short` it takes a tenth of the time. What differs between two
//! that are compared stands in the table: none of the peers does the very same thing.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::float_arithmetic,
    clippy::print_stdout
)]

mod crates;
mod inputs;
mod languages;
mod row;
mod stripe;

use std::path::Path;

use sanspay_bench::measure::Effort;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let short = std::env::var("SANSPAY_BENCH").is_ok_and(|form| form == "short");
    let effort = Effort { short };
    let mut rows = stripe::rows(effort);
    rows.extend(crates::rows(effort));
    rows.extend(languages::rows(effort));
    println!("{}", row::markdown(&rows));
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers.json");
    std::fs::write(file, serde_json::to_vec_pretty(&rows)?)?;
    Ok(())
}
