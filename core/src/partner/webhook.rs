//! Webhooks: what the provider claims, and how a claim becomes a fact.
//!
//! The provider delivers four events to the partner's URL (grade D) as `POST` of the JSON
//! `{"id","event","created_at","data":{record}}` (grade A). No signature is documented, so anyone
//! who knows the URL can post one: an event is a hint to go and look. [`UnconfirmedEvent`] is the
//! hint; [`ConfirmEvent`] fetches the record over the authenticated channel; [`ConfirmedEvent`]
//! is the fact, and there is no other way to one:
//!
//! ```compile_fail,E0451
//! # fn forge(event: sanspay_core::partner::UnconfirmedEvent, record: sanspay_core::partner::Record) {
//! let forged = sanspay_core::partner::ConfirmedEvent { event, record };
//! # }
//! ```

use std::fmt;
use std::marker::PhantomData;

use http::{Request, Response};
use serde_core::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess};

use super::record::{InText, Record, once};
use super::record_id::RecordId;
use super::show_payment;
use super::status::{EventKind, Status};
use crate::answer::read_json;
use crate::api::Api;
use crate::endpoint::{Endpoint, Replay};
use crate::error::{Error, ErrorKind, describe_json_error};
use crate::printable::Escaped;
use crate::text::Name;
use crate::timestamp::Timestamp;

/// The longest webhook body that is read. The documented events have one record each.
const MAX_BODY: usize = 256 * 1024;

/// What a webhook claims. Anyone may have sent it: act on nothing in it before
/// [`confirm`](UnconfirmedEvent::confirm).
///
/// ```
/// use sanspay_core::partner::UnconfirmedEvent;
/// use sanspay_core::{Api, BaseUrl, Endpoint};
///
/// let record = r#"{"id":"6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d","status":"paid",
///     "amount":"10.00","currency":"USD"}"#;
/// let posted = format!(r#"{{"id":"evt_1","event":"payment.paid","data":{record}}}"#);
/// let event = UnconfirmedEvent::parse(posted.as_bytes())?;
///
/// let api = Api::new(BaseUrl::new("https://api.example.com")?);
/// let confirm = event.confirm();
/// let _request = confirm.request(&api)?; // send it with the token
/// let confirmed = confirm.parse(&api, &http::Response::new(record.as_bytes()))?;
/// // Compare it with your order by `confirmed.matches(&expected)`: only that says *paid*.
/// // Commit this with the order, in one transaction; do nothing if it is there already.
/// let key = confirmed.dedup_key().to_string();
/// assert_eq!(key, "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d:paid");
/// # Ok::<(), sanspay_core::Error>(())
/// ```
#[derive(Clone)]
pub struct UnconfirmedEvent {
    id: Option<Box<str>>,
    kind: EventKind,
    created_at: Option<Timestamp>,
    claim: Record,
}

impl UnconfirmedEvent {
    /// Reads the body of a webhook, at most 256 KiB. Where `event` is absent, `type` is read in
    /// its place; an unknown event keeps its text.
    ///
    /// # Errors
    /// [`ErrorKind::TooLarge`], or [`ErrorKind::Unreadable`] when it is not an event.
    pub fn parse(body: &[u8]) -> Result<Self, Error> {
        const OPERATION: &str = "read webhook";
        if body.len() > MAX_BODY {
            let detail = "the body is longer than 256 KiB";
            return Err(Error::new(ErrorKind::TooLarge, OPERATION, detail));
        }
        let read = read_json(body).map(|InText(event)| event);
        read.map_err(|e| {
            let detail = format!("the event is not understood: {}", describe_json_error(&e));
            Error::new(ErrorKind::Unreadable, OPERATION, detail)
        })
    }

    /// The id of the event itself, where there is one.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// What is claimed to have happened.
    pub fn kind(&self) -> &EventKind {
        &self.kind
    }

    /// When it is claimed to have happened.
    pub fn created_at(&self) -> Option<Timestamp> {
        self.created_at
    }

    /// The record that the claim is about.
    pub fn record_id(&self) -> RecordId {
        self.claim.id()
    }

    /// The record as claimed, for logs and comparisons. It is no evidence of anything.
    pub fn unconfirmed_record(&self) -> &Record {
        &self.claim
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
            .field("claim", &self.claim)
            .finish_non_exhaustive()
    }
}

impl<'de> Deserialize<'de> for UnconfirmedEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Visitor::<Record>(PhantomData))
    }
}

impl<'de> Deserialize<'de> for InText<UnconfirmedEvent> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let event = deserializer.deserialize_map(Visitor::<InText<Record>>(PhantomData))?;
        Ok(Self(event))
    }
}

/// Reads the record of the event as an `R`.
struct Visitor<R>(PhantomData<R>);

impl<'de, R: Deserialize<'de> + Into<Record>> de::Visitor<'de> for Visitor<R> {
    type Value = UnconfirmedEvent;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event as a JSON object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<UnconfirmedEvent, M::Error> {
        let mut id: Option<Option<Box<str>>> = None;
        let mut event: Option<Option<EventKind>> = None;
        let mut kind: Option<Option<EventKind>> = None;
        let mut created_at: Option<Option<Timestamp>> = None;
        let mut data: Option<R> = None;
        while let Some(Name(name)) = map.next_key()? {
            match &*name {
                "id" => once(&mut id, "id", &mut map)?,
                "event" => once(&mut event, "event", &mut map)?,
                "type" => once(&mut kind, "type", &mut map)?,
                "created_at" => once(&mut created_at, "created_at", &mut map)?,
                "data" => once(&mut data, "data", &mut map)?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        let kind = event.flatten().or(kind.flatten());
        Ok(UnconfirmedEvent {
            id: id.flatten(),
            kind: kind.ok_or_else(|| de::Error::missing_field("event"))?,
            created_at: created_at.flatten(),
            claim: data.ok_or_else(|| de::Error::missing_field("data"))?.into(),
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

    fn parse(&self, api: &Api, response: &Response<&[u8]>) -> Result<ConfirmedEvent, Error> {
        let id = self.event.record_id();
        let record = show_payment::parse(self.operation(), id, api, response)?;
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

    /// Whether the record's status is what the event says and what its data claims. Where it is
    /// not, the event came late or was forged; the record counts in both cases.
    pub fn agrees(&self) -> bool {
        let said = match &self.event.kind {
            EventKind::PaymentCreated => Some(Status::Created),
            EventKind::PaymentPaid => Some(Status::Paid),
            EventKind::PaymentFailed => Some(Status::Failed),
            EventKind::PaymentExpired => Some(Status::Expired),
            EventKind::Other(_) => None,
        };
        let claimed = self.event.claim.status();
        self.record.status() == claimed && said.is_none_or(|said| said == *claimed)
    }

    /// Under which to remember that this was handled. Delivery is at least once and in any order,
    /// and every delivery about the same status of the same record has the same key.
    pub fn dedup_key(&self) -> DedupKey {
        DedupKey::of(&self.record)
    }
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
