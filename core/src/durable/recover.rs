//! Works off what is open or queued in a store, page by page.

use std::fmt;

use super::call::DurableCall;
use super::outcome::Outcome;
use super::store::{Loaded, Place, Scan, Scanned, StoreAnswer, StoreOp};
use super::stored_intent::INTENT_PREFIX;
use crate::error::Intent;
use crate::exchange::Session;
use crate::partner::NewPayout;

/// How many rows are read at once.
const PAGE: u32 = 100;

/// Everything in a store that is open and due, or queued: driven by the clients'
/// `durable(&store).recover()`.
///
/// What is open is looked up and never sent again; what is queued is sent. Several machines may do
/// it at once: one of them wins each row.
pub struct Recovery {
    session: Session,
    attempt: String,
    calls: u64,
    after: Option<Place>,
    is_over: bool,
}

impl Recovery {
    /// `attempt` is a text that no other recovery of any process has, such as 128 random bits.
    pub fn new(session: Session, attempt: impl Into<String>) -> Self {
        Self {
            session,
            attempt: attempt.into(),
            calls: 0,
            after: None,
            is_over: false,
        }
    }

    /// The question for the next page; `None` where there is none.
    #[expect(
        clippy::should_implement_trait,
        reason = "what comes next depends on the answer, which is told in between"
    )]
    pub fn next(&mut self) -> Option<StoreOp> {
        if self.is_over {
            return None;
        }
        Some(StoreOp::Scan(Scan {
            prefix: INTENT_PREFIX.to_owned(),
            after: self.after.clone(),
            limit: PAGE,
        }))
    }

    /// The calls for a page, each to be driven to its end, in any order and at the same time.
    pub fn accept(&mut self, answer: StoreAnswer) -> Vec<DurableCall<NewPayout>> {
        let StoreAnswer::Scanned(Scanned { rows, now }) = answer else {
            self.is_over = true;
            return Vec::new();
        };
        self.is_over = rows.len() < PAGE as usize;
        let mut calls = Vec::with_capacity(rows.len());
        for row in rows {
            let Some(due) = row.due else {
                continue;
            };
            let key = row.key.clone();
            // A store that answers what was read before would be asked without an end.
            self.is_over |= self.after.as_ref().is_some_and(|after| due < after.due);
            self.after = Some(Place { due, key });
            self.calls += 1;
            let attempt = format!("{}-{}", self.attempt, self.calls);
            let row = Some(row);
            calls.extend(DurableCall::of_row(
                self.session.clone(),
                Loaded { row, now },
                attempt,
            ));
        }
        // Workers that read the same page begin at different ends of it.
        self.session.jitter().shuffle(&mut calls);
        calls
    }
}

/// What a recovery came to, intent by intent.
#[derive(Debug, Clone, Default)]
pub struct Recovered {
    /// In the order in which they ended.
    pub outcomes: Vec<(Intent, Outcome)>,
}

impl Recovered {
    /// How many were executed, now or before.
    pub fn executed(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::Executed(_)))
    }

    /// How many were not.
    pub fn not_executed(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::NotExecuted(_)))
    }

    /// Those of which nobody knows yet, or that a worker tries again.
    pub fn unknown(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::Unknown(_)))
    }

    fn count(&self, is_it: fn(&Outcome) -> bool) -> usize {
        let outcomes = self.outcomes.iter();
        outcomes.filter(|(_, outcome)| is_it(outcome)).count()
    }
}

impl fmt::Debug for Recovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recovery")
            .field("calls", &self.calls)
            .field("is_over", &self.is_over)
            .finish_non_exhaustive()
    }
}
