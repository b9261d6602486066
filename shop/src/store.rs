//! What survives a restart: orders, what was said about them, and which of it was acted on, in
//! one `SQLite` file.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OpenFlags, Row, Transaction, TransactionBehavior, named_params};
use sanspay_core::checkout::{Ability, Progress, Status};

use crate::Failure;
use crate::file;

/// How many messages about one order are kept.
const KEPT_MESSAGES: u32 = 20;

/// How many webhooks are kept.
const KEPT_EVENTS: u32 = 100;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS orders (
        number TEXT PRIMARY KEY, item TEXT NOT NULL, subject TEXT NOT NULL,
        amount_cents INTEGER NOT NULL, subscribes INTEGER NOT NULL, status TEXT NOT NULL,
        returned TEXT, url TEXT NOT NULL, signed_text TEXT NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS handled (key TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS messages (
        id INTEGER PRIMARY KEY, number TEXT NOT NULL REFERENCES orders, kind TEXT NOT NULL,
        raw TEXT NOT NULL, failed_check INTEGER, result TEXT NOT NULL, times INTEGER NOT NULL,
        UNIQUE (number, kind, raw)
    ) STRICT;
    CREATE TABLE IF NOT EXISTS events (
        id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, record TEXT NOT NULL,
        claim TEXT NOT NULL, state TEXT NOT NULL, found TEXT NOT NULL
    ) STRICT;
";

/// The database. One connection behind a lock: each use is a short transaction.
#[derive(Clone)]
pub(crate) struct Store(Arc<Mutex<Connection>>);

impl Store {
    /// Opens the file, or begins a database in memory.
    ///
    /// # Errors
    /// When the file is not private, or no database.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let connection = match path {
            Some(path) => {
                let flags = OpenFlags::default() | OpenFlags::SQLITE_OPEN_NOFOLLOW;
                Connection::open_with_flags(file::private(path)?, flags)?
            }
            None => Connection::open_in_memory()?,
        };
        // Written through to the disk before a notification is acknowledged.
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// Runs one transaction, away from the threads that answer requests.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let connection = Arc::clone(&self.0);
        let done = tokio::task::spawn_blocking(move || {
            let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            // Immediate, so that another process on the same file is waited for.
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = work(&transaction)?;
            transaction.commit()?;
            Ok(value)
        });
        done.await?
    }
}

/// An order as it stands in the shop's own books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OrderRow {
    pub(crate) number: String,
    pub(crate) item: String,
    /// The product's name as it was signed.
    pub(crate) subject: String,
    pub(crate) amount_cents: u64,
    pub(crate) ability: Ability,
    /// What a notification said last. Nothing else changes it.
    pub(crate) status: Status,
    /// What the browser said when it came back: shown, and never acted on.
    pub(crate) returned: Option<Status>,
    pub(crate) url: String,
    pub(crate) signed_text: String,
}

/// Something that was said about an order, and what was made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    /// `notification` or `return`.
    pub(crate) kind: &'static str,
    pub(crate) raw: String,
    pub(crate) failed_check: Option<usize>,
    pub(crate) result: String,
    /// How often it came.
    pub(crate) times: u64,
}

/// A webhook, and whether it is more than a claim by now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) record: String,
    pub(crate) claim: String,
    /// `unconfirmed`, `confirmed`, `outdated or false`, or `refused`.
    pub(crate) state: String,
    pub(crate) found: String,
}

/// A number that nobody guesses.
pub(crate) fn fresh_number(db: &Transaction<'_>) -> Result<String, Failure> {
    Ok(db.query_row("SELECT lower(hex(randomblob(8)))", [], |row| row.get(0))?)
}

/// Adds the order, or replaces what was signed for it.
pub(crate) fn put_order(db: &Transaction<'_>, order: &OrderRow) -> Result<(), Failure> {
    db.execute(
        "INSERT INTO orders VALUES (:number, :item, :subject, :cents, :subscribes, :status, NULL, :url, :text)
         ON CONFLICT (number) DO UPDATE SET url = :url, signed_text = :text",
        named_params! {
            ":number": order.number,
            ":item": order.item,
            ":subject": order.subject,
            ":cents": i64::try_from(order.amount_cents)?,
            ":subscribes": order.ability == Ability::Subscribe,
            ":status": order.status.as_str(),
            ":url": order.url,
            ":text": order.signed_text,
        },
    )?;
    Ok(())
}

pub(crate) fn order(db: &Transaction<'_>, number: &str) -> Result<Option<OrderRow>, Failure> {
    let mut query = db.prepare(
        "SELECT number, item, subject, amount_cents, subscribes, status, returned, url, signed_text
         FROM orders WHERE number = ?1",
    )?;
    let mut rows = query.query([number])?;
    let row = rows.next()?;
    row.map(read_order).transpose()
}

fn read_order(row: &Row<'_>) -> Result<OrderRow, Failure> {
    let status = |text: String| Status::from_text(&text).ok_or("a status that there is none of");
    Ok(OrderRow {
        number: row.get(0)?,
        item: row.get(1)?,
        subject: row.get(2)?,
        amount_cents: row.get::<_, i64>(3)?.try_into()?,
        ability: if row.get(4)? {
            Ability::Subscribe
        } else {
            Ability::Checkout
        },
        status: status(row.get(5)?)?,
        returned: row.get::<_, Option<String>>(6)?.map(status).transpose()?,
        url: row.get(7)?,
        signed_text: row.get(8)?,
    })
}

/// Gives the order its new status, if the message behind `key` is news: the key and the status
/// are stored together or not at all.
pub(crate) fn advance(
    db: &Transaction<'_>,
    order: &OrderRow,
    status: Status,
    key: &str,
) -> Result<Progress, Failure> {
    let progress = order.status.progress(status);
    if !handle(db, key)? {
        return Ok(Progress::Replay);
    }
    if progress == Progress::Advance {
        let change = "UPDATE orders SET status = ?2 WHERE number = ?1";
        db.execute(change, [&order.number, status.as_str()])?;
    }
    Ok(progress)
}

/// Notes that the message behind `key` is acted on; `false` when that was so before.
pub(crate) fn handle(db: &Transaction<'_>, key: &str) -> Result<bool, Failure> {
    Ok(db.execute("INSERT OR IGNORE INTO handled VALUES (?1)", [key])? == 1)
}

/// Notes what the browser said.
pub(crate) fn returned(db: &Transaction<'_>, number: &str, status: Status) -> Result<(), Failure> {
    let change = "UPDATE orders SET returned = ?2 WHERE number = ?1";
    db.execute(change, [number, status.as_str()])?;
    Ok(())
}

/// Keeps a message for the developer's drawer.
pub(crate) fn put_message(
    db: &Transaction<'_>,
    number: &str,
    message: &Message,
) -> Result<(), Failure> {
    db.execute(
        "INSERT INTO messages (number, kind, raw, failed_check, result, times)
         VALUES (:number, :kind, :raw, :failed, :result, 1)
         ON CONFLICT (number, kind, raw) DO UPDATE SET times = times + 1",
        named_params! {
            ":number": number,
            ":kind": message.kind,
            ":raw": message.raw,
            ":failed": message.failed_check.map(i64::try_from).transpose()?,
            ":result": message.result,
        },
    )?;
    db.execute(
        "DELETE FROM messages WHERE number = ?1 AND id NOT IN
         (SELECT id FROM messages WHERE number = ?1 ORDER BY id DESC LIMIT ?2)",
        (number, KEPT_MESSAGES),
    )?;
    Ok(())
}

/// What was said about an order, the latest first.
pub(crate) fn messages(db: &Transaction<'_>, number: &str) -> Result<Vec<Message>, Failure> {
    let mut query = db.prepare(
        "SELECT kind, raw, failed_check, result, times FROM messages WHERE number = ?1
         ORDER BY id DESC",
    )?;
    let rows = query.query_map([number], |row| {
        let kind: String = row.get(0)?;
        let failed: Option<i64> = row.get(2)?;
        let times: i64 = row.get(4)?;
        Ok(Message {
            kind: if kind == "return" {
                "return"
            } else {
                "notification"
            },
            raw: row.get(1)?,
            failed_check: failed.and_then(|check| usize::try_from(check).ok()),
            result: row.get(3)?,
            times: times.try_into().unwrap_or_default(),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
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

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn new_order() -> OrderRow {
        OrderRow {
            number: "1".into(),
            item: "tea".into(),
            subject: "Tea".into(),
            amount_cents: 1,
            ability: Ability::Checkout,
            status: Status::Created,
            returned: None,
            url: "u".into(),
            signed_text: "t".into(),
        }
    }

    async fn stored(store: &Store) -> OrderRow {
        let found = store.run(|db| order(db, "1")).await;
        found.unwrap().unwrap()
    }

    #[tokio::test]
    async fn status_and_dedup_key_are_stored_together_or_not_at_all() {
        let store = Store::open(None).unwrap();
        store.run(|db| put_order(db, &new_order())).await.unwrap();
        let paid = |db: &Transaction<'_>| {
            let order = order(db, "1")?.ok_or("an order")?;
            advance(db, &order, Status::CheckoutSucceed, "key")
        };
        let lost: Result<(), Failure> = store
            .run(move |db| {
                assert_eq!(paid(db)?, Progress::Advance);
                Err("the power fails".into())
            })
            .await;
        assert!(lost.is_err());
        assert_eq!(stored(&store).await.status, Status::Created);
        assert_eq!(store.run(paid).await.unwrap(), Progress::Advance);
        assert_eq!(store.run(paid).await.unwrap(), Progress::Replay);
        assert_eq!(stored(&store).await.status, Status::CheckoutSucceed);
    }

    #[tokio::test]
    async fn signing_anew_keeps_what_is_known_of_an_order() {
        let store = Store::open(None).unwrap();
        store.run(|db| put_order(db, &new_order())).await.unwrap();
        let changed = store.run(|db| {
            returned(db, "1", Status::CheckoutFail)?;
            advance(db, &new_order(), Status::CheckoutFail, "key")?;
            put_order(
                db,
                &OrderRow {
                    url: "v".into(),
                    ..new_order()
                },
            )
        });
        changed.await.unwrap();
        let order = stored(&store).await;
        assert_eq!(
            (order.status, order.url.as_str()),
            (Status::CheckoutFail, "v")
        );
        assert_eq!(order.returned, Some(Status::CheckoutFail));
    }

    #[tokio::test]
    async fn no_more_messages_are_kept_than_a_page_needs() {
        let store = Store::open(None).unwrap();
        store.run(|db| put_order(db, &new_order())).await.unwrap();
        for raw in 0..KEPT_MESSAGES + 5 {
            let message = Message {
                kind: "notification",
                raw: raw.to_string(),
                failed_check: Some(1),
                result: String::new(),
                times: 1,
            };
            store
                .run(move |db| put_message(db, "1", &message))
                .await
                .unwrap();
        }
        let kept = store.run(|db| messages(db, "1")).await.unwrap();
        assert_eq!(kept.len(), KEPT_MESSAGES as usize);
        assert_eq!(kept[0].raw, (KEPT_MESSAGES + 4).to_string());
    }
}
