//! A peer beside us.

use serde::Serialize;

use sanspay_bench::measure::Cost;
use sanspay_bench::table::{aligned, time};

/// One row of the table.
#[derive(Serialize)]
pub(crate) struct Row {
    operation: &'static str,
    /// Name and version.
    peer: String,
    /// Absent where the peer is not installed, as is everything else that is measured.
    peer_nanos: Option<f64>,
    nanos: Option<f64>,
    /// Ours over the peer's.
    ratio: Option<f64>,
    peer_allocations: Option<u64>,
    allocations: Option<u64>,
    differs: String,
}

impl Row {
    /// A row of times alone.
    pub(crate) fn timed(
        operation: &'static str,
        peer: String,
        (peer_nanos, nanos): (f64, f64),
        differs: impl Into<String>,
    ) -> Self {
        Self {
            peer_nanos: Some(peer_nanos),
            nanos: Some(nanos),
            ratio: Some(nanos / peer_nanos),
            ..Self::not_installed(operation, peer, differs)
        }
    }

    /// A row from a comparison.
    pub(crate) fn of(
        operation: &'static str,
        peer: String,
        (theirs, ours): (Cost, Cost),
        differs: impl Into<String>,
    ) -> Self {
        Self {
            peer_allocations: Some(theirs.allocations),
            allocations: Some(ours.allocations),
            ..Self::timed(operation, peer, (theirs.nanos, ours.nanos), differs)
        }
    }

    /// A row of a peer that this machine does not have.
    pub(crate) fn not_installed(
        operation: &'static str,
        peer: String,
        differs: impl Into<String>,
    ) -> Self {
        Self {
            operation,
            peer,
            peer_nanos: None,
            nanos: None,
            ratio: None,
            peer_allocations: None,
            allocations: None,
            differs: differs.into(),
        }
    }

    fn cells(&self) -> [String; 8] {
        let dash = || "-".to_owned();
        let number = |n: Option<u64>| n.map_or_else(dash, |n| n.to_string());
        [
            self.operation.to_owned(),
            self.peer.clone(),
            self.peer_nanos
                .map_or_else(|| "not installed".to_owned(), time),
            self.nanos.map_or_else(dash, time),
            self.ratio.map_or_else(dash, |ratio| format!("{ratio:.3}")),
            number(self.peer_allocations),
            number(self.allocations),
            self.differs.clone(),
        ]
    }
}

/// The rows as a Markdown table.
pub(crate) fn markdown(rows: &[Row]) -> String {
    let head = [
        "operation",
        "peer",
        "its time",
        "ours",
        "ours / its",
        "its allocations",
        "ours",
        "what differs",
    ];
    let mut lines = vec![head.map(str::to_owned)];
    lines.extend(rows.iter().map(Row::cells));
    aligned(&lines)
}

/// `name` and the version of it that is built, from this crate's own lock file.
pub(crate) fn version(name: &str) -> String {
    let lock = include_str!("../Cargo.lock");
    let (_, after) = lock
        .split_once(&format!("name = \"{name}\"\nversion = \""))
        .expect("a dependency");
    let (version, _) = after.split_once('"').expect("a version");
    format!("{name} {version}")
}
