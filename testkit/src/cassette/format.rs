//! The file: what stands in it, how it is written and how it is read.

use std::fmt;
use std::time::{Duration, SystemTime};

use http::{Method, StatusCode};
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

use super::error::CassetteError;
use super::message::{RecordedRequest, RecordedResponse};

/// The version that is written, and the newest that is read.
const VERSION: u64 = 1;

/// The JSON schema (draft 2020-12) of a cassette file, for editors and other tools.
pub const SCHEMA: &str = include_str!("schema.json");

/// A recorded run, redacted: what [`Recorder`](super::Recorder) writes and
/// [`Replay`](super::Replay) reads.
///
/// ```
/// use sanspay_testkit::cassette::Cassette;
/// let text = r#"{
///   "sanspay_cassette": 1,
///   "name": "an empty list",
///   "interactions": [{
///     "kind": "call",
///     "at": 0,
///     "request": {"method": "GET", "path": "/partner/payments"},
///     "response": {"status": 200, "body": {"json": []}}
///   }]
/// }"#;
/// let cassette = Cassette::from_json("empty-list.json", text)?;
/// assert_eq!(cassette.interactions()[0].path(), "/partner/payments");
///
/// let error = Cassette::from_json("empty-list.json", &text[..60]).unwrap_err();
/// assert!(error.to_string().starts_with("empty-list.json:"));
/// # Ok::<(), sanspay_testkit::cassette::CassetteError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cassette {
    #[serde(rename = "sanspay_cassette")]
    version: u64,
    name: String,
    /// The fingerprint of the profile that the provider speaks; none where it is the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    profile: Option<String>,
    interactions: Vec<Interaction>,
}

/// One request, and what came of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interaction {
    pub(super) kind: Kind,
    /// Milliseconds since the beginning.
    pub(super) at: u64,
    pub(super) request: RecordedRequest,
    /// Milliseconds until the answer or the failure.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) took: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) response: Option<RecordedResponse>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) failure: Option<Failure>,
    /// A digest of the rest, which finds edits by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    check: Option<String>,
}

/// Client and server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// The merchant called the provider.
    Call,
    /// The partner API delivered a webhook.
    Webhook,
    /// The hosted checkout sent a notification.
    Notification,
    /// The payer's browser came back from the hosted checkout.
    Return,
}

/// Why a call has no response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Failure {
    /// The request did not reach the server; see
    /// [`TransportError::not_sent`](sanspay_core::TransportError::not_sent).
    NotSent,
    /// The request may have reached the server; see
    /// [`TransportError::maybe_sent`](sanspay_core::TransportError::maybe_sent).
    MaybeSent,
    /// The call was given up before anything came of it.
    Unfinished,
}

// The signature is serde's.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Cassette {
    pub(super) fn new(
        name: String,
        profile: Option<String>,
        mut interactions: Vec<Interaction>,
    ) -> Self {
        for interaction in &mut interactions {
            interaction.check = Some(interaction.digest());
        }
        Self {
            version: VERSION,
            name,
            profile,
            interactions,
        }
    }

    /// The fingerprint of the profile that the provider speaks; none where it is the default.
    pub fn profile(&self) -> Option<&str> {
        self.profile.as_deref()
    }

    /// Reads a cassette; `file` is its name for errors.
    ///
    /// An interaction with a `check` is refused if it was edited by hand. To edit one on purpose,
    /// delete its `check`.
    ///
    /// # Errors
    /// When the text is damaged, cut short, written by a newer version, or edited by hand; the
    /// error names file and place.
    pub fn from_json(file: &str, text: &str) -> Result<Self, CassetteError> {
        // Only the version, so that a newer file is told apart from a damaged one.
        #[derive(Deserialize)]
        struct Head {
            sanspay_cassette: u64,
        }
        let syntax = |error| CassetteError::syntax(file, &error);
        let head: Head = serde_json::from_str(text).map_err(syntax)?;
        let version = head.sanspay_cassette;
        let pointer = "/sanspay_cassette";
        if version > VERSION {
            let detail =
                format!("version {version} is newer than what this reads, {VERSION}: update");
            return Err(CassetteError::at(file, pointer, detail));
        }
        if version == 0 {
            return Err(CassetteError::at(file, pointer, "there is no version 0"));
        }
        let cassette: Self = serde_json::from_str(text).map_err(syntax)?;
        for (index, interaction) in cassette.interactions.iter().enumerate() {
            let wrong = interaction.validate();
            wrong.map_err(|(place, detail)| {
                CassetteError::at(file, format!("/interactions/{index}{place}"), detail)
            })?;
        }
        Ok(cassette)
    }

    /// The text to be committed. The same cassette always gives the same text.
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "only numbers could fail, and they were read as JSON"
    )]
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("it can be written as JSON");
        text.push('\n');
        text
    }

    /// What was recorded, as the recorder was named.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What happened, in the order in which it began.
    pub fn interactions(&self) -> &[Interaction] {
        &self.interactions
    }

    /// The time at which every cassette begins, whatever the clock said: the 15th of January
    /// 2027, 08:00 UTC. Points in time in the messages are moved along.
    pub fn beginning() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
    }
}

impl Interaction {
    pub(super) fn new(
        kind: Kind,
        at: Duration,
        took: Duration,
        request: RecordedRequest,
        outcome: Result<Option<RecordedResponse>, Failure>,
    ) -> Self {
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self {
            kind,
            at: milliseconds(at),
            took: milliseconds(took),
            request,
            failure: outcome.as_ref().err().copied(),
            response: outcome.ok().flatten(),
            check: None,
        }
    }

    /// Client and server.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// When it began, counted from the beginning of the cassette.
    pub fn at(&self) -> Duration {
        Duration::from_millis(self.at)
    }

    /// How long it took until the answer or the failure.
    pub fn took(&self) -> Duration {
        Duration::from_millis(self.took)
    }

    /// The request's method.
    pub fn method(&self) -> &Method {
        &self.request.method
    }

    /// The request's path, redacted.
    pub fn path(&self) -> &str {
        &self.request.path
    }

    /// The status of the response, where there is one.
    pub fn status(&self) -> Option<StatusCode> {
        self.response.as_ref().map(|response| response.status)
    }

    /// Why there is no response, where that is known.
    pub fn failure(&self) -> Option<Failure> {
        self.failure
    }

    /// In one line.
    #[expect(
        clippy::expect_used,
        reason = "only numbers could fail, and they were read as JSON"
    )]
    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).expect("it can be written as JSON")
    }

    fn digest(&self) -> String {
        let rest = Self {
            check: None,
            ..self.clone()
        };
        let mut digits = hex::encode(Md5::digest(rest.text()));
        digits.truncate(16);
        digits
    }

    /// The place and what is wrong there.
    fn validate(&self) -> Result<(), (&'static str, &'static str)> {
        let outcomes = usize::from(self.response.is_some()) + usize::from(self.failure.is_some());
        match self.kind {
            Kind::Call if outcomes != 1 => {
                return Err(("", "a call has either a response or a failure"));
            }
            Kind::Webhook | Kind::Notification | Kind::Return if self.failure.is_some() => {
                return Err(("/failure", "only calls can fail"));
            }
            _ => {}
        }
        match &self.check {
            Some(check) if *check != self.digest() => {
                let detail = "edited by hand: record again, or delete this `check`";
                Err(("/check", detail))
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Cassette {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cassette")
            .field("name", &self.name)
            .field("interactions", &self.interactions)
            .finish_non_exhaustive()
    }
}

/// Without headers, query and bodies.
impl fmt::Debug for Interaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interaction")
            .field("kind", &self.kind)
            .field("method", &self.request.method)
            .field("path", &self.request.path)
            .field("status", &self.status())
            .field("failure", &self.failure)
            .finish_non_exhaustive()
    }
}
