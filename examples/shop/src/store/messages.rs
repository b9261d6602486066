//! What was said about an order, for the developer's drawer.

use rusqlite::{Transaction, named_params};
use sanspay_core::checkout::Source;

use crate::Failure;

/// How many messages about one order are kept.
const KEPT: u32 = 20;

/// Something that was said about an order, and what was made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) source: Source,
    pub(crate) raw: String,
    pub(crate) failed_check: Option<usize>,
    /// What came of it, the first time and the last.
    pub(crate) result: String,
    pub(crate) last: String,
    /// How often it came.
    pub(crate) times: u64,
}

const RETURN: &str = "return";

fn kind(source: Source) -> &'static str {
    match source {
        Source::Notification => "notification",
        Source::BrowserReturn => RETURN,
    }
}

/// Keeps a message.
pub(crate) fn put_message(
    db: &Transaction<'_>,
    number: &str,
    message: &Message,
) -> Result<(), Failure> {
    db.execute(
        "INSERT INTO messages (number, kind, raw, failed_check, result, last, times)
         VALUES (:number, :kind, :raw, :failed, :result, :last, 1)
         ON CONFLICT (number, kind, raw) DO UPDATE SET times = times + 1, last = :last",
        named_params! {
            ":number": number,
            ":kind": kind(message.source),
            ":raw": message.raw,
            ":failed": message.failed_check.map(i64::try_from).transpose()?,
            ":result": message.result,
            ":last": message.last,
        },
    )?;
    db.execute(
        "DELETE FROM messages WHERE number = ?1 AND id NOT IN
         (SELECT id FROM messages WHERE number = ?1 ORDER BY id DESC LIMIT ?2)",
        (number, KEPT),
    )?;
    Ok(())
}

/// What was said about an order, the latest first.
pub(crate) fn messages(db: &Transaction<'_>, number: &str) -> Result<Vec<Message>, Failure> {
    let mut query = db.prepare(
        "SELECT kind, raw, failed_check, result, last, times FROM messages WHERE number = ?1
         ORDER BY id DESC",
    )?;
    let rows = query.query_map([number], |row| {
        let failed: Option<i64> = row.get(2)?;
        let times: i64 = row.get(5)?;
        Ok(Message {
            source: if row.get::<_, String>(0)? == RETURN {
                Source::BrowserReturn
            } else {
                Source::Notification
            },
            raw: row.get(1)?,
            failed_check: failed.and_then(|check| usize::try_from(check).ok()),
            result: row.get(3)?,
            last: row.get(4)?,
            times: times.try_into().unwrap_or_default(),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::store::{Store, put_order, tests::new_order};

    #[tokio::test]
    async fn no_more_messages_are_kept_than_a_page_needs() {
        let store = Store::open(None).unwrap();
        store.run(|db| put_order(db, &new_order())).await.unwrap();
        for raw in 0..KEPT + 5 {
            let message = Message {
                source: Source::Notification,
                raw: raw.to_string(),
                failed_check: Some(1),
                result: String::new(),
                last: String::new(),
                times: 1,
            };
            let number = new_order().number;
            let put = store.run(move |db| put_message(db, &number, &message));
            put.await.unwrap();
        }
        let number = new_order().number;
        let kept = store.run(move |db| messages(db, &number)).await.unwrap();
        assert_eq!(kept.len(), KEPT as usize);
        assert_eq!(kept[0].raw, (KEPT + 4).to_string());
    }
}
