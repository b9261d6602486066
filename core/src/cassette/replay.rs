//! Answers requests from a cassette, without the real thing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::future::{Ready, ready};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{Request, Response};

use super::error::CassetteError;
use super::format::{Cassette, Failure, Interaction, Kind};
use super::matching::{Comparison, Difference, Matching};
use super::message::RecordedRequest;
use super::mismatch::ReplayError;
use super::redact::{Redaction, Redactor};
use super::{origin, token};
use crate::transport::{NotSent, TransportError};

/// What came of a request, as a transport reports it.
type Outcome = Result<Response<Vec<u8>>, TransportError>;

/// A transport that answers from a cassette. Clones share what is used up.
///
/// ```
/// use sanspay_core::cassette::{Cassette, Replay};
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
}

/// What the cassette has for a request, with the time that it took.
///
/// `Debug` leaves headers and body out.
pub struct Replayed {
    /// How long the answer or the failure took, as far as it was recorded.
    pub took: Duration,
    /// What came of the request.
    pub outcome: Outcome,
}

/// A webhook, notification or browser return as it arrived at the merchant.
pub struct Delivered {
    /// Which of them it is.
    pub kind: Kind,
    /// How long after the beginning it arrived.
    pub at: Duration,
    /// What arrived; its URI has no origin.
    pub request: Request<Vec<u8>>,
    /// What the merchant answered when it was recorded, if that was recorded.
    pub answer: Option<Response<Vec<u8>>>,
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
        let asked = RecordedRequest::of(request);
        if let Some(origin) = origin::of(request.uri()) {
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
        let mut redactor = Redactor::new(&rules, 0);
        let shown = redactor.request(asked);
        let name = self.cassette.name();
        let mut error = ReplayError {
            summary: format!(
                "`{name}` has no recording left for {} {}",
                shown.method, shown.path
            ),
            details: Vec::new(),
        };
        let Some((index, comparison)) = nearest else {
            return error;
        };
        if let Some(interaction) = self.cassette.interactions().get(index) {
            error
                .details
                .push(format!("nearest is {}", describe(index, interaction)));
        }
        // Asked once more in redacted form, so that the difference shows no secret.
        let again = self.cassette.interactions().get(index);
        let shown = again.map(|i| self.matching.compare(&i.request, &shown).differences);
        let differences = shown.filter(|d| !d.is_empty()).unwrap_or_else(|| {
            comparison
                .differences
                .iter()
                .map(Difference::without_values)
                .collect()
        });
        error
            .details
            .extend(differences.iter().map(Difference::shortened));
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
        let places = token::free_places(text).into_iter();
        let known = places.filter_map(|range| {
            let value = self.bound.get(text.get(range.clone())?)?;
            Some((range, value.clone()))
        });
        let text = token::replace(text, known.collect());
        let origin = self.origin.as_deref().unwrap_or("https://origin.invalid");
        text.replace(origin::ORIGIN, origin)
    }
}

impl Replayed {
    /// What a driver of the sandbox's kind makes of it.
    #[cfg(feature = "testing")]
    pub(crate) fn into_reply(self) -> crate::sandbox::Reply {
        use crate::sandbox::Reply;
        match self.outcome {
            Ok(response) => Reply::Answer(response),
            Err(error) if error.may_have_been_sent() => Reply::Lost,
            Err(_) => Reply::NotConnected,
        }
    }

    fn lost() -> Self {
        Self {
            took: Duration::ZERO,
            outcome: Err(TransportError::maybe_sent("not recorded")),
        }
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

impl fmt::Debug for Replayed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = self.outcome.as_ref().map(Response::status);
        f.debug_struct("Replayed")
            .field("took", &self.took)
            .field("outcome", &outcome)
            .finish()
    }
}

/// Method and path only.
impl fmt::Debug for Delivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivered")
            .field("kind", &self.kind)
            .field("at", &self.at)
            .field("path", &self.request.uri().path())
            .finish_non_exhaustive()
    }
}
