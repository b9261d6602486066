//! Chance from one seed: every draw of a run follows from it and from what the draw is for.

use std::time::Duration;

/// A source of draws.
pub(super) struct Chance(fastrand::Rng);

impl Chance {
    /// The draws for one purpose. Other purposes do not move them, so that a case stays what it
    /// is when something else is taken out of it.
    pub(super) fn new(seed: u64, purpose: &str) -> Self {
        // FNV-1a spreads the purpose; the generator mixes the rest.
        let mixed = purpose
            .bytes()
            .fold(seed ^ 0xcbf2_9ce4_8422_2325, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        Self(fastrand::Rng::with_seed(mixed))
    }

    /// True so many times in a thousand.
    pub(super) fn per_mille(&mut self, rate: u32) -> bool {
        self.0.u32(0..1000) < rate
    }

    /// From 0 to `bound` without it; 0 for a bound of 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0.usize(0..bound.max(1))
    }

    /// A time between the two, in milliseconds.
    pub(super) fn between(&mut self, least: u64, most: u64) -> Duration {
        Duration::from_millis(self.0.u64(least..=most.max(least)))
    }

    /// One of them.
    pub(super) fn pick<T: Copy>(&mut self, choices: &[T], otherwise: T) -> T {
        choices
            .get(self.below(choices.len()))
            .copied()
            .unwrap_or(otherwise)
    }

    /// One of them, each as likely as its weight says.
    pub(super) fn weighted<T: Copy>(&mut self, choices: &[(u32, T)], otherwise: T) -> T {
        let total: u32 = choices.iter().map(|(weight, _)| weight).sum();
        let mut drawn = self.0.u32(0..total.max(1));
        for (weight, choice) in choices {
            if drawn < *weight {
                return *choice;
            }
            drawn -= weight;
        }
        otherwise
    }
}
