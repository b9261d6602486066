//! Webhooks: what the provider claims, and how a claim becomes a fact.
//!
//! The provider delivers four events to the partner's URL (grade D) as `POST` of the JSON
//! `{"id","event","created_at","data":{record}}` (grade A), of which the record's id is enough. No
//! signature is documented, so anyone who knows the URL can post one: an event is a hint to go and
//! look. [`UnconfirmedEvent`] is the hint; [`ConfirmEvent`] fetches the record over the authenticated channel; [`ConfirmedEvent`]
//! is the fact, and there is no other way to one:
//!
//! ```compile_fail,E0451
//! # fn forge(event: sanspay_core::partner::UnconfirmedEvent, record: sanspay_core::partner::Record) {
//! let forged = sanspay_core::partner::ConfirmedEvent { event, record };
//! # }
//! ```

use std::fmt;

use http::Request;
use serde::de;

use super::record::{self, Record, boxed_text};
use super::record_id::RecordId;
use super::show_payment;
use super::status::{EventKind, RecordType, Status};
use crate::endpoint::{Endpoint, Replay};
use crate::error::{Error, ErrorKind};
use crate::json::{self, Object};
use crate::money::{Amount, Currency};
use crate::printable::Escaped;
use crate::profile::Compiled;
use crate::timestamp::Timestamp;
use crate::wire::{Api, DriftKind, DriftLog, Reply, Wire};

/// The longest webhook body that is read. The documented events have one record each.
const MAX_BODY: usize = 256 * 1024;

/// What a webhook claims. Anyone may have sent it: act on nothing in it before
/// [`confirm`](UnconfirmedEvent::confirm).
///
/// ```
/// use sanspay_core::partner::UnconfirmedEvent;
/// use sanspay_core::{Api, BaseUrl, Endpoint};
///
/// let api = Api::new(BaseUrl::new("https://api.example.com")?);
/// let record = r#"{"id":"6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d","status":"paid",
///     "amount":"10.00","currency":"USD"}"#;
/// let posted = format!(r#"{{"id":"evt_1","event":"payment.paid","data":{record}}}"#);
/// let event = UnconfirmedEvent::parse(posted.as_bytes(), api.wire())?;
///
/// let confirm = event.confirm();
/// let _request = confirm.request(&api)?; // send it with the token
/// let confirmed = confirm.read(&api, &http::Response::new(record.as_bytes()))?;
/// // Compare it with your order by `confirmed.matches(&expected)`: only that says *paid*.
/// // Commit this with the order, in one transaction; do nothing if it is there already.
/// let key = confirmed.dedup_key().to_string();
/// assert_eq!(key, "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d:paid");
/// # Ok::<(), sanspay_core::Error>(())
/// ```
#[derive(Clone)]
pub struct UnconfirmedEvent {
    id: Option<Box<str>>,
    kind: Option<EventKind>,
    created_at: Option<Timestamp>,
    record_id: RecordId,
    claim: Claim,
    // Boxed because it is large and seldom read.
    claimed: Option<Box<Record>>,
}

/// What is claimed about the record, as far as anything is.
#[derive(Clone)]
struct Claim {
    kind: Option<RecordType>,
    status: Option<Status>,
    amount: Option<Amount>,
    currency: Option<Currency>,
    reference: Option<Box<str>>,
}

impl Claim {
    fn read(record: Option<&Object<'_>>, tables: &Compiled) -> Self {
        // One that is there twice says nothing.
        let said = |name| record?.only(name).ok().flatten();
        let currency = said("currency").and_then(record::read_currency);
        let unknown = Currency::from_received("");
        let money = currency.as_ref().unwrap_or(&unknown);
        Self {
            kind: said("type").and_then(|json| record::read_kind(json, tables)),
            status: said("status").and_then(|json| record::read_status(json, tables)),
            amount: said("amount").and_then(|json| tables.money.read(json, money)),
            currency,
            reference: said("reference").and_then(record::boxed_scalar),
        }
    }

    /// Whether nothing of it contradicts the record.
    fn agrees_with(&self, record: &Record) -> bool {
        compatible(self.kind.as_ref(), record.record_type())
            && compatible(self.status.as_ref(), Some(record.status()))
            && compatible(self.amount.as_ref(), Some(&record.amount()))
            && compatible(self.currency.as_ref(), Some(record.currency()))
            && compatible(self.reference.as_deref(), record.reference())
    }
}

impl UnconfirmedEvent {
    /// Reads the body of a webhook, at most 256 KiB. The id of a record is enough: it is that of
    /// `data`, or the body's own where there is no `data`. Everything else is absent where it lacks
    /// or has an odd form, because nothing in it is trusted. Where `event` is absent, `type` is read
    /// in its place; an unknown event keeps its text.
    ///
    /// The provider's [profile](Wire::profile) says where the fields stand; a session's is
    /// `session.api().wire()`.
    ///
    /// # Errors
    /// [`ErrorKind::TooLarge`], or [`ErrorKind::Unreadable`] when it is about no record.
    pub fn parse(body: &[u8], wire: &Wire) -> Result<Self, Error> {
        const OPERATION: &str = "read webhook";
        if body.len() > MAX_BODY {
            let detail = "the body is longer than 256 KiB";
            return Err(Error::new(ErrorKind::TooLarge, OPERATION, detail));
        }
        let event = json::text(body).and_then(|text| Self::read(text, wire.profile.tables()));
        event.map_err(|e| {
            let detail = format!(
                "the event is not understood: {}",
                json::describe_json_error(&e)
            );
            Error::new(ErrorKind::Unreadable, OPERATION, detail)
        })
    }

    /// The id of the event itself, where there is one.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// What is claimed to have happened, where it is said.
    pub fn kind(&self) -> Option<&EventKind> {
        self.kind.as_ref()
    }

    /// When it is claimed to have happened, where it is said.
    pub fn created_at(&self) -> Option<Timestamp> {
        self.created_at
    }

    /// The record that the claim is about.
    pub fn record_id(&self) -> RecordId {
        self.record_id
    }

    /// The record as claimed, where the event holds a whole one: for logs and comparisons. It is no
    /// evidence of anything.
    pub fn unconfirmed_record(&self) -> Option<&Record> {
        self.claimed.as_deref()
    }

    /// Counts what came otherwise than the profile says.
    pub(crate) fn note_drift(&self, log: &DriftLog) {
        let mut log = log.counting();
        if let Some(EventKind::Other(word)) = &self.kind {
            log.note(DriftKind::UnknownWord, "event", word);
        }
        if let Some(record) = self.unconfirmed_record() {
            record.note_drift(&mut log);
        }
    }

    /// The operation that fetches the record and yields the confirmed event.
    pub fn confirm(&self) -> ConfirmEvent {
        ConfirmEvent {
            event: self.clone(),
        }
    }
}

/// Shows what the record shows; the event's own id is whatever was posted.
impl fmt::Debug for UnconfirmedEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnconfirmedEvent")
            .field("kind", &self.kind)
            .field("created_at", &self.created_at)
            .field("record_id", &self.record_id)
            .field("claimed", &self.claimed)
            .finish_non_exhaustive()
    }
}

impl UnconfirmedEvent {
    fn read(json: &str, tables: &Compiled) -> Result<Self, serde_json::Error> {
        let event = tables.webhook.read(json)?;
        let record = event.only("record")?.filter(|json| *json != "null");
        let record = record
            .map(|json| tables.record.read_bare(json))
            .transpose()?;
        let record_id = match &record {
            Some(record) => record.only("id")?,
            None => tables.record.read_bare(json)?.only("id")?,
        };
        let unexpected = de::Unexpected::Other("this value");
        let record_id = record_id.and_then(record::read_id).ok_or_else(|| {
            de::Error::invalid_value(unexpected, &"the `id` of a record as a UUID")
        })?;
        // One that is there twice says nothing.
        let said = |name| event.only(name).ok().flatten();
        let kind = |name| {
            Some(EventKind::from(
                &*tables.event.ours(&record::text(said(name)?)?),
            ))
        };
        Ok(Self {
            id: said("id").filter(|_| record.is_some()).and_then(boxed_text),
            kind: kind("event").or_else(|| kind("type")),
            created_at: said("created_at").and_then(|json| tables.time.read(json)),
            record_id,
            claim: Claim::read(record.as_ref(), tables),
            claimed: record.and_then(|record| Some(Box::new(Record::read(record, tables).ok()?))),
        })
    }
}

/// `GET /partner/payments/{uuid}`: fetches the record of an event and confirms it.
///
/// What is confirmed is the record's present status. An event that arrived late claims an older
/// one; see [`ConfirmedEvent::agrees`].
#[derive(Debug, Clone)]
pub struct ConfirmEvent {
    event: UnconfirmedEvent,
}

impl Endpoint for ConfirmEvent {
    type Output = ConfirmedEvent;

    fn operation(&self) -> &'static str {
        "confirm event"
    }

    fn request(&self, api: &Api) -> Result<Request<Vec<u8>>, Error> {
        show_payment::request(self.operation(), self.event.record_id(), api)
    }

    fn parse(&self, reply: Reply<'_>) -> Result<ConfirmedEvent, Error> {
        let id = self.event.record_id();
        let record = reply.record(|record| record.id() == id)?;
        Ok(ConfirmedEvent {
            event: Box::new(self.event.clone()),
            record,
        })
    }

    fn replay(&self) -> Replay {
        Replay::Safe
    }
}

/// An event whose record was fetched over the authenticated channel.
///
/// Compare it with your order ([`matches`](ConfirmedEvent::matches)): that alone says *paid*. Commit
/// the [`dedup_key`](ConfirmedEvent::dedup_key) with what you did.
#[derive(Debug, Clone)]
pub struct ConfirmedEvent {
    // Boxed because it is large and seldom read.
    event: Box<UnconfirmedEvent>,
    record: Record,
}

impl ConfirmedEvent {
    /// The record as the provider holds it now.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// The record as the provider holds it now.
    pub fn into_record(self) -> Record {
        self.record
    }

    /// The event as it was posted, which is still a claim.
    pub fn event(&self) -> &UnconfirmedEvent {
        &self.event
    }

    /// Whether the record is what the event says and claims, as far as it claims anything. Where it
    /// is not, the event came late or was forged; the record counts in both cases.
    pub fn agrees(&self) -> bool {
        let said = match &self.event.kind {
            Some(EventKind::PaymentCreated) => Some(Status::Created),
            Some(EventKind::PaymentPaid) => Some(Status::Paid),
            Some(EventKind::PaymentFailed) => Some(Status::Failed),
            Some(EventKind::PaymentExpired) => Some(Status::Expired),
            Some(EventKind::Other(_)) | None => None,
        };
        said.is_none_or(|said| said == *self.record.status())
            && self.event.claim.agrees_with(&self.record)
    }

    /// Under which to remember that this was handled. Delivery is at least once and in any order,
    /// and every delivery about the same status of the same record has the same key.
    pub fn dedup_key(&self) -> DedupKey {
        DedupKey::of(&self.record)
    }
}

/// What one of the two does not say contradicts nothing.
fn compatible<T: PartialEq + ?Sized>(claimed: Option<&T>, present: Option<&T>) -> bool {
    claimed.is_none() || present.is_none() || claimed == present
}

/// A record's id and status: what one change of a record is remembered by.
///
/// It comes from a [`ConfirmedEvent`] only: a key made from a mere claim would let a forged event
/// block the real one. `Display` is the form to store.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DedupKey {
    id: RecordId,
    status: Status,
}

impl DedupKey {
    pub(super) fn of(record: &Record) -> Self {
        Self {
            id: record.id(),
            status: record.status().clone(),
        }
    }

    /// The record.
    pub fn id(&self) -> RecordId {
        self.id
    }

    /// Its status.
    pub fn status(&self) -> &Status {
        &self.status
    }
}

impl fmt::Display for DedupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.id, Escaped(self.status.as_str()))
    }
}

#[cfg(test)]
mod tests;
