//! One entry as a line of JSON, with a checksum before it.
//!
//! ```json
//! {"md5":"…","entry":{"begun":{"intent":{"record_type":"payout","reference":"p-1",
//!     "amount":"5.00","currency":"EUR","fingerprint":"…"},
//!     "sent_at":{"secs_since_epoch":1800000000,"nanos_since_epoch":0}}}}
//! {"md5":"…","entry":{"ended":[{"record_type":"payout","reference":"p-1"},
//!     {"executed":"6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d"}]}}
//! {"md5":"…","entry":{"ended":[{"record_type":"payout","reference":"p-1"},"not_executed"]}}
//! {"md5":"…","entry":{"committed":{"order":"o-1","status":"paid","dedup_key":"…"}}}
//! ```
//!
//! Written and read by hand: the derived way was a fifteenth of the code that LLVM was given for
//! a debug build.

use std::error::Error as StdError;
use std::fmt;
use std::time::{Duration, SystemTime};

use md5::{Digest, Md5};
use serde_json::value::RawValue;

use super::{Entry, OrderUpdate, Outcome};
use crate::error::{Intent, UnknownOutcome};
use crate::money::Currency;
use crate::object::Object;
use crate::text::text_of;

impl Entry {
    /// The entry as one line of JSON with a checksum and a line feed at its end.
    ///
    /// # Errors
    /// When a time lies before 1970, which has no form here.
    pub fn to_line(&self) -> Result<Vec<u8>, Unwritable> {
        let entry = write(self)?;
        let md5 = checksum(&entry);
        Ok(format!("{{\"md5\":\"{md5}\",\"entry\":{entry}}}\n").into_bytes())
    }

    pub(super) fn from_line(line: &[u8]) -> Option<Self> {
        let line = Object::read(std::str::from_utf8(line).ok()?).ok()?;
        let (md5, entry) = (only(&line, "md5")?, only(&line, "entry")?);
        let whole = line.into_fields().len() == 2 && *checksum(entry) == *text_of(md5)?;
        whole.then(|| read(entry)).flatten()
    }
}

/// It guards against torn and rotten bytes, not against people.
fn checksum(text: &str) -> String {
    let mut digits = [0; 32];
    // The lengths fit by construction: 16 bytes are 32 digits.
    let _ = hex::encode_to_slice(Md5::digest(text), &mut digits);
    digits.iter().map(|digit| char::from(*digit)).collect()
}

fn write(entry: &Entry) -> Result<String, Unwritable> {
    Ok(match entry {
        Entry::Begun(UnknownOutcome { intent, sent_at }) => {
            let since = sent_at.duration_since(SystemTime::UNIX_EPOCH);
            let since = since.map_err(|_| Unwritable(()))?;
            format!(
                r#"{{"begun":{{"intent":{},"sent_at":{{"secs_since_epoch":{},"nanos_since_epoch":{}}}}}}}"#,
                write_intent(intent),
                since.as_secs(),
                since.subsec_nanos()
            )
        }
        Entry::Ended(intent, outcome) => {
            let outcome = match outcome {
                Outcome::Executed(id) => format!(r#"{{"executed":"{id}"}}"#),
                Outcome::NotExecuted => r#""not_executed""#.to_owned(),
            };
            format!(r#"{{"ended":[{},{outcome}]}}"#, write_intent(intent))
        }
        Entry::Committed(update) => format!(
            r#"{{"committed":{{"order":{},"status":{},"dedup_key":{}}}}}"#,
            quoted(&update.order),
            quoted(&update.status),
            quoted(&update.dedup_key)
        ),
    })
}

fn write_intent(intent: &Intent) -> String {
    let (record_type, reference) = (quoted(&intent.record_type), quoted(&intent.reference));
    let mut json = format!(r#"{{"record_type":{record_type},"reference":{reference}"#);
    let amount = intent.amount.map(|amount| amount.to_string());
    let fields = [
        ("amount", amount.as_deref()),
        ("currency", intent.currency.as_ref().map(Currency::as_str)),
        ("fingerprint", intent.fingerprint.as_deref()),
    ];
    for (name, value) in fields {
        if let Some(value) = value {
            json.extend([",\"", name, "\":", &quoted(value)]);
        }
    }
    json.push('}');
    json
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn read(entry: &str) -> Option<Entry> {
    let [(kind, json)] = Object::read(entry).ok()?.into_fields().try_into().ok()?;
    match &*kind {
        "begun" => {
            let begun = Object::read(json).ok()?;
            let intent = read_intent(only(&begun, "intent")?)?;
            let sent_at = read_time(only(&begun, "sent_at")?)?;
            Some(Entry::Begun(UnknownOutcome { intent, sent_at }))
        }
        "ended" => {
            let ended: Vec<&RawValue> = serde_json::from_str(json).ok()?;
            let [intent, outcome] = ended.try_into().ok()?;
            let outcome = read_outcome(outcome.get())?;
            Some(Entry::Ended(read_intent(intent.get())?, outcome))
        }
        "committed" => {
            let update = Object::read(json).ok()?;
            Some(Entry::Committed(OrderUpdate {
                order: read_text(&update, "order")?,
                status: read_text(&update, "status")?,
                dedup_key: read_text(&update, "dedup_key")?,
            }))
        }
        _ => None,
    }
}

fn read_intent(json: &str) -> Option<Intent> {
    let intent = Object::read(json).ok()?;
    Some(Intent {
        record_type: read_text(&intent, "record_type")?,
        reference: read_text(&intent, "reference")?,
        amount: match intent.get("amount") {
            None => None,
            Some(_) => Some(read_text(&intent, "amount")?.parse().ok()?),
        },
        currency: match intent.get("currency") {
            None => None,
            Some(_) => Some(Currency::from_received(&read_text(&intent, "currency")?)),
        },
        fingerprint: match intent.get("fingerprint") {
            None => None,
            Some(_) => Some(read_text(&intent, "fingerprint")?),
        },
    })
}

fn read_outcome(json: &str) -> Option<Outcome> {
    if json == r#""not_executed""# {
        return Some(Outcome::NotExecuted);
    }
    let id = read_text(&Object::read(json).ok()?, "executed")?;
    id.parse().ok().map(Outcome::Executed)
}

fn read_time(json: &str) -> Option<SystemTime> {
    let time = Object::read(json).ok()?;
    let seconds = only(&time, "secs_since_epoch")?.parse().ok()?;
    let nanos = only(&time, "nanos_since_epoch")?.parse().ok()?;
    let since = Duration::from_secs(seconds).checked_add(Duration::from_nanos(nanos))?;
    SystemTime::UNIX_EPOCH.checked_add(since)
}

fn read_text(object: &Object<'_>, name: &'static str) -> Option<String> {
    Some(text_of(only(object, name)?)?.into_owned())
}

/// The JSON of a field that is there once.
fn only<'a>(object: &Object<'a>, name: &'static str) -> Option<&'a str> {
    object.only(name).ok()?
}

/// An entry holds a time before 1970, which no line can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unwritable(());

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time before 1970 cannot be stored")
    }
}

impl StdError for Unwritable {}
