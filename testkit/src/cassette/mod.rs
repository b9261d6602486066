//! Record once against the real thing, replay as often as you like without it.
//!
//! A [`Recorder`] goes around any transport and writes a [`Cassette`]: readable JSON, made to be
//! committed. Only what is listed is written in it, such as statuses, amounts and times; every
//! other name and value becomes a placeholder. A [`Replay`] is a transport that answers from it.
//! Nothing here touches a file: texts come in and go out.
//!
//! ```
//! use std::time::SystemTime;
//! use http::{Request, Response};
//! use sanspay_core::TransportError;
//! use sanspay_testkit::cassette::{Recorder, Redaction, Replay};
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
//! // Replay: `include_str!("show-customer.json")`, as often as you like.
//! let replay = Replay::from_json("show-customer.json", &text)?;
//! let answer = replay.answer(&request)?;
//! assert_eq!(answer.body(), br#"{"email":"<redacted:email:1>"}"#);
//! replay.assert_all_used();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is in the file
//! What is kept, what stands for the rest, and what that guarantees: see [`Redaction`]. The form
//! is described by [`SCHEMA`]. It is stable: whoever records the same run again gets the same
//! text, because names are sorted, times count from the [beginning](Cassette::beginning), UUIDs
//! and placeholders are numbered, and origin and passing headers are left out. A cassette that is
//! damaged, newer than this reader or edited by hand is refused with its name and the place.
//!
//! # What fits
//! See [`Matching`]. A placeholder fits anything, so a test uses whatever key, customer and
//! reference it likes; what the test sends in the place of a placeholder comes back where the
//! recording had the same value. What the cassette gave out, such as a token or an id, has to come
//! back as it is. What the provider signed is signed with [`Redaction::TEST_KEY`], over the values
//! that the test gets. A body that was not written comes back as so many dashes.
//!
//! A hidden number or a hidden field's name is a text on replay. Where your code reads a field
//! that the protocols do not have, give its name to [`Redaction::keep_name`] or
//! [`Redaction::keep`] before you record.

mod comparison;
mod error;
mod format;
mod json;
mod link;
mod matching;
mod message;
mod mismatch;
mod placeholder;
mod record;
mod redact;
mod replay;
mod replayed;
mod signature;
mod time_shift;

pub use error::{CassetteError, LeakError};
pub use format::{Cassette, Failure, Interaction, Kind, SCHEMA};
pub use matching::Matching;
pub use mismatch::ReplayError;
pub use record::{RecordedId, Recorder};
pub use redact::Redaction;
pub use replay::Replay;
pub use replayed::{Delivered, Replayed};

/// Whether one of the secrets is found in the text, in whatever encoding.
pub(crate) fn is_found(secrets: &[sanspay_core::Secret], text: &str) -> bool {
    redact::is_found(secrets, text)
}

/// Whether the text is a placeholder and nothing else.
pub(crate) fn is_placeholder(text: &str) -> bool {
    placeholder::is_placeholder(text)
}

#[cfg(test)]
mod tests;
