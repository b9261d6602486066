//! How a merchant finds out what became of an intent, and what proves to it that it is absent.

use sanspay_core::journal::{Begin, Outcome};
use sanspay_core::partner::{RecordType, Resolution, Unresolved};
use sanspay_core::{Error, Session, UnknownOutcome};

use super::call::Output;
use super::engine::Simulation;
use super::invariant::Held;
use super::mutation::Mutation;
use super::process::{Attempt, JobKind, Purpose, Task, clock};
use super::provider::Trust;

const RECORD_TYPES: [RecordType; 2] = [RecordType::Payment, RecordType::Payout];

impl Simulation {
    pub(super) fn look_up(
        &mut self,
        index: usize,
        number: usize,
        unknown: &UnknownOutcome,
    ) -> Held {
        let session = self.session_of(index)?;
        let skew = self.processes.get(index).map_or(0, |process| process.skew);
        let now = clock(self.now, skew);
        let lookup = match self.plan.lists.trust {
            // Lists that may lag permanently prove nothing, also where they have shown something.
            Trust::Nothing => unknown.lookup(now),
            Trust::Declared | Trust::Evidence => session.lookup(unknown, now),
        };
        let name = self.fresh_name(index, "look");
        self.tell(|| format!("p{index} looks {} up as {name}", unknown.reference()));
        let attempt = Attempt {
            number,
            sent_by: unknown.sent_at(),
            fence: self.now,
        };
        let call = Box::new(session.exchange(lookup));
        self.begin_call(index, name, call, Purpose::LookUp(attempt))
    }

    pub(super) fn looked_up(
        &mut self,
        index: usize,
        task: &Task,
        attempt: Attempt,
        result: Result<Output, Error>,
    ) -> Held {
        let Some(resolution) = resolution_of(result) else {
            return Ok(());
        };
        if let (Resolution::Found(_), Some(job)) = (&resolution, self.jobs.get(&attempt.number)) {
            let kind = job.kind;
            self.shown(index, kind);
        }
        let mut outcome = Outcome::of_lookup(&resolution);
        if let Resolution::Unknown(why) = &resolution {
            outcome = self.hasty(why);
        }
        let declared = self.plan.lists.trust == Trust::Declared;
        self.figures.outcome(match (outcome, &resolution) {
            (Some(Outcome::Executed(_)), _) => "lookup found it",
            (Some(Outcome::NotExecuted), _) if declared => "lookup proved it absent by declaration",
            (Some(Outcome::NotExecuted), _) => "lookup proved it absent by evidence",
            (_, Resolution::Unknown(Unresolved::NotProven)) => "lookup found no proof",
            (_, Resolution::Unknown(Unresolved::Differs(_))) => "lookup found another record",
            (_, Resolution::Unknown(Unresolved::TooEarly { .. })) => "lookup came too early",
            (_, Resolution::Unknown(Unresolved::NotUnderstood)) => "lookup was not understood",
            _ => "lookup left it unknown",
        });
        self.check_outcome(task, None, outcome)?;
        let Some(outcome) = outcome else {
            return match resolution {
                Resolution::Unknown(Unresolved::NotProven) => self.control(index, attempt.number),
                _ => Ok(()),
            };
        };
        if let (Outcome::NotExecuted, Some(job)) = (outcome, self.jobs.get(&attempt.number)) {
            self.check_absent(index, job)?;
        }
        self.learned(index, attempt, outcome)
    }

    /// What a merchant makes of a lookup that leaves it open, if it makes a mistake.
    fn hasty(&self, why: &Unresolved) -> Option<Outcome> {
        use Unresolved as U;
        let hasty = match why {
            U::TooEarly { .. } => self.is(Mutation::ResendTooEarly),
            U::NotProven => self.is(Mutation::AbsentWithoutProof),
            U::NotUnderstood => self.is(Mutation::IgnoreUnaccountedFields),
            U::Differs(mismatch) if self.is(Mutation::TakeMismatchForSuccess) => {
                return Some(Outcome::Executed(mismatch.record().id()));
            }
            _ => false,
        };
        hasty.then_some(Outcome::NotExecuted)
    }

    /// Looks up a record of the same kind that is known to exist: where the list shows it, the
    /// next lookup of what it does not show proves something.
    fn control(&mut self, index: usize, number: usize) -> Held {
        let trusts = self.plan.lists.trust == Trust::Evidence;
        let known = self.known_record(number).filter(|_| trusts);
        let Some(job) = known.and_then(|known| self.jobs.get(&known)) else {
            return Ok(());
        };
        let (kind, intent) = (job.kind, job.intent());
        let session = self.session_of(index)?;
        let skew = self.processes.get(index).map_or(0, |process| process.skew);
        let now = clock(self.now, skew);
        let known = UnknownOutcome::new(intent, now);
        let call = Box::new(session.exchange(session.lookup(&known, now)));
        let name = self.fresh_name(index, "control");
        self.tell(|| format!("p{index} looks whether {} is listed", known.reference()));
        self.begin_call(index, name, call, Purpose::Control(kind))
    }

    /// A control lookup has ended.
    pub(super) fn controlled(
        &mut self,
        index: usize,
        kind: JobKind,
        result: Result<Output, Error>,
    ) {
        let found = matches!(resolution_of(result), Some(Resolution::Found(_)));
        if found {
            self.shown(index, kind);
        }
        self.figures.outcome(if found {
            "control lookup found it"
        } else {
            "control lookup found nothing"
        });
    }

    /// A lookup of this session has shown a record of this kind.
    fn shown(&mut self, index: usize, kind: JobKind) {
        let keeps = self.plan.lists.keeps_evidence;
        let Some(process) = self.processes.get_mut(index) else {
            return;
        };
        process.shown.insert(kind);
        if keeps {
            let session = &process.session;
            let types = RECORD_TYPES.iter();
            process.evidence = types
                .filter_map(|kind| session.list_evidence(kind))
                .collect();
        }
    }

    /// A new session of a process: what its list has shown is known only where it was stored.
    pub(super) fn remember_evidence(&mut self, index: usize) {
        let keeps = self.plan.lists.keeps_evidence;
        let Some(process) = self.processes.get_mut(index) else {
            return;
        };
        if !keeps {
            process.shown.clear();
        }
        let session: &Session = &process.session;
        for evidence in &process.evidence {
            session.trust_list(evidence.clone());
        }
    }

    /// Another job of the same kind and the same records whose record is known.
    pub(super) fn known_record(&self, number: usize) -> Option<usize> {
        let kind = self.jobs.get(&number)?.kind;
        let process = self.processes.get(self.process_of(number)?)?;
        let entries = process.disk.entries();
        let mut others = self.jobs.iter().filter(|(other, job)| {
            **other != number
                && job.kind == kind
                && self.same_books(**other, number)
                && matches!(
                    entries.begin(&job.intent(), clock(self.now, 0)).0,
                    Begin::Executed(_)
                )
        });
        others.next().map(|(other, _)| *other)
    }

    /// Whether two jobs are in the same journal.
    fn same_books(&self, one: usize, other: usize) -> bool {
        self.plan.is_shared() || self.process_of(one) == self.process_of(other)
    }

    /// Whether the journal of a process is the one that a job is in.
    pub(super) fn keeps(&self, index: usize, number: usize) -> bool {
        self.plan.is_shared() || self.process_of(number) == Some(index)
    }
}

fn resolution_of(result: Result<Output, Error>) -> Option<Resolution> {
    match result {
        Ok(Output::Resolution(resolution)) => Some(resolution),
        Ok(_) => None,
        Err(error) => Some(Resolution::from(Err(error))),
    }
}
