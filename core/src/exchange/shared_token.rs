//! The token that all exchanges of a session share: one fetch at a time, whoever asks.
//!
//! ```text
//!             acquire: nothing live, nobody fetching
//!    ┌──────────────────────────────────────────────┐
//!    │                                              ▼
//! ┌──┴────┐   leader dropped: all waiters wake   ┌────────┐
//! │ empty │◀─────────────────────────────────────│ leader │── others: Wait
//! └───────┘   failed: shared, forgotten soon     └───┬────┘
//!    ▲                                               │ obtained
//!    │ 401 of this generation, or hard window   ┌────▼───┐
//!    └──────────────────────────────────────────│  live  │── others: Use
//!                                               └────────┘
//!       soft window: one caller becomes leader while the others go on with the live token
//! ```

use std::fmt;
use std::mem;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::{Duration, SystemTime};

use arc_swap::{ArcSwapOption, Guard};
use http::HeaderValue;

use crate::access_token::AccessToken;
use crate::error::Error;

/// How soon a machine looks again whether another one has renewed the token.
const LOOKS_AGAIN_FOR_A_RENEWAL: Duration = Duration::from_millis(200);

/// When a token is renewed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenPolicy {
    /// This long before expiry one caller renews while the others go on with the live token. At
    /// most a quarter of the token's life is used.
    pub soft_window: Duration,
    /// This long before expiry the token is used no more. At most a tenth of the token's life is
    /// used.
    pub hard_window: Duration,
    /// How long a failed fetch answers further callers before another one is tried.
    pub failure_memory: Duration,
}

impl Default for TokenPolicy {
    /// Five minutes, ten seconds, one second.
    fn default() -> Self {
        Self {
            soft_window: Duration::from_secs(300),
            hard_window: Duration::from_secs(10),
            failure_memory: Duration::from_secs(1),
        }
    }
}

/// The shared state. The lock is held for a few instructions and never across IO.
pub(crate) struct Tokens {
    policy: TokenPolicy,
    /// Read without the lock, by any number of threads at once, in the time that a free lock takes.
    /// Written with the lock held.
    live: ArcSwapOption<Live>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Counts the fetches that were begun; the number of one in flight while `leader` is set.
    fetch: u64,
    leader: bool,
    failed: Option<Failed>,
    /// The shared token that the server refused.
    refused: Option<Arc<str>>,
    /// When another machine was seen to renew the token.
    renewed_by_another: Option<SystemTime>,
    waiters: Vec<Waker>,
}

struct Live {
    grant: Grant,
    /// Its name in the store, where machines share it.
    shared: Option<Arc<str>>,
    obtained: SystemTime,
    life: Duration,
    windows: Windows,
}

/// When the windows of the policy begin; `None` where that is later than any clock shows.
pub(super) struct Windows {
    soft: Option<SystemTime>,
    hard: Option<SystemTime>,
}

/// A token that is there, and since when.
pub(super) struct Obtained {
    pub(super) token: AccessToken,
    pub(super) at: SystemTime,
    pub(super) life: Duration,
    /// Its name in the store, where machines share it.
    pub(super) shared: Option<Arc<str>>,
    /// Whether another machine renews it already.
    pub(super) renewed_by_another: bool,
}

struct Failed {
    fetch: u64,
    at: SystemTime,
    error: Error,
}

/// A usable token and the generation it belongs to.
#[derive(Clone)]
pub(crate) struct Grant {
    pub(crate) authorization: HeaderValue,
    pub(crate) generation: u64,
}

/// What a caller who needs a token is to do.
pub(crate) enum Access {
    /// Go on with this.
    Use(Grant),
    /// Fetch one. Where a live token is left, a failed renewal is no error.
    Fetch(Leadership, Option<Grant>),
    /// Somebody fetches: wait for that fetch.
    Wait(u64),
    /// The fetch that this caller waited for, or one a moment ago, failed.
    Failed(Error),
}

impl Tokens {
    pub(crate) fn new(policy: TokenPolicy) -> Self {
        Self {
            policy,
            live: ArcSwapOption::empty(),
            state: Mutex::default(),
        }
    }

    /// `waited_for` is the fetch whose end this caller has been waiting for.
    pub(crate) fn acquire(self: &Arc<Self>, now: SystemTime, waited_for: Option<u64>) -> Access {
        if let Some(live) = &*self.live.load()
            && live.is_before(now, live.windows.soft)
        {
            return Access::Use(live.grant.clone());
        }
        let mut state = self.lock();
        let live = self.live_now(&state, now);
        let failed_lately = state.failed.as_ref().is_some_and(|failed| {
            // After a jump back of the clock the age is unknown: fetch again. The failure must
            // not count either when the clock comes by once more while that fetch is under way.
            let latest = failed.fetch == state.fetch;
            let age = now.duration_since(failed.at);
            latest && age.is_ok_and(|age| age < self.policy.failure_memory)
        });
        if let Some(live) = live.filter(|live| live.is_before(now, live.windows.hard)) {
            let grant = live.grant.clone();
            let renew = !live.is_before(now, live.windows.soft);
            let renewed_by_another = state.renewed_by_another.is_some_and(|seen| {
                let age = now.duration_since(seen);
                age.is_ok_and(|age| age < LOOKS_AGAIN_FOR_A_RENEWAL)
            });
            if renew && !state.leader && !failed_lately && !renewed_by_another {
                return Access::Fetch(self.lead(&mut state), Some(grant));
            }
            return Access::Use(grant);
        }
        if let Some(failed) = &state.failed
            && (failed_lately || waited_for.is_some_and(|fetch| failed.fetch >= fetch))
        {
            return Access::Failed(failed.error.clone());
        }
        if state.leader {
            return Access::Wait(state.fetch);
        }
        Access::Fetch(self.lead(&mut state), None)
    }

    /// The live token, unless it is too close to its end.
    #[inline]
    pub(crate) fn live(&self, now: SystemTime) -> Option<LiveToken> {
        let live = self.live.load();
        match &*live {
            None => None,
            Some(known) if known.is_before(now, known.windows.hard) => Some(LiveToken(live)),
            Some(_) => self.live_after_a_jump(now),
        }
    }

    /// The live token, if it seems to have ended because the clock has jumped back.
    #[cold]
    fn live_after_a_jump(&self, now: SystemTime) -> Option<LiveToken> {
        // Held until it is read: another caller's clock may be elsewhere again.
        let state = self.lock();
        self.live_now(&state, now);
        let live = self.live.load();
        let usable = live
            .as_ref()
            .is_some_and(|it| it.is_before(now, it.windows.hard));
        usable.then_some(LiveToken(live))
    }

    /// The live token. When the clock has jumped back its age is unknown, so its life starts anew
    /// from here: never longer than its whole life, and a 401 tells if that was too long.
    fn live_now(&self, _: &MutexGuard<'_, State>, now: SystemTime) -> Option<Arc<Live>> {
        let live = self.live.load_full()?;
        if live.obtained <= now {
            return Some(live);
        }
        let anew = Arc::new(Live {
            grant: live.grant.clone(),
            shared: live.shared.clone(),
            obtained: now,
            life: live.life,
            windows: Windows::new(now, live.life, &self.policy),
        });
        self.live.store(Some(Arc::clone(&anew)));
        Some(anew)
    }

    /// Forgets the token of this generation, and only that one: a newer token stays.
    pub(crate) fn invalidate(&self, generation: u64) {
        let mut state = self.lock();
        let live = self.live.load();
        if let Some(live) = live.as_ref()
            && live.grant.generation == generation
        {
            if live.shared.is_some() {
                state.refused.clone_from(&live.shared);
            }
            self.live.store(None);
        }
    }

    /// Whether the token of this generation is still the live one.
    pub(super) fn holds(&self, generation: u64) -> bool {
        let live = self.live.load();
        live.as_ref()
            .is_some_and(|live| live.grant.generation == generation)
    }

    /// The shared token that the server refused: whoever finds it in the store looks for another.
    pub(super) fn refused(&self) -> Option<Arc<str>> {
        self.lock().refused.clone()
    }

    pub(super) fn policy(&self) -> &TokenPolicy {
        &self.policy
    }

    /// Wakes `waker` when the fetch of this number ends, at once if it has ended.
    pub(crate) fn wake_after(&self, fetch: u64, waker: &Waker) {
        let mut state = self.lock();
        if !state.leader || state.fetch != fetch {
            drop(state);
            waker.wake_by_ref();
        } else if !state.waiters.iter().any(|known| known.will_wake(waker)) {
            state.waiters.push(waker.clone());
        }
    }

    fn lead(self: &Arc<Self>, state: &mut State) -> Leadership {
        state.fetch += 1;
        state.leader = true;
        Leadership {
            tokens: Arc::clone(self),
            fetch: state.fetch,
            ended: false,
        }
    }

    /// No code of ours panics while it holds the lock, so a poisoned state is a sound one.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends the fetch in flight, whose result was applied, and wakes everybody who waited.
fn end_fetch(mut state: MutexGuard<'_, State>) {
    state.leader = false;
    let waiters = mem::take(&mut state.waiters);
    drop(state);
    waiters.into_iter().for_each(Waker::wake);
}

impl Windows {
    pub(super) fn new(obtained: SystemTime, life: Duration, policy: &TokenPolicy) -> Self {
        let before_end = |window| obtained.checked_add(life.saturating_sub(window));
        Self {
            soft: before_end(policy.soft_window.min(life / 4)),
            hard: before_end(policy.hard_window.min(life / 10)),
        }
    }

    pub(super) fn is_before_soft(&self, now: SystemTime) -> bool {
        self.soft.is_none_or(|soft| now < soft)
    }

    pub(super) fn is_before_hard(&self, now: SystemTime) -> bool {
        self.hard.is_none_or(|hard| now < hard)
    }
}

impl Live {
    /// Whether its age is known and `limit` not reached.
    #[inline]
    fn is_before(&self, now: SystemTime, limit: Option<SystemTime>) -> bool {
        self.obtained <= now && limit.is_none_or(|limit| now < limit)
    }
}

/// The `Authorization` of the live token, marked sensitive; see
/// [`Session::authorization`](super::Session::authorization).
///
/// It is for a moment: clone the value to keep it. A thread that holds many of these at once, or
/// keeps them across awaits, reads more slowly until they are dropped.
pub struct LiveToken(Guard<Option<Arc<Live>>>);

impl Deref for LiveToken {
    type Target = HeaderValue;

    #[inline]
    fn deref(&self) -> &HeaderValue {
        static NONE: HeaderValue = HeaderValue::from_static("");
        // There is always one: nothing else is made.
        let live = self.0.as_ref();
        live.map_or(&NONE, |live| &live.grant.authorization)
    }
}

impl fmt::Debug for LiveToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LiveToken(redacted)")
    }
}

/// The right and the duty to fetch the token. Dropped without a result, as by a cancelled or
/// panicking caller, it wakes the others and one of them takes over.
pub(crate) struct Leadership {
    tokens: Arc<Tokens>,
    fetch: u64,
    ended: bool,
}

impl Leadership {
    /// The generation of the token that it fetches.
    pub(super) fn generation(&self) -> u64 {
        self.fetch
    }

    /// Shares the token with everybody and returns it for the leader's own use.
    pub(super) fn obtained(mut self, now: SystemTime, obtained: Obtained) -> Grant {
        let grant = Grant {
            authorization: obtained.token.authorization(),
            generation: self.fetch,
        };
        let tokens = Arc::clone(&self.tokens);
        let live = Live {
            grant: grant.clone(),
            shared: obtained.shared,
            obtained: obtained.at,
            life: obtained.life,
            windows: Windows::new(obtained.at, obtained.life, &tokens.policy),
        };
        let mut state = tokens.lock();
        tokens.live.store(Some(Arc::new(live)));
        state.failed = None;
        state.renewed_by_another = obtained.renewed_by_another.then_some(now);
        self.ended = true;
        end_fetch(state);
        grant
    }

    /// Another machine renews the token: the live one is used until then.
    pub(super) fn leave_to_another(mut self, now: SystemTime) {
        let tokens = Arc::clone(&self.tokens);
        let mut state = tokens.lock();
        state.renewed_by_another = Some(now);
        self.ended = true;
        end_fetch(state);
    }

    /// Shares the failure with everybody who waits.
    pub(crate) fn failed(mut self, error: Error, now: SystemTime) {
        let tokens = Arc::clone(&self.tokens);
        let mut state = tokens.lock();
        state.failed = Some(Failed {
            fetch: self.fetch,
            at: now,
            error,
        });
        self.ended = true;
        end_fetch(state);
    }
}

impl Drop for Leadership {
    fn drop(&mut self) {
        if !self.ended {
            end_fetch(self.tokens.lock());
        }
    }
}
