//! What all exchanges with one environment share: where it is, the token, and the rules.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use super::Exchange;
use super::retry::RetryPolicy;
use super::shared_token::{LiveToken, TokenPolicy, Tokens};
use super::token_store::SharedToken;
use crate::access_token::AccessToken;
use crate::endpoint::Endpoint;
use crate::error::{Error, UnknownOutcome};
use crate::partner::{KnownLists, ListEvidence, Lookup, RecordType, UnconfirmedEvent};
use crate::wire::{Api, Drift, DriftLog};

/// The rules of a session, all with defaults.
///
/// ```
/// use std::time::Duration;
/// let mut settings = sanspay_core::Settings::default();
/// settings.deadline = Duration::from_secs(10);
/// settings.retry.max_attempts = 2;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// The time that one call may take, with its token, its retries and its waits. 30 s.
    pub deadline: Duration,
    /// How often and how soon a failed request is sent again.
    pub retry: RetryPolicy,
    /// When the token is renewed.
    pub token: TokenPolicy,
    /// The token that this machine shares with others over a store. None by default: then
    /// [`Step::Store`](super::Step::Store) never comes. A client needs the store as well, which
    /// `share_token` of its builder takes; without one it fetches for itself.
    pub shared_token: Option<SharedToken>,
    /// Whether the server is known to honour `Idempotency-Key`.
    pub idempotency: Idempotency,
    /// The types of records of which you know from the provider that the list shows every one,
    /// filtered by type and reference, within [`Wire::settle`](crate::Wire::settle). None by
    /// default: then a lookup says *absent* only where it has [evidence](ListEvidence).
    pub authoritative_lists: Vec<RecordType>,
    /// The most bytes of an answer's body that are accepted. 8 MiB.
    pub max_body: usize,
    /// Where the jitter of retries begins; give each process its own, and each test a fixed one.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(30),
            retry: RetryPolicy::default(),
            token: TokenPolicy::default(),
            shared_token: None,
            idempotency: Idempotency::Unknown,
            authoritative_lists: Vec::new(),
            max_body: 8 * 1024 * 1024,
            seed: 0,
        }
    }
}

/// Whether the server executes a request only once when its `Idempotency-Key` is repeated.
///
/// The vendor's document does not say (grade A), so the default relies on nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Idempotency {
    /// Not known: a payment or payout is never sent again after its answer was lost.
    #[default]
    Unknown,
    /// You know from the provider that it does: such requests are repeated like any other.
    Honoured,
}

/// What all exchanges with one environment share. Cloning is cheap and shares the token.
///
/// Adapters hold one in their client; without an adapter, make [`Exchange`]s from it by hand.
#[derive(Clone)]
pub struct Session(pub(super) Arc<Shared>);

pub(super) struct Shared {
    pub(super) api: Api,
    pub(super) settings: Settings,
    pub(super) tokens: Arc<Tokens>,
    pub(super) token_source: Box<dyn Endpoint<Output = AccessToken> + Send + Sync>,
    exchanges: AtomicU64,
    known_lists: Arc<KnownLists>,
}

impl Session {
    /// A session that gets its token from `token_source`: for the partner API that is
    /// [`FetchToken`](crate::partner::FetchToken).
    pub fn new(
        api: Api,
        token_source: impl Endpoint<Output = AccessToken> + Send + Sync + 'static,
        settings: Settings,
    ) -> Self {
        Self(Arc::new(Shared {
            api: api.counting(),
            tokens: Arc::new(Tokens::new(settings.token.clone())),
            settings,
            token_source: Box::new(token_source),
            exchanges: AtomicU64::new(0),
            known_lists: Arc::default(),
        }))
    }

    /// The API that the session talks to.
    pub fn api(&self) -> &Api {
        &self.0.api
    }

    /// Reads the body of a webhook as this session's provider writes it; see
    /// [`UnconfirmedEvent::parse`].
    ///
    /// # Errors
    /// Those of [`UnconfirmedEvent::parse`].
    pub fn read_event(&self, body: &[u8]) -> Result<UnconfirmedEvent, Error> {
        let event = UnconfirmedEvent::parse(body, self.api().wire())?;
        if let Some(log) = self.api().drift() {
            event.note_drift(log);
        }
        Ok(event)
    }

    /// What came otherwise than the provider's [profile](crate::profile) says since the session
    /// began, by name and without values: odd and unknown fields, unknown words.
    pub fn drift(&self) -> Vec<Drift> {
        self.0.api.drift().map_or_else(Vec::new, DriftLog::list)
    }

    /// The session's rules.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// A new exchange for one call of `endpoint`.
    pub fn exchange<E: Endpoint>(&self, endpoint: E) -> Exchange<E> {
        Exchange::new(self.clone(), endpoint)
    }

    /// The operation that finds out what became of another one, with all that the session knows
    /// about the list; see [`UnknownOutcome::lookup`]. What it finds is evidence for later ones.
    pub fn lookup(&self, unknown: &UnknownOutcome, now: SystemTime) -> Lookup {
        let lookup = unknown.lookup(now);
        let lookup = lookup.collecting(Arc::clone(&self.0.known_lists));
        let declared = &self.0.settings.authoritative_lists;
        let record_type = unknown.record_type();
        if declared.iter().any(|known| known.as_str() == record_type) {
            return lookup.authoritative();
        }
        lookup
    }

    /// What lookups of this session have shown about records of this type: store it, so that a
    /// later session knows it too.
    pub fn list_evidence(&self, record_type: &RecordType) -> Option<ListEvidence> {
        self.0.known_lists.get(record_type.as_str())
    }

    /// Takes evidence of an earlier session with the same environment.
    pub fn trust_list(&self, evidence: ListEvidence) {
        self.0.known_lists.add(evidence);
    }

    /// The `Authorization` of the live token, marked sensitive, for a request of your own that no
    /// endpoint describes; `None` where there is none or it is about to expire. It fetches
    /// nothing: that is what an exchange does.
    ///
    /// While the token is live this takes no lock, and threads do not hold each other up.
    ///
    /// ```
    /// # use sanspay_core::partner::FetchToken;
    /// # use sanspay_core::{Api, BaseUrl, Credentials, Session, Settings};
    /// # let api = Api::new(BaseUrl::new("https://api.example.com")?);
    /// # let source = FetchToken::new(Credentials::new("key-1", "a-secret")?);
    /// # let (session, now) = (Session::new(api, source, Settings::default()), std::time::UNIX_EPOCH);
    /// let mut request = http::Request::new(());
    /// if let Some(token) = session.authorization(now) {
    ///     request.headers_mut().insert(http::header::AUTHORIZATION, token.clone());
    /// }
    /// # Ok::<(), sanspay_core::Error>(())
    /// ```
    #[inline]
    pub fn authorization(&self, now: SystemTime) -> Option<LiveToken> {
        self.0.tokens.live(now)
    }

    /// Randomness that is another one each time, from the seed of the settings.
    pub(crate) fn jitter(&self) -> fastrand::Rng {
        fastrand::Rng::with_seed(self.next_seed())
    }

    /// A seed for the next exchange, so that concurrent ones do not retry in step.
    pub(super) fn next_seed(&self) -> u64 {
        let index = self.0.exchanges.fetch_add(1, Ordering::Relaxed);
        // Neighbouring seeds must not give neighbouring waits: spread them over all bits.
        self.0
            .settings
            .seed
            .wrapping_add(index.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("api", &self.0.api)
            .field("settings", &self.0.settings)
            .finish_non_exhaustive()
    }
}
