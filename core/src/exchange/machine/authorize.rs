//! The part of an exchange that gets its token, for itself and for all who wait.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::Response;

use super::share::given_up;
use super::{Exchange, Fetch, Phase, Stage};
use crate::endpoint::{Endpoint, Replay};
use crate::exchange::outcome::judge;
use crate::exchange::retry::RetryDecision;
use crate::exchange::shared_token::Access;
use crate::exchange::step::Wait;
use crate::transport::TransportError;

/// The longest that a follower waits before it looks again by itself; a driver that heeds
/// [`Wait::wake_early`] never needs it.
const FOLLOWER_LOOKS_AGAIN: Duration = Duration::from_millis(100);

pub(super) const TOKEN_LATE: &str = "the deadline passed before a token was there";

impl<E: Endpoint> Exchange<E> {
    /// Gets a token, becomes the one who fetches it, or follows the one who does.
    pub(super) fn authorize(&mut self, now: SystemTime, followed: Option<u64>) -> Option<Wait> {
        let tokens = &self.session.0.tokens;
        self.phase = match tokens.acquire(now, followed) {
            Access::Use(grant) => Phase::Ready(Some(grant)),
            Access::Fetch(leadership, fallback) => self.begin_fetch(leadership, fallback),
            Access::Failed(error) => self.end_with(now, error.seen_by(self.operation())),
            Access::Wait(fetch) => {
                let delay = self.left().min(FOLLOWER_LOOKS_AGAIN);
                let wait = Wait {
                    delay,
                    fetch: Some((Arc::clone(tokens), fetch)),
                };
                self.phase = Phase::Authorize(Some(fetch));
                return Some(wait);
            }
        };
        None
    }

    /// Shares what came of the token request, or tries it again.
    pub(super) fn token_answered(
        &mut self,
        now: SystemTime,
        fetch: Fetch,
        outcome: Result<Response<Vec<u8>>, TransportError>,
    ) -> Phase<E::Output> {
        let source = &*self.session.0.token_source;
        let failed = match judge(source, &self.session, now, outcome) {
            Ok(token) => return fetch.obtained(now, token),
            Err(failed) => failed,
        };
        let Fetch {
            leadership,
            fallback,
            attempts,
            sharing,
            ..
        } = fetch;
        if self.ran_out_of_time(failed.failure) || self.is_too_late_to_send(now, failed.failure) {
            // Our own deadline is no failure of the token: the others go on trying, and for them the old one
            // may be over.
            drop(leadership);
            let error = self.deadline_error(TOKEN_LATE).with_source(failed.error);
            return given_up(sharing, self.end_with(now, error));
        }
        let error = failed.error.with_attempts(attempts);
        if let Some(grant) = fallback {
            leadership.failed(error, now);
            // It may have been refused while another one was fetched.
            let phase = if self.session.0.tokens.holds(grant.generation) {
                Phase::Ready(Some(grant))
            } else {
                Phase::Authorize(None)
            };
            return given_up(sharing, phase);
        }
        let repeatable = source.replay() == Replay::Safe;
        match self.decide(now, failed.failure, attempts, repeatable) {
            RetryDecision::Retry(delay) => Phase::Fetch(Fetch {
                leadership,
                fallback: None,
                stage: Stage::Pause(delay),
                attempts,
                sharing,
            }),
            RetryDecision::Stop => {
                leadership.failed(error.clone(), now);
                given_up(sharing, self.end_with(now, error.seen_by(self.operation())))
            }
        }
    }
}
