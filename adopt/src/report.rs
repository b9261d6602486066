//! Operation by operation, field by field: where a collection agrees with a profile.

use std::fmt::{self, Write as _};

use sanspay_core::profile::{LEAVES, LeafValue, Leaves};

use crate::findings::Findings;
use crate::matching::{Kind, Matched};
use crate::question::Question;

/// How a leaf of ours and the collection stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// The collection says the same.
    Matches,
    /// The collection says something else.
    Differs,
    /// The collection has no such thing.
    MissingThere,
    /// The collection has something that no leaf is for.
    MissingHere,
    /// The collection says one thing here and another there.
    Contradictory,
}

/// One line of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The operation that it is about, or `error`.
    pub operation: &'static str,
    /// How both stand to each other.
    pub verdict: Verdict,
    /// The leaf, or the place in a request that no leaf is for.
    pub name: String,
    /// What the collection says.
    pub theirs: Option<String>,
    /// Where that was read.
    pub evidence: String,
}

/// What a collection says about a profile. Its text has one line for each leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    routes: Vec<(&'static str, String)>,
    lines: Vec<Line>,
    questions: Vec<Question>,
}

/// Which operation tells the leaf.
fn operation_of(path: &str) -> Option<&'static str> {
    let group = path.split('.').next().unwrap_or_default();
    Some(match group {
        "token" => "token",
        "create_payment" | "headers" => "create_payment",
        "request_payout" => "request_payout",
        "show" | "record" | "time" => "show",
        "list" | "page" => "list",
        "webhook" => "webhook",
        "error" => "error",
        // Money, words and waits are a person's to say.
        _ => return None,
    })
}

impl Report {
    pub(crate) fn of(findings: &Findings<'_>, ours: &Leaves) -> Self {
        let routes = findings.operations.iter().map(|(kind, matched)| {
            let told = match matched {
                Matched::Clear(found) => found.first().map_or_else(String::new, |operation| {
                    format!(
                        "{}, {} {}",
                        operation.name, operation.method, operation.path
                    )
                }),
                Matched::Ask(candidates) => format!("one of {}", candidates.len()),
                Matched::Nothing => "not in this collection".to_owned(),
            };
            (kind.name(), told)
        });
        let mut lines = Vec::new();
        for leaf in LEAVES {
            if let Some(operation) = operation_of(leaf.path()) {
                lines.extend(line(findings, ours, leaf.path(), operation));
            }
        }
        for (kind, places) in &findings.missing_here {
            for place in places {
                lines.push(Line {
                    operation: kind.name(),
                    verdict: Verdict::MissingHere,
                    name: place.clone(),
                    theirs: None,
                    evidence: findings
                        .operation(*kind)
                        .map_or_else(String::new, |o| o.name.clone()),
                });
            }
        }
        Self {
            routes: routes.collect(),
            lines,
            questions: findings.questions.clone(),
        }
    }

    /// Every line.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// What a person has to answer before a profile is written.
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// Whether the collection says anything else than the profile: what a check in CI fails by.
    pub fn differs(&self) -> bool {
        self.lines
            .iter()
            .any(|line| matches!(line.verdict, Verdict::Differs | Verdict::Contradictory))
    }
}

fn line(
    findings: &Findings<'_>,
    ours: &Leaves,
    path: &'static str,
    operation: &'static str,
) -> Option<Line> {
    let said = ours.get(path);
    let Some(finding) = findings.leaves.get(path) else {
        let kind = Kind::ALL.into_iter().find(|kind| kind.name() == operation);
        let is_there = kind.is_some_and(|kind| findings.operation(kind).is_some());
        return (is_there && said != LeafValue::No).then(|| Line {
            operation,
            verdict: Verdict::MissingThere,
            name: path.to_owned(),
            theirs: None,
            evidence: "nothing there is like it".to_owned(),
        });
    };
    let same = same(&said, &finding.value);
    let verdict = match (&finding.value, same) {
        _ if !finding.contradictions.is_empty() => Verdict::Contradictory,
        (LeafValue::No, false) => Verdict::MissingThere,
        (_, true) => Verdict::Matches,
        _ => Verdict::Differs,
    };
    let mut evidence = finding.evidence.clone();
    for (value, other) in &finding.contradictions {
        // Writing to a String cannot fail.
        let _ = write!(evidence, "; {} ({other})", told(value));
    }
    Some(Line {
        operation,
        verdict,
        name: path.to_owned(),
        theirs: Some(told(&finding.value)).filter(|_| finding.value != LeafValue::No),
        evidence,
    })
}

/// Whether both say the same; a list that has the one place that was seen says it too.
fn same(ours: &LeafValue, theirs: &LeafValue) -> bool {
    match (ours, theirs) {
        (LeafValue::Texts(ours), LeafValue::Text(theirs)) => ours.contains(theirs),
        (LeafValue::Texts(ours), LeafValue::Texts(theirs)) => {
            ours.len() == theirs.len() && theirs.iter().all(|place| ours.contains(place))
        }
        (LeafValue::Text(ours), LeafValue::Texts(theirs)) => theirs == std::slice::from_ref(ours),
        _ => ours == theirs,
    }
}

pub(crate) fn told(value: &LeafValue) -> String {
    match value {
        LeafValue::No => "no".to_owned(),
        LeafValue::Text(text) => format!("\"{text}\""),
        LeafValue::Texts(texts) => texts.join(", "),
        LeafValue::Number(number) => number.to_string(),
        // The value of a constant may be a key.
        LeafValue::Table(table) => {
            let names: Vec<&str> = table.iter().map(|(name, _)| name.as_str()).collect();
            names.join(", ")
        }
        _ => "?".to_owned(),
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Matches => "matches",
            Self::Differs => "differs",
            Self::MissingThere => "missing there",
            Self::MissingHere => "missing here",
            Self::Contradictory => "contradictory",
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut groups = self.routes.clone();
        groups.push(("error", "saved refusals".to_owned()));
        for (operation, route) in groups {
            writeln!(f, "{operation}: {route}")?;
            for line in self.lines.iter().filter(|line| line.operation == operation) {
                let theirs = line.theirs.as_deref().unwrap_or("-");
                let (verdict, name, evidence) = (line.verdict, &line.name, &line.evidence);
                writeln!(f, "  {verdict:14} {name:34} {theirs:28} {evidence}")?;
            }
        }
        for question in &self.questions {
            writeln!(f, "? {question}")?;
        }
        Ok(())
    }
}
