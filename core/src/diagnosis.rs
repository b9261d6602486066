//! What a doctor found, line by line, and the one sentence that says what to do.

use std::borrow::Cow;
use std::fmt;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Good,
    /// It works, and something should be done.
    Warning,
    /// It cannot work like this.
    Bad,
    /// Not checked, because something that it needs was not given or is bad.
    Skipped,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    name: &'static str,
    verdict: Verdict,
    told: Cow<'static, str>,
    advice: Option<Cow<'static, str>>,
}

impl Check {
    /// What was looked at, such as `client certificate`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// How it ended.
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// What was found.
    pub fn told(&self) -> &str {
        &self.told
    }

    /// What to do about it.
    pub fn advice(&self) -> Option<&str> {
        self.advice.as_deref()
    }
}

/// Its line for a terminal.
impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.verdict {
            Verdict::Good => "ok",
            Verdict::Warning => "WARN",
            Verdict::Bad => "BAD",
            Verdict::Skipped => "-",
        };
        write!(f, "{mark:<5}{:<26} {}", self.name, self.told)
    }
}

/// Everything that was looked at, in order. It holds names and dates of certificates and no
/// secret; `Display` is made for a terminal and ends with [`sentence`](Diagnosis::sentence).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnosis {
    checks: Vec<Check>,
}

impl Diagnosis {
    /// Nothing looked at yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Everything that was looked at.
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// Whether nothing is bad.
    pub fn is_healthy(&self) -> bool {
        self.first(Verdict::Bad).is_none()
    }

    /// What to do, in one sentence: about the first thing that is bad, or else about the first
    /// warning.
    pub fn sentence(&self) -> &str {
        let worst = self
            .first(Verdict::Bad)
            .or_else(|| self.first(Verdict::Warning));
        let advice = worst.and_then(Check::advice);
        advice.unwrap_or("everything that was checked is as it should be: there is nothing to do")
    }

    fn first(&self, verdict: Verdict) -> Option<&Check> {
        self.checks.iter().find(|check| check.verdict == verdict)
    }

    /// Notes what is as it should be.
    pub fn good(&mut self, name: &'static str, told: impl Into<Cow<'static, str>>) {
        self.note(name, Verdict::Good, told.into(), None);
    }

    /// Notes what was not looked at, and why.
    pub fn skipped(&mut self, name: &'static str, told: impl Into<Cow<'static, str>>) {
        self.note(name, Verdict::Skipped, told.into(), None);
    }

    /// Notes what works and should be changed.
    pub fn warning(
        &mut self,
        name: &'static str,
        told: impl Into<Cow<'static, str>>,
        advice: impl Into<Cow<'static, str>>,
    ) {
        self.note(name, Verdict::Warning, told.into(), Some(advice.into()));
    }

    /// Notes what cannot work.
    pub fn bad(
        &mut self,
        name: &'static str,
        told: impl Into<Cow<'static, str>>,
        advice: impl Into<Cow<'static, str>>,
    ) {
        self.note(name, Verdict::Bad, told.into(), Some(advice.into()));
    }

    fn note(
        &mut self,
        name: &'static str,
        verdict: Verdict,
        told: Cow<'static, str>,
        advice: Option<Cow<'static, str>>,
    ) {
        self.checks.push(Check {
            name,
            verdict,
            told,
            advice,
        });
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for check in &self.checks {
            writeln!(f, "  {check}")?;
        }
        write!(f, "\n  What to do: {}", self.sentence())
    }
}
