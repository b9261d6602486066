//! What really happened to intents, kept apart from what merchants believe, and the checks by it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use http::{Method, Request, Response};
use sanspay_core::Error;
use sanspay_core::ErrorKind;
use sanspay_core::journal::{Begin, End, Outcome};
use sanspay_testkit::sandbox::{RecordKind, RecordStatus};
use serde_json::Value;

use super::engine::Simulation;
use super::invariant::{Held, Invariant, broken};
use super::process::{Attempt, Job, JobKind, Purpose, Task, TaskKey, clock};
use super::provider::{Made, Trust};

/// What really happened.
#[derive(Default)]
pub(super) struct Truth {
    /// What the provider made, by kind and reference.
    pub(super) made: BTreeMap<(RecordKind, String), Made>,
    /// The calls whose request was executed.
    executed: BTreeSet<String>,
    /// The calls that said that nothing was executed.
    denied: BTreeSet<String>,
    /// What each job's journal was told.
    ledger: BTreeMap<usize, Ledger>,
}

#[derive(Default, Clone, Copy)]
struct Ledger {
    /// The attempt that is open, by its send-by time.
    open: Option<SystemTime>,
    outcome: Option<Outcome>,
}

impl Ledger {
    fn is_late(self, sent_by: SystemTime, outcome: Outcome) -> bool {
        let executed = outcome != Outcome::NotExecuted;
        match (self.open, self.outcome) {
            (Some(open), _) => open != sent_by,
            (None, Some(known)) => executed && known != outcome,
            (None, None) => false,
        }
    }

    fn note(&mut self, sent_by: SystemTime, outcome: Outcome) {
        let executed = outcome != Outcome::NotExecuted;
        let known = matches!(self.outcome, Some(Outcome::Executed(_)));
        if !known && (executed || self.open == Some(sent_by)) {
            self.open = None;
            self.outcome = Some(outcome);
        }
    }
}

impl Simulation {
    /// What the request asks to make, of which job.
    fn creates(&self, request: &Request<Vec<u8>>) -> Option<(RecordKind, String)> {
        let kind = match request.uri().path() {
            "/partner/payments" => RecordKind::Payment,
            "/partner/payouts" => RecordKind::Payout,
            _ => return None,
        };
        let body: Value = serde_json::from_slice(request.body()).ok()?;
        let reference = body.get("reference").and_then(Value::as_str)?;
        self.job_of(reference)?;
        (request.method() == Method::POST).then(|| (kind, reference.to_owned()))
    }

    /// Lets the provider handle a request, and notes what it made.
    pub(super) fn handled(
        &mut self,
        call: &str,
        request: &Request<Vec<u8>>,
    ) -> (Response<Vec<u8>>, bool) {
        let now = self.provider_now();
        let Some((kind, reference)) = self.creates(request) else {
            return (self.provider.handle(request, now), false);
        };
        let before = self.provider.executions(kind, &reference);
        let answer = self.provider.handle(request, now);
        let executed = self.provider.executions(kind, &reference) > before;
        if executed {
            let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
            let id = body.pointer("/data/id").or_else(|| body.get("id"));
            let id = id.and_then(Value::as_str).unwrap_or_default().to_owned();
            let made = Made { at: self.now, id };
            self.truth.made.entry((kind, reference)).or_insert(made);
            self.truth.executed.insert(call.to_owned());
            if self.job_is_alone(call) {
                self.figures.outcome("executed though its call was dropped");
            }
        }
        (answer, executed)
    }

    /// Whether nobody waits for what this call sent.
    fn job_is_alone(&self, call: &str) -> bool {
        let mut tasks = self.processes.iter().flat_map(|p| p.tasks.values());
        !tasks.any(|task| task.name == call)
    }

    /// A call that said that nothing was executed was right, whenever its request arrives.
    pub(super) fn check_denials(&self, call: &str) -> Held {
        if self.truth.denied.contains(call) && self.truth.executed.contains(call) {
            let detail = format!("{call} said that nothing was executed");
            return broken(Invariant::NotSentIsTrue, detail);
        }
        Ok(())
    }

    /// What a call says that it was given up for, or failed for.
    pub(super) fn denies(&mut self, call: &str) -> Held {
        self.truth.denied.insert(call.to_owned());
        self.check_denials(call)
    }

    /// A journal has stored that an attempt begins.
    pub(super) fn begun(&mut self, attempt: Attempt) {
        let ledger = self.truth.ledger.entry(attempt.number).or_default();
        ledger.open = Some(attempt.sent_by);
        ledger.outcome = None;
    }

    /// After a crash in a write nobody knows what was stored, until it is read again.
    pub(super) fn read_ledger(&mut self, index: usize) {
        let Some(process) = self.processes.get(index) else {
            return;
        };
        let entries = process.disk.entries();
        for (number, job) in &self.jobs {
            if job.kind == JobKind::Checkout || !self.keeps(index, *number) {
                continue;
            }
            let (begin, _) = entries.begin(&job.intent(), clock(self.now, 0));
            let known = self.truth.ledger.get(number).and_then(|l| l.outcome);
            let (open, outcome) = match begin {
                Begin::LookUp(unknown) => (Some(unknown.sent_at()), None),
                Begin::Executed(id) => (None, Some(Outcome::Executed(id))),
                Begin::Send => (None, known.map(|_| Outcome::NotExecuted)),
                Begin::Conflict(_) => continue,
            };
            self.truth.ledger.insert(*number, Ledger { open, outcome });
        }
    }

    /// A journal has stored an end, and the merchant has seen what it says about it.
    pub(super) fn check_end_of(
        &mut self,
        attempt: Attempt,
        outcome: Outcome,
        said: End,
        told: bool,
    ) -> Held {
        let ledger = self.truth.ledger.entry(attempt.number).or_default();
        let late = ledger.is_late(attempt.sent_by, outcome);
        ledger.note(attempt.sent_by, outcome);
        if late {
            self.figures.outcome("attempt came late");
        }
        if late == (said == End::Late) && (told || !late) {
            return Ok(());
        }
        let reference = self.jobs.get(&attempt.number).map(|job| &job.reference);
        let detail = format!("{reference:?}: late is {late}, the journal says {said:?}");
        broken(Invariant::LateIsTold, detail)
    }

    /// What must hold when the first byte of a call is written.
    pub(super) fn check_fence(&self, key: TaskKey) -> Held {
        let (Some(process), Some(task)) = (self.processes.get(key.process), self.task(key)) else {
            return Ok(());
        };
        let Purpose::Create(attempt) = &task.purpose else {
            return Ok(());
        };
        if self.now < attempt.fence + process.turned_back {
            return Ok(());
        }
        let detail = format!("p{} sends for {}", key.process, task.name);
        broken(Invariant::NothingSentAfterFence, detail)
    }

    /// What must hold when a call about an intent has ended.
    pub(super) fn check_outcome(
        &mut self,
        task: &Task,
        failed: Option<&Error>,
        outcome: Option<Outcome>,
    ) -> Held {
        let creates = matches!(task.purpose, Purpose::Create(_));
        if let Some(error) = failed.filter(|_| creates)
            && !error.outcome_unknown()
            && error.kind() != ErrorKind::Conflict
        {
            self.denies(&task.name)?;
        }
        if !task.misled {
            return Ok(());
        }
        let name = &task.name;
        match outcome {
            Some(Outcome::NotExecuted) if !creates => {
                let detail = format!("{name}, by an answer that leaves something open");
                broken(Invariant::AbsentIsProven, detail)
            }
            Some(_) => broken(Invariant::MismatchIsUnknown, name.as_str()),
            None if creates && failed.is_none_or(|error| !error.outcome_unknown()) => {
                broken(Invariant::MismatchIsUnknown, name.as_str())
            }
            None => Ok(()),
        }
    }

    /// What must hold when a merchant takes an intent for absent.
    pub(super) fn check_absent(&self, index: usize, job: &Job) -> Held {
        let shown = self
            .processes
            .get(index)
            .is_some_and(|process| process.shown.contains(&job.kind));
        let proven = match self.plan.lists.trust {
            Trust::Declared => true,
            Trust::Evidence => shown,
            Trust::Nothing => false,
        };
        if proven {
            return Ok(());
        }
        broken(Invariant::AbsentIsProven, job.reference.as_str())
    }

    /// What must hold when a payment or payout is stored as paid, because of the record `id`.
    pub(super) fn check_very_record(&self, number: usize, id: &str) -> Held {
        let Some((job, kind)) = self
            .jobs
            .get(&number)
            .and_then(|job| Some((job, job.kind.record()?)))
        else {
            return Ok(());
        };
        let made = self.truth.made.get(&(kind, job.reference.clone()));
        if made.is_some_and(|made| made.id == id) {
            return Ok(());
        }
        let detail = format!("{} because of the record {id}", job.reference);
        broken(Invariant::PaidOnlyForTheVeryOrder, detail)
    }

    /// Where the record of a payment or payout stands, which the provider made for us.
    pub(super) fn true_status(&self, kind: RecordKind, reference: &str) -> Option<RecordStatus> {
        let made = self.truth.made.get(&(kind, reference.to_owned()))?;
        self.provider.status(&made.id)
    }

    /// Whether nobody can find out what became of an intent that was begun: it is not listed, and
    /// nothing proves that it would be.
    pub(super) fn may_stay_open(&self, number: usize) -> bool {
        let Some((job, kind)) = self
            .jobs
            .get(&number)
            .and_then(|job| Some((job, job.kind.record()?)))
        else {
            return false;
        };
        if self.provider.executions(kind, &job.reference) > 0 {
            return !self.is_listed(kind, &job.reference);
        }
        match self.plan.lists.trust {
            Trust::Declared => false,
            Trust::Evidence => !self.plan.lists.shows(kind) || self.known_record(number).is_none(),
            Trust::Nothing => true,
        }
    }
}
