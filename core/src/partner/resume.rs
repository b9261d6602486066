//! `GET /partner/payments?reference=…&type=…`: finds out whether an operation whose outcome is
//! not known was executed (the filters are grade A).

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use http::Request;

use super::evidence::{KnownLists, ListEvidence};
use super::expected::Mismatch;
use super::list_payments::{ListPayments, records};
use super::record::Record;
use super::status::RecordType;
use crate::endpoint::{Endpoint, Replay};
use crate::error::{Error, UnknownOutcome};
use crate::pager::Page;
use crate::wire::{Api, Reply};

impl UnknownOutcome {
    /// The operation that looks the record up; `now` is the time at which you ask. A client's
    /// `resolve` and [`Session::lookup`](crate::Session::lookup) add what is known about the list.
    ///
    /// Ask as often as you like: it only reads. Send the original operation again only after
    /// [`Resolution::Absent`], which needs a proof that the list would show the record: your
    /// declaration ([`Settings::authoritative_lists`](crate::Settings::authoritative_lists)), or
    /// [evidence](ListEvidence). Without one a list that lacks the record says nothing.
    ///
    /// ```
    /// use sanspay_core::partner::{Resolution, Unresolved};
    /// use sanspay_core::{Api, BaseUrl, Endpoint, Intent, UnknownOutcome};
    /// use std::time::{Duration, SystemTime};
    ///
    /// let api = Api::new(BaseUrl::new("https://api.example.com")?);
    /// let sent_at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    /// let unknown = UnknownOutcome::new(Intent::new("payout", "payout-7"), sent_at);
    /// let at = |seconds| sent_at + Duration::from_secs(seconds);
    /// let empty = http::Response::new(&b"[]"[..]);
    ///
    /// // Nothing is listed yet, and the request may still be on its way.
    /// let early = unknown.lookup(at(5)).authoritative().read(&api, &empty)?;
    /// assert!(matches!(early, Resolution::Unknown(Unresolved::TooEarly { .. })));
    /// // Long after, an unknown provider's empty list proves nothing,
    /// let unproven = unknown.lookup(at(60)).read(&api, &empty)?;
    /// assert!(matches!(unproven, Resolution::Unknown(Unresolved::NotProven)));
    /// // and one of which you know that it shows every payout says that there is none.
    /// let absent = unknown.lookup(at(60)).authoritative().read(&api, &empty)?;
    /// assert!(matches!(absent, Resolution::Absent));
    /// # Ok::<(), sanspay_core::Error>(())
    /// ```
    pub fn lookup(&self, now: SystemTime) -> Lookup {
        Lookup {
            unknown: self.clone(),
            now,
            authoritative: false,
            evidence: None,
            known: None,
        }
    }
}

/// Looks up an operation whose outcome is not known. Made by [`UnknownOutcome::lookup`] or
/// [`Session::lookup`](crate::Session::lookup).
#[derive(Debug, Clone)]
pub struct Lookup {
    unknown: UnknownOutcome,
    now: SystemTime,
    authoritative: bool,
    evidence: Option<ListEvidence>,
    /// Where a session collects what lookups show.
    known: Option<Arc<KnownLists>>,
}

impl Lookup {
    /// You know from the provider that its list shows every record of this type, filtered by type
    /// and reference, within [`Wire::settle`](crate::Wire::settle).
    #[must_use]
    pub fn authoritative(mut self) -> Self {
        self.authoritative = true;
        self
    }

    /// Takes evidence that an earlier lookup gave.
    #[must_use]
    pub fn with_evidence(mut self, evidence: ListEvidence) -> Self {
        self.evidence = Some(evidence);
        self
    }

    pub(crate) fn collecting(mut self, known: Arc<KnownLists>) -> Self {
        self.evidence = known.get(self.unknown.record_type());
        self.known = Some(known);
        self
    }
}

/// What came of looking up an operation whose outcome was not known.
#[derive(Debug, Clone)]
pub enum Resolution {
    /// It was executed: here is its record.
    Found(Box<Record>),
    /// It was not executed and will not be: it may be sent again.
    Absent,
    /// Nothing can be said yet: do not send it again.
    Unknown(Unresolved),
}

/// Why nothing can be said yet.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Unresolved {
    /// Nothing is listed, and the request may still be on its way (see
    /// [`Wire::settle`](crate::Wire::settle)).
    TooEarly {
        /// When to ask again.
        again_at: SystemTime,
    },
    /// Nothing is listed, and nothing proves that the list would show it. Look up a record of this
    /// type that exists, or declare the list authoritative.
    NotProven,
    /// A record of this type and reference exists and is not what was asked for, such as one of
    /// another amount: a case for a person.
    Differs(Box<Mismatch>),
    /// More than one record has this type and reference: a case for the provider's support.
    Several {
        /// How many are on the page that was read.
        records: usize,
    },
    /// Records of another reference or type are listed, so the server did not apply the filter,
    /// and what is not on this page may be on another.
    FilterIgnored,
    /// Nothing is on this page and the server announces a further one, or more entries.
    MorePages,
    /// Nothing is on this page, and the answer says something about pages, totals or errors that
    /// is not understood.
    NotUnderstood,
    /// Looking it up failed.
    Failed(Error),
}

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooEarly { .. } => f.write_str("nothing is listed, and it is too early to say"),
            Self::NotProven => f.write_str(
                "nothing is listed, and nothing proves that the list would show it: look up a \
                 record of this type that exists, or declare the list authoritative",
            ),
            Self::Differs(mismatch) => {
                write!(f, "a record with this reference differs: {mismatch}")
            }
            Self::Several { records } => write!(f, "{records} records have this reference"),
            Self::FilterIgnored => f.write_str("the server did not apply the filter"),
            Self::MorePages => f.write_str("nothing is on this page, and there are more"),
            Self::NotUnderstood => {
                f.write_str("nothing is on this page, and the answer says more than is understood")
            }
            Self::Failed(error) => write!(f, "looking it up failed: {error}"),
        }
    }
}

/// A failed lookup says nothing about the operation.
impl From<Result<Self, Error>> for Resolution {
    fn from(looked_up: Result<Self, Error>) -> Self {
        looked_up.unwrap_or_else(|error| Self::Unknown(Unresolved::Failed(error)))
    }
}

impl Lookup {
    /// Where the provider has no filter by type, each record says what it is.
    fn list(&self, api: &Api) -> ListPayments {
        let list = ListPayments::new().reference(self.unknown.reference());
        match api.wire().profile.tables().query.record_type {
            Some(_) => list.record_type(RecordType::from(self.unknown.record_type())),
            None => list,
        }
    }

    fn resolve(&self, page: Page<Record>, api: &Api) -> Resolution {
        let listed = page.items().len();
        let further = page.has_next() || page.total().is_some_and(|total| total > listed as u64);
        let unaccounted = page.unaccounted();
        let records = page.into_items();
        let mut matching: Vec<_> = records.into_iter().filter(|r| self.matches(r)).collect();
        let reason = match (matching.len(), matching.pop()) {
            (1, Some(record)) => return self.found(record, api),
            (0, _) if listed > 0 => Unresolved::FilterIgnored,
            (0, _) if further => Unresolved::MorePages,
            (0, _) if unaccounted => Unresolved::NotUnderstood,
            (0, _) => match self.too_early(api) {
                Some(again_at) => Unresolved::TooEarly { again_at },
                None if self.is_proven(api) => return Resolution::Absent,
                None => Unresolved::NotProven,
            },
            (records, _) => Unresolved::Several { records },
        };
        Resolution::Unknown(reason)
    }

    /// A record that does not say what it is matches nothing: a payment of the same reference
    /// must not pass for the payout.
    fn matches(&self, record: &Record) -> bool {
        record.reference() == Some(self.unknown.reference())
            && record.record_type().map(RecordType::as_str) == Some(self.unknown.record_type())
    }

    fn found(&self, record: Record, api: &Api) -> Resolution {
        let expected = self.unknown.intent().expected();
        let differences = expected.map_or_else(Vec::new, |ours| ours.differences(&record));
        if let Some(mismatch) = Mismatch::of(&record, differences) {
            return Resolution::Unknown(Unresolved::Differs(Box::new(mismatch)));
        }
        if let Some(known) = &self.known {
            let record_type = self.unknown.record_type();
            known.add(ListEvidence::shown(api, record_type, &record, self.now));
        }
        Resolution::Found(Box::new(record))
    }

    /// Whether the list would show the record if it were there.
    fn is_proven(&self, api: &Api) -> bool {
        let shown = self.evidence.as_ref();
        self.authoritative
            || shown.is_some_and(|shown| shown.is_about(api, self.unknown.record_type()))
    }

    /// When to ask again, if the request may still arrive. A clock that went back makes it wait
    /// longer and never shorter.
    fn too_early(&self, api: &Api) -> Option<SystemTime> {
        let settled = self.unknown.sent_at().checked_add(api.wire().settle);
        match settled {
            Some(settled) => (self.now < settled).then_some(settled),
            // Beyond what a clock can show: never settled.
            None => Some(self.unknown.sent_at()),
        }
    }
}

const OPERATION: &str = "look up outcome";

impl Endpoint for Lookup {
    type Output = Resolution;

    fn operation(&self) -> &'static str {
        OPERATION
    }

    fn request(&self, api: &Api) -> Result<Request<Vec<u8>>, Error> {
        let list = self.list(api).request(api);
        list.map_err(|error| error.seen_by(OPERATION))
    }

    fn parse(&self, reply: Reply<'_>) -> Result<Resolution, Error> {
        Ok(self.resolve(records(reply)?, reply.api()))
    }

    fn replay(&self) -> Replay {
        Replay::Safe
    }
}

#[cfg(test)]
mod tests;
