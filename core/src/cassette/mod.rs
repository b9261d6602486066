//! Record once against the real thing, replay for ever without it.
//!
//! A [`Recorder`] goes around any transport and writes a [`Cassette`]: readable JSON that holds
//! no secret and no personal data, made to be committed. A [`Replay`] is a transport that answers
//! from it. Nothing here touches a file: texts come in and go out.
//!
//! ```
//! use std::time::SystemTime;
//! use http::{Request, Response};
//! use sanspay_core::TransportError;
//! use sanspay_core::cassette::{Recorder, Redaction, Replay};
//!
//! // Record: around the transport that speaks to the real thing.
//! let real = |_request| Ok::<_, TransportError>(Response::new(br#"{"email":"jane@mail.example"}"#.to_vec()));
//! let recorder = Recorder::new("show customer", Redaction::new());
//! let send = recorder.wrap(SystemTime::now, real);
//! let request = Request::get("https://api.example.com/customers/7").body(Vec::new())?;
//! send(request.clone())?;
//!
//! // Commit: `std::fs::write("show-customer.json", &text)`, once.
//! let text = recorder.to_json()?;
//! assert!(!text.contains("jane"));
//!
//! // Replay: `include_str!("show-customer.json")`, for ever.
//! let replay = Replay::from_json("show-customer.json", &text)?;
//! let answer = replay.answer(&request)?;
//! assert_eq!(answer.body(), br#"{"email":"<redacted:email:1>"}"#);
//! replay.assert_all_used();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is in the file
//! The form is described by [`SCHEMA`]. It is stable: whoever records the same run again gets the
//! same text, because names are sorted, times count from the [beginning](Cassette::beginning),
//! UUIDs are numbered, and origin, ports and passing headers are left out. What is taken out is
//! [`Redaction`]'s to say. A cassette that is damaged, newer than this reader or edited by hand is
//! refused with its name and the place.
//!
//! # What fits
//! See [`Matching`]. A placeholder fits anything, so a test uses whatever key and customer it
//! likes; what the test sends in the place of a placeholder comes back where the recording had
//! the same value. What the cassette gave out, such as a token or an id, has to come back as it
//! is.

mod error;
mod format;
mod json;
mod matching;
mod message;
mod mismatch;
mod moment;
mod origin;
mod record;
mod redact;
mod replay;
mod token;

pub use error::{CassetteError, LeakError};
pub use format::{Cassette, Failure, Interaction, Kind, SCHEMA};
pub use matching::Matching;
pub use mismatch::ReplayError;
pub use record::{RecordedId, Recorder};
pub use redact::Redaction;
pub use replay::{Delivered, Replay, Replayed};

/// Whether one of the secrets is found in the text, in whatever encoding.
#[cfg(feature = "testing")]
pub(crate) fn leak(secrets: &[String], text: &str) -> bool {
    let add = |rules: Redaction, secret: &String| rules.secret(secret.as_str());
    let rules = secrets.iter().fold(Redaction::new(), add);
    redact::Redactor::new(&rules, 0).leak(text).is_some()
}

/// Whether the text is a placeholder and nothing else.
#[cfg(feature = "testing")]
pub(crate) fn is_placeholder(text: &str) -> bool {
    token::is_placeholder(text)
}

#[cfg(test)]
mod tests;
