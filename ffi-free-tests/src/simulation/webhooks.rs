//! What a merchant does with the webhooks of the partner API.

use sanspay_core::journal::{Journal, OrderUpdate};
use sanspay_core::partner::{
    Change, ConfirmedEvent, Matched, Record, RecordId, Status, UnconfirmedEvent,
};
use sanspay_core::{Error, ErrorKind};

use super::call::Output;
use super::engine::Simulation;
use super::invariant::{Broken, Held};
use super::mutation::Mutation;
use super::process::{Job, Purpose, ReplyTo, response};

impl Simulation {
    pub(super) fn webhook(&mut self, index: usize, body: &[u8], reply: ReplyTo) -> Held {
        let read = match &self.spelling {
            Some(spelling) => spelling.event(body),
            None => UnconfirmedEvent::parse(body, &sanspay_core::Wire::default()),
        };
        let Ok(event) = read else {
            self.figures.outcome("webhook unreadable");
            return self.answer(index, &reply, response(400, "text/plain", "unreadable"));
        };
        let claim = event.unconfirmed_record();
        let claimed = claim.and_then(|claim| self.job_of(claim.reference()?));
        if self.is(Mutation::TrustUnconfirmedWebhook) {
            if let (Some(claim), Some(job)) = (claim, claimed) {
                self.store_status(index, job, claim.id(), claim.status())?;
            }
            return self.answer(index, &reply, response(200, "text/plain", ""));
        }
        let name = format!("{}c{}", reply.name, self.fresh_name(index, ""));
        let call = Box::new(self.session_of(index)?.exchange(event.confirm()));
        if self.is(Mutation::AcknowledgeBeforeCommit) {
            self.answer(index, &reply, response(200, "text/plain", ""))?;
            let silent = ReplyTo {
                delivery: None,
                claim: None,
                ..reply
            };
            return self.begin_call(index, name, call, Purpose::Confirm(silent, claimed));
        }
        self.begin_call(index, name, call, Purpose::Confirm(reply, claimed))
    }

    /// The record of a webhook was fetched, or could not be.
    pub(super) fn confirmed(
        &mut self,
        index: usize,
        reply: &ReplyTo,
        claimed: Option<usize>,
        result: Result<Output, Error>,
    ) -> Held {
        let status = match result {
            Ok(Output::Confirmed(event)) => self.compare(index, claimed, &event)?,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.figures.outcome("webhook about nothing");
                404
            }
            _ => {
                self.figures.outcome("webhook left for later");
                503
            }
        };
        if self.processes.get(index).is_some_and(|process| process.up) {
            self.answer(index, reply, response(status, "text/plain", ""))?;
        }
        Ok(())
    }

    /// Compares the record with the order that it names; what to answer.
    fn compare(
        &mut self,
        index: usize,
        claimed: Option<usize>,
        event: &ConfirmedEvent,
    ) -> Result<u16, Broken> {
        let record = event.record();
        if let Some(job) = claimed.filter(|_| self.is(Mutation::PayByStatusAlone)) {
            if record.status().is_paid() {
                self.store_status(index, job, record.id(), record.status())?;
            }
            return Ok(200);
        }
        let reference = record.reference().unwrap_or_default();
        let order = self
            .job_of(reference)
            .filter(|number| self.keeps(index, *number))
            .and_then(|number| Some((number, self.jobs.get(&number)?.expected()?)));
        let Some((number, expected)) = order else {
            self.figures.outcome("webhook about nobody's record");
            return Ok(503);
        };
        match event.matches(&expected) {
            Matched::Paid(paid) => {
                self.store_status(index, number, paid.id(), paid.record().status())?;
            }
            Matched::NotPaid(status) => self.store_status(index, number, record.id(), &status)?,
            Matched::Mismatch(_) => {
                // Somebody looks into it, and until then it may come again.
                self.figures.outcome("webhook about another record");
                return Ok(503);
            }
        }
        self.figures.outcome("webhook confirmed");
        Ok(200)
    }

    /// A record that was fetched because no webhook told its end.
    pub(super) fn reconciled(&mut self, index: usize, number: usize, record: &Record) -> Held {
        let expected = self.jobs.get(&number).and_then(Job::expected);
        if expected.is_some_and(|expected| expected.differences(record).is_empty()) {
            return self.store_status(index, number, record.id(), record.status());
        }
        Ok(())
    }

    /// Stores what a record says about its order, together with the dedup key.
    fn store_status(&mut self, index: usize, number: usize, id: RecordId, status: &Status) -> Held {
        let (Some(job), Some(process)) = (self.jobs.get(&number), self.processes.get(index)) else {
            return Ok(());
        };
        let reference = job.reference.clone();
        let Ok(known) = process.disk.order_status(&reference) else {
            return self.write_failed(index);
        };
        let known = known.map_or(Status::Created, |known| Status::from(&*known));
        if known.change_to(status) != Change::Advance {
            return Ok(());
        }
        if status.is_paid() && !self.is(Mutation::TrustUnconfirmedWebhook) {
            self.check_very_record(number, &id.to_string())?;
        }
        let key = format!("{id}:{status}");
        self.commit(
            index,
            number,
            &OrderUpdate::new(reference, status.as_str(), key),
        )
    }
}
