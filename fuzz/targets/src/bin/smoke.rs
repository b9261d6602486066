//! Runs every target on stable: over its committed corpus, and over seeded mutations of it.
//!
//! `cargo run --manifest-path fuzz/targets/Cargo.toml --bin smoke -- [runs per target] [seed] [target]…`

use std::fs;
use std::path::Path;
use std::time::Instant;

use sanspay_fuzz_targets::TARGETS;

/// What the formats are made of.
const TOKENS: [&str; 40] = [
    "&",
    "=",
    "%",
    "%26",
    "%3D",
    "+",
    "0",
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "null",
    "true",
    "1e400",
    "-1",
    "18446744073709551616",
    "\u{0}",
    "é",
    "\"data\":",
    "&status=CHECKOUT_SUCCEED",
    "&subject=",
    "\"id\":",
    "9999-12-31T23:59:59Z",
    "0000-01-01T00:00:00+23:59",
    "\n",
    "\n\n",
    "\u{1b}[31m",
    "\u{202e}",
    "retry-after:",
    "x-request-id:",
    "Fri, 15 Jan 2027 08:00:05 GMT",
    "POST /sandbox/",
    "authorization:T\n",
    "-----BEGIN CERTIFICATE-----\n",
    "-----END CERTIFICATE-----\n",
    "-----BEGIN PRIVATE KEY-----\n",
];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: u64| {
        let given = arguments.next();
        given.map_or(default, |text| {
            text.parse().expect("the arguments are numbers")
        })
    };
    let (runs, seed) = (number(20_000), number(1));
    let named: Vec<String> = arguments.collect();
    assert!(
        named
            .iter()
            .all(|name: &String| TARGETS.iter().any(|(target, _)| target == name)),
        "there is no such target"
    );
    for (name, target) in TARGETS {
        if !named.is_empty() && named.iter().all(|wanted| wanted != name) {
            continue;
        }
        let start = Instant::now();
        let corpus = corpus(name);
        corpus.iter().for_each(|entry| target(entry));
        let mut random = fastrand::Rng::with_seed(seed);
        for run in 0..runs {
            let mut data = pick(&mut random, &corpus).to_vec();
            for _ in 0..random.u8(1..=4) {
                mutate(&mut random, &mut data, &corpus);
            }
            // A panic in a target is enough to fail; this says which bytes did it.
            let hurt = std::panic::catch_unwind(|| target(&data)).is_err();
            assert!(
                !hurt,
                "{name}, seed {seed}, run {run}: {}",
                data.escape_ascii()
            );
        }
        println!(
            "{name:<20} {:>3} corpus entries, {runs} mutations, {:.1} s",
            corpus.len(),
            start.elapsed().as_secs_f32()
        );
    }
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../corpus")
        .join(name);
    let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{} is empty", folder.display());
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

fn pick<'a>(random: &mut fastrand::Rng, corpus: &'a [Vec<u8>]) -> &'a [u8] {
    &corpus[random.usize(..corpus.len())]
}

fn mutate(random: &mut fastrand::Rng, data: &mut Vec<u8>, corpus: &[Vec<u8>]) {
    let from = random.usize(..=data.len());
    let to = (from + random.usize(..=8)).min(data.len());
    match random.u8(..7) {
        0 if from < data.len() => data[from] = random.u8(..),
        1 if from < data.len() => data[from] ^= 1 << random.u8(..8),
        2 => data.insert(from, random.u8(..)),
        3 => drop(data.drain(from..to)),
        4 => {
            let copied = data[from..to].to_vec();
            let place = random.usize(..=data.len());
            data.splice(place..place, copied);
        }
        5 => {
            let other = pick(random, corpus);
            let tail = &other[random.usize(..=other.len())..];
            data.truncate(from);
            data.extend_from_slice(tail);
        }
        _ => {
            let token = TOKENS[random.usize(..TOKENS.len())];
            data.splice(from..from, token.bytes());
        }
    }
}
