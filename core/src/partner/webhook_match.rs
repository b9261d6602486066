//! From a confirmed event to *paid*: the comparison with the order, and no other way.

use super::expected::{Expected, Mismatch};
use super::record::Record;
use super::record_id::RecordId;
use super::status::Status;
use super::webhook::{ConfirmedEvent, DedupKey};

/// What the record of a confirmed event says about an order of yours.
#[derive(Debug, Clone)]
#[must_use]
pub enum Matched {
    /// It is the order's record and the money has moved.
    Paid(Paid),
    /// It is the order's record and stands elsewhere.
    NotPaid(Status),
    /// It is another record, or not for this amount: do not act on it, and look into it.
    Mismatch(Box<Mismatch>),
}

/// The proof that an order is paid: the provider's own record, fetched over the authenticated
/// channel, is that of the order in type, reference, amount and currency, and its status is paid.
///
/// Only [`ConfirmedEvent::matches`] makes it.
///
/// ```compile_fail,E0451
/// # fn forge(record: sanspay_core::partner::Record) {
/// let forged = sanspay_core::partner::Paid { record: Box::new(record) };
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Paid {
    // Boxed, because it is large.
    record: Box<Record>,
}

impl Paid {
    /// The provider's id of the record.
    pub fn id(&self) -> RecordId {
        self.record.id()
    }

    /// The record.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// Under which to remember that this was handled: commit it with the order.
    pub fn dedup_key(&self) -> DedupKey {
        DedupKey::of(&self.record)
    }
}

impl ConfirmedEvent {
    /// Compares the record with what your order expects: the only way to [`Paid`]. What the event
    /// claimed plays no part in it.
    ///
    /// A payout that carries the order's reference, another amount, or a record that does not say
    /// its type or reference is a [`Matched::Mismatch`], whatever its status.
    ///
    /// ```
    /// use sanspay_core::partner::{Expected, Matched, UnconfirmedEvent};
    /// use sanspay_core::{Api, BaseUrl, Currency, Endpoint};
    ///
    /// let order = Expected::payment("order-1", "10.00".parse()?, Currency::USD);
    /// let id = "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d";
    /// let api = Api::new(BaseUrl::new("https://api.example.com")?);
    /// let posted = format!(r#"{{"event":"payment.paid","data":{{"id":"{id}","status":"paid",
    ///     "amount":"10.00","currency":"USD"}}}}"#);
    /// let event = UnconfirmedEvent::parse(posted.as_bytes(), api.wire())?;
    /// let fetched = |kind: &str| {
    ///     let record = format!(r#"{{"id":"{id}","type":"{kind}","status":"paid",
    ///         "amount":"10.00","currency":"USD","reference":"order-1"}}"#);
    ///     event.confirm().read(&api, &http::Response::new(record.as_bytes()))
    /// };
    /// assert!(matches!(fetched("payment")?.matches(&order), Matched::Paid(_)));
    /// assert!(matches!(fetched("payout")?.matches(&order), Matched::Mismatch(_)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn matches(&self, order: &Expected) -> Matched {
        let record = self.record();
        if let Some(mismatch) = Mismatch::of(record, order.differences(record)) {
            return Matched::Mismatch(Box::new(mismatch));
        }
        if record.status().is_paid() {
            return Matched::Paid(Paid {
                record: Box::new(record.clone()),
            });
        }
        Matched::NotPaid(record.status().clone())
    }
}
