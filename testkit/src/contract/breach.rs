//! What was found: the rules that a transport breaks, each with what was seen.

use std::collections::BTreeSet;
use std::fmt;

use super::rule::Rule;

/// One rule that a transport broke in one situation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    rule: Rule,
    situation: &'static str,
    seen: String,
}

impl Breach {
    pub(super) fn new(rule: Rule, situation: &'static str, seen: String) -> Self {
        Self {
            rule,
            situation,
            seen,
        }
    }

    /// The rule.
    pub fn rule(&self) -> Rule {
        self.rule
    }

    /// What the server did.
    pub fn situation(&self) -> &str {
        self.situation
    }

    /// What the transport did.
    pub fn seen(&self) -> &str {
        &self.seen
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, rule) = (self.rule.number(), self.rule);
        let (situation, seen) = (self.situation, &self.seen);
        write!(f, "rule {number}, {rule}: {situation}: {seen}")
    }
}

/// The rules that a transport breaks: never empty.
#[derive(Clone, PartialEq, Eq)]
pub struct BrokenRules(Vec<Breach>);

impl BrokenRules {
    pub(super) fn found(breaches: Vec<Breach>) -> Result<(), Self> {
        if breaches.is_empty() {
            return Ok(());
        }
        Err(Self(breaches))
    }

    /// Each situation in which a rule was broken, in the order in which they were tried.
    pub fn breaches(&self) -> &[Breach] {
        &self.0
    }

    /// Each broken rule once.
    pub fn rules(&self) -> BTreeSet<Rule> {
        self.0.iter().map(Breach::rule).collect()
    }
}

impl fmt::Display for BrokenRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the transport breaks its contract")?;
        for breach in &self.0 {
            write!(f, "\n- {breach}")?;
        }
        for rule in self.rules() {
            write!(f, "\nto keep rule {}: {}", rule.number(), rule.advice())?;
        }
        Ok(())
    }
}

/// As `Display`: it is what a failed test prints.
impl fmt::Debug for BrokenRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for BrokenRules {}
