//! Fleets of machines that pay out over one store, all virtual, all from one seed.
//!
//! Two to eight machines call the same payouts, at the same time too, and recover what others left.
//! They share one token over it. Their clocks are up to five minutes off, and so is the store's. They are suspended at any step for
//! longer than anything waits, and crash at any step. The store refuses, says that somebody was
//! faster where nobody was, commits and loses its answer, and commits long after its answer was lost.
//! Requests and answers are lost and delayed; the provider refuses, fails, and executes a reference
//! again whenever it is asked to, and revokes tokens. The token's store is flushed.
//!
//! It is checked after every step that
//!
//! - no payout is executed twice;
//! - each event changes its order once, however often it is delivered;
//! - no machine goes on sending a token that was refused;
//! - what is said to be executed is, and what is said not to be is not;
//! - and, once the world has healed, that every intent is resolved as the provider has it.
//!
//! [`Mutation`] names the mistakes that break this.

mod faulty_store;
mod inbox;
mod machine;
mod world;

use std::fmt;

/// A mistake in a fleet, to show that it would be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutation {
    /// A machine that was suspended sends whenever it wakes.
    NoFence,
    /// What is open and due is sent again without looking it up.
    LeaseIsALock,
    /// Each machine takes its own clock for the store's.
    ClockOfTheMachine,
    /// The store stores whatever it is given.
    VersionIgnored,
    /// The intent is stored after it was sent.
    BeginAfterSend,
    /// A change whose answer was lost is taken for made.
    MaybeIsStored,
    /// All attempts have the same name.
    SameAttempt,
    /// An empty list proves that nothing was executed, however early.
    NoSettleWindow,
    /// The transport says that a lost request was not sent.
    LostIsNotSent,
    /// A late end overwrites what others stored since.
    LateEndWins,
    /// A token that was refused is taken from the store again.
    GenerationIgnored,
    /// An event is acknowledged before what it changed is committed.
    AcknowledgedBeforeTheCommit,
}

impl Mutation {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::NoFence,
        Self::LeaseIsALock,
        Self::ClockOfTheMachine,
        Self::VersionIgnored,
        Self::BeginAfterSend,
        Self::MaybeIsStored,
        Self::SameAttempt,
        Self::NoSettleWindow,
        Self::LostIsNotSent,
        Self::LateEndWins,
        Self::GenerationIgnored,
        Self::AcknowledgedBeforeTheCommit,
    ];
}

/// How much was tried.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// Questions to the store and requests to the provider.
    pub operations: u64,
    /// What went wrong on purpose.
    pub faults: u64,
    /// Payouts.
    pub payouts: u64,
    /// Token requests that the provider answered.
    pub tokens: u64,
    /// Payouts that were executed.
    pub executed: u64,
    /// Times that a machine was suspended or crashed.
    pub interruptions: u64,
}

impl Figures {
    /// Adds those of another run.
    pub fn add(&mut self, other: &Self) {
        self.operations += other.operations;
        self.faults += other.faults;
        self.payouts += other.payouts;
        self.tokens += other.tokens;
        self.executed += other.executed;
        self.interruptions += other.interruptions;
    }
}

/// What must not happen, and how it came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The seed that repeats it.
    pub seed: u64,
    /// What is broken.
    pub what: String,
    /// What happened before, line by line.
    pub story: Vec<String>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}: {}", self.seed, self.what)?;
        self.story
            .iter()
            .try_for_each(|line| writeln!(f, "  {line}"))
    }
}

/// Runs one fleet to its end.
///
/// ```
/// use sanspay_ffi_free_tests::fleet::{Mutation, simulate};
/// assert!(simulate(7, None).is_ok());
/// let found = (0..1000).find(|seed| simulate(*seed, Some(Mutation::NoFence)).is_err());
/// assert!(found.is_some());
/// ```
///
/// # Errors
/// When something happens that must not.
pub fn simulate(seed: u64, mistake: Option<Mutation>) -> Result<Figures, Box<Violation>> {
    world::World::new(seed, mistake).run()
}
