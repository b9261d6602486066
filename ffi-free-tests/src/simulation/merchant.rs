//! The merchant, written as the README tells users to write theirs.

use std::time::SystemTime;

use sanspay_core::checkout::OrderNumber;
use sanspay_core::journal::{Begin, End, Journal, Outcome};
use sanspay_core::partner::{ListPayments, NewPayment, NewPayout, Record, RecordId, ShowPayment};
use sanspay_core::{Currency, Endpoint, Error, ErrorKind, Exchange};
use serde_json::json;

use super::call::{Output, Repeatable, Running};
use super::engine::Simulation;
use super::invariant::{Broken, Held};
use super::mutation::Mutation;
use super::process::{Attempt, Job, JobKind, Purpose, Task, clock};
use super::suspend::{Next, Point};

/// How often a merchant tries something that was refused.
const MOST_ATTEMPTS: u32 = 3;

impl Simulation {
    /// Which process a job belongs to: its reference begins with it, as `m1-payout-7`.
    pub(super) fn process_of(&self, job: usize) -> Option<usize> {
        let reference = &self.jobs.get(&job)?.reference;
        reference.strip_prefix('m')?.split('-').next()?.parse().ok()
    }

    pub(super) fn job_of(&self, reference: &str) -> Option<usize> {
        let order = OrderNumber::new(reference).ok();
        let id = order.as_ref().and_then(OrderNumber::id);
        let number = id.unwrap_or(reference).rsplit('-').next()?.parse().ok()?;
        let job: &Job = self.jobs.get(&number)?;
        (job.reference == reference).then_some(number)
    }

    /// Does what is to be done next about a payment or payout, at the process that it is of.
    pub(super) fn work(&mut self, number: usize) -> Held {
        match self.process_of(number) {
            Some(index) => self.work_at(index, number),
            None => Ok(()),
        }
    }

    /// Does what is to be done next about a payment or payout.
    pub(super) fn work_at(&mut self, index: usize, number: usize) -> Held {
        let Some(job) = self.jobs.get(&number) else {
            return Ok(());
        };
        let (intent, attempts) = (job.intent(), job.attempts);
        let late = self.is(Mutation::JournalAfterSending);
        let resends = self.is(Mutation::ResendOpenIntents);
        let (now, deadline) = (self.now, self.plan.deadline);
        let Some(process) = self.processes.get_mut(index) else {
            return Ok(());
        };
        if !process.runs(now) || process.works_on(number) {
            return Ok(());
        }
        let sent_by = clock(now, process.skew) + deadline;
        let begin = if late {
            Ok(process.disk.entries().begin(&intent, sent_by).0)
        } else if attempts >= MOST_ATTEMPTS
            && process.disk.entries().begin(&intent, sent_by).0 == Begin::Send
        {
            return Ok(()); // It stays refused.
        } else {
            process.disk.begin(&intent, sent_by)
        };
        match begin {
            Err(_) => self.write_failed(index),
            Ok(Begin::Executed(_) | Begin::Conflict(_)) => Ok(()),
            Ok(Begin::LookUp(unknown)) if !resends => self.look_up(index, number, &unknown),
            Ok(Begin::Send | Begin::LookUp(_)) => {
                let attempt = Attempt {
                    number,
                    sent_by,
                    fence: now + deadline,
                };
                self.begun(attempt);
                if self.puts_off(index, Point::Begun, Next::Create(attempt)) {
                    return Ok(());
                }
                self.create(index, attempt)
            }
        }
    }

    pub(super) fn create(&mut self, index: usize, attempt: Attempt) -> Held {
        let number = attempt.number;
        let Some(job) = self.jobs.get_mut(&number) else {
            return Ok(());
        };
        job.attempts += 1;
        let (kind, reference) = (job.kind, job.reference.clone());
        let expected = job.expected();
        let Some(amount) = expected.map(|expected| expected.amount()) else {
            return Ok(());
        };
        let name = format!(
            "op{number}{}",
            "'".repeat(job.attempts.saturating_sub(1) as usize)
        );
        let session = self.session_of(index)?;
        let fence = Some(attempt.sent_by).filter(|_| !self.is(Mutation::SendAfterFence));
        let call: Box<dyn Running> = if kind == JobKind::Payment {
            let payment = NewPayment::new(reference.clone(), amount, Currency::USD);
            Box::new(fenced(session.exchange(payment), fence))
        } else {
            let beneficiary = json!({"iban": "DE00"});
            let payout = NewPayout::new(reference.clone(), amount, Currency::USD, &beneficiary);
            if self.is(Mutation::RetryPayoutBlindly) {
                Box::new(fenced(session.exchange(Repeatable(payout)), fence))
            } else {
                Box::new(fenced(session.exchange(payout), fence))
            }
        };
        self.tell(|| format!("p{index} begins {reference} as {name}"));
        self.begin_call(index, name, call, Purpose::Create(attempt))
    }

    pub(super) fn list(&mut self, index: usize, number: usize) -> Held {
        let list = self
            .session_of(index)?
            .exchange(ListPayments::new().per_page(3));
        self.begin_call(index, format!("op{number}"), Box::new(list), Purpose::List)
    }

    /// The session for the next call of a process.
    pub(super) fn session_of(&mut self, index: usize) -> Result<sanspay_core::Session, Broken> {
        let process = self.processes.get(index);
        match process {
            Some(process) if !self.is(Mutation::SessionPerCall) => Ok(process.session.clone()),
            other => {
                let task = other.map_or(0, |process| process.last_task);
                self.new_session(index, task)
            }
        }
    }

    pub(super) fn fresh_name(&self, index: usize, what: &str) -> String {
        let process = self.processes.get(index);
        let count = process.map_or((0, 0), |p| (p.incarnation, p.last_task));
        format!("p{index}.{}.{}{what}", count.0, count.1)
    }

    /// A call has ended.
    pub(super) fn finished(
        &mut self,
        index: usize,
        task: &Task,
        result: Result<Output, Error>,
    ) -> Held {
        self.check_ending(index, task)?;
        if let Err(error) = &result {
            self.check_error(index, error)?;
        }
        let said = match &result {
            Ok(_) => "succeeded".to_owned(),
            Err(error) => format!("failed: {error}"),
        };
        self.figures.outcome(match &result {
            Ok(_) => "call succeeded",
            Err(error) if error.outcome_unknown() => "call with unknown outcome",
            Err(error) if error.kind() == ErrorKind::Deadline => "call out of time",
            Err(_) => "call failed",
        });
        self.tell(|| format!("p{index}: {} {said}", task.name));
        match &task.purpose {
            Purpose::Create(attempt) => self.created(index, task, *attempt, &record_of(result)),
            Purpose::LookUp(attempt) => self.looked_up(index, task, *attempt, result),
            Purpose::Control(kind) => {
                self.controlled(index, *kind, result);
                Ok(())
            }
            Purpose::Confirm(reply, claimed) => self.confirmed(index, reply, *claimed, result),
            Purpose::Reconcile(job) => {
                if let Ok(record) = record_of(result) {
                    self.reconciled(index, *job, &record)?;
                }
                Ok(())
            }
            Purpose::List => Ok(()),
        }
    }

    fn created(
        &mut self,
        index: usize,
        task: &Task,
        attempt: Attempt,
        result: &Result<Record, Error>,
    ) -> Held {
        let job = attempt.number;
        let mut outcome = Outcome::of(result);
        if let Err(error) = result {
            let conflict = error.kind() == ErrorKind::Conflict;
            let hasty = conflict && self.is(Mutation::TreatConflictAsRefused)
                || error.outcome_unknown() && self.is(Mutation::TreatUnknownAsRefused);
            if hasty {
                outcome = Some(Outcome::NotExecuted);
            }
            if let Some(mismatch) = error.mismatch()
                && self.is(Mutation::TakeMismatchForSuccess)
            {
                outcome = Some(Outcome::Executed(mismatch.record().id()));
            }
        }
        self.check_outcome(task, result.as_ref().err(), outcome)?;
        if self.is(Mutation::JournalAfterSending)
            && let Some(intent) = self.jobs.get(&job).map(Job::intent)
            && let Some(process) = self.processes.get_mut(index)
        {
            let sent_by = clock(self.now, process.skew);
            if process.disk.begin(&intent, sent_by).is_err() {
                return self.write_failed(index);
            }
        }
        match outcome {
            Some(outcome) => self.learned(index, attempt, outcome),
            None => Ok(()),
        }
    }

    /// What became of an attempt is known, and is stored next.
    pub(super) fn learned(&mut self, index: usize, attempt: Attempt, outcome: Outcome) -> Held {
        if self.puts_off(index, Point::Known, Next::End(attempt, outcome)) {
            return Ok(());
        }
        self.end(index, attempt, outcome)
    }

    /// Stores what is known now about a payment or payout.
    pub(super) fn end(&mut self, index: usize, attempt: Attempt, outcome: Outcome) -> Held {
        let number = attempt.number;
        let (Some(process), Some(job)) =
            (self.processes.get_mut(index), self.jobs.get_mut(&number))
        else {
            return Ok(());
        };
        let Ok(end) = process.disk.end(&job.intent(), attempt.sent_by, outcome) else {
            return self.write_failed(index);
        };
        let told = end == End::Late && !self.is(Mutation::SwallowLateEnd);
        if told {
            // Both are looked up: whatever the journal says now is looked up in the next round.
            self.figures.outcome("late end told");
        }
        let Some(job) = self.jobs.get_mut(&number) else {
            return Ok(());
        };
        job.done |= matches!(outcome, Outcome::Executed(_));
        let reference = job.reference.clone();
        self.tell(|| match outcome {
            Outcome::Executed(_) => format!("p{index} learns that {reference} is executed"),
            Outcome::NotExecuted => format!("p{index} learns that {reference} is not executed"),
        });
        self.check_end_of(attempt, outcome, end, told)?;
        self.check_stored(index, number)?;
        if outcome == Outcome::NotExecuted {
            return self.work_at(index, number);
        }
        Ok(())
    }

    /// Looks after what is open and what is to be tried again.
    pub(super) fn sweep(&mut self, index: usize, _: u32) -> Held {
        let mine: Vec<usize> = self
            .jobs
            .iter()
            .filter(|(_, job)| job.kind != JobKind::Checkout && !job.done)
            .map(|(number, _)| *number)
            .filter(|number| self.keeps(index, *number))
            .collect();
        mine.into_iter()
            .try_for_each(|number| self.work_at(index, number))
    }

    /// What is begun and not known, or asked for and not begun.
    pub(super) fn unfinished(&self) -> impl Iterator<Item = &str> {
        self.jobs.iter().filter_map(|(number, job)| {
            job.kind.record()?;
            let process = self.processes.get(self.process_of(*number)?)?;
            let (begin, _) = process
                .disk
                .entries()
                .begin(&job.intent(), clock(self.now, 0));
            let open = match begin {
                Begin::LookUp(_) => !self.may_stay_open(*number),
                Begin::Executed(_) | Begin::Conflict(_) => false,
                Begin::Send => job.attempts < MOST_ATTEMPTS,
            };
            open.then_some(job.reference.as_str())
        })
    }

    /// Asks for every record that no webhook has told the end of.
    pub(super) fn reconcile(&mut self) -> Held {
        if self.is(Mutation::NeverReconcile) {
            return Ok(());
        }
        let executed: Vec<(usize, RecordId)> = self
            .jobs
            .keys()
            .filter_map(|number| Some((*number, self.record_id(*number)?)))
            .collect();
        for (number, id) in executed {
            let Some(index) = self.process_of(number) else {
                continue;
            };
            let show = self.session_of(index)?.exchange(ShowPayment::new(id));
            let name = self.fresh_name(index, "show");
            self.begin_call(index, name, Box::new(show), Purpose::Reconcile(number))?;
        }
        Ok(())
    }

    /// The record of a payment or payout, as far as the merchant knows it.
    pub(super) fn record_id(&self, number: usize) -> Option<RecordId> {
        let job = self.jobs.get(&number)?;
        let process = self.processes.get(self.process_of(number)?)?;
        let (begin, _) = process
            .disk
            .entries()
            .begin(&job.intent(), clock(self.now, 0));
        match begin {
            Begin::Executed(id) => Some(id),
            _ => None,
        }
    }
}

fn fenced<E: Endpoint>(exchange: Exchange<E>, sent_by: Option<SystemTime>) -> Exchange<E> {
    match sent_by {
        Some(time) => exchange.with_send_by(time),
        None => exchange,
    }
}

fn record_of(result: Result<Output, Error>) -> Result<Record, Error> {
    match result? {
        Output::Record(record) => Ok(*record),
        _ => Err(Error::new(ErrorKind::Misuse, "simulate", "not a record")),
    }
}
