//! The rows: what was reached, what must be, and how both are shown.

use std::fmt::Write as _;

use serde::Serialize;

use crate::measure::Cost;

/// What a row must reach.
#[derive(Clone, Copy, Default)]
pub struct Target {
    /// The greatest ratio to the floor.
    pub ratio: Option<f64>,
    /// The greatest time of one operation.
    pub nanos: Option<f64>,
    /// The most heap allocations of one operation.
    pub allocations: Option<u64>,
}

/// A ratio that must be reached.
pub fn ratio(ratio: f64) -> Target {
    Target {
        ratio: Some(ratio),
        ..Target::default()
    }
}

impl Target {
    /// The same with a bound on heap allocations.
    #[must_use]
    pub fn allocations(self, most: u64) -> Self {
        Self {
            allocations: Some(most),
            ..self
        }
    }
}

/// One row of the table.
#[derive(Serialize)]
pub struct Row {
    name: String,
    floor: &'static str,
    floor_nanos: Option<f64>,
    nanos: f64,
    ratio: Option<f64>,
    target_ratio: Option<f64>,
    target_nanos: Option<f64>,
    allocations: Option<u64>,
    target_allocations: Option<u64>,
    floor_allocations: Option<u64>,
    bytes: Option<u64>,
    /// Whether both times are counts of something else.
    counts: bool,
    /// Whether it must hold on any machine.
    exact: bool,
}

impl Row {
    /// A row from a comparison.
    pub fn of(
        name: impl Into<String>,
        floor: &'static str,
        target: Target,
        (low, ours): (Cost, Cost),
    ) -> Self {
        Self {
            name: name.into(),
            floor,
            floor_nanos: Some(low.nanos),
            nanos: ours.nanos,
            ratio: Some(ours.nanos / low.nanos),
            target_ratio: target.ratio,
            target_nanos: target.nanos,
            allocations: Some(ours.allocations),
            target_allocations: target.allocations,
            floor_allocations: Some(low.allocations),
            bytes: Some(ours.bytes),
            counts: false,
            exact: false,
        }
    }

    /// A row of times that include IO, where allocations are not counted.
    pub fn timed(
        name: impl Into<String>,
        floor: &'static str,
        target: Target,
        floor_nanos: f64,
        nanos: f64,
    ) -> Self {
        Self {
            name: name.into(),
            floor,
            floor_nanos: Some(floor_nanos),
            nanos,
            ratio: Some(nanos / floor_nanos),
            target_ratio: target.ratio,
            target_nanos: target.nanos,
            allocations: None,
            target_allocations: None,
            floor_allocations: None,
            bytes: None,
            counts: false,
            exact: false,
        }
    }

    /// A row of two counts that are no times.
    pub fn counted(
        name: impl Into<String>,
        floor: &'static str,
        target: Target,
        low: f64,
        ours: f64,
    ) -> Self {
        Self {
            counts: true,
            ..Self::timed(name, floor, target, low, ours)
        }
    }

    /// The same row without slack.
    #[must_use]
    pub fn exact(self) -> Self {
        Self {
            exact: true,
            ..self
        }
    }

    /// Whether the row misses its target. Where slack is given, a ratio may be so many times its
    /// target, and a time, which tells more of the machine than of us, is not looked at.
    /// Allocations have no slack.
    fn misses(&self, slack: Option<f64>) -> bool {
        let over = |reached: f64, target: Option<f64>, slack: f64| {
            target.is_some_and(|target| reached > target * slack)
        };
        let ratio_slack = slack.filter(|_| !self.exact).unwrap_or(1.0);
        self.ratio
            .is_some_and(|ratio| over(ratio, self.target_ratio, ratio_slack))
            || slack.is_none() && over(self.nanos, self.target_nanos, 1.0)
            || self
                .allocations
                .zip(self.target_allocations)
                .is_some_and(|(count, most)| count > most)
    }

    /// The quicker one of two measurements of a row.
    #[must_use]
    pub fn or_quicker(self, other: Self) -> Self {
        let figure = |row: &Self| row.ratio.unwrap_or(row.nanos);
        if figure(&other) < figure(&self) {
            other
        } else {
            self
        }
    }

    fn cells(&self) -> [String; 8] {
        let dash = || "-".to_owned();
        let figure = |value: f64| {
            if self.counts {
                format!("{value:.0}")
            } else {
                time(value)
            }
        };
        let number = |n: Option<u64>| n.map_or_else(dash, |n| n.to_string());
        let target = match (self.target_ratio, self.target_nanos) {
            (_, Some(nanos)) => format!("<= {nanos:.0} ns"),
            (Some(ratio), None) => format!("<= {ratio:.2}"),
            (None, None) => dash(),
        };
        let heap = match self.target_allocations {
            Some(most) => format!("{} (<= {most})", number(self.allocations)),
            None => number(self.allocations),
        };
        [
            self.name.clone(),
            self.floor.to_owned(),
            self.floor_nanos.map_or_else(dash, figure),
            figure(self.nanos),
            self.ratio.map_or_else(dash, |ratio| format!("{ratio:.2}")),
            target,
            heap,
            number(self.bytes),
        ]
    }
}

/// A time in the unit that fits.
pub fn time(nanos: f64) -> String {
    if nanos < 1e3 {
        format!("{nanos:.0} ns")
    } else if nanos < 1e6 {
        format!("{:.2} us", nanos / 1e3)
    } else if nanos < 1e9 {
        format!("{:.2} ms", nanos / 1e6)
    } else {
        format!("{:.2} s", nanos / 1e9)
    }
}

/// The rows as a Markdown table.
pub fn markdown(rows: &[Row]) -> String {
    let head = [
        "operation",
        "floor",
        "floor time",
        "time",
        "ratio",
        "target",
        "allocations",
        "bytes",
    ];
    let mut lines = vec![head.map(str::to_owned)];
    lines.extend(rows.iter().map(Row::cells));
    aligned(&lines)
}

/// Lines of cells, of which the first is the head.
pub fn aligned<const N: usize>(lines: &[[String; N]]) -> String {
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells.map(String::len).max().unwrap_or_default()
    };
    let widths: Vec<_> = (0..N).map(width).collect();
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        for (cell, width) in line.iter().zip(&widths) {
            let _ = write!(text, "| {cell:width$} ");
        }
        text.push_str("|\n");
        if index == 0 {
            for width in &widths {
                let _ = write!(text, "|{:-<1$}", "", width + 2);
            }
            text.push_str("|\n");
        }
    }
    text
}

/// The names of the rows that miss their target; see `Row::misses`.
pub fn missed(rows: &[Row], slack: Option<f64>) -> Vec<&str> {
    let missed = rows.iter().filter(|row| row.misses(slack));
    missed.map(|row| row.name.as_str()).collect()
}
