//! The part of an exchange that shares the token with other machines over a store.

use std::mem;
use std::time::{Duration, SystemTime};

use super::{Exchange, Fetch, Phase, Stage};
use crate::access_token::AccessToken;
use crate::durable::{StoreAnswer, StoreError, StoreOp};
use crate::endpoint::Endpoint;
use crate::exchange::shared_token::{Grant, Leadership, Obtained};
use crate::exchange::token_store::{Found, Next, Sharing};

/// On the way to the shared token, for all exchanges of this session.
pub(super) struct Share {
    leadership: Leadership,
    /// The live token that is to be renewed.
    fallback: Option<Grant>,
    sharing: Sharing,
    stage: ShareStage,
}

enum ShareStage {
    Ask(StoreOp),
    Asked,
    /// Loads again after this pause.
    Pause(Duration),
}

impl Share {
    pub(super) fn pass(&mut self, passed: Duration) {
        if let ShareStage::Pause(left) = &mut self.stage {
            *left = left.saturating_sub(passed);
        }
    }
}

impl<E: Endpoint> Exchange<E> {
    /// Fetches the token, or asks the store first whether another machine has one.
    pub(super) fn begin_fetch(
        &mut self,
        leadership: Leadership,
        fallback: Option<Grant>,
    ) -> Phase<E::Output> {
        let shared = &self.session.0;
        let Some(token) = &shared.settings.shared_token else {
            return fetch(leadership, fallback, None);
        };
        let Ok(request) = shared.token_source.request(&shared.api) else {
            // What cannot be built ends the fetch with the reason.
            return fetch(leadership, fallback, None);
        };
        let sharing = Sharing::new(
            token.clone(),
            context_of(&request),
            shared.tokens.policy().clone(),
            fallback.is_some(),
            // Time is left to fetch one all the same.
            self.left() / 2,
            fastrand::Rng::with_seed(self.jitter.u64(..)),
        );
        Phase::Share(Box::new(Share {
            leadership,
            fallback,
            sharing,
            stage: ShareStage::Pause(Duration::ZERO),
        }))
    }

    /// What to ask the store, or how long to wait.
    pub(super) fn store_op(&mut self, now: SystemTime) -> Result<StoreOp, Duration> {
        let left = self.left();
        match &mut self.phase {
            Phase::Share(share) => match mem::replace(&mut share.stage, ShareStage::Asked) {
                ShareStage::Ask(op) => Ok(op),
                ShareStage::Asked => Err(left),
                ShareStage::Pause(pause) if pause.is_zero() => Ok(share.sharing.load(now)),
                pause @ ShareStage::Pause(delay) => {
                    share.stage = pause;
                    Err(delay)
                }
            },
            Phase::Publish(op, _) => op.take().ok_or(left),
            _ => Err(left),
        }
    }

    /// What the store answered to the question that was handed out last. A store that fails, or that
    /// the driver does not have, costs a token request and never the call.
    pub fn stored(&mut self, now: SystemTime, answer: Result<StoreAnswer, StoreError>) {
        self.advance_clock(now);
        let phase = mem::replace(&mut self.phase, Phase::Ended(None));
        self.phase = match phase {
            Phase::Share(mut share) if matches!(share.stage, ShareStage::Asked) => {
                // It may have been refused while the store was asked.
                share.sharing.refuse(self.session.0.tokens.refused());
                share.answered(now, answer)
            }
            Phase::Publish(None, then) => *then,
            other => other,
        };
    }

    /// There is no time left to tell the store; what is known of the call itself stays.
    pub(super) fn skip_publishing(&mut self) {
        if let Phase::Publish(_, then) = &mut self.phase {
            self.phase = mem::replace(&mut **then, Phase::Ended(None));
        }
    }
}

impl Share {
    fn answered<T>(
        mut self: Box<Self>,
        now: SystemTime,
        answer: Result<StoreAnswer, StoreError>,
    ) -> Phase<T> {
        self.stage = match self.sharing.answered(now, answer) {
            Next::Ask(op) => ShareStage::Ask(op),
            Next::Wait(delay) => ShareStage::Pause(delay),
            Next::KeepOld => {
                self.leadership.leave_to_another(now);
                return Phase::Authorize(None);
            }
            Next::Use(found) => {
                return Phase::Ready(Some(self.leadership.obtained(now, found.into())));
            }
            Next::Fetch => {
                let sharing = Some(Box::new(self.sharing));
                return fetch(self.leadership, self.fallback, sharing);
            }
        };
        Phase::Share(self)
    }
}

impl Fetch {
    /// Shares the token in this process and, where the store waits for it, with the others.
    pub(super) fn obtained<T>(self, now: SystemTime, token: AccessToken) -> Phase<T> {
        let life = token.life(now);
        let published = self
            .sharing
            .and_then(|mut sharing| sharing.publish(&token, life));
        let (op, shared) = published.unzip();
        let obtained = Obtained {
            token,
            at: now,
            life,
            shared,
            renewed_by_another: false,
        };
        let ready = Phase::Ready(Some(self.leadership.obtained(now, obtained)));
        tell(op, ready)
    }
}

/// Gives the lease back and goes on.
pub(super) fn given_up<T>(sharing: Option<Box<Sharing>>, then: Phase<T>) -> Phase<T> {
    tell(sharing.and_then(|mut sharing| sharing.give_up()), then)
}

fn tell<T>(op: Option<StoreOp>, then: Phase<T>) -> Phase<T> {
    match op {
        Some(op) => Phase::Publish(Some(op), Box::new(then)),
        None => then,
    }
}

fn fetch<T>(
    leadership: Leadership,
    fallback: Option<Grant>,
    sharing: Option<Box<Sharing>>,
) -> Phase<T> {
    Phase::Fetch(Fetch {
        leadership,
        fallback,
        stage: Stage::Pause(Duration::ZERO),
        attempts: 0,
        sharing,
    })
}

/// Where and with which keys the token is fetched: one of other keys must not be taken for it.
fn context_of(request: &http::Request<Vec<u8>>) -> Vec<u8> {
    let mut context = request.uri().to_string().into_bytes();
    context.push(b'\n');
    context.extend_from_slice(request.body());
    context
}

impl From<Found> for Obtained {
    fn from(found: Found) -> Self {
        Self {
            token: found.token,
            at: found.obtained,
            life: found.life,
            shared: Some(found.generation),
            renewed_by_another: found.renewed_by_another,
        }
    }
}
