//! The orders, and the payments that were made for them.

use rusqlite::{Row, Transaction, named_params};
use sanspay_core::checkout::{Matched, OrderNumber, Payment, Progress, Recorded, Source, Status};

use super::handle;
use crate::Failure;
use crate::catalogue::Offer;

/// An order as it stands in the shop's own records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OrderRow {
    pub(crate) number: String,
    pub(crate) item: String,
    /// The product's name as it was signed.
    pub(crate) subject: String,
    pub(crate) amount_cents: u64,
    /// As it was sold: the first charge of a subscription follows from it.
    pub(crate) offer: Offer,
    /// What a message said last that was acted on. Nothing else changes it.
    pub(crate) status: Status,
    pub(crate) url: String,
    pub(crate) signed_text: String,
}

/// A payment of an order: the first is the one that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PaymentRow {
    pub(crate) trade_no: String,
    /// Whether the browser's return told of it.
    pub(crate) returned: bool,
    /// Whether a notification did.
    pub(crate) notified: bool,
    /// How often it was told once more in a way that may be a renewal.
    pub(crate) again: u64,
}

impl PaymentRow {
    fn recorded(&self) -> Recorded<'_> {
        Recorded {
            trade_no: &self.trade_no,
            notified: self.notified,
        }
    }
}

/// What became of a message that belongs to its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It says that the order is paid, and this is what that means.
    Paid(Payment),
    /// It says something else.
    Step(Progress),
}

/// A number of our own count, padded so that no payer can append a status to it, and nobody can
/// guess it.
pub(crate) fn fresh_order_number(db: &Transaction<'_>) -> Result<OrderNumber, Failure> {
    let fresh = "SELECT coalesce(max(rowid), 0) + 1, randomblob(16) FROM orders";
    let (count, seed): (i64, [u8; 16]) =
        db.query_row(fresh, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let seed = u128::from_be_bytes(seed);
    Ok(OrderNumber::for_id(&format!("T{count}"), seed)?)
}

/// Adds the order, or replaces what was signed for it.
pub(crate) fn put_order(db: &Transaction<'_>, order: &OrderRow) -> Result<(), Failure> {
    let free_days = match order.offer {
        Offer::Once => None,
        Offer::Monthly { free_days } => Some(free_days),
    };
    db.execute(
        "INSERT INTO orders VALUES (:number, :item, :subject, :cents, :free_days, :status, :url, :text)
         ON CONFLICT (number) DO UPDATE SET url = :url, signed_text = :text",
        named_params! {
            ":number": order.number,
            ":item": order.item,
            ":subject": order.subject,
            ":cents": i64::try_from(order.amount_cents)?,
            ":free_days": free_days,
            ":status": order.status.as_str(),
            ":url": order.url,
            ":text": order.signed_text,
        },
    )?;
    Ok(())
}

pub(crate) fn order(db: &Transaction<'_>, number: &str) -> Result<Option<OrderRow>, Failure> {
    let mut query = db.prepare(
        "SELECT number, item, subject, amount_cents, free_days, status, url, signed_text
         FROM orders WHERE number = ?1",
    )?;
    let mut rows = query.query([number])?;
    let row = rows.next()?;
    row.map(read_order).transpose()
}

fn read_order(row: &Row<'_>) -> Result<OrderRow, Failure> {
    let status: String = row.get(5)?;
    let free_days: Option<u32> = row.get(4)?;
    Ok(OrderRow {
        number: row.get(0)?,
        item: row.get(1)?,
        subject: row.get(2)?,
        amount_cents: row.get::<_, i64>(3)?.try_into()?,
        offer: free_days.map_or(Offer::Once, |free_days| Offer::Monthly { free_days }),
        status: Status::from_text(&status).ok_or("a status that there is none of")?,
        url: row.get(6)?,
        signed_text: row.get(7)?,
    })
}

/// Acts on a message that belongs to the order, notification and browser return alike: its dedup
/// key, the payment and the order's new status are stored together or not at all.
pub(crate) fn take(
    db: &Transaction<'_>,
    order: &OrderRow,
    matched: &Matched,
) -> Result<Effect, Failure> {
    let fresh = handle(db, &matched.dedup_key().to_string())?;
    let Some(paid) = matched.paid() else {
        let progress = match order.status.progress(matched.status()) {
            Progress::Advance if !fresh => Progress::Replay,
            progress => progress,
        };
        if progress == Progress::Advance {
            set_status(db, order, matched.status())?;
        }
        return Ok(Effect::Step(progress));
    };
    let known = payments(db, &order.number)?;
    // One that is known is compared with itself, and another one with the first.
    let same = known.iter().find(|row| row.trade_no == paid.trade_no());
    let before = same.or(known.first());
    let payment = paid.payment(before.map(PaymentRow::recorded));
    if payment == Payment::First {
        set_status(db, order, paid.status())?;
    }
    let notified = paid.source() == Source::Notification;
    db.execute(
        "INSERT INTO payments (number, trade_no, returned, notified, again)
         VALUES (:number, :trade_no, :returned, :notified, 0)
         ON CONFLICT (number, trade_no) DO UPDATE SET returned = returned OR :returned,
         notified = notified OR :notified, again = again + :again",
        named_params! {
            ":number": order.number,
            ":trade_no": paid.trade_no(),
            ":returned": !notified,
            ":notified": notified,
            ":again": payment == Payment::PossibleRenewal,
        },
    )?;
    Ok(Effect::Paid(payment))
}

fn set_status(db: &Transaction<'_>, order: &OrderRow, status: Status) -> Result<(), Failure> {
    let change = "UPDATE orders SET status = ?2 WHERE number = ?1";
    db.execute(change, [&order.number, status.as_str()])?;
    Ok(())
}

/// The payments of an order, the first one first.
pub(crate) fn payments(db: &Transaction<'_>, number: &str) -> Result<Vec<PaymentRow>, Failure> {
    let mut query = db.prepare(
        "SELECT trade_no, returned, notified, again FROM payments WHERE number = ?1 ORDER BY id",
    )?;
    let rows = query.query_map([number], |row| {
        let again: i64 = row.get(3)?;
        Ok(PaymentRow {
            trade_no: row.get(0)?,
            returned: row.get(1)?,
            notified: row.get(2)?,
            again: again.try_into().unwrap_or_default(),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
