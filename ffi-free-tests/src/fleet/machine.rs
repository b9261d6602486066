//! One machine of a fleet, and the calls on it.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use sanspay_core::Wire;
use sanspay_core::durable::{DurableCall, Outcome, Recovery};
use sanspay_core::exchange::{Seal, SharedToken};
use sanspay_core::partner::{Lookup, NewPayout, RecordType};
use sanspay_core::{Exchange, Session, SessionBuilder};

use super::Mutation;

/// True time 0: the 15th of January 2027.
const BEGINNING: Duration = Duration::from_secs(1_800_000_000);

/// What a clock shows that is so many milliseconds before or behind true time.
pub(super) fn clock(now: Duration, skew: i64) -> SystemTime {
    let distance = Duration::from_millis(skew.unsigned_abs());
    let time = SystemTime::UNIX_EPOCH + BEGINNING + now;
    if skew < 0 {
        time - distance
    } else {
        time + distance
    }
}

pub(super) struct Machine {
    pub(super) skew: i64,
    pub(super) incarnation: u32,
    pub(super) session: Session,
    pub(super) asleep_until: Duration,
    pub(super) tasks: BTreeMap<u32, Task>,
    pub(super) last_task: u32,
    pub(super) recovery: Option<Recovery>,
}

/// A call on its way.
pub(super) struct Task {
    pub(super) reference: Option<String>,
    pub(super) call: DurableCall<NewPayout>,
    pub(super) inner: Inner,
    /// A question that a broken machine asks later.
    pub(super) deferred: Option<sanspay_core::durable::StoreOp>,
}

/// The exchange that a call waits for.
pub(super) enum Inner {
    None,
    Call(Box<Exchange<NewPayout>>),
    LookUp(Box<Exchange<Lookup>>),
}

/// What ended, and with what.
pub(super) type Ended = (Option<String>, Outcome);

/// Hides nothing here, where nobody looks, and opens what it sealed alone.
struct Reversed;

impl Seal for Reversed {
    fn seal(&self, plain: &[u8], _: &[u8]) -> Vec<u8> {
        plain.iter().rev().copied().collect()
    }

    fn open(&self, sealed: &[u8], _: &[u8]) -> Option<Vec<u8>> {
        Some(sealed.iter().rev().copied().collect())
    }
}

pub(super) fn session(seed: u64, mistake: Option<Mutation>) -> Session {
    let mut wire = Wire::default();
    if mistake == Some(Mutation::NoSettleWindow) {
        wire.settle = Duration::ZERO;
    }
    let token = SharedToken::new("fleet", Reversed);
    let token = token.unwrap_or_else(|error| unreachable!("{error}"));
    let built = SessionBuilder::new(seed)
        .base_url("https://api.example.com")
        .credentials("sandbox-key-id", "sandbox-key-secret")
        .plain_http(true)
        .short_key_secret(true)
        .authoritative_list(RecordType::Payout)
        .wire(wire)
        .shared_token(token)
        .build();
    built.unwrap_or_else(|error| unreachable!("{error}"))
}
