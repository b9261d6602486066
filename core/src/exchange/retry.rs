//! The retry decision: a pure function over a table.

use std::time::Duration;

use http::StatusCode;

use crate::error::Meaning;

/// How often and how soon a failed request is sent again.
///
/// The wait before attempt *n* + 1 is drawn evenly between zero and `base · 2ⁿ⁻¹`, at most `cap`
/// (full jitter), and is never shorter than what the server asks for with `Retry-After`. A server
/// that asks for more than `max_retry_after` is obeyed by not sending again: the error says how
/// long to wait.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// The most times one request is sent; 1 means never again.
    pub max_attempts: u32,
    /// The upper bound of the first wait.
    pub base: Duration,
    /// The upper bound of every wait that is drawn.
    pub cap: Duration,
    /// The longest `Retry-After` that is waited for.
    pub max_retry_after: Duration,
}

impl Default for RetryPolicy {
    /// Four attempts, waits up to 200 ms, 400 ms and 800 ms, `Retry-After` up to 30 s.
    fn default() -> Self {
        Self {
            max_attempts: 4,
            base: Duration::from_millis(200),
            cap: Duration::from_secs(5),
            max_retry_after: Duration::from_secs(30),
        }
    }
}

impl RetryPolicy {
    /// Sends everything once.
    pub fn never() -> Self {
        Self {
            max_attempts: 1,
            ..Self::default()
        }
    }

    /// What to do after attempt number `attempt` (from 1) ended in `failure`.
    ///
    /// `repeatable` says whether executing the operation twice is harmless, `left` what is left
    /// of the deadline, and `draw` draws a wait between zero and its argument.
    ///
    /// ```
    /// use std::time::Duration;
    /// use sanspay_core::exchange::{Failure, RetryDecision, RetryPolicy};
    /// let (policy, left) = (RetryPolicy::default(), Duration::from_secs(30));
    /// let decide = |failure, repeatable| policy.decide(failure, 1, repeatable, left, |most| most);
    /// // No connection: the server saw nothing, so even a payout may be sent again.
    /// assert_eq!(decide(Failure::NotSent, false), RetryDecision::Retry(policy.base));
    /// // A lost answer: the money may have moved.
    /// assert_eq!(decide(Failure::Lost, false), RetryDecision::Stop);
    /// ```
    pub fn decide(
        &self,
        failure: Failure,
        attempt: u32,
        repeatable: bool,
        left: Duration,
        draw: impl FnOnce(Duration) -> Duration,
    ) -> RetryDecision {
        let (may_repeat, retry_after) = match failure {
            Failure::NotSent => (true, None),
            Failure::Lost => (repeatable, None),
            Failure::Tls => (false, None),
            Failure::Status(status, after) => (repeatable && Meaning::of(status).transient, after),
        };
        let asked = retry_after.unwrap_or_default();
        if !may_repeat || attempt >= self.max_attempts || asked > self.max_retry_after {
            return RetryDecision::Stop;
        }
        let doubled = 2u32.checked_pow(attempt.saturating_sub(1));
        let bound = doubled.and_then(|factor| self.base.checked_mul(factor));
        let delay = draw(bound.unwrap_or(self.cap).min(self.cap)).max(asked);
        if delay < left {
            RetryDecision::Retry(delay)
        } else {
            RetryDecision::Stop
        }
    }
}

/// How an attempt failed, as far as the retry decision is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// No connection was made.
    NotSent,
    /// The request may have arrived; no complete answer came.
    Lost,
    /// TLS or a certificate stands in the way, as it would the next time. Whether the request may
    /// have arrived is another question.
    Tls,
    /// An answer with this status came, perhaps with a `Retry-After`.
    Status(StatusCode, Option<Duration>),
}

/// What to do after a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryDecision {
    /// Send again after this wait.
    Retry(Duration),
    /// End with the error.
    Stop,
}

#[cfg(test)]
mod tests {
    use super::*;
    use RetryDecision::{Retry, Stop};
    use proptest::prelude::*;

    const LEFT: Duration = Duration::from_secs(20);

    fn status(code: u16, after: Option<u64>) -> Failure {
        Failure::Status(
            StatusCode::from_u16(code).unwrap(),
            after.map(Duration::from_secs),
        )
    }

    fn most(failure: Failure, attempt: u32, repeatable: bool) -> RetryDecision {
        RetryPolicy::default().decide(failure, attempt, repeatable, LEFT, |bound| bound)
    }

    #[test]
    fn the_table() {
        let ms = |n| Retry(Duration::from_millis(n));
        let rows: &[(Failure, u32, bool, RetryDecision)] = &[
            (Failure::NotSent, 1, false, ms(200)),
            (Failure::NotSent, 1, true, ms(200)),
            (Failure::NotSent, 3, false, ms(800)),
            (Failure::NotSent, 4, false, Stop),
            (Failure::Lost, 1, true, ms(200)),
            (Failure::Lost, 1, false, Stop),
            (Failure::Tls, 1, true, Stop),
            (status(408, None), 1, true, ms(200)),
            (status(429, None), 2, true, ms(400)),
            (status(500, None), 1, true, ms(200)),
            (status(502, None), 1, true, ms(200)),
            (status(503, None), 1, true, ms(200)),
            (status(504, None), 1, true, ms(200)),
            (status(499, None), 1, true, ms(200)),
            (status(522, None), 1, true, ms(200)),
            (status(522, None), 1, false, Stop),
            (status(429, None), 1, false, Stop),
            (status(503, None), 1, false, Stop),
            (status(400, None), 1, true, Stop),
            (status(401, None), 1, true, Stop),
            (status(404, None), 1, true, Stop),
            (status(501, None), 1, true, Stop),
            (status(200, None), 1, true, Stop),
            (status(503, Some(7)), 1, true, ms(7000)),
            (status(503, Some(0)), 1, true, ms(200)),
            (status(429, Some(31)), 1, true, Stop),
            (status(429, Some(21)), 1, true, Stop),
        ];
        for (failure, attempt, repeatable, expected) in rows {
            assert_eq!(
                most(*failure, *attempt, *repeatable),
                *expected,
                "{failure:?} {attempt} {repeatable}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_wait_overruns_the_deadline_or_undercuts_the_server(
            attempt in 1u32..2000, attempts in 1u32..4000, base in 0u64..10_000, cap in 0u64..10_000,
            left in 0u64..60_000, after in proptest::option::of(0u64..100), share in 0u32..=100,
        ) {
            let policy = RetryPolicy {
                max_attempts: attempts,
                base: Duration::from_millis(base),
                cap: Duration::from_millis(cap),
                ..RetryPolicy::default()
            };
            let left = Duration::from_millis(left);
            let decision = policy.decide(status(503, after), attempt, true, left, |most| most * share / 100);
            if let Retry(delay) = decision {
                prop_assert!(delay < left && attempt < attempts);
                prop_assert!(delay >= Duration::from_secs(after.unwrap_or(0)));
                prop_assert!(delay <= policy.cap.max(policy.max_retry_after));
            }
        }
    }
}
