//! Records and webhooks that look as if they were about an order, and are not.

use sanspay_core::exchange::Step;
use sanspay_core::partner::NewPayout;
use sanspay_core::{Amount, Currency};
use sanspay_testkit::sandbox::RecordStatus;
use serde_json::json;

use super::engine::Simulation;
use super::invariant::{Held, set_up};
use super::process::JobKind;

impl Simulation {
    /// Somebody else at the merchant's pays out under the reference of a payment. The provider
    /// pays it, and its webhook says that this reference is paid.
    pub(super) fn impostor(&mut self, target: usize) -> Held {
        let Some(job) = self
            .jobs
            .get(&target)
            .filter(|job| job.kind == JobKind::Payment)
        else {
            return Ok(());
        };
        let reference = job.reference.clone();
        self.figures.fault("payout with an order's reference");
        self.tell(|| format!("somebody pays out under the reference {reference}"));
        let amount = Amount::from_minor_units(1000 + target as u64, 2).map_err(set_up)?;
        let payout = NewPayout::new(reference, amount, Currency::USD, &json!({"iban": "DE01"}));
        let session = self.new_session(1_000, 0)?;
        let mut exchange = session.exchange(payout);
        let now = self.provider_now();
        for _ in 0..4 {
            match exchange.poll(now) {
                Step::Send(request) => {
                    let assumed = match &self.spelling {
                        Some(spelling) => spelling.request(&request),
                        None => request,
                    };
                    let answer = self.provider.handle(&assumed, now);
                    let answer = match &self.spelling {
                        Some(spelling) => spelling.answer(&assumed, answer),
                        None => answer,
                    };
                    exchange.reply(now, Ok(answer));
                }
                Step::Store(_) | Step::Wait(_) | Step::Done(_) => break,
            }
        }
        Ok(())
    }

    /// Anybody can post a webhook, here with the id of a record that is paid indeed and the
    /// reference of another one.
    pub(super) fn foreign_webhook(&mut self, number: usize, target: usize) -> Held {
        let (Some(job), Some(index)) = (self.jobs.get(&target), self.process_of(target)) else {
            return Ok(());
        };
        let reference = job.reference.clone();
        let paid = |other: &usize| {
            let id = self.record_id(*other).filter(|_| *other != target)?;
            let paid = self.provider.status(&id.to_string()) == Some(RecordStatus::Paid);
            paid.then_some(id)
        };
        let Some(id) = self.jobs.keys().find_map(paid) else {
            return Ok(());
        };
        let body = json!({
            "id": format!("evt-{number}"),
            "event": "payment.paid",
            "data": {
                "id": id.to_string(), "type": "payment", "status": "paid",
                "amount": "10.00", "currency": "USD", "reference": reference,
            },
        });
        self.figures.fault("webhook about another record");
        self.tell(|| format!("an attacker posts the id of another record for {reference}"));
        self.post(index, number, "/webhooks", body.to_string().into_bytes());
        Ok(())
    }
}
