//! One token for many machines: what a store holds about it, and who fetches the next one.
//!
//! ```text
//! load ─ live and not soft ─────────▶ use
//!      ─ soft, lease of another ────▶ use the old one
//!      ─ none, lease of another ────▶ wait, never longer than a lease lasts or than time is left
//!      ─ else take the lease ─ taken ──▶ fetch, store the token for all
//!                            ─ refused ▶ load again
//! any error of the store ───────────▶ fetch for this machine alone
//! ```
//!
//! A lease saves requests and guards nothing: two machines that both believe in it fetch two
//! tokens, and both tokens are good.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::shared_token::{TokenPolicy, Windows};
use crate::access_token::{AccessToken, Lifetime};
use crate::durable::{Loaded, Put, StoreAnswer, StoreError, StoreOp, from_micros, to_micros};
use crate::error::{Error, ErrorKind};

/// What the keys of shared tokens begin with in a store.
pub const TOKEN_PREFIX: &str = "token:";

/// How long a store is asked about a token, before one is fetched without it.
pub const TOKEN_STORE_TIMEOUT: Duration = Duration::from_secs(1);

/// The form that is written here. Whatever has a higher number was written by a newer version.
const FORMAT: u32 = 1;

/// How long a machine has for its token request before another one tries.
const LEASE: Duration = Duration::from_secs(5);

/// The first wait for the token that another machine fetches; each one after it is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(40);
const LONGEST_WAIT: Duration = Duration::from_millis(320);

/// How often a store may refuse the lease although nobody holds it.
const MOST_REFUSALS: u32 = 8;

/// Seals the token before it goes into a store, because logs and backups of databases show what is
/// in them. `sanspay-store` has one that takes a key of 32 bytes.
///
/// An authenticated cipher: what was changed, or sealed in another context, must not open.
pub trait Seal: Send + Sync {
    /// Seals the text. The context is authenticated and not part of what is returned.
    fn seal(&self, plain: &[u8], context: &[u8]) -> Vec<u8>;

    /// Opens what [`seal`](Seal::seal) returned for the same context; `None` for anything else.
    fn open(&self, sealed: &[u8], context: &[u8]) -> Option<Vec<u8>>;
}

/// A token that all machines with one store share: one request for the whole fleet.
///
/// A client's builder takes it with the store. Where the store fails, each machine fetches a token of
/// its own, and no call fails for it.
#[derive(Clone)]
pub struct SharedToken {
    key: String,
    seal: Arc<dyn Seal>,
}

impl SharedToken {
    /// The token under this name, one name for each environment and key pair.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] where the name is empty, longer than 200 bytes, or not of visible ASCII
    /// characters.
    pub fn new(name: &str, seal: impl Seal + 'static) -> Result<Self, Error> {
        let visible = name.bytes().all(|byte| byte.is_ascii_graphic());
        if name.is_empty() || name.len() > 200 || !visible {
            let detail = "the name of a shared token must be 1 to 200 visible ASCII characters";
            return Err(Error::new(ErrorKind::Invalid, "share the token", detail));
        }
        Ok(Self {
            key: format!("{TOKEN_PREFIX}{name}"),
            seal: Arc::new(seal),
        })
    }
}

impl PartialEq for SharedToken {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key && Arc::ptr_eq(&self.seal, &other.seal)
    }
}

impl Eq for SharedToken {}

impl fmt::Debug for SharedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedToken")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// The value of the row. What a newer version added is kept.
#[derive(Clone, Serialize, Deserialize)]
struct Stored {
    format: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token: Option<StoredToken>,
    /// Until when somebody fetches, in microseconds of the store's time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    leased_until: Option<u64>,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

#[derive(Clone, Serialize, Deserialize)]
struct StoredToken {
    /// Tells this token from every other one, without a word about its text.
    generation: String,
    /// Microseconds of the store's time, and of the token's whole life from there.
    obtained: u64,
    life: u64,
    /// The text, sealed, in base64.
    sealed: String,
}

/// A token of the store, in the time of this machine.
pub(super) struct Found {
    pub(super) token: AccessToken,
    pub(super) generation: Arc<str>,
    pub(super) obtained: SystemTime,
    pub(super) life: Duration,
    /// Whether it is to be renewed, and another machine does so.
    pub(super) renewed_by_another: bool,
}

/// What the one who needs a token does next.
pub(super) enum Next {
    Ask(StoreOp),
    Use(Found),
    Wait(Duration),
    /// Another machine renews: go on with the token that is at hand.
    KeepOld,
    Fetch,
}

/// One machine on its way to the shared token.
pub(super) struct Sharing {
    shared: SharedToken,
    /// What a token is sealed for: the request that fetches it, with its keys.
    context: Zeroizing<Vec<u8>>,
    policy: TokenPolicy,
    /// The token that the server refused.
    refused: Option<Arc<str>>,
    /// Whether a live token is at hand, should a renewal fail.
    has_fallback: bool,
    /// By the local clock, before the store was asked.
    asked_at: SystemTime,
    waited: Duration,
    /// The longest that it waits for another machine.
    patience: Duration,
    next_wait: Duration,
    refusals: u32,
    lease: Option<Lease>,
    jitter: fastrand::Rng,
}

/// The lease that was asked for, and the row as it is while it is held.
struct Lease {
    taken: bool,
    version: i64,
    row: Stored,
    /// The store's time when it was read.
    now: SystemTime,
}

impl Sharing {
    pub(super) fn new(
        shared: SharedToken,
        context: Vec<u8>,
        policy: TokenPolicy,
        has_fallback: bool,
        patience: Duration,
        jitter: fastrand::Rng,
    ) -> Self {
        Self {
            shared,
            context: Zeroizing::new(context),
            policy,
            refused: None,
            has_fallback,
            asked_at: SystemTime::UNIX_EPOCH,
            waited: Duration::ZERO,
            patience: patience.min(LEASE),
            next_wait: FIRST_WAIT,
            refusals: 0,
            lease: None,
            jitter,
        }
    }

    /// Names the token that the server refused.
    pub(super) fn refuse(&mut self, generation: Option<Arc<str>>) {
        self.refused = generation;
    }

    /// What is asked first, and after each wait.
    pub(super) fn load(&mut self, now: SystemTime) -> StoreOp {
        self.asked_at = now;
        self.lease = None;
        StoreOp::Load(self.shared.key.clone())
    }

    pub(super) fn answered(
        &mut self,
        now: SystemTime,
        answer: Result<StoreAnswer, StoreError>,
    ) -> Next {
        match answer {
            Ok(StoreAnswer::Loaded(loaded)) if self.lease.is_none() => self.loaded(loaded),
            Ok(StoreAnswer::Stored(true)) => {
                if let Some(lease) = &mut self.lease {
                    lease.taken = true;
                }
                Next::Fetch
            }
            Ok(StoreAnswer::Stored(false)) if self.refusals < MOST_REFUSALS => {
                self.refusals += 1;
                Next::Ask(self.load(now))
            }
            // A lease that may have been stored blocks the others for a moment, and nobody for long.
            _ => {
                self.lease = None;
                Next::Fetch
            }
        }
    }

    fn loaded(&mut self, loaded: Loaded) -> Next {
        let (version, row) = match loaded.row {
            None => (0, Stored::empty()),
            Some(row) => match Stored::read(&row.value) {
                Some(stored) => (row.version, stored),
                None => return Next::Fetch,
            },
        };
        let live = row.token.as_ref().and_then(|token| {
            let refused = self.refused.as_deref() == Some(token.generation.as_str());
            if refused {
                return None;
            }
            self.open(token, loaded.now)
        });
        let leased_until = row.leased_until.and_then(from_micros);
        // One that is further ahead was written before the store's clock went back.
        let lease_left = leased_until
            .and_then(|until| until.duration_since(loaded.now).ok())
            .filter(|left| !left.is_zero() && *left <= LEASE);
        match (live, lease_left) {
            (Some((mut found, is_soft)), lease_left) if !is_soft || lease_left.is_some() => {
                found.renewed_by_another = is_soft;
                Next::Use(found)
            }
            // It serves this call, and the next one renews it and has it to fall back to.
            (Some((found, _)), None) if !self.has_fallback => Next::Use(found),
            (None, Some(_)) if self.has_fallback => Next::KeepOld,
            (None, Some(left)) if self.waited < self.patience => Next::Wait(self.wait(left)),
            (live, None) => self.take_lease(version, row, live.is_some(), loaded.now),
            // Whoever has the lease takes too long.
            (_, Some(_)) => Next::Fetch,
        }
    }

    fn take_lease(&mut self, version: i64, mut row: Stored, live: bool, now: SystemTime) -> Next {
        if !live {
            row.token = None;
        }
        let mut leased = row.clone();
        // No clock shows the end of time; a lease of no length harms nobody.
        let until = now.checked_add(LEASE).unwrap_or(now);
        leased.leased_until = Some(to_micros(until));
        row.leased_until = None;
        let put = self.put(version, &leased);
        let version = version.saturating_add(1);
        self.lease = Some(Lease {
            taken: false,
            version,
            row,
            now,
        });
        Next::Ask(put)
    }

    /// Stores a token that was fetched, and gives the lease back; with the token's generation.
    pub(super) fn publish(
        &mut self,
        token: &AccessToken,
        life: Duration,
    ) -> Option<(StoreOp, Arc<str>)> {
        let lease = self.lease.take().filter(|lease| lease.taken)?;
        let text = token.authorization();
        let sealed = self.shared.seal.seal(text.as_bytes(), &self.context);
        let generation = format!("{}-{:016x}", lease.version, self.jitter.u64(..));
        let mut row = lease.row;
        row.token = Some(StoredToken {
            generation: generation.clone(),
            // Its life began after this, so it is over a little early and never late.
            obtained: to_micros(lease.now),
            life: u64::try_from(life.as_micros()).unwrap_or(u64::MAX),
            sealed: STANDARD.encode(sealed),
        });
        Some((self.put(lease.version, &row), generation.into()))
    }

    /// Gives the lease back without a token, so that the others need not wait for its end.
    pub(super) fn give_up(&mut self) -> Option<StoreOp> {
        let lease = self.lease.take().filter(|lease| lease.taken)?;
        Some(self.put(lease.version, &lease.row))
    }

    fn put(&self, expected: i64, row: &Stored) -> StoreOp {
        StoreOp::StoreIf(Put {
            key: self.shared.key.clone(),
            expected,
            // Maps with text keys, texts and numbers: there is nothing that JSON cannot say.
            value: serde_json::json!(row).to_string(),
            due_in: None,
        })
    }

    /// Half of each wait is random, so that machines do not ask in step.
    fn wait(&mut self, lease_left: Duration) -> Duration {
        let half = self.next_wait / 2;
        let random = self.jitter.u32(0..half.subsec_nanos());
        let delay = half + Duration::from_nanos(random.into());
        let patience = self.patience.saturating_sub(self.waited);
        let delay = delay.min(lease_left).min(patience);
        self.next_wait = (self.next_wait * 2).min(LONGEST_WAIT);
        self.waited += delay;
        delay
    }

    /// The token, where it is live by the store's time, and whether it is to be renewed.
    fn open(&self, token: &StoredToken, now: SystemTime) -> Option<(Found, bool)> {
        let life = Duration::from_micros(token.life);
        let obtained = from_micros(token.obtained)?;
        let windows = Windows::new(obtained, life, &self.policy);
        // One from the future was stored before the store's clock went back: its age is unknown.
        let age = now.duration_since(obtained).ok()?;
        if !windows.is_before_hard(now) {
            return None;
        }
        let sealed = STANDARD.decode(&token.sealed).ok()?;
        let plain = Zeroizing::new(self.shared.seal.open(&sealed, &self.context)?);
        let text = std::str::from_utf8(&plain).ok()?.strip_prefix("Bearer ")?;
        let found = Found {
            token: AccessToken::new(text, Lifetime::For(life)).ok()?,
            generation: token.generation.as_str().into(),
            obtained: self.asked_at.checked_sub(age)?,
            life,
            renewed_by_another: false,
        };
        Some((found, !windows.is_before_soft(now)))
    }
}

impl Stored {
    fn empty() -> Self {
        Self {
            format: FORMAT,
            token: None,
            leased_until: None,
            unknown: Map::new(),
        }
    }

    /// `None` where a newer version wrote it. What cannot be read is no token: it is replaced.
    fn read(value: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(value).unwrap_or(Value::Null);
        let format = value.get("format").and_then(Value::as_u64);
        if format.is_some_and(|format| format > u64::from(FORMAT)) {
            return None;
        }
        Some(serde_json::from_value(value).unwrap_or_else(|_| Self::empty()))
    }
}
