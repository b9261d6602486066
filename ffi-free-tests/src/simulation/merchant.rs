//! The merchant, written as the README tells users to write theirs.

use std::time::SystemTime;

use sanspay_core::checkout::OrderNumber;
use sanspay_core::journal::{Begin, Journal, Outcome};
use sanspay_core::partner::{
    ListPayments, NewPayment, NewPayout, Record, RecordId, Resolution, ShowPayment, Unresolved,
};
use sanspay_core::{Amount, Currency, Error, ErrorKind, UnknownOutcome};
use serde_json::json;

use super::call::{Output, Repeatable, Running};
use super::engine::{Event, Simulation};
use super::invariant::{Broken, Held, Invariant, broken, set_up};
use super::mutation::Mutation;
use super::process::{Job, JobKind, Purpose, Task, clock};

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

    /// Does what is to be done next about a payment or payout.
    pub(super) fn work(&mut self, number: usize) -> Held {
        let (Some(index), Some(job)) = (self.process_of(number), self.jobs.get(&number)) else {
            return Ok(());
        };
        let (intent, attempts) = (job.intent(), job.attempts);
        let late = self.is(Mutation::JournalAfterSending);
        let resends = self.is(Mutation::ResendOpenIntents);
        let (now, deadline) = (self.now, self.plan.deadline);
        let Some(process) = self.processes.get_mut(index) else {
            return Ok(());
        };
        if !process.up || process.works_on(number) {
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
            Ok(Begin::Send | Begin::LookUp(_)) => self.create(index, number),
        }
    }

    fn create(&mut self, index: usize, number: usize) -> Held {
        let Some(job) = self.jobs.get_mut(&number) else {
            return Ok(());
        };
        job.attempts += 1;
        let (kind, reference) = (job.kind, job.reference.clone());
        let name = format!(
            "op{number}{}",
            "'".repeat(job.attempts.saturating_sub(1) as usize)
        );
        let amount = Amount::from_minor_units(1000, 2).map_err(set_up)?;
        let session = self.session_of(index)?;
        let call: Box<dyn Running> = if kind == JobKind::Payment {
            let payment = NewPayment::new(reference.clone(), amount, Currency::USD);
            Box::new(session.exchange(payment))
        } else {
            let beneficiary = json!({"iban": "DE00"});
            let payout = NewPayout::new(reference.clone(), amount, Currency::USD, &beneficiary);
            if self.is(Mutation::RetryPayoutBlindly) {
                Box::new(session.exchange(Repeatable(payout)))
            } else {
                Box::new(session.exchange(payout))
            }
        };
        self.tell(|| format!("p{index} begins {reference} as {name}"));
        self.begin_call(index, name, call, Purpose::Create(number))
    }

    fn look_up(&mut self, index: usize, number: usize, unknown: &UnknownOutcome) -> Held {
        let session = self.session_of(index)?;
        let skew = self.processes.get(index).map_or(0, |process| process.skew);
        let lookup = session.exchange(session.lookup(unknown, clock(self.now, skew)));
        let name = self.fresh_name(index, "look");
        self.tell(|| format!("p{index} looks {} up as {name}", unknown.reference()));
        self.begin_call(index, name, Box::new(lookup), Purpose::LookUp(number))
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
        task: Task,
        result: Result<Output, Error>,
    ) -> Held {
        self.check_ending(index, &task)?;
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
        match task.purpose {
            Purpose::Create(job) => self.created(index, job, &record_of(result)),
            Purpose::LookUp(job) => self.looked_up(index, job, result),
            Purpose::Confirm(reply) => self.confirmed(index, &reply, result),
            Purpose::Reconcile(job) => {
                if let Ok(record) = record_of(result) {
                    self.apply(index, job, &record)?;
                }
                Ok(())
            }
            Purpose::List => Ok(()),
        }
    }

    fn created(&mut self, index: usize, job: usize, result: &Result<Record, Error>) -> Held {
        let mut outcome = Outcome::of(result);
        if let Err(error) = result {
            let conflict = error.kind() == ErrorKind::Conflict;
            let hasty = conflict && self.is(Mutation::TreatConflictAsRefused)
                || error.outcome_unknown() && self.is(Mutation::TreatUnknownAsRefused);
            if hasty {
                outcome = Some(Outcome::NotExecuted);
            }
        }
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
            Some(outcome) => self.end(index, job, outcome),
            None => Ok(()),
        }
    }

    fn looked_up(&mut self, index: usize, job: usize, result: Result<Output, Error>) -> Held {
        let resolution = match result {
            Ok(Output::Resolution(resolution)) => resolution,
            Ok(_) => return Ok(()),
            Err(error) => Resolution::from(Err(error)),
        };
        let mut outcome = Outcome::of_lookup(&resolution);
        let early = matches!(resolution, Resolution::Unknown(Unresolved::TooEarly { .. }));
        if early && self.is(Mutation::ResendTooEarly) {
            outcome = Some(Outcome::NotExecuted);
        }
        self.figures.outcome(match outcome {
            Some(Outcome::Executed(_)) => "lookup found it",
            Some(Outcome::NotExecuted) => "lookup found nothing",
            None => "lookup left it unknown",
        });
        let Some(outcome) = outcome else {
            return Ok(());
        };
        self.end(index, job, outcome)?;
        if outcome == Outcome::NotExecuted {
            self.work(job)?;
        }
        Ok(())
    }

    /// Stores what is known now about a payment or payout.
    fn end(&mut self, index: usize, number: usize, outcome: Outcome) -> Held {
        let (Some(process), Some(job)) =
            (self.processes.get_mut(index), self.jobs.get_mut(&number))
        else {
            return Ok(());
        };
        // A process has one attempt of an intent under way at a time.
        let intent = job.intent();
        let sent_by = (process.disk.entries().open())
            .find(|open| open.reference() == job.reference)
            .map_or(SystemTime::UNIX_EPOCH, |open| open.sent_at());
        if process.disk.end(&intent, sent_by, outcome).is_err() {
            return self.write_failed(index);
        }
        job.done = matches!(outcome, Outcome::Executed(_));
        let (reference, believed) = (job.reference.clone(), outcome);
        self.tell(|| match believed {
            Outcome::Executed(_) => format!("p{index} believes that {reference} is executed"),
            Outcome::NotExecuted => format!("p{index} believes that {reference} is not executed"),
        });
        self.check_belief(number, outcome)
    }

    /// Looks after what is open and what is to be tried again.
    pub(super) fn sweep(&mut self, index: usize, _: u32) -> Held {
        let mine: Vec<usize> = self
            .jobs
            .iter()
            .filter(|(_, job)| job.kind != JobKind::Checkout && !job.done)
            .map(|(number, _)| *number)
            .filter(|number| self.process_of(*number) == Some(index))
            .collect();
        mine.into_iter().try_for_each(|number| self.work(number))
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
                Begin::LookUp(_) => true,
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

    /// A write failed, or the process died in it. Whoever goes on does not know what is stored.
    pub(super) fn write_failed(&mut self, index: usize) -> Held {
        if self.is(Mutation::WriteAfterFailure) {
            return Ok(());
        }
        self.crash(index)
    }

    /// The process dies: what is not on its disk is gone.
    pub(super) fn crash(&mut self, index: usize) -> Held {
        let mut chance =
            super::chance::Chance::new(self.case.seed, &self.fresh_name(index, "crash"));
        let Some(process) = self.processes.get_mut(index) else {
            return Ok(());
        };
        if !process.up {
            return Ok(());
        }
        process.up = false;
        process.tasks.clear();
        process.leaked.clear();
        process.token = None;
        process.disk.crash(chance.below(1001));
        let (down, incarnation) = (process.down_for, process.incarnation);
        self.figures.fault("process crashed");
        self.tell(|| format!("p{index} dies, for {} s", down.as_secs()));
        self.after(down, Event::Start(index, incarnation));
        Ok(())
    }

    /// The process comes back with nothing but its disk.
    pub(super) fn start(&mut self, index: usize, incarnation: u32) -> Held {
        let session = self.new_session(index, incarnation + 1)?;
        let Some(process) = self.processes.get_mut(index) else {
            return Ok(());
        };
        if process.up || process.incarnation != incarnation {
            return Ok(());
        }
        process.up = true;
        process.incarnation += 1;
        process.session = session;
        if let Err(error) = process.disk.open_again() {
            return broken(Invariant::JournalOpensAfterCrash, error);
        }
        self.tell(|| format!("p{index} starts anew"));
        // What it knew is gone: its disk tells what is left to be done.
        self.jobs.values_mut().for_each(|job| job.done = false);
        self.check_paid_orders(index)?;
        self.check_executed(index)?;
        self.sweep(index, 0)
    }
}

fn record_of(result: Result<Output, Error>) -> Result<Record, Error> {
    match result? {
        Output::Record(record) => Ok(*record),
        _ => Err(Error::new(ErrorKind::Misuse, "simulate", "not a record")),
    }
}
