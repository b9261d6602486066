//! The store of a fleet, with the faults of real ones.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use sanspay_core::Clock;
use sanspay_core::durable::{
    BlockingStore, MemoryStore, Put, Row, State, StoreAnswer, StoreError, StoreOp, StoredIntent,
};

use super::Mutation;

/// A clock that the world sets.
#[derive(Clone)]
pub(super) struct SetClock(Arc<Mutex<SystemTime>>);

impl SetClock {
    pub(super) fn new(time: SystemTime) -> Self {
        Self(Arc::new(Mutex::new(time)))
    }

    pub(super) fn set(&self, time: SystemTime) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = time;
    }
}

impl Clock for SetClock {
    fn now(&self) -> SystemTime {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a question goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StoreFault {
    None,
    /// It does nothing and says so.
    Refused,
    /// It says that somebody was faster.
    Serialization,
    /// It does it, and the answer is lost.
    AnswerLost,
    /// The answer is lost first, and it is done so much later.
    Late(Duration),
}

pub(super) struct FaultyStore {
    rows: MemoryStore,
    /// The shared token, which may be flushed as a cache is.
    token: MemoryStore,
    clock: SetClock,
    mistake: Option<Mutation>,
}

impl FaultyStore {
    pub(super) fn new(clock: SetClock, mistake: Option<Mutation>) -> Self {
        Self {
            rows: MemoryStore::new(clock.clone()),
            token: MemoryStore::new(clock.clone()),
            clock,
            mistake,
        }
    }

    pub(super) fn rows(&self) -> Vec<Row> {
        self.rows.rows()
    }

    /// Forgets the shared token.
    pub(super) fn flush(&mut self) {
        self.token = MemoryStore::new(self.clock.clone());
    }

    /// The same for the store of the shared token.
    pub(super) fn ask_token(&self, op: &StoreOp) -> Result<StoreAnswer, StoreError> {
        let mut answer = op.ask_blocking(&self.token)?;
        if self.mistake == Some(Mutation::GenerationIgnored)
            && let StoreAnswer::Loaded(loaded) = &mut answer
            && let Some(row) = &mut loaded.row
        {
            // Nobody recognises the token that was refused.
            row.value = row.value.replace("\"generation\":\"", "\"generation\":\"-");
        }
        Ok(answer)
    }

    /// Does it; `asker` is the clock of the machine.
    pub(super) fn ask(&self, op: &StoreOp, asker: SystemTime) -> Result<StoreAnswer, StoreError> {
        if self.mistake == Some(Mutation::ClockOfTheMachine) {
            self.clock.set(asker);
        }
        match op {
            StoreOp::StoreIf(put) if self.overwrites(put) => {
                let version = self.rows.load(&put.key)?.row.map_or(0, |row| row.version);
                let expected = version;
                let put = Put {
                    expected,
                    ..put.clone()
                };
                Ok(StoreAnswer::Stored(self.rows.store_if(&put)?))
            }
            _ => {
                let mut answer = op.ask_blocking(&self.rows)?;
                if self.mistake == Some(Mutation::LeaseIsALock) {
                    free(&mut answer);
                }
                Ok(answer)
            }
        }
    }

    fn overwrites(&self, put: &Put) -> bool {
        match self.mistake {
            Some(Mutation::VersionIgnored) => true,
            Some(Mutation::LateEndWins) => put.value.contains("\"not_executed\""),
            _ => false,
        }
    }
}

/// Whatever is open and due looks as if it was not executed.
fn free(answer: &mut StoreAnswer) {
    let StoreAnswer::Loaded(loaded) = answer else {
        return;
    };
    let now = loaded.now;
    let Some(row) = &mut loaded.row else { return };
    if row.due.is_some_and(|due| due <= now)
        && let Ok(stored) = StoredIntent::read(row)
        && matches!(stored.state(), State::Open { .. })
    {
        let why = "its time is over".to_owned();
        row.value = StoredIntent::new(stored.intent().clone(), State::NotExecuted { why }).write();
    }
}
