//! What the shop asked of the partner API, and the webhooks about it.

use rusqlite::{OptionalExtension, Transaction};
use sanspay_core::Currency;
use sanspay_core::partner::{Expected, RecordType};

use crate::Failure;

/// How many webhooks are kept.
const KEPT_EVENTS: u32 = 100;

/// A payment or payout that the shop asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    /// What the provider's record has to be.
    pub(crate) expected: Expected,
    /// The record that it is paid by.
    pub(crate) paid_by: Option<String>,
}

/// A webhook, and whether it is more than a claim by now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) record: String,
    pub(crate) claim: String,
    /// `unconfirmed`, `confirmed`, `outdated or false`, `mismatch`, `paid twice`, `not ours`, or
    /// `refused`.
    pub(crate) state: String,
    pub(crate) found: String,
}

/// A reference that nobody guesses.
pub(crate) fn fresh_reference(db: &Transaction<'_>) -> Result<String, Failure> {
    Ok(db.query_row("SELECT lower(hex(randomblob(8)))", [], |row| row.get(0))?)
}

/// Notes what is asked for, before it is sent.
pub(crate) fn put_request(db: &Transaction<'_>, expected: &Expected) -> Result<(), Failure> {
    let values = [
        expected.reference(),
        expected.record_type().as_str(),
        &expected.amount().to_string(),
        expected.currency().as_str(),
    ];
    db.execute("INSERT INTO requests VALUES (?1, ?2, ?3, ?4, NULL)", values)?;
    Ok(())
}

/// What was asked for under this reference.
pub(crate) fn request(db: &Transaction<'_>, reference: &str) -> Result<Option<Request>, Failure> {
    let query = "SELECT type, amount, currency, paid_by FROM requests WHERE reference = ?1";
    let row = db.query_row(query, [reference], |row| {
        let text = |column| row.get::<_, String>(column);
        Ok((text(0)?, text(1)?, text(2)?, row.get(3)?))
    });
    let Some((kind, amount, currency, paid_by)) = row.optional()? else {
        return Ok(None);
    };
    let currency = Currency::new(&currency)?;
    let expected = Expected::new(
        RecordType::from(&*kind),
        reference,
        amount.parse()?,
        currency,
    );
    Ok(Some(Request { expected, paid_by }))
}

/// Marks a request paid by this record; `false` when it is paid by another one.
pub(crate) fn settle(db: &Transaction<'_>, reference: &str, record: &str) -> Result<bool, Failure> {
    let change = "UPDATE requests SET paid_by = ?2
                  WHERE reference = ?1 AND coalesce(paid_by, ?2) = ?2";
    Ok(db.execute(change, [reference, record])? == 1)
}

/// Adds a webhook as a mere claim. One that came before is not made less than it is.
pub(crate) fn put_event(
    db: &Transaction<'_>,
    key: &str,
    record: &str,
    claim: &str,
) -> Result<(), Failure> {
    db.execute(
        "INSERT OR IGNORE INTO events (key, record, claim, state, found)
         VALUES (?1, ?2, ?3, 'unconfirmed', '')",
        [key, record, claim],
    )?;
    db.execute(
        "DELETE FROM events WHERE id NOT IN (SELECT id FROM events ORDER BY id DESC LIMIT ?1)",
        [KEPT_EVENTS],
    )?;
    Ok(())
}

/// Notes what became of a webhook.
pub(crate) fn end_event(
    db: &Transaction<'_>,
    key: &str,
    state: &str,
    found: &str,
) -> Result<(), Failure> {
    let change = "UPDATE events SET state = ?2, found = ?3 WHERE key = ?1";
    db.execute(change, [key, state, found])?;
    Ok(())
}

/// The latest webhooks.
pub(crate) fn events(db: &Transaction<'_>, most: u32) -> Result<Vec<Event>, Failure> {
    let mut query =
        db.prepare("SELECT record, claim, state, found FROM events ORDER BY id DESC LIMIT ?1")?;
    let rows = query.query_map([most], |row| {
        Ok(Event {
            record: row.get(0)?,
            claim: row.get(1)?,
            state: row.get(2)?,
            found: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
