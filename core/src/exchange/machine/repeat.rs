//! Whether and when a failed request is sent again.

use std::time::{Duration, SystemTime};

use super::Exchange;
use crate::endpoint::{Endpoint, Replay};
use crate::exchange::retry::{Failure, RetryDecision};
use crate::exchange::session::Idempotency;

impl<E: Endpoint> Exchange<E> {
    /// Whether a transport gave up because the deadline passed.
    pub(super) fn ran_out_of_time(&self, failure: Failure) -> bool {
        self.left().is_zero() && !matches!(failure, Failure::Status(..))
    }

    /// Whether a transport sent nothing, or gave up, when the fence had closed.
    pub(super) fn is_too_late_to_send(&self, now: SystemTime, failure: Failure) -> bool {
        let closed = self.fence.is_some_and(|fence| fence.is_closed(now));
        closed && !matches!(failure, Failure::Status(..))
    }

    pub(super) fn repeatable(&self) -> bool {
        match self.endpoint.replay() {
            Replay::Safe => true,
            Replay::WithIdempotencyKey => {
                self.session.settings().idempotency == Idempotency::Honoured
            }
            Replay::Unsafe => false,
        }
    }

    pub(super) fn decide(
        &mut self,
        now: SystemTime,
        failure: Failure,
        attempt: u32,
        repeatable: bool,
    ) -> RetryDecision {
        let sendable = self.fence.map(|fence| fence.left(now));
        let left = sendable.unwrap_or(Duration::MAX).min(self.left());
        let jitter = &mut self.jitter;
        self.session.settings().retry.decide(
            failure,
            attempt,
            repeatable,
            left,
            |most: Duration| {
                let most = u64::try_from(most.as_nanos()).unwrap_or(u64::MAX);
                Duration::from_nanos(jitter.u64(0..=most))
            },
        )
    }
}
