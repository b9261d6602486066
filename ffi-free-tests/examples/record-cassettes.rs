//! Records the committed cassettes again: `cargo run --example record-cassettes`. With `--check`
//! it writes nothing and fails if anything is not as it is committed.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::collections::BTreeSet;
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use sanspay_ffi_free_tests::cassettes;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/cassettes");
    let is_check = env::args().any(|argument| argument == "--check");
    let recorded = cassettes::record()?;
    fs::create_dir_all(&folder)?;
    let mut there = BTreeSet::new();
    for entry in fs::read_dir(&folder)? {
        there.insert(entry?.file_name().to_string_lossy().into_owned());
    }
    let mut changed = 0;
    for (name, text) in &recorded {
        there.remove(name);
        let file = folder.join(name);
        if fs::read_to_string(&file).ok().as_ref() != Some(text) {
            changed += 1;
            eprintln!("{name} is not as it was");
            if !is_check {
                fs::write(&file, text)?;
            }
        }
    }
    for name in &there {
        changed += 1;
        eprintln!("{name} is recorded no more");
        if !is_check {
            fs::remove_file(folder.join(name))?;
        }
    }
    println!("{} cassettes, {changed} changed", recorded.len());
    Ok(if is_check && changed > 0 {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}
