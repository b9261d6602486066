//! Records what goes over a transport, and writes it redacted.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use http::{Request, Response};

use super::error::LeakError;
use super::format::{Cassette, Failure, Interaction, Kind};
use super::link;
use super::message::{RecordedRequest, RecordedResponse};
use super::redact::{Redaction, Redactor, is_found};
use crate::unix_time::unix_seconds;
use sanspay_core::transport::TransportError;

/// What came of a request, as a transport reports it.
type Outcome = Result<Response<Vec<u8>>, TransportError>;

/// Records requests with what came of them. Clones write to the same recording.
///
/// Until it is written, a recording holds secrets in memory; `Debug` shows counts only.
///
/// ```
/// use std::time::SystemTime;
/// use http::{Request, Response};
/// use sanspay_testkit::cassette::{Recorder, Redaction};
///
/// let recorder = Recorder::new("list", Redaction::new());
/// let send = recorder.wrap(
///     || SystemTime::UNIX_EPOCH,
///     |_request| Ok(Response::new(br#"{"access_token":"t0p-s3cret"}"#.to_vec())),
/// );
/// send(Request::get("https://api.example.com/x?email=jane%40example.com").body(vec![])?)?;
///
/// let text = recorder.to_json()?; // to be written to a file, and committed
/// assert!(text.contains("email=<redacted:email:1>"));
/// assert!(!text.contains("t0p-s3cret") && !text.contains("jane"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Recorder(Arc<Mutex<Recording>>);

/// Names a request of a recording, until its outcome is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordedId(usize);

struct Recording {
    name: String,
    redaction: Redaction,
    resolution: Duration,
    beginning: Option<SystemTime>,
    entries: Vec<Entry>,
}

struct Entry {
    kind: Kind,
    began: SystemTime,
    took: Duration,
    origin: Option<String>,
    request: RecordedRequest,
    outcome: Option<Result<RecordedResponse, Failure>>,
}

impl Recorder {
    /// Begins a recording with a name for people, such as `payout, answer lost`.
    ///
    /// Times are rounded to whole seconds, so that a recording changes little when it is made
    /// again.
    pub fn new(name: impl Into<String>, redaction: Redaction) -> Self {
        Self(Arc::new(Mutex::new(Recording {
            name: name.into(),
            redaction,
            resolution: Duration::from_secs(1),
            beginning: None,
            entries: Vec::new(),
        })))
    }

    /// Keeps times to the millisecond: for recordings in virtual time.
    #[must_use]
    pub fn exact_times(self) -> Self {
        self.lock().resolution = Duration::from_millis(1);
        self
    }

    /// Counts times from here, and not from the first request.
    #[must_use]
    pub fn starting_at(self, beginning: SystemTime) -> Self {
        self.lock().beginning = Some(beginning);
        self
    }

    /// A request of the merchant is about to be sent.
    pub fn request(&self, request: &Request<Vec<u8>>, now: SystemTime) -> RecordedId {
        self.begin(Kind::Call, request, now)
    }

    /// What came of it. A request whose outcome is never reported counts as given up.
    pub fn outcome(&self, id: RecordedId, outcome: &Outcome, now: SystemTime) {
        let recorded = match outcome {
            Ok(response) => Ok(RecordedResponse::of(response)),
            Err(error) if error.may_have_been_sent() => Err(Failure::MaybeSent),
            Err(_) => Err(Failure::NotSent),
        };
        self.end(id, recorded, now);
    }

    /// A webhook, notification or browser return arrived at the merchant.
    pub fn delivery(&self, kind: Kind, request: &Request<Vec<u8>>, now: SystemTime) -> RecordedId {
        self.begin(kind, request, now)
    }

    /// What the merchant answered to a delivery; without it the cassette has no answer there.
    pub fn answered(&self, id: RecordedId, response: &Response<Vec<u8>>, now: SystemTime) {
        self.end(id, Ok(RecordedResponse::of(response)), now);
    }

    /// A blocking transport that records what goes over `transport`; `clock` gives the time.
    pub fn wrap<C, T>(
        &self,
        clock: C,
        transport: T,
    ) -> impl Fn(Request<Vec<u8>>) -> Outcome + use<C, T>
    where
        C: Fn() -> SystemTime,
        T: Fn(Request<Vec<u8>>) -> Outcome,
    {
        let recorder = self.clone();
        move |request| {
            let id = recorder.request(&request, clock());
            let outcome = transport(request);
            recorder.outcome(id, &outcome, clock());
            outcome
        }
    }

    /// An asynchronous transport that records what goes over `transport`; `clock` gives the time.
    pub fn wrap_async<C, T, F>(
        &self,
        clock: C,
        transport: T,
    ) -> impl Fn(Request<Vec<u8>>) -> Pin<Box<dyn Future<Output = Outcome> + Send>> + use<C, T, F>
    where
        C: Fn() -> SystemTime + Clone + Send + 'static,
        T: Fn(Request<Vec<u8>>) -> F,
        F: Future<Output = Outcome> + Send + 'static,
    {
        let recorder = self.clone();
        move |request| {
            let (recorder, clock) = (recorder.clone(), clock.clone());
            let id = recorder.request(&request, clock());
            let sent = transport(request);
            Box::pin(async move {
                let outcome = sent.await;
                recorder.outcome(id, &outcome, clock());
                outcome
            })
        }
    }

    /// The recording so far, redacted.
    ///
    /// # Errors
    /// When a told secret is still found in it, see [`Redaction`]; nothing is given out then.
    pub fn cassette(&self) -> Result<Cassette, LeakError> {
        self.lock().redacted()
    }

    /// The text of the file: [`cassette`](Recorder::cassette) and
    /// [`Cassette::to_json`] in one.
    ///
    /// # Errors
    /// Those of [`cassette`](Recorder::cassette).
    pub fn to_json(&self) -> Result<String, LeakError> {
        Ok(self.cassette()?.to_json())
    }

    fn begin(&self, kind: Kind, request: &Request<Vec<u8>>, now: SystemTime) -> RecordedId {
        let mut recording = self.lock();
        recording.beginning.get_or_insert(now);
        let is_call = kind == Kind::Call;
        recording.entries.push(Entry {
            kind,
            began: now,
            took: Duration::ZERO,
            origin: is_call.then(|| link::origin_of(request.uri())).flatten(),
            request: RecordedRequest::of(request),
            outcome: None,
        });
        RecordedId(recording.entries.len() - 1)
    }

    fn end(&self, id: RecordedId, outcome: Result<RecordedResponse, Failure>, now: SystemTime) {
        if let Some(entry) = self.lock().entries.get_mut(id.0) {
            entry.took = now.duration_since(entry.began).unwrap_or_default();
            entry.outcome = Some(outcome);
        }
    }

    /// No code of ours panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, Recording> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recording {
    fn redacted(&self) -> Result<Cassette, LeakError> {
        let beginning = self.beginning.unwrap_or_else(Cassette::beginning);
        let shift = unix_seconds(Cassette::beginning()).saturating_sub(unix_seconds(beginning));
        let mut redactor = Redactor::new(&self.redaction, shift);
        for entry in &self.entries {
            redactor.origin(entry.origin.clone());
        }
        let written = self
            .entries
            .iter()
            .map(|entry| entry.redacted(&mut redactor, beginning, self.resolution));
        let interactions: Vec<_> = written.collect();
        let secrets = self.redaction.secrets();
        if is_found(secrets, &self.name) {
            return Err(LeakError::new(None));
        }
        for (index, interaction) in interactions.iter().enumerate() {
            if is_found(secrets, &interaction.text()) {
                return Err(LeakError::new(Some(index)));
            }
        }
        let profile = self.redaction.profile().map(str::to_owned);
        Ok(Cassette::new(self.name.clone(), profile, interactions))
    }
}

impl Entry {
    fn redacted(
        &self,
        redactor: &mut Redactor<'_>,
        beginning: SystemTime,
        resolution: Duration,
    ) -> Interaction {
        let request = redactor.request(&self.request);
        let outcome = match &self.outcome {
            Some(Ok(response)) => Ok(Some(redactor.response(response))),
            Some(Err(failure)) => Err(*failure),
            None if self.kind == Kind::Call => Err(Failure::Unfinished),
            None => Ok(None),
        };
        let at = self.began.duration_since(beginning).unwrap_or_default();
        let took = match &outcome {
            Ok(_) => floor(self.took, resolution),
            // What took until the deadline has to take as long when it is replayed.
            Err(_) => ceiling(self.took, resolution),
        };
        Interaction::new(self.kind, floor(at, resolution), took, request, outcome)
    }
}

fn floor(time: Duration, resolution: Duration) -> Duration {
    let beyond = time.as_nanos() % resolution.as_nanos().max(1);
    time.saturating_sub(Duration::from_nanos(
        u64::try_from(beyond).unwrap_or_default(),
    ))
}

fn ceiling(time: Duration, resolution: Duration) -> Duration {
    let floor = floor(time, resolution);
    if floor == time {
        time
    } else {
        floor.saturating_add(resolution)
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let recording = self.lock();
        f.debug_struct("Recorder")
            .field("name", &recording.name)
            .field("interactions", &recording.entries.len())
            .finish_non_exhaustive()
    }
}
