//! What a collection cannot say and a person has to.

use std::collections::BTreeMap;
use std::fmt;

use crate::collection::Operation;
use crate::findings::Finding;
use crate::matching::Kind;
use crate::report::told;

/// A question that is to be answered before a profile is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What the answer is said under: `operations.show`, `money.form`, `status`.
    pub name: String,
    /// The question, for a person.
    pub text: String,
    /// What was seen that may be the answer.
    pub seen: Vec<String>,
}

impl Question {
    pub(crate) fn which(kind: Kind, candidates: &[&Operation]) -> Self {
        Self {
            name: format!("operations.{kind}"),
            text: format!("which of these requests is {kind}?"),
            seen: candidates
                .iter()
                .map(|operation| operation.name.clone())
                .collect(),
        }
    }

    pub(crate) fn money(examples: Vec<String>) -> Self {
        Self {
            name: "money.form".into(),
            text: "in which form does this provider write amounts: decimal-string, \
                   decimal-number, minor-integer or minor-string? An example of `1000` may be ten \
                   or a thousand"
                .into(),
            seen: examples,
        }
    }

    pub(crate) fn status(words: &BTreeMap<String, String>) -> Self {
        Self {
            name: "status".into(),
            text: "which words mean created, paid, failed and expired? The examples show only some"
                .into(),
            seen: words.keys().cloned().collect(),
        }
    }

    pub(crate) fn events(missing: &str) -> Self {
        Self {
            name: "event".into(),
            text: format!("which event says that a payment is {missing}? No sample has one"),
            seen: Vec::new(),
        }
    }

    pub(crate) fn contradictory(path: &str, finding: &Finding) -> Self {
        let others = finding.contradictions.iter();
        let all = others.map(|(value, evidence)| (value, evidence));
        let all = std::iter::once((&finding.value, &finding.evidence)).chain(all);
        Self {
            name: path.to_owned(),
            text: "the examples say different things: which of them holds?".into(),
            seen: all
                .map(|(value, evidence)| format!("{} in {evidence}", told(value)))
                .collect(),
        }
    }

    pub(crate) fn required(path: &str, operation: &str) -> Self {
        Self {
            name: path.to_owned(),
            text: format!("where does `{operation}` have this? It was not found"),
            seen: Vec::new(),
        }
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.text)?;
        if !self.seen.is_empty() {
            write!(f, " (seen: {})", self.seen.join(", "))?;
        }
        Ok(())
    }
}

/// A profile that is not written, because questions are open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unanswered(pub(crate) Vec<Question>);

impl Unanswered {
    /// The questions.
    pub fn questions(&self) -> &[Question] {
        &self.0
    }
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no profile is written before these questions are answered:")?;
        self.0
            .iter()
            .try_for_each(|question| write!(f, "\n{question}"))
    }
}

impl std::error::Error for Unanswered {}
