//! The list of everything that is wrong with an input, each with its field.

use std::borrow::Cow;
use std::fmt;

use super::{Error, ErrorKind};

/// One reason for which an input was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    field: Cow<'static, str>,
    reason: Cow<'static, str>,
}

impl Problem {
    /// The field or parameter, by its name on the wire.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// What is wrong with it; never the value itself.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.field, self.reason)
    }
}

/// Collects every problem of an input, so that one error lists them all.
///
/// ```
/// use sanspay_core::Problems;
/// let mut problems = Problems::new();
/// problems.add("amount", "must be more than zero");
/// problems.add("reference", "must not be empty");
/// let error = problems.into_result("create payment").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "create payment: invalid input: amount must be more than zero; \
///      reference must not be empty; nothing was sent: correct the input"
/// );
/// ```
#[derive(Debug, Default)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// No problem so far.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes one; write the reason so that it reads on after the field's name.
    pub fn add(
        &mut self,
        field: impl Into<Cow<'static, str>>,
        reason: impl Into<Cow<'static, str>>,
    ) {
        self.0.push(Problem {
            field: field.into(),
            reason: reason.into(),
        });
    }

    /// Notes one unless `fine`.
    pub fn require(
        &mut self,
        fine: bool,
        field: impl Into<Cow<'static, str>>,
        reason: impl Into<Cow<'static, str>>,
    ) {
        if !fine {
            self.add(field, reason);
        }
    }

    /// All of them, for a comparison that is no input.
    pub(crate) fn into_vec(self) -> Vec<Problem> {
        self.0
    }

    /// Whether nothing is wrong so far.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of a part, with the part's problems noted here; a missing part is a problem.
    pub(crate) fn take<T>(
        &mut self,
        part: Option<Result<T, Error>>,
        field: &'static str,
    ) -> Option<T> {
        match part {
            None => {
                self.add(field, "is missing");
                None
            }
            Some(Ok(value)) => Some(value),
            Some(Err(error)) => {
                self.0.extend_from_slice(error.problems());
                None
            }
        }
    }

    /// The one error that lists every problem.
    pub fn into_error(self, operation: impl Into<Cow<'static, str>>) -> Error {
        Error::new(ErrorKind::Invalid, operation, "invalid input").with_problems(self.0)
    }

    /// `Ok` if there is no problem, and otherwise the one error that lists them all.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] with every problem that was added.
    pub fn into_result(self, operation: impl Into<Cow<'static, str>>) -> Result<(), Error> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(self.into_error(operation))
    }
}
