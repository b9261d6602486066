//! Years of faults in seconds: merchants, both providers and the network between them, all virtual,
//! all from one seed.
//!
//! One run has one to three processes of merchants, each with a session that its interleaved calls
//! share, a journal on a disk that tears its last line when the process dies, and the provider's
//! webhooks and notifications coming in. In many runs the processes share one journal and take each
//! other's work over. Requests and answers are lost, delayed, duplicated, overtaken, cut, corrupted
//! and replaced by the bytes of anybody; TLS breaks after the request; echoes tell another amount,
//! currency, type or reference; lists lag, leave out a kind of record, and page in ways that nobody
//! knows; the provider refuses, fails, is slow, revokes tokens and restarts; clocks are wrong and
//! jump; processes die at any step, in the middle of a write too, and are suspended at any step for
//! any time; attackers forge webhooks, also about other records, and cut signed texts anew. There
//! is no thread and no sleep. The merchant is written the way the journal's documentation tells
//! users to write theirs (see [`sanspay_core::journal`]).
//!
//! In some runs the merchants declare the provider's lists authoritative, in some they rely on
//! evidence, which they look for, and in some there is neither: there an intent whose answer is
//! lost may stay unknown permanently, unless the list shows its record.
//!
//! After every step it is checked that
//!
//! - nothing is executed twice: no payout, no payment of one reference;
//! - an intent is on the disk before it is sent, and what is executed is known or listed as
//!   unknown; what is stored about it is true; once the network heals nothing stays unknown that
//!   somebody could find out;
//! - what a call says was not executed is not executed, ever; absent is said with proof only; a
//!   record that is not what was asked for leaves the outcome unknown;
//! - nothing is sent after its send-by time, and an attempt that came late is told;
//! - an order is paid only if the provider holds it as paid, by its own record, and no paid order
//!   is un-paid; a second payment of one is reported;
//! - what is acknowledged is on the disk;
//! - one token request is on its way at a time, and a good token is not thrown away;
//! - every call ends by its deadline, and nothing is sent after it;
//! - no error holds a secret.
//!
//! [`Invariant`] names them, and each of them is broken by one of the mistakes in [`Mutation`].
//!
//! Some things do not happen, because no client could do anything about them:
//!
//! - a proxy repeats a payment or payout, which HTTP forbids it, before a provider that executes a
//!   used reference again; or it passes on nothing but that the copy was refused for its token;
//! - somebody makes up one of the application's own refusals about what was executed, an empty list
//!   of a provider whose lists the merchant trusts, or an answer that is right in everything;
//! - a list that is trusted, because of a declaration or because it has shown a record, lags for
//!   longer than `Wire::settle` allows;
//! - all clocks of a suspended process stand still while others take its work over, or the clocks
//!   of those who share a journal differ by more than a few seconds.
//!
//! A [`Violation`] comes as a story of a few numbered lines, from which everything was taken out
//! that it does not need, and with one line that repeats it:
//!
//! ```
//! use sanspay_ffi_free_tests::simulation::{Mutation, simulate, simulate_with};
//! assert!(simulate(&"17".parse()?).is_ok());
//!
//! // A merchant who sends what is open again, after a restart.
//! let mistake = Some(Mutation::ResendOpenIntents);
//! let violation = (0..1000).find_map(|seed: u64| {
//!     simulate_with(&seed.to_string().parse().ok()?, mistake).err()
//! });
//! println!("{}", violation.unwrap());
//! # Ok::<(), sanspay_ffi_free_tests::simulation::CaseError>(())
//! ```

// Whatever happens has one form: everything holds, or an invariant is broken.
#![allow(clippy::unnecessary_wraps)]

mod call;
mod chance;
mod checkout_messages;
mod checks;
mod disk;
mod engine;
mod events;
mod healing;
mod impostors;
mod inbox;
mod invariant;
mod lookups;
mod merchant;
mod mutation;
mod network;
mod payers;
mod plan;
mod process;
mod provider;
mod report;
mod requests;
mod restarts;
mod shrink;
mod spelling;
mod strangers;
mod suspend;
mod truth;
mod webhooks;
mod wire;

pub use invariant::Invariant;
pub use mutation::Mutation;
pub use plan::{Case, CaseError};
pub use report::{Figures, Violation};

/// Runs one case to its end.
///
/// # Errors
/// When an invariant breaks: the smallest case found that breaks it, and its story.
pub fn simulate(case: &Case) -> Result<Figures, Box<Violation>> {
    simulate_with(case, None)
}

/// Runs one case with a mistake in it.
///
/// # Errors
/// Those of [`simulate`].
pub fn simulate_with(case: &Case, mistake: Option<Mutation>) -> Result<Figures, Box<Violation>> {
    let (result, _) = engine::run(case, mistake, false);
    result.map_err(|violation| Box::new(shrink::shrink(violation, mistake)))
}

/// Which invariant a mistake breaks in a case, without the work of making the case small.
pub fn broken_by(case: &Case, mistake: Mutation) -> Option<Invariant> {
    let (result, _) = engine::run(case, Some(mistake), false);
    result.err().map(|violation| violation.invariant)
}
