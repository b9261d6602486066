//! The time after which an exchange hands nothing out.

use std::time::{Duration, SystemTime};

use super::{Exchange, Phase, Stage};
use crate::endpoint::{Endpoint, Replay};

const SENT_LATE: &str = "the time by which it had to be sent has passed";

#[derive(Clone, Copy)]
pub(super) struct Fence {
    until: SystemTime,
    /// The clock went back, so that nobody knows how much time has passed.
    stepped_back: bool,
}

impl Fence {
    pub(super) fn new(until: SystemTime) -> Self {
        Self {
            until,
            stepped_back: false,
        }
    }

    /// Two readings of the clock, one after the other.
    pub(super) fn saw(&mut self, earlier: SystemTime, later: SystemTime) {
        self.stepped_back |= later < earlier;
    }

    pub(super) fn is_closed(self, now: SystemTime) -> bool {
        self.stepped_back || now >= self.until
    }

    /// For how long something may still be sent.
    pub(super) fn left(self, now: SystemTime) -> Duration {
        if self.is_closed(now) {
            return Duration::ZERO;
        }
        self.until.duration_since(now).unwrap_or(Duration::ZERO)
    }
}

impl<E: Endpoint> Exchange<E> {
    /// The fence is closed: ends unless the request is in flight and may still be answered.
    pub(super) fn hand_nothing_out(&mut self, now: SystemTime) {
        self.skip_publishing();
        if !matches!(
            self.phase,
            Phase::Ended(_) | Phase::Call(_, Stage::InFlight)
        ) {
            self.end_late(now, SENT_LATE);
        }
    }

    /// Whether the operation may have been executed if nothing more became known.
    pub(super) fn outcome_would_be_unknown(&self) -> bool {
        match self.phase {
            Phase::Ended(_) => false,
            Phase::Call(_, Stage::InFlight) => {
                self.may_be_executed || self.endpoint.replay() != Replay::Safe
            }
            _ => self.may_be_executed,
        }
    }
}
