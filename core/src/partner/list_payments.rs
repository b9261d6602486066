//! `GET /partner/payments`: list payments and payouts (the capability is grade D, the filters and
//! the form are grade A).

use std::fmt;

use http::{Method, Request};
use serde::de::{self, DeserializeSeed, Deserializer};

use super::input::check_text;
use super::record::Record;
use super::record_id::RecordId;
use super::status::{RecordType, Status};
use crate::endpoint::{Endpoint, Replay};
use crate::error::{Error, Problems};
use crate::json::Object;
use crate::money::Currency;
use crate::pager::{Cursor, Page, Paged};
use crate::profile::{Compiled, Words};
use crate::timestamp::Timestamp;
use crate::wire::{Api, DriftKind, Reply};

/// Lists payments and payouts, one page at a time; [`Pager`](crate::Pager) reads them all.
///
/// ```
/// use sanspay_core::partner::{ListPayments, RecordType, Status};
/// use sanspay_core::{Api, BaseUrl, Endpoint};
///
/// let list = ListPayments::new().status(Status::Paid).record_type(RecordType::Payout).page(2);
/// let api = Api::new(BaseUrl::new("https://api.example.com")?);
/// assert_eq!(
///     list.request(&api)?.uri(),
///     "https://api.example.com/partner/payments?status=paid&type=payout&page=2"
/// );
/// # Ok::<(), sanspay_core::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct ListPayments {
    status: Option<Status>,
    record_type: Option<RecordType>,
    currency: Option<Currency>,
    reference: Option<String>,
    created_from: Option<Timestamp>,
    created_to: Option<Timestamp>,
    per_page: Option<u64>,
    cursor: Option<Cursor>,
}

impl ListPayments {
    /// All of them, from the first page.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only those of this status.
    #[must_use]
    pub fn status(mut self, status: Status) -> Self {
        self.status = Some(status);
        self
    }

    /// Only payments, or only payouts: the filter `type`.
    #[must_use]
    pub fn record_type(mut self, record_type: RecordType) -> Self {
        self.record_type = Some(record_type);
        self
    }

    /// Only those in this currency.
    #[must_use]
    pub fn currency(mut self, currency: Currency) -> Self {
        self.currency = Some(currency);
        self
    }

    /// Only those of this reference of yours.
    #[must_use]
    pub fn reference(mut self, reference: impl Into<String>) -> Self {
        self.reference = Some(reference.into());
        self
    }

    /// Only those created at this time or later.
    #[must_use]
    pub fn created_from(mut self, time: Timestamp) -> Self {
        self.created_from = Some(time);
        self
    }

    /// Only those created at this time or earlier.
    #[must_use]
    pub fn created_to(mut self, time: Timestamp) -> Self {
        self.created_to = Some(time);
        self
    }

    /// At most so many on one page.
    #[must_use]
    pub fn per_page(mut self, count: u64) -> Self {
        self.per_page = Some(count);
        self
    }

    /// The page of this number, counted from 1.
    #[must_use]
    pub fn page(mut self, number: u64) -> Self {
        self.cursor = Some(Cursor::Page(number));
        self
    }

    fn check(&self, problems: &mut Problems) {
        if let Some(reference) = &self.reference {
            check_text(problems, "reference", reference);
        }
        let is_code = self.currency.as_ref().is_none_or(Currency::is_code);
        problems.require(
            is_code,
            "currency",
            "must be a code of three capital letters",
        );
        let ordered = self.created_from.zip(self.created_to);
        problems.require(
            ordered.is_none_or(|(from, to)| from <= to),
            "created_to",
            "must not be before created_from",
        );
        problems.require(
            self.per_page != Some(0),
            "per_page",
            "must be more than zero",
        );
        problems.require(
            self.cursor != Some(Cursor::Page(0)),
            "page",
            "must be more than zero",
        );
    }

    /// The parameters by the provider's names. What the provider cannot be asked for is a problem:
    /// without the filter the list would hold what was not asked for.
    fn query<'a>(&self, tables: &'a Compiled, problems: &mut Problems) -> Vec<(&'a str, String)> {
        let names = &tables.query;
        let (mut number, mut after, mut offset) = (None, None, None);
        match &self.cursor {
            Some(Cursor::Page(page)) => {
                let from_zero = u64::from(names.from_zero);
                number = Some(page.saturating_sub(from_zero).to_string());
            }
            Some(Cursor::After(mark)) => after = Some(mark.clone()),
            Some(Cursor::Offset(entries)) => offset = Some(entries.to_string()),
            None => {}
        }
        let status = self.status.as_ref().map(Status::as_str);
        let record_type = self.record_type.as_ref().map(RecordType::as_str);
        let currency = self.currency.as_ref().map(Currency::to_string);
        let time = |time: Timestamp| Some(tables.time.write(time).to_string());
        let mut query = Vec::new();
        for (field, name, value) in [
            (
                "status",
                &names.status,
                status.map(|ours| theirs(&tables.status, ours)),
            ),
            (
                "type",
                &names.record_type,
                record_type.map(|ours| theirs(&tables.record_type, ours)),
            ),
            ("currency", &names.currency, currency.map(Some)),
            (
                "reference",
                &names.reference,
                self.reference.clone().map(Some),
            ),
            (
                "created_from",
                &names.created_from,
                self.created_from.map(time),
            ),
            ("created_to", &names.created_to, self.created_to.map(time)),
            ("page", &names.number, number.map(Some)),
            ("cursor", &names.cursor, after.map(Some)),
            ("offset", &names.offset, offset.map(Some)),
            (
                "per_page",
                &names.size,
                self.per_page.map(|count| Some(count.to_string())),
            ),
        ] {
            match (value, name) {
                (None, _) => {}
                (Some(None), _) => problems.add(field, SEVERAL_WORDS),
                (Some(Some(_)), None) => problems.add(field, NO_FILTER),
                (Some(Some(value)), Some(name)) => query.push((&**name, value)),
            }
        }
        query
    }
}

const SEVERAL_WORDS: &str =
    "cannot be asked for: the provider has several words for it, and one would hide the others";
const NO_FILTER: &str = "cannot be asked for: the provider's profile names no such parameter";

/// The provider's word, where there is one that means all of it.
fn theirs(words: &Words, ours: &str) -> Option<String> {
    words.theirs(ours).map(str::to_owned)
}

const OPERATION: &str = "list payments";

impl Endpoint for ListPayments {
    type Output = Page<Record>;

    fn operation(&self) -> &str {
        OPERATION
    }

    fn request(&self, api: &Api) -> Result<Request<Vec<u8>>, Error> {
        let mut problems = Problems::new();
        self.check(&mut problems);
        let query = self.query(api.wire().profile.tables(), &mut problems);
        problems.into_result(OPERATION)?;
        let query: Vec<_> = query
            .iter()
            .map(|(name, value)| (*name, &**value))
            .collect();
        api.request(OPERATION, Method::GET, &api.wire().list, &query, None)
    }

    fn parse(&self, reply: Reply<'_>) -> Result<Page<Record>, Error> {
        records(reply)
    }

    fn replay(&self) -> Replay {
        Replay::Safe
    }
}

/// The page of records in a reply.
pub(super) fn records(reply: Reply<'_>) -> Result<Page<Record>, Error> {
    let tables = reply.api().wire().profile.tables();
    let once: Page<Option<Record>> = Page::read_by(reply, Entry(tables))?;
    let records = if once.items().iter().all(Option::is_some) {
        once.try_map(|record| record.ok_or_else(|| de::Error::custom("no record")))
    } else {
        // Something is odd: step by step, with what it is.
        Page::<Object<'_>>::read(reply)?.try_map(|entry| {
            let record = match entry.at(&tables.item)? {
                Some(json) => Object::read(json)?,
                None => entry,
            };
            Record::read(tables.record.bare(record), tables)
        })
    };
    let records = records.map_err(|error: serde_json::Error| reply.unreadable(&error))?;
    if let Some(log) = reply.api().drift() {
        let mut log = log.counting();
        for record in records.items() {
            record.note_drift(&mut log);
        }
        for name in records.unaccounted_names() {
            log.note(DriftKind::UnknownField, "page", name);
        }
    }
    Ok(records)
}

/// Reads an entry of a list in one pass; `None` where it is odd.
#[derive(Clone, Copy)]
struct Entry<'p>(&'p Compiled);

impl<'de> DeserializeSeed<'de> for Entry<'_> {
    type Value = Option<Record>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let Self(tables) = self;
        let fields = tables.entry.seed(tables.item.count());
        let fields = fields.deserialize(deserializer)?;
        Ok(fields.and_then(|fields| Record::read(fields, tables).ok()))
    }
}

impl Paged for ListPayments {
    type Item = Record;
    type Key = RecordId;

    fn key(record: &Record) -> RecordId {
        record.id()
    }

    fn cursor(&self) -> Option<&Cursor> {
        self.cursor.as_ref()
    }

    fn page_size(&self) -> Option<u64> {
        self.per_page
    }

    fn at(&self, cursor: Cursor) -> Self {
        let mut list = self.clone();
        list.cursor = Some(cursor);
        list
    }
}

/// Shows the filters but the reference, which is yours to print.
impl fmt::Debug for ListPayments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let currency = self.currency.as_ref().filter(|currency| currency.is_code());
        f.debug_struct("ListPayments")
            .field("status", &self.status)
            .field("record_type", &self.record_type)
            .field("currency", &currency)
            .field("created_from", &self.created_from)
            .field("created_to", &self.created_to)
            .field("per_page", &self.per_page)
            .field("cursor", &self.cursor)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::wire::BaseUrl;

    fn api() -> Api {
        Api::new(BaseUrl::new("https://h.example/v1").unwrap())
    }

    #[test]
    fn the_list_may_have_a_route_of_its_own() {
        let wire = crate::Wire {
            list: "/partner/records".into(),
            ..crate::Wire::default()
        };
        let api = api().with_wire(wire);
        let request = ListPayments::new().request(&api).unwrap();
        assert_eq!(request.uri().path(), "/v1/partner/records");
    }

    #[test]
    fn every_filter_is_sent_by_its_name() {
        let list = ListPayments::new()
            .status(Status::from("on hold"))
            .record_type(RecordType::Payment)
            .currency(Currency::USD)
            .reference("a&b=1")
            .created_from("2026-01-01T00:00:00Z".parse().unwrap())
            .created_to("2026-02-01T00:00:00+01:00".parse().unwrap())
            .per_page(50)
            .page(3);
        let request = list.request(&api()).unwrap();
        assert_eq!(request.method(), Method::GET);
        assert_eq!(
            request.uri().to_string(),
            "https://h.example/v1/partner/payments?status=on+hold&type=payment&currency=USD\
             &reference=a%26b%3D1&created_from=2026-01-01T00%3A00%3A00Z\
             &created_to=2026-01-31T23%3A00%3A00Z&page=3&per_page=50"
        );
        assert!(!format!("{list:?}").contains("a&b"));
    }

    #[test]
    fn a_cursor_is_sent_beside_the_filters() {
        let mark = "eyJpZCI6Mn0=&page=9";
        let list = ListPayments::new()
            .status(Status::Paid)
            .per_page(5)
            .page(2)
            .at(Cursor::After(mark.into()));
        let request = list.request(&api()).unwrap();
        assert_eq!(
            request.uri().query(),
            Some("status=paid&cursor=eyJpZCI6Mn0%3D%26page%3D9&per_page=5")
        );
        assert!(!format!("{list:?}").contains("eyJ"));
    }

    #[test]
    fn filters_that_make_no_sense_are_all_reported() {
        let wrong = ListPayments::new()
            .currency(Currency::from_received("SECRET"))
            .reference("")
            .created_from("2026-01-02T00:00:00Z".parse().unwrap())
            .created_to("2026-01-01T00:00:00Z".parse().unwrap())
            .per_page(0)
            .page(0);
        let error = wrong.request(&api()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        let fields: Vec<_> = error.problems().iter().map(crate::Problem::field).collect();
        assert_eq!(
            fields,
            ["reference", "currency", "created_to", "per_page", "page"]
        );
        assert!(!format!("{error} {wrong:?}").contains("SECRET"));
    }
}
