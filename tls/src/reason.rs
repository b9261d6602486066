//! Why a file is refused, and what to do about it.

use std::borrow::Cow;
use std::fmt;

/// A reason; it reads on after the field's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reason {
    pub(crate) told: Cow<'static, str>,
    pub(crate) advice: Option<&'static str>,
}

impl Reason {
    pub(crate) const fn new(told: &'static str, advice: &'static str) -> Self {
        let told = Cow::Borrowed(told);
        let advice = Some(advice);
        Self { told, advice }
    }
}

impl From<&'static str> for Reason {
    fn from(told: &'static str) -> Self {
        let told = told.into();
        Self { told, advice: None }
    }
}

impl From<String> for Reason {
    fn from(told: String) -> Self {
        let told = told.into();
        Self { told, advice: None }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.advice {
            Some(advice) => write!(f, "{}: {advice}", self.told),
            None => f.write_str(&self.told),
        }
    }
}
