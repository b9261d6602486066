//! What a replay says where the requests and the recordings do not fit.

use std::fmt;

/// A request that no recording fits, or recordings that nobody asked for. `Display` shows the
/// nearest recording and each difference, with secrets and personal data hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayError {
    pub(super) summary: String,
    pub(super) details: Vec<String>,
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.summary)?;
        self.details
            .iter()
            .try_for_each(|line| write!(f, "\n  {line}"))
    }
}

impl std::error::Error for ReplayError {}
