//! What must hold after every step.

use std::fmt::Write as _;

use http::{Method, Request};
use sanspay_core::Error;
use sanspay_core::journal::{Begin, OrderUpdate};
use sanspay_core::partner::Status;
use sanspay_testkit::sandbox::RecordStatus;
use serde_json::Value;

use super::engine::Simulation;
use super::invariant::{Held, Invariant, broken};
use super::mutation::Mutation;
use super::process::{JobKind, Purpose, ReplyTo, Task, TaskKey, clock, says_paid};
use super::requests::kept_for;
use crate::driver::KEY_SECRET;

impl Simulation {
    /// Every call ends by its deadline, give or take what the process's clock was turned back.
    pub(super) fn check_calls(&self) -> Held {
        for (index, process) in self.processes.iter().enumerate() {
            for task in process.tasks.values() {
                self.check_ending(index, task)?;
            }
        }
        Ok(())
    }

    pub(super) fn check_ending(&self, index: usize, task: &Task) -> Held {
        let process = self.processes.get(index);
        let slack = process
            .map(|process| process.turned_back)
            .unwrap_or_default();
        if self.now <= task.ends_by + slack {
            return Ok(());
        }
        let detail = format!("p{index} still waits for {}", task.name);
        broken(Invariant::CallsEndByDeadline, detail)
    }

    /// What must hold when a process sends a request.
    pub(super) fn check_sending(&self, key: TaskKey, for_token: bool) -> Held {
        let (Some(process), Some(task)) = (self.processes.get(key.process), self.task(key)) else {
            return Ok(());
        };
        let (index, name) = (key.process, &task.name);
        if self.now >= task.ends_by + process.turned_back {
            let detail = format!("p{index} sends for {name}");
            return broken(Invariant::NothingSentAfterDeadline, detail);
        }
        if for_token {
            let others = process
                .tasks
                .values()
                .filter(|task| task.fetches_token)
                .count();
            if others > 0 {
                let detail = format!("p{index} fetches one more for {name}");
                return broken(Invariant::OneTokenRequest, detail);
            }
            let kept = kept_for(self.plan.token_life);
            if let Some(held) = process.token.as_ref().filter(|held| !held.refused)
                && self.now.saturating_sub(held.since) < kept
            {
                let detail = format!("p{index} fetches another for {name}");
                return broken(Invariant::GoodTokenIsKept, detail);
            }
            return Ok(());
        }
        let Purpose::Create(attempt) = task.purpose else {
            return Ok(());
        };
        self.check_fence(key)?;
        let Some(job) = self.jobs.get(&attempt.number) else {
            return Ok(());
        };
        let (begin, _) = process
            .disk
            .durable()
            .begin(&job.intent(), clock(self.now, 0));
        // Somebody else may have found out what came of the first copy of a repeated request.
        let repeated = self.plan.honours_idempotency && task.sends > 0;
        let stored = match begin {
            Begin::LookUp(_) => true,
            Begin::Executed(_) => repeated,
            Begin::Send | Begin::Conflict(_) => false,
        };
        if stored {
            return Ok(());
        }
        let detail = format!(
            "p{index} sends {} with {begin:?} on its disk",
            job.reference
        );
        broken(Invariant::StoredBeforeSent, detail)
    }

    /// What must hold when the provider has handled a request.
    pub(super) fn check_executions(&self, request: &Request<Vec<u8>>) -> Held {
        if request.method() != Method::POST || request.uri().path() == "/partner/auth/token" {
            return Ok(());
        }
        let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        let reference = body
            .get("reference")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let Some((number, job)) = self
            .job_of(reference)
            .and_then(|n| Some((n, self.jobs.get(&n)?)))
        else {
            return Ok(());
        };
        let Some(kind) = job.kind.record() else {
            return Ok(());
        };
        let times = self.provider.executions(kind, reference);
        if times > 1 {
            return broken(
                Invariant::NothingExecutedTwice,
                format!("{reference}, {times} times"),
            );
        }
        let process = self
            .process_of(number)
            .and_then(|index| self.processes.get(index));
        let begin = process.map(|p| p.disk.durable().begin(&job.intent(), clock(self.now, 0)).0);
        if times == 1 && begin == Some(Begin::Send) {
            let detail = format!("{reference} is executed and not open on the disk");
            return broken(Invariant::ExecutedIsListed, detail);
        }
        Ok(())
    }

    /// What must hold when a merchant has stored what became of an intent.
    pub(super) fn check_stored(&self, index: usize, number: usize) -> Held {
        let (Some(job), Some(process)) = (self.jobs.get(&number), self.processes.get(index)) else {
            return Ok(());
        };
        let Some(kind) = job.kind.record() else {
            return Ok(());
        };
        let times = self.provider.executions(kind, &job.reference);
        let entries = process.disk.entries();
        let (stored, _) = entries.begin(&job.intent(), clock(self.now, 0));
        let right = match &stored {
            Begin::Executed(id) => times == 1 && self.provider.status(&id.to_string()).is_some(),
            Begin::Send => times == 0,
            Begin::LookUp(_) | Begin::Conflict(_) => true,
        };
        if right {
            return Ok(());
        }
        let detail = format!(
            "{} was executed {times} times, and {stored:?} is stored",
            job.reference
        );
        broken(Invariant::StoredIsTrue, detail)
    }

    /// What must hold when a merchant has stored an order's status.
    pub(super) fn check_order(
        &mut self,
        index: usize,
        number: usize,
        update: &OrderUpdate,
    ) -> Held {
        let (order, paid) = (update.order(), says_paid(update.status()));
        let Some(process) = self.processes.get_mut(index) else {
            return Ok(());
        };
        if process.believed_paid.contains(order) && !paid {
            let detail = format!("{order} becomes {}", update.status());
            return broken(Invariant::PaidIsNeverTakenBack, detail);
        }
        if !paid {
            return Ok(());
        }
        process.believed_paid.insert(order.to_owned());
        let kind = self.jobs.get(&number).and_then(|job| job.kind.record());
        let held = match kind {
            None => self.payers.ever_paid(order),
            Some(kind) => self.true_status(kind, order) == Some(RecordStatus::Paid),
        };
        if held {
            return Ok(());
        }
        broken(Invariant::PaidOnlyIfProviderSays, order)
    }

    /// After a crash everything that was paid is still paid.
    pub(super) fn check_paid_orders(&self, index: usize) -> Held {
        let Some(process) = self.processes.get(index) else {
            return Ok(());
        };
        for order in &process.believed_paid {
            if !process
                .disk
                .entries()
                .order_status(order)
                .is_some_and(says_paid)
            {
                return broken(
                    Invariant::PaidIsNeverTakenBack,
                    format!("{order}, by a crash"),
                );
            }
        }
        Ok(())
    }

    /// After a crash everything that was executed is still on the disk.
    pub(super) fn check_executed(&self, index: usize) -> Held {
        let Some(process) = self.processes.get(index) else {
            return Ok(());
        };
        for (number, job) in &self.jobs {
            let (Some(kind), true) = (job.kind.record(), self.keeps(index, *number)) else {
                continue;
            };
            let (begin, _) = process
                .disk
                .durable()
                .begin(&job.intent(), clock(self.now, 0));
            if begin == Begin::Send && self.provider.executions(kind, &job.reference) > 0 {
                let detail = format!("{} is executed and was lost by a crash", job.reference);
                return broken(Invariant::ExecutedIsListed, detail);
            }
        }
        Ok(())
    }

    /// What is acknowledged is on the disk.
    pub(super) fn check_acknowledgement(&self, index: usize, reply: &ReplyTo) -> Held {
        let (Some((number, status)), Some(process)) = (&reply.claim, self.processes.get(index))
        else {
            return Ok(());
        };
        let Some(job) = self.jobs.get(number) else {
            return Ok(());
        };
        let durable = process.disk.durable();
        let stored = durable.order_status(&job.reference);
        let fine = match job.kind {
            JobKind::Checkout => !says_paid(status) || stored.is_some_and(says_paid),
            _ => !Status::from(&**status).is_final() || stored == Some(status.as_str()),
        };
        if fine {
            return Ok(());
        }
        let detail = format!("{}: {} is {status}", reply.name, job.reference);
        broken(Invariant::AcknowledgedIsStored, detail)
    }

    /// No error may hold a secret.
    pub(super) fn check_error(&self, index: usize, error: &Error) -> Held {
        let mut text = format!("{error} {error:?}");
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            let _ = write!(text, " {cause} {cause:?}");
            source = cause.source();
        }
        let token = self
            .processes
            .get(index)
            .and_then(|process| process.token.as_ref());
        if let Some(token) = token.filter(|_| self.is(Mutation::LogRequestHeaders)) {
            text.push_str(&token.text);
        }
        self.check_text(&text)
    }

    /// No text that is printed or logged holds a secret.
    pub(super) fn check_text(&self, text: &str) -> Held {
        let secret = text.contains(KEY_SECRET)
            || text.contains("sandbox-app-key")
            || text.contains("sandbox-default-key")
            || self
                .tokens
                .iter()
                .rev()
                .take(50)
                .any(|token| text.contains(token));
        if secret {
            return broken(Invariant::ErrorsHoldNoSecret, "a key or a token");
        }
        Ok(())
    }

    /// What must hold when everything has come to rest.
    pub(super) fn check_end(&mut self) -> Held {
        let lost = self.provider.given_up_deliveries() > 0;
        if lost {
            self.figures.outcome("run with a message given up");
        }
        let mut open = 0;
        for (number, job) in &self.jobs {
            let Some(process) = self.process_of(*number).and_then(|p| self.processes.get(p)) else {
                continue;
            };
            let reference = &job.reference;
            let entries = process.disk.entries();
            let stored = entries.order_status(reference);
            let Some(kind) = job.kind.record() else {
                self.check_sale(reference, stored, lost)?;
                continue;
            };
            let times = self.provider.executions(kind, reference);
            let (begin, _) = entries.begin(&job.intent(), clock(self.now, 0));
            let known = match begin {
                Begin::Executed(_) => times == 1,
                Begin::Send => times == 0,
                Begin::LookUp(_) => self.may_stay_open(*number),
                Begin::Conflict(_) => false,
            };
            if matches!(begin, Begin::LookUp(_)) && known {
                open += 1;
                continue;
            }
            if !known {
                let detail = format!("{reference} was executed {times} times, stored is {begin:?}");
                return broken(Invariant::ResolvedAfterHealing, detail);
            }
            let there = self.true_status(kind, reference);
            let there = there.map_or("created", RecordStatus::as_str);
            if times > 0 && stored.unwrap_or("created") != there {
                let detail = format!("{reference} is {there}, stored is {stored:?}");
                return broken(Invariant::StatusesAreKnown, detail);
            }
        }
        for _ in 0..open {
            self.figures.outcome("intent stays unknown");
        }
        for job in self.jobs.values() {
            let executed = job
                .kind
                .record()
                .map(|kind| self.provider.executions(kind, &job.reference));
            self.figures.outcome(match executed {
                Some(0) => "intent ended as refused",
                Some(_) => "intent ended as executed",
                None if self.payers.ever_paid(&job.reference) => "order paid",
                None => "order not paid",
            });
        }
        Ok(())
    }
}
