//! What came otherwise than the profile says: counted by name, never with a value.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::printable_name;

/// How many different ones are told apart; what comes later is counted together.
const MOST: usize = 256;

/// In which way something came otherwise than the profile says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum DriftKind {
    /// A known field has an odd form: it reads as absent, and its JSON is kept.
    OddField,
    /// A field that the profile does not name.
    UnknownField,
    /// A word that the profile does not list.
    UnknownWord,
}

/// One thing that came otherwise than the [profile](crate::profile) says, and how often.
///
/// It has names and words of the provider's and no value, so it may be logged. It is what a change
/// to the profile needs.
///
/// ```
/// use sanspay_core::exchange::Settings;
/// use sanspay_core::partner::{FetchToken, ShowPayment};
/// use sanspay_core::{Api, BaseUrl, Credentials, Endpoint, Session};
///
/// let token = FetchToken::new(Credentials::new("key", "secret")?);
/// let api = Api::new(BaseUrl::new("https://api.example.com")?);
/// let session = Session::new(api, token, Settings::default());
///
/// let show = ShowPayment::new("6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d".parse()?);
/// let answer = br#"{"id":"6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d","status":"in_review",
///     "amount":"10.00","currency":"USD","fee":"0.25","paid_at":"yesterday"}"#;
/// show.read(session.api(), &http::Response::new(&answer[..]))?;
///
/// let lines: Vec<String> = session.drift().iter().map(ToString::to_string).collect();
/// assert_eq!(lines, [
///     "record.paid_at has an odd form, 1 time",
///     "record.fee is not known, 1 time",
///     "status in_review is not known, 1 time",
/// ]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    kind: DriftKind,
    place: &'static str,
    name: Box<str>,
    times: u64,
}

impl Drift {
    /// In which way.
    pub fn kind(&self) -> DriftKind {
        self.kind
    }

    /// Where: `record`, `page`, `status`, `type` or `event`.
    pub fn place(&self) -> &'static str {
        self.place
    }

    /// The field's name, or its place where it stands inside another; the word. What is not like a
    /// name is told as `a name`, because it may be anybody's data.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How often it came since the session began.
    pub fn times(&self) -> u64 {
        self.times
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, name, .. } = self;
        match self.kind {
            DriftKind::OddField => write!(f, "{place}.{name} has an odd form")?,
            DriftKind::UnknownField => write!(f, "{place}.{name} is not known")?,
            DriftKind::UnknownWord => write!(f, "{place} {name} is not known")?,
        }
        let s = if self.times == 1 { "" } else { "s" };
        write!(f, ", {} time{s}", self.times)
    }
}

/// The counts of one session.
#[derive(Debug, Default)]
pub(crate) struct DriftLog(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    by_place: BTreeMap<(DriftKind, &'static str), BTreeMap<Box<str>, u64>>,
    names: usize,
}

/// The log, to count what came in one reply.
pub(crate) struct Counting<'l>(MutexGuard<'l, Counts>);

impl DriftLog {
    pub(crate) fn counting(&self) -> Counting<'_> {
        Counting(self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn list(&self) -> Vec<Drift> {
        let counts = self.counting();
        let each = counts.0.by_place.iter().flat_map(|((kind, place), names)| {
            names.iter().map(|(name, times)| Drift {
                kind: *kind,
                place,
                name: name.clone(),
                times: *times,
            })
        });
        each.collect()
    }
}

impl Counting<'_> {
    pub(crate) fn note(&mut self, kind: DriftKind, place: &'static str, name: &str) {
        let Counts { by_place, names } = &mut *self.0;
        let known = by_place.entry((kind, place)).or_default();
        // Nearly always it came before; whether it is a name is looked at once.
        if let Some(count) = known.get_mut(name) {
            *count = count.saturating_add(1);
            return;
        }
        let told = if *names < MOST { told(name) } else { "others" };
        let count = known.entry(told.into()).or_insert_with(|| {
            *names += 1;
            0
        });
        *count = count.saturating_add(1);
    }
}

/// The name, unless it may be anybody's data.
fn told(name: &str) -> &str {
    let mut parts = name.split('/');
    let is_name = parts.all(|part| part.is_empty() || printable_name(part).is_some());
    if is_name && name.len() <= 120 {
        name
    } else {
        "a name"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_name_is_counted_and_not_told() {
        let log = DriftLog::default();
        log.counting()
            .note(DriftKind::UnknownField, "record", "jane@example.com");
        log.counting()
            .note(DriftKind::UnknownField, "record", "/money/fee");
        log.counting()
            .note(DriftKind::UnknownWord, "status", "Jane Doe, paid");
        let told: Vec<String> = log.list().iter().map(ToString::to_string).collect();
        let expected = [
            "record./money/fee is not known, 1 time",
            "record.a name is not known, 1 time",
            "status a name is not known, 1 time",
        ];
        assert_eq!(told, expected);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_the_log_does_not_grow(names in proptest::collection::vec("[a-z]{1,3}", 0..900)) {
            let log = DriftLog::default();
            for name in &names {
                log.counting().note(DriftKind::UnknownField, "record", name);
            }
            let told = log.list();
            prop_assert!(told.len() <= MOST + 1);
            prop_assert_eq!(told.iter().map(Drift::times).sum::<u64>(), names.len() as u64);
        }
    }
}
