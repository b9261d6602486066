//! The profile that a collection and the answers say, as TOML.

use std::collections::BTreeMap;

use sanspay_core::profile::{LeafValue, Leaves};
use toml::{Table, Value};

use crate::answers::Answers;
use crate::findings::Findings;

/// Words that are said together or not at all.
const WHOLE: [(&str, &[&str]); 3] = [
    ("status", &["created", "paid", "failed", "expired"]),
    ("type", &["payment", "payout"]),
    (
        "event",
        &[
            "payment_created",
            "payment_paid",
            "payment_failed",
            "payment_expired",
        ],
    ),
];

/// What holds for a leaf, and where that is known from.
pub(crate) struct Settled {
    pub(crate) value: LeafValue,
    pub(crate) grade: &'static str,
    pub(crate) evidence: String,
}

/// Every leaf that the profile says: what was answered, and else what was found.
pub(crate) fn settled(findings: &Findings<'_>, answers: &Answers) -> BTreeMap<String, Settled> {
    let mut settled: BTreeMap<String, Settled> = BTreeMap::new();
    for (path, finding) in &findings.leaves {
        settled.insert(
            (*path).to_owned(),
            Settled {
                value: finding.value.clone(),
                grade: "collection",
                evidence: finding.evidence.clone(),
            },
        );
    }
    for (ours, theirs) in findings.event_words(answers) {
        settled.insert(
            format!("event.payment_{ours}"),
            Settled {
                value: LeafValue::Texts(theirs.into_iter().collect()),
                grade: "collection",
                evidence: "the samples of webhooks".to_owned(),
            },
        );
    }
    for (path, value) in answers.leaves() {
        settled.insert(
            path.to_owned(),
            Settled {
                value: value.clone(),
                grade: "documented",
                evidence: "answered by a person".to_owned(),
            },
        );
    }
    for (group, words) in WHOLE {
        let paths = words.iter().map(|word| format!("{group}.{word}"));
        let paths: Vec<String> = paths.collect();
        if !paths.iter().all(|path| settled.contains_key(path)) {
            for path in paths {
                settled.remove(&path);
            }
        }
    }
    settled
}

/// The leaves alone.
pub(crate) fn leaves(settled: &BTreeMap<String, Settled>) -> Leaves {
    let mut leaves = Leaves::new();
    for (path, leaf) in settled {
        // One that is refused is a problem of the file, which says all of them.
        let _ = leaves.set(path, leaf.value.clone());
    }
    leaves
}

/// The file.
pub(crate) fn file(
    name: &str,
    source: &[(&str, &str)],
    settled: &BTreeMap<String, Settled>,
) -> String {
    let mut root = Table::new();
    root.insert("format".into(), Value::Integer(1));
    root.insert("name".into(), name.into());
    root.insert("based_on".into(), "qiaopay-assumed@1".into());
    let source = source
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).into()));
    root.insert("source".into(), Value::Table(source.collect()));
    let mut grades = Table::new();
    for (path, leaf) in settled {
        put(&mut root, path, value(&leaf.value));
        let mut entry = Table::new();
        entry.insert("grade".into(), leaf.grade.into());
        entry.insert("evidence".into(), leaf.evidence.as_str().into());
        grades.insert(path.clone(), Value::Table(entry));
    }
    root.insert("grades".into(), Value::Table(grades));
    root.to_string()
}

fn put(table: &mut Table, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            table.insert(path.to_owned(), value);
        }
        Some((group, rest)) => {
            let group = table
                .entry(group)
                .or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(group) = group {
                put(group, rest, value);
            }
        }
    }
}

fn value(value: &LeafValue) -> Value {
    match value {
        LeafValue::Text(text) => text.as_str().into(),
        LeafValue::Texts(texts) => {
            Value::Array(texts.iter().map(|text| text.as_str().into()).collect())
        }
        LeafValue::Number(number) => Value::Integer(i64::try_from(*number).unwrap_or(i64::MAX)),
        LeafValue::Table(table) => {
            let entries = table
                .iter()
                .map(|(name, json)| (name.clone(), constant(json)));
            Value::Table(entries.collect())
        }
        _ => Value::Boolean(false),
    }
}

/// A constant as TOML: a text, a number, or a boolean.
fn constant(json: &str) -> Value {
    match serde_json::from_str(json) {
        Ok(serde_json::Value::String(text)) => text.into(),
        Ok(serde_json::Value::Bool(said)) => Value::Boolean(said),
        Ok(serde_json::Value::Number(number)) => match number.as_i64() {
            Some(number) => Value::Integer(number),
            None => json.into(),
        },
        _ => json.into(),
    }
}
