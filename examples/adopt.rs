//! Reads a vendor's Postman collection and writes the profile that it says:
//!
//! ```sh
//! cargo run --example adopt -- collection.json                        # the report and the questions
//! cargo run --example adopt -- collection.json --answers a.toml --write provider.toml
//! cargo run --example adopt -- collection.json --check provider.toml  # for CI: fails where it differs
//! cargo run --example adopt -- collection.json --diff newer.json
//! ```
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::error::Error;
use std::fs;
use std::process::ExitCode;

use lexopt::{Arg, ValueExt};
use sanspay_adopt::{Adoption, Answers, Collection, diff};
use sanspay_core::profile::Leaves;

/// What is asked for.
#[derive(Default)]
struct Options {
    collection: Option<String>,
    answers: Option<String>,
    write: Option<String>,
    check: Option<String>,
    diff: Option<String>,
}

fn options() -> Result<Options, lexopt::Error> {
    let mut options = Options::default();
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Value(path) => options.collection = Some(path.string()?),
            Arg::Long("answers") => options.answers = Some(parser.value()?.string()?),
            Arg::Long("write") => options.write = Some(parser.value()?.string()?),
            Arg::Long("check") => options.check = Some(parser.value()?.string()?),
            Arg::Long("diff") => options.diff = Some(parser.value()?.string()?),
            other => return Err(other.unexpected()),
        }
    }
    Ok(options)
}

fn main() -> ExitCode {
    run().unwrap_or_else(|error| {
        eprintln!("{error}");
        ExitCode::FAILURE
    })
}

fn run() -> Result<ExitCode, Box<dyn Error>> {
    let options = options()?;
    let path = options.collection.unwrap_or_else(sample);
    let collection = Collection::read(&fs::read_to_string(path)?)?;
    if let Some(newer) = options.diff {
        let newer = Collection::read(&fs::read_to_string(newer)?)?;
        let changes = diff(&collection, &newer);
        for change in &changes {
            println!("{change}");
        }
        return Ok(exit(changes.is_empty()));
    }
    let answers = match options.answers {
        Some(path) => Answers::from_toml(&fs::read_to_string(path)?)?,
        None => Answers::new(),
    };
    let adoption = Adoption::new(&collection, answers);
    if let Some(path) = options.check {
        let profile = sanspay_profile::from_toml(&fs::read_to_string(path)?)?;
        let report = adoption.report(profile.profile().leaves());
        print!("{report}");
        return Ok(exit(!report.differs()));
    }
    print!("{}", adoption.report(&Leaves::new()));
    let Some(path) = options.write else {
        return Ok(ExitCode::SUCCESS);
    };
    let text = adoption.profile(collection.name())?;
    fs::write(&path, &text)?;
    let profile = sanspay_profile::from_toml(&text)?;
    for proof in adoption.prove(profile.profile())? {
        match proof.result {
            Ok(told) => println!("read: {}: {told}", proof.what),
            Err(why) => println!("NOT READ: {}: {why}", proof.what),
        }
    }
    println!("written to {path}");
    Ok(ExitCode::SUCCESS)
}

/// The collection of a provider that does not exist, for a first try.
fn sample() -> String {
    concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../adopt/tests/data/aurora.postman.json"
    )
    .to_owned()
}

fn exit(fine: bool) -> ExitCode {
    if fine {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
