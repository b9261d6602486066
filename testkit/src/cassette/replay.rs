//! Answers requests from a cassette, without the real thing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::future::{Ready, ready};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::{Request, Response};

use super::comparison::{Comparison, Difference};
use super::error::CassetteError;
use super::format::{Cassette, Failure, Interaction, Kind};
use super::json::Json;
use super::link::{self, Link};
use super::matching::Matching;
use super::message::{RecordedRequest, changed};
use super::mismatch::ReplayError;
use super::placeholder;
use super::redact::{Redaction, Redactor, fingerprint};
use super::replayed::{Delivered, Outcome, Replayed};
use sanspay_core::Wire;
use sanspay_core::transport::{NotSent, TransportError};

/// A transport that answers from a cassette. Clones share what is used up.
///
/// ```
/// use sanspay_testkit::cassette::{Cassette, Replay};
/// # let text = r#"{"sanspay_cassette": 1, "name": "x", "interactions": [{"kind": "call", "at": 0,
/// #   "request": {"method": "GET", "path": "/balance"}, "response": {"status": 200}}]}"#;
/// let replay = Replay::from_json("balance.json", text)?;
/// let request = http::Request::get("https://api.example.com/balance").body(Vec::new())?;
/// assert_eq!(replay.answer(&request)?.status(), 200);
/// replay.assert_all_used();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Replay(Arc<Mutex<State>>);

struct State {
    cassette: Cassette,
    matching: Matching,
    used: BTreeSet<usize>,
    /// Placeholders and numbered ids with what the requests have in their places.
    bound: BTreeMap<String, String>,
    origin: Option<String>,
    first_error: Option<ReplayError>,
    /// How the client spells the API.
    wire: Wire,
}

impl Replay {
    /// Replays a cassette.
    pub fn new(cassette: Cassette) -> Self {
        Self(Arc::new(Mutex::new(State {
            cassette,
            matching: Matching::default(),
            used: BTreeSet::new(),
            bound: BTreeMap::new(),
            origin: None,
            first_error: None,
            wire: Wire::default(),
        })))
    }

    /// Replays the text of a cassette; `file` is its name for errors.
    ///
    /// # Errors
    /// Those of [`Cassette::from_json`].
    pub fn from_json(file: &str, text: &str) -> Result<Self, CassetteError> {
        Cassette::from_json(file, text).map(Self::new)
    }

    /// Replaces the rule by which requests are found.
    #[must_use]
    pub fn matching(self, matching: Matching) -> Self {
        self.lock().matching = matching;
        self
    }

    /// What was answered to this request. Each recording answers once.
    ///
    /// # Errors
    /// The recorded failure; or, as one that was not sent, a [`ReplayError`] where no recording
    /// fits.
    pub fn answer(&self, request: &Request<Vec<u8>>) -> Outcome {
        match self.take(request) {
            Ok(replayed) => replayed.outcome,
            Err(error) => Err(TransportError::not_sent(NotSent::proven(), error)),
        }
    }

    /// The same with the time that it took, for a driver with a clock of its own.
    ///
    /// # Errors
    /// When no recording fits.
    pub fn take(&self, request: &Request<Vec<u8>>) -> Result<Replayed, ReplayError> {
        self.lock().take(request)
    }

    /// The replay as a blocking transport.
    pub fn transport(&self) -> impl Fn(Request<Vec<u8>>) -> Outcome + Send + Sync + use<> {
        let replay = self.clone();
        move |request| replay.answer(&request)
    }

    /// The replay as an asynchronous transport.
    pub fn async_transport(
        &self,
    ) -> impl Fn(Request<Vec<u8>>) -> Ready<Outcome> + Send + Sync + use<> {
        let replay = self.clone();
        move |request| ready(replay.answer(&request))
    }

    /// The next webhook, notification or browser return; `None` where there is none, or where the
    /// order counts and a request comes first.
    pub fn next_delivery(&self) -> Option<Delivered> {
        self.lock().next_delivery()
    }

    /// What is not used up yet.
    pub fn unused(&self) -> Vec<Interaction> {
        let state = self.lock();
        state.unused().map(|(_, left)| left.clone()).collect()
    }

    /// The first request that did not fit, or what is left over.
    ///
    /// # Errors
    /// When there is either.
    pub fn finish(&self) -> Result<(), ReplayError> {
        let state = self.lock();
        if let Some(error) = &state.first_error {
            return Err(error.clone());
        }
        let unused: Vec<_> = state
            .unused()
            .map(|(index, i)| describe(index, i))
            .collect();
        if unused.is_empty() {
            return Ok(());
        }
        Err(ReplayError {
            summary: format!(
                "{} recordings of `{}` were not used",
                unused.len(),
                state.cassette.name()
            ),
            details: unused,
        })
    }

    /// [`finish`](Replay::finish) for tests.
    ///
    /// # Panics
    /// Where `finish` has an error, with its text.
    pub fn assert_all_used(&self) {
        let finished = self.finish().map_err(|error| error.to_string());
        assert_eq!(finished, Ok(()), "the replay is not as it was recorded");
    }

    /// No code of ours panics while it holds the lock.
    /// Says how the client spells the API, where that is not the default: a cassette of another
    /// profile answers nothing.
    #[must_use]
    pub fn speaking(self, wire: Wire) -> Self {
        self.lock().wire = wire;
        self
    }

    /// How the client spells the API.
    pub fn wire(&self) -> Wire {
        self.lock().wire.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn unused(&self) -> impl Iterator<Item = (usize, &Interaction)> {
        let all = self.cassette.interactions().iter().enumerate();
        all.filter(|(index, _)| !self.used.contains(index))
    }

    fn take(&mut self, request: &Request<Vec<u8>>) -> Result<Replayed, ReplayError> {
        if self.cassette.profile() != fingerprint(&self.wire.profile).as_deref() {
            let error = ReplayError {
                summary: format!(
                    "`{}` was recorded with another profile than this client speaks",
                    self.cassette.name()
                ),
                details: vec!["tell the replay the client's spelling: `Replay::speaking`".into()],
            };
            self.first_error.get_or_insert_with(|| error.clone());
            return Err(error);
        }
        let asked = RecordedRequest::of(request);
        if let Some(origin) = link::origin_of(request.uri()) {
            self.origin = Some(origin);
        }
        match self.find(&asked) {
            Ok((index, comparison)) => {
                self.used.insert(index);
                self.bound.extend(comparison.bound);
                let found = self.cassette.interactions().get(index);
                Ok(found.map_or_else(Replayed::lost, |found| self.replayed(found)))
            }
            Err(error) => {
                self.first_error.get_or_insert_with(|| error.clone());
                Err(error)
            }
        }
    }

    fn find(&self, asked: &RecordedRequest) -> Result<(usize, Comparison), ReplayError> {
        let calls = self.unused().filter(|(_, left)| left.kind == Kind::Call);
        let most = if self.matching.is_in_any_order() {
            usize::MAX
        } else {
            1
        };
        let mut nearest: Option<(usize, Comparison)> = None;
        for (index, interaction) in calls.take(most) {
            let comparison = self.matching.compare(&interaction.request, asked);
            if comparison.differences.is_empty() {
                return Ok((index, comparison));
            }
            let distance = |c: &Comparison| c.distance();
            if nearest
                .as_ref()
                .is_none_or(|(_, best)| distance(&comparison) < distance(best))
            {
                nearest = Some((index, comparison));
            }
        }
        Err(self.mismatch(asked, nearest))
    }

    fn mismatch(
        &self,
        asked: &RecordedRequest,
        nearest: Option<(usize, Comparison)>,
    ) -> ReplayError {
        let rules = Redaction::new();
        let path = Redactor::new(&rules, 0).path(&asked.path);
        let name = self.cassette.name();
        let mut error = ReplayError {
            summary: format!("`{name}` has no recording left for {} {path}", asked.method),
            details: Vec::new(),
        };
        if let Some((index, comparison)) = nearest {
            let nearest = self.cassette.interactions().get(index);
            let shown = nearest.map(|nearest| format!("nearest is {}", describe(index, nearest)));
            error.details.extend(shown);
            let differences = comparison.differences.iter();
            error.details.extend(differences.map(Difference::shortened));
        }
        error
    }

    fn replayed(&self, interaction: &Interaction) -> Replayed {
        let outcome = match (&interaction.response, interaction.failure) {
            (Some(recorded), _) => {
                let change = |text: &str| self.given_back(text);
                let body = recorded.body.as_ref().map(|body| body.write(change));
                let mut response = Response::new(body.unwrap_or_default());
                *response.status_mut() = recorded.status;
                recorded.headers.write(response.headers_mut(), change);
                Ok(response)
            }
            (None, Some(Failure::NotSent)) => Err(TransportError::not_sent(
                NotSent::proven(),
                "recorded as not sent",
            )),
            (None, _) => Err(TransportError::maybe_sent("recorded as lost")),
        };
        Replayed {
            took: interaction.took(),
            outcome,
        }
    }

    fn next_delivery(&mut self) -> Option<Delivered> {
        let any_order = self.matching.is_in_any_order();
        let mut left = self.unused();
        let (index, interaction) = left.find(|(_, i)| i.kind != Kind::Call || !any_order)?;
        drop(left);
        if interaction.kind == Kind::Call {
            return None;
        }
        let change = |text: &str| self.given_back(text);
        let body = interaction
            .request
            .body
            .as_ref()
            .map(|body| body.write(change));
        let mut request = Request::new(body.unwrap_or_default());
        *request.method_mut() = interaction.request.method.clone();
        *request.uri_mut() = interaction.request.uri(change);
        interaction
            .request
            .headers
            .write(request.headers_mut(), change);
        let answer = interaction
            .response
            .is_some()
            .then(|| self.replayed(interaction));
        let delivered = Delivered {
            kind: interaction.kind,
            at: interaction.at(),
            request,
            answer: answer.and_then(|answer| answer.outcome.ok()),
        };
        self.used.insert(index);
        Some(delivered)
    }

    /// A text of the cassette with what the requests have in the places of its placeholders.
    fn given_back(&self, text: &str) -> String {
        if let Some(link) = Link::read_recorded(text) {
            return self.link(link);
        }
        // Placeholders in JSON in a text are texts there.
        match Json::parse_structure(text) {
            Some(json) if !placeholder::free_places(text).is_empty() => {
                json.with_texts(&|text| self.given_back(text)).compact()
            }
            _ => self.filled(text),
        }
    }

    fn filled(&self, text: &str) -> String {
        placeholder::fill(text, |free| self.bound.get(free).map(String::as_str))
    }

    fn link(&self, mut link: Link) -> String {
        if let Some(bound) = self.bound.get(&link.origin) {
            link.origin.clone_from(bound);
        } else if link.origin == link::ORIGIN {
            let origin = self.origin.as_deref();
            origin
                .unwrap_or("https://origin.invalid")
                .clone_into(&mut link.origin);
        }
        link.path = self.filled(&link.path);
        link.query = link
            .query
            .map(|query| changed(&query, |text| self.given_back(text)));
        link.encoded()
    }
}

fn describe(index: usize, interaction: &Interaction) -> String {
    let (method, path) = (interaction.method(), interaction.path());
    format!("/interactions/{index}, {method} {path}")
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("Replay")
            .field("cassette", &state.cassette.name())
            .field("used", &state.used.len())
            .field("interactions", &state.cassette.interactions().len())
            .finish_non_exhaustive()
    }
}
