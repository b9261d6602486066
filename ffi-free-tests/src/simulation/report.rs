//! What the simulation counts, and what it tells when something is wrong.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::time::Duration;

use super::invariant::Invariant;
use super::plan::Case;

/// A story that is longer than these together is about something that never ends: its middle is
/// left out.
const FIRST_LINES: usize = 50;
const LAST_LINES: usize = 10;

/// What happened in one run, or in many.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Figures {
    /// How many runs.
    pub seeds: u64,
    /// How many times something was done: calls made, and webhooks and notifications handled.
    pub operations: u64,
    /// How many events the runs consisted of; after each of them every invariant was checked.
    pub steps: u64,
    /// The virtual time that passed.
    pub time: Duration,
    /// The faults that happened to messages, and the disasters that happened to machines.
    pub faults: BTreeMap<&'static str, u64>,
    /// What came of calls and messages.
    pub outcomes: BTreeMap<&'static str, u64>,
}

impl Figures {
    /// Adds those of another run.
    pub fn add(&mut self, other: &Self) {
        self.seeds += other.seeds;
        self.operations += other.operations;
        self.steps += other.steps;
        self.time += other.time;
        for (name, count) in &other.faults {
            *self.faults.entry(name).or_default() += count;
        }
        for (name, count) in &other.outcomes {
            *self.outcomes.entry(name).or_default() += count;
        }
    }

    pub(super) fn fault(&mut self, name: &'static str) {
        *self.faults.entry(name).or_default() += 1;
    }

    pub(super) fn outcome(&mut self, name: &'static str) {
        *self.outcomes.entry(name).or_default() += 1;
    }
}

/// A table of all of it.
impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hours = self.time.as_secs() / 3600;
        let mut row = |name: &str, count: u64| writeln!(f, "  {name:<36} {count:>12}");
        row("seeds", self.seeds)?;
        row("operations", self.operations)?;
        row("steps", self.steps)?;
        row("virtual hours", hours)?;
        row("faults in all", self.faults.values().sum())?;
        for (name, count) in &self.faults {
            row(&format!("  {name}"), *count)?;
        }
        row("outcomes in all", self.outcomes.values().sum())?;
        for (name, count) in &self.outcomes {
            row(&format!("  {name}"), *count)?;
        }
        Ok(())
    }
}

/// Something that must never happen has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// The run in which it happens.
    pub case: Case,
    /// Which invariant does not hold.
    pub invariant: Invariant,
    /// What broke it.
    pub detail: String,
    /// What happened until then, one line for each event.
    pub story: Vec<String>,
}

/// The story with numbered lines, and the one line that repeats it.
impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "violated: {}: {}", self.invariant, self.detail)?;
        let left_out = self.story.len().saturating_sub(FIRST_LINES + LAST_LINES);
        for (index, line) in self.story.iter().enumerate() {
            if left_out == 0 || !(FIRST_LINES..FIRST_LINES + left_out).contains(&index) {
                writeln!(f, "{:>4}  {line}", index + 1)?;
            } else if index == FIRST_LINES {
                writeln!(f, "   …  and so on, {left_out} lines")?;
            }
        }
        write!(f, "to repeat it: \"{}\"", self.case)
    }
}

/// The story as it grows; nothing is kept unless somebody wants to read it.
#[derive(Default)]
pub(super) struct Story {
    wanted: bool,
    lines: Vec<String>,
}

impl Story {
    pub(super) fn new(wanted: bool) -> Self {
        Self {
            wanted,
            lines: Vec::new(),
        }
    }

    pub(super) fn tell(&mut self, at: Duration, line: impl FnOnce() -> String) {
        if self.wanted {
            let mut text = String::new();
            let (seconds, millis) = (at.as_secs(), at.subsec_millis());
            let _ = write!(text, "{seconds:>6}.{millis:03} s  {}", line());
            self.lines.push(text);
        }
    }

    pub(super) fn into_lines(self) -> Vec<String> {
        self.lines
    }
}
