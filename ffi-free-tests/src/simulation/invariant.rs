//! What must never happen, by name.

use std::fmt;

/// What holds after every step of a run, whatever happens to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Invariant {
    /// No payout and no payment of one reference.
    NothingExecutedTwice,
    /// On the disk, not only written.
    StoredBeforeSent,
    /// The disk of whoever asked for it says so.
    ExecutedIsListed,
    /// Where it says executed it was, and where it says not executed it was not.
    StoredIsTrue,
    /// Every intent ends as executed or as refused, and nothing stays open for hours, unless
    /// nothing proves that the list would show it.
    ResolvedAfterHealing,
    /// Not a webhook or notification that anybody could have posted.
    PaidOnlyIfProviderSays,
    /// By no message and no crash.
    PaidIsNeverTakenBack,
    /// Of an order of the checkout, to the merchant's staff.
    SecondPaymentIsReported,
    /// When all is over: of payments and payouts in any case, of an order that was paid unless the
    /// provider gave up telling it.
    StatusesAreKnown,
    /// A webhook or notification is answered with success only then.
    AcknowledgedIsStored,
    /// In one process.
    OneTokenRequest,
    /// Neither refused nor near its end.
    GoodTokenIsKept,
    /// Plus what its clock was turned back.
    CallsEndByDeadline,
    /// Not even once more.
    NothingSentAfterDeadline,
    /// With all its causes.
    ErrorsHoldNoSecret,
    /// In the middle of a write too.
    JournalOpensAfterCrash,
    /// Declared, or shown by a record of the same kind that was made; and never by an answer that
    /// leaves something open.
    AbsentIsProven,
    /// Not by a process either that was suspended meanwhile.
    NothingSentAfterFence,
    /// A record of another type, reference, amount or currency is no success, and no failure.
    MismatchIsUnknown,
    /// Not for a record of another type, reference, amount or currency.
    PaidOnlyForTheVeryOrder,
    /// Of every single attempt, and also if the request is still on its way.
    NotSentIsTrue,
    /// Whoever stores the end of an attempt after another one began learns of it.
    LateIsTold,
    /// Otherwise the simulation itself is wrong.
    SimulationIsSetUp,
}

impl Invariant {
    /// All of them, but the one about the simulation itself.
    pub const ALL: [Self; 22] = [
        Self::NothingExecutedTwice,
        Self::StoredBeforeSent,
        Self::ExecutedIsListed,
        Self::StoredIsTrue,
        Self::ResolvedAfterHealing,
        Self::PaidOnlyIfProviderSays,
        Self::PaidIsNeverTakenBack,
        Self::SecondPaymentIsReported,
        Self::StatusesAreKnown,
        Self::AcknowledgedIsStored,
        Self::OneTokenRequest,
        Self::GoodTokenIsKept,
        Self::CallsEndByDeadline,
        Self::NothingSentAfterDeadline,
        Self::ErrorsHoldNoSecret,
        Self::JournalOpensAfterCrash,
        Self::AbsentIsProven,
        Self::NothingSentAfterFence,
        Self::MismatchIsUnknown,
        Self::PaidOnlyForTheVeryOrder,
        Self::NotSentIsTrue,
        Self::LateIsTold,
    ];
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NothingExecutedTwice => "nothing is executed twice",
            Self::StoredBeforeSent => "an intent is stored before it is sent",
            Self::ExecutedIsListed => "what is executed is known or listed as unknown",
            Self::StoredIsTrue => "what is stored about an intent is true",
            Self::ResolvedAfterHealing => "everything is resolved once the network heals",
            Self::PaidOnlyIfProviderSays => {
                "an order is paid only if the provider holds it as paid"
            }
            Self::PaidIsNeverTakenBack => "no paid order is un-paid",
            Self::SecondPaymentIsReported => "every second payment of an order is reported",
            Self::StatusesAreKnown => "every order's status is known",
            Self::AcknowledgedIsStored => "what is acknowledged is stored",
            Self::OneTokenRequest => "one token request at a time",
            Self::GoodTokenIsKept => "a good token is not thrown away",
            Self::CallsEndByDeadline => "every call ends by its deadline",
            Self::NothingSentAfterDeadline => "nothing is sent after its deadline",
            Self::ErrorsHoldNoSecret => "no error holds a secret",
            Self::JournalOpensAfterCrash => "the journal opens after any crash",
            Self::AbsentIsProven => "absent is said with proof only",
            Self::NothingSentAfterFence => "nothing is sent after its send-by time",
            Self::MismatchIsUnknown => "another record leaves the outcome unknown",
            Self::PaidOnlyForTheVeryOrder => "an order is paid only by its own record",
            Self::NotSentIsTrue => "what a call says was not executed is not executed",
            Self::LateIsTold => "an attempt that came late is told",
            Self::SimulationIsSetUp => "the simulation is set up",
        })
    }
}

/// An invariant that does not hold any more.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) invariant: Invariant,
    pub(super) detail: String,
}

pub(super) type Held = Result<(), Broken>;

pub(super) fn broken(invariant: Invariant, detail: impl Into<String>) -> Held {
    let detail = detail.into();
    Err(Broken { invariant, detail })
}

/// The set-up of the simulation itself was refused: a mistake of ours.
pub(super) fn set_up<E: fmt::Display>(error: E) -> Broken {
    Broken {
        invariant: Invariant::SimulationIsSetUp,
        detail: error.to_string(),
    }
}
