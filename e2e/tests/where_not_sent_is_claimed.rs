//! "Not sent" is claimed in few places, each with a proof of its own. A new one has to be put down
//! here, and into the contract of a transport.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// File and function, what stands there how often, and what proves it.
const PLACES: [(&str, &str, &str, usize); 9] = [
    // The resolver's own error: there is no address yet.
    (
        "blocking/src/transport/ureq/resolver.rs",
        "resolve",
        "not_sent",
        1,
    ),
    // The connector's own error, and a connector that made nothing.
    (
        "blocking/src/transport/ureq/watch.rs",
        "connect",
        "not_sent",
        2,
    ),
    // The fence is closed, and no byte was handed over.
    (
        "blocking/src/transport/ureq/watch.rs",
        "transmit_output",
        "not_sent",
        1,
    ),
    // One of these three marked the error, and no byte was handed over.
    (
        "blocking/src/transport/ureq/watch.rs",
        "unsent",
        "NotSent::proven",
        1,
    ),
    (
        "blocking/src/transport/ureq.rs",
        "transport_error",
        "not_sent",
        1,
    ),
    // The connector's own error, or given back by hyper.
    (
        "async/src/transport/reqwest.rs",
        "unsent",
        "NotSent::proven",
        1,
    ),
    (
        "async/src/transport/reqwest.rs",
        "transport_error",
        "not_sent",
        1,
    ),
    // Never given to reqwest.
    (
        "async/src/transport/reqwest.rs",
        "not_begun",
        "NotSent::proven not_sent",
        1,
    ),
    // Never given to the service.
    (
        "async/src/transport/tower.rs",
        "not_called",
        "NotSent::proven not_sent",
        1,
    ),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            found.push(path);
        }
    }
}

/// How often `word` stands alone in `line`.
fn count(line: &str, word: &str) -> usize {
    let part_of_a_name = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word)
        .filter(|(at, _): &(usize, &str)| {
            let before = line.get(..*at).unwrap().chars().next_back();
            let after = line.get(at + word.len()..).unwrap().chars().next();
            !before.is_some_and(part_of_a_name) && !after.is_some_and(part_of_a_name)
        })
        .count()
}

/// The name of the function that begins in this line.
fn function(line: &str) -> Option<&str> {
    let (_, after) = line.split_once("fn ")?;
    after.split(['(', '<']).next()
}

fn claims(source: &str) -> BTreeMap<(String, &'static str), usize> {
    let mut claims = BTreeMap::new();
    let mut inside = String::new();
    for line in source.lines() {
        let code = line.split("//").next().unwrap_or_default();
        if code.trim_start().starts_with("use ") {
            continue;
        }
        if let Some(name) = function(code) {
            name.clone_into(&mut inside);
            continue;
        }
        for word in ["NotSent::proven", "not_sent"] {
            let claimed = count(code, word);
            if claimed > 0 {
                *claims.entry((inside.clone(), word)).or_default() += claimed;
            }
        }
    }
    claims
}

#[test]
fn the_adapters_claim_it_only_where_it_is_proven() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut files = Vec::new();
    for adapter in ["blocking/src", "async/src", "tls/src"] {
        sources(&root.join(adapter), &mut files);
    }
    let mut found = BTreeMap::new();
    for file in files {
        let name = file
            .strip_prefix(root)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        for ((function, word), count) in claims(&fs::read_to_string(&file).unwrap()) {
            found.insert((name.clone(), function, word.to_owned()), count);
        }
    }
    let expected: BTreeMap<_, _> = PLACES
        .iter()
        .flat_map(|(file, function, words, count)| {
            let place = |word: &str| ((*file).into(), (*function).into(), word.into());
            words.split(' ').map(move |word| (place(word), *count))
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn a_claim_is_found_wherever_it_stands() {
    let source = "use x::not_sent;\nfn a() {\n// not_sent(\n x.map_err(not_sent)?;\n}\n";
    let claims = claims(source);
    assert_eq!(claims.get(&("a".to_owned(), "not_sent")), Some(&1));
    assert_eq!(claims.len(), 1);
    assert_eq!(count("was_not_sent() not_sent_yet()", "not_sent"), 0);
}
