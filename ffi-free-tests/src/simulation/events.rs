//! What staff, payers, attackers and fate do.

use std::time::Duration;

use http::{Method, Request};
use sanspay_core::TransportError;
use sanspay_core::checkout::{SigningKey, php_query};
use sanspay_core::journal::Outcome;
use sanspay_core::partner::RecordId;
use sanspay_testkit::sandbox::OrderStatus;
use serde_json::json;

use super::chance::Chance;
use super::engine::{Event, Simulation};
use super::invariant::{Held, set_up};
use super::mutation::Mutation;
use super::plan::{Deed, Ending, Operation};
use super::process::{Job, JobKind, Purpose, ReplyTo};

impl Simulation {
    pub(super) fn operate(&mut self, place: usize) -> Held {
        let Some(operation) = self.plan.operations.get(place).copied() else {
            return Ok(());
        };
        let at_the_provider = matches!(
            operation.deed,
            Deed::End(..)
                | Deed::GoBack(_)
                | Deed::Impostor(_)
                | Deed::Checkout
                | Deed::RevokeTokens
                | Deed::RestartProvider { .. }
        );
        if at_the_provider && self.restarting.is_some() {
            self.after(Duration::from_secs(4), Event::Operate(place));
            return Ok(());
        }
        self.perform(operation)
    }

    fn perform(&mut self, operation: Operation) -> Held {
        let Operation {
            number,
            process,
            deed,
            ..
        } = operation;
        match deed {
            Deed::Payout => self.take_on(number, process, JobKind::Payout),
            Deed::Payment => self.take_on(number, process, JobKind::Payment),
            Deed::Checkout => self.open_checkout(number, process),
            Deed::List
                if self
                    .processes
                    .get(process)
                    .is_some_and(|process| process.runs(self.now)) =>
            {
                self.list(process, number)
            }
            Deed::List => Ok(()),
            Deed::End(target, ending) => self.end_at_provider(target, ending),
            Deed::ForgeWebhook(target) => self.forge_webhook(number, target),
            Deed::ForeignWebhook(target) => self.foreign_webhook(number, target),
            Deed::Impostor(target) => self.impostor(target),
            Deed::Suspend(point, nap) => self.suspend_at(process, point, nap),
            Deed::Recut(target) => self.recut(number, target),
            Deed::GoBack(target) => self.go_back(target),
            Deed::Crash { down, in_write } => self.doom(number, process, down, in_write),
            Deed::Cancel => self.cancel(number, process),
            Deed::RevokeTokens => {
                self.figures.fault("tokens revoked");
                self.tell(|| "the provider revokes all tokens".into());
                self.provider.revoke_tokens();
                Ok(())
            }
            Deed::RestartProvider { after } => {
                self.figures.fault("provider restarted");
                self.tell(|| "the provider begins to restart and answers nothing any more".into());
                self.restarting = Some((self.provider.clone(), Vec::new()));
                self.after(after, Event::ProviderUp);
                Ok(())
            }
            Deed::MerchantClock(jump) => {
                self.figures.fault("merchant's clock jumped");
                self.tell(|| format!("the clock of p{process} jumps by {jump} ms"));
                self.set_clock(process, jump);
                Ok(())
            }
            Deed::ProviderClock(jump) => {
                self.figures.fault("provider's clock jumped");
                self.tell(|| format!("the provider's clock jumps by {jump} ms"));
                self.provider_skew += jump;
                self.due_at = None;
                Ok(())
            }
        }
    }

    /// The staff asks for a payout or a payment: it is in the merchant's stored orders from now on.
    fn take_on(&mut self, number: usize, process: usize, kind: JobKind) -> Held {
        let reference = format!("m{process}-{}-{number}", kind.name());
        let job = Job {
            kind,
            reference,
            attempts: 0,
            done: false,
        };
        self.jobs.insert(number, job);
        self.work(number)
    }

    fn end_at_provider(&mut self, target: usize, ending: Ending) -> Held {
        let Some(job) = self.jobs.get(&target) else {
            return Ok(());
        };
        if job.kind == JobKind::Checkout {
            return self.end_checkout(target, ending);
        }
        let reference = job.reference.clone();
        let now = self.provider_now();
        let ended = match ending {
            Ending::Paid => self.provider.pay(&reference, now),
            Ending::Failed => self.provider.fail(&reference, now),
            Ending::Expired => self.provider.expire(&reference, now),
        };
        if ended.is_ok() {
            self.tell(|| format!("{reference} is {ending:?} at the provider"));
        }
        Ok(())
    }

    fn go_back(&mut self, target: usize) -> Held {
        let Some(job) = self
            .jobs
            .get(&target)
            .filter(|job| job.kind == JobKind::Checkout)
        else {
            return Ok(());
        };
        let reference = job.reference.clone();
        let now = self.provider_now();
        let mut chance = Chance::new(self.case.seed, &reference);
        let status = chance.pick(
            &[OrderStatus::Closed, OrderStatus::Created],
            OrderStatus::CheckoutFail,
        );
        if self
            .provider
            .set_order_status(&reference, status, now)
            .is_ok()
        {
            self.figures.fault("status went back");
            self.tell(|| format!("the provider sets {reference} to {}", status.as_str()));
        }
        Ok(())
    }

    /// Anybody can post a webhook, and the payer knows the record's id from the payment's page.
    fn forge_webhook(&mut self, number: usize, target: usize) -> Held {
        let (Some(job), Some(index)) = (self.jobs.get(&target), self.process_of(target)) else {
            return Ok(());
        };
        let id = self
            .record_id(target)
            .unwrap_or(RecordId::from_bytes([0x40; 16]));
        let body = json!({
            "id": format!("evt-{number}"),
            "event": "payment.paid",
            "data": {
                "id": id.to_string(), "type": job.kind.name(), "status": "paid",
                "amount": "10.00", "currency": "USD", "reference": job.reference,
            },
        });
        let reference = job.reference.clone();
        self.tell(|| format!("an attacker posts that {reference} is paid"));
        self.figures.fault("webhook forged");
        self.post(index, number, "/webhooks", body.to_string().into_bytes());
        Ok(())
    }

    /// A payer who controls a product's description has a text signed and cuts it differently.
    fn recut(&mut self, number: usize, target: usize) -> Held {
        let (Some(job), Some(index)) = (self.jobs.get(&target), self.process_of(target)) else {
            return Ok(());
        };
        let victim = job.reference.clone();
        let tail = format!("currency=USD&out_trade_no={victim}&status=CHECKOUT_SUCCEED&subject=y");
        let mine = [
            "channel_id=2",
            "currency=USD",
            "out_trade_no=MINE",
            "status=CREATED",
        ];
        let injected = format!("x&channel_id=2&{tail}");
        let signed = [
            ("app_id", "sandbox-app"),
            ("body", &injected),
            ("channel_id", "2"),
            ("currency", "USD"),
            ("out_trade_no", "MINE"),
            ("status", "CREATED"),
            ("subject", "mine"),
            ("total_amount", "10.00"),
            ("trade_no", "T1"),
        ];
        let key = SigningKey::new("sandbox-default-key").map_err(set_up)?;
        let sign = key.sign(&signed);
        let subject = format!("y&{}&subject=mine", mine.join("&"));
        let cut = [
            ("app_id", "sandbox-app"),
            ("body", "x"),
            ("channel_id", "2"),
            ("currency", "USD"),
            ("out_trade_no", &victim),
            ("status", "CHECKOUT_SUCCEED"),
            ("subject", &subject),
            ("total_amount", "10.00"),
            ("trade_no", "T1"),
            ("sign", sign.as_str()),
        ];
        self.tell(|| format!("an attacker cuts a signed text so that {victim} is paid"));
        self.figures.fault("notification re-cut");
        self.post(index, number, "/notify", php_query(&cut).into_bytes());
        self.append_status(number, index, &victim)
    }

    /// The same by a message that the server signs without a status: the payer has written one
    /// behind the order number, of which the server keeps 64 characters.
    fn append_status(&mut self, number: usize, index: usize, victim: &str) -> Held {
        let kept: String = format!("{victim}&status=CHECKOUT_SUCCEED");
        let kept: String = kept.chars().take(64).collect();
        let around = |number| {
            vec![
                ("app_id", "sandbox-app"),
                ("channel_id", "2"),
                ("currency", "USD"),
                ("out_trade_no", number),
                ("subject", "Tea"),
                ("total_amount", "10.00"),
                ("trade_no", "T2"),
            ]
        };
        let key = SigningKey::new("sandbox-default-key").map_err(set_up)?;
        let sign = key.sign(&around(&kept));
        let mut cut = around(victim);
        let status = kept
            .rsplit_once("&status=")
            .map_or("", |(_, status)| status);
        cut.extend([("status", status), ("sign", sign.as_str())]);
        self.post(index, number, "/notify", php_query(&cut).into_bytes());
        Ok(())
    }

    pub(super) fn post(&mut self, index: usize, number: usize, path: &'static str, body: Vec<u8>) {
        let mut request = Request::new(body);
        *request.method_mut() = Method::POST;
        *request.uri_mut() = http::Uri::from_static(path);
        let reply = ReplyTo {
            name: format!("forged{number}"),
            delivery: None,
            back: Duration::ZERO,
            lost: true,
            claim: None,
        };
        self.after(
            Duration::from_millis(20),
            Event::Receive(index, Box::new(request), reply),
        );
    }

    /// The process dies now, or in the middle of its next write.
    fn doom(&mut self, number: usize, index: usize, down: Duration, in_write: bool) -> Held {
        let mut chance = Chance::new(self.case.seed, &format!("doom{number}"));
        let Some(process) = self.processes.get_mut(index) else {
            return Ok(());
        };
        process.down_for = down;
        if in_write {
            process.disk.die_in_write(Some(chance.below(1200)));
            return Ok(());
        }
        self.crash(index)
    }

    /// One of the process's calls is dropped, as a future that nobody awaits any more.
    fn cancel(&mut self, number: usize, index: usize) -> Held {
        let mut chance = Chance::new(self.case.seed, &format!("cancel{number}"));
        let leaks = self.is(Mutation::DropLeaderHandOver);
        let now = self.now;
        let Some(process) = self.processes.get_mut(index).filter(|p| p.runs(now)) else {
            return Ok(());
        };
        // Confirmations are left alone: the provider waits for their answers.
        let able: Vec<u32> = process
            .tasks
            .iter()
            .filter(|(_, task)| !matches!(task.purpose, Purpose::Confirm(..)))
            .map(|(key, _)| *key)
            .collect();
        let chosen = able.get(chance.below(able.len()));
        let Some(task) = chosen.and_then(|key| process.tasks.remove(key)) else {
            return Ok(());
        };
        let name = task.name.clone();
        let attempt = match &task.purpose {
            Purpose::Create(attempt) => Some(*attempt),
            _ => None,
        };
        if leaks {
            process.leaked.push(task);
        }
        self.figures.fault("call given up");
        self.tell(|| format!("p{index} gives up {name}"));
        match attempt.filter(|_| self.is(Mutation::TreatDroppedAsRefused)) {
            Some(attempt) => {
                self.denies(&name)?;
                self.end(index, attempt, Outcome::NotExecuted)
            }
            None => Ok(()),
        }
    }

    /// The provider comes back with what it has acknowledged.
    pub(super) fn provider_up(&mut self) -> Held {
        let Some((provider, unanswered)) = self.restarting.take() else {
            return Ok(());
        };
        self.provider = provider;
        self.due_at = None;
        let mut chance = Chance::new(self.case.seed, &format!("restart{}", self.now.as_millis()));
        if chance.per_mille(500) {
            self.provider.revoke_tokens();
        }
        self.tell(|| "the provider is back, without what it had not acknowledged".into());
        for id in unanswered {
            if let Some(flight) = self.flights.get_mut(&id) {
                flight.copies = flight.copies.saturating_sub(1);
            }
            let reset = TransportError::maybe_sent("the provider restarted");
            self.after(Duration::ZERO, Event::Land(id, Err(reset)));
        }
        Ok(())
    }
}
