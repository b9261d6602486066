//! Webhooks and notifications on their way to the merchant, and what the merchant does with them.

use http::{Request, Response};
use sanspay_core::checkout::{Answer, Signature, SigningKey};
use sanspay_core::journal::{Journal, OrderUpdate};
use sanspay_testkit::sandbox::Delivery;
use serde_json::Value;

use super::engine::{Event, Simulation};
use super::invariant::{Held, set_up};
use super::mutation::Mutation;
use super::network::{Fate, Fault};
use super::process::{ReplyTo, response};
use super::requests::HTML;

/// What the merchants sell.
pub(super) const SUBJECT: &str = "Tea";

impl Simulation {
    /// The provider sends a webhook or notification.
    pub(super) fn send_delivery(&mut self, delivery: Delivery) -> Held {
        let name = format!("d{}.{}", delivery.id.message(), delivery.id.attempt());
        let mut fate = Fate::of_delivery(self.case.seed, &name, self.fault_rate());
        if self.case.calm.contains(&name) {
            fate.calm();
        }
        if let Some(fault) = fate.fault {
            self.figures.fault(fault.name());
            self.faulty.insert(name.clone());
        }
        let (index, claim) = self.addressee(&delivery.request);
        let foreign = claim.is_none() && delivery.request.uri().path() == "/webhooks";
        let fault = fate.fault;
        let fault = fault.map_or(String::new(), |fault| format!(" [{}]", fault.name()));
        let about = claim.as_ref().map_or(String::new(), |(number, status)| {
            let reference = self.jobs.get(number).map_or("", |job| &job.reference);
            format!(": {reference} is {status}")
        });
        self.tell(|| format!("the provider sends {name} to p{index}{about}{fault}"));
        let mut request = delivery.request;
        if foreign {
            // Nobody waits until the merchant understands what it is about.
            let understood = response(200, "text/plain", "");
            self.after(fate.there, Event::Report(delivery.id, Some(understood)));
        }
        let reply = ReplyTo {
            name,
            delivery: Some(delivery.id).filter(|_| !foreign),
            back: fate.back,
            lost: [Some(Fault::AnswerLost), Some(Fault::ProxyHtmlExecuted)].contains(&fate.fault),
            claim,
        };
        match fate.fault {
            Some(_) if foreign => {}
            Some(Fault::NotConnected) => {
                self.after(fate.there, Event::Report(delivery.id, None));
                return Ok(());
            }
            Some(Fault::RequestLost) => return Ok(()),
            Some(Fault::ProxyHtml | Fault::ProxyHtmlExecuted) => {
                let html = response(502, "text/html", HTML);
                let report = Event::Report(delivery.id, Some(html));
                self.after(fate.there + fate.back, report);
                if fate.fault == Some(Fault::ProxyHtml) {
                    return Ok(());
                }
            }
            Some(Fault::RequestCut | Fault::RequestCorrupted) => damage(&mut request, &mut fate),
            Some(Fault::Duplicated) => {
                let second = fate.there + fate.chance.between(0, 20_000);
                let copy = Box::new(request.clone());
                self.after(second, Event::Receive(index, copy, reply.clone()));
            }
            _ => {}
        }
        self.after(fate.there, Event::Receive(index, Box::new(request), reply));
        Ok(())
    }

    /// To which process a message goes, and what it says of which job: the view of the
    /// simulation, which knows that the provider sent it.
    fn addressee(&self, request: &Request<Vec<u8>>) -> (usize, Option<(usize, String)>) {
        let (reference, status) = if request.uri().path() == "/webhooks" {
            let event: Value = serde_json::from_slice(request.body()).unwrap_or_default();
            let field = |name: &str| {
                let value = event.get("data").and_then(|data| data.get(name));
                value.and_then(Value::as_str).unwrap_or_default().to_owned()
            };
            // A record of another type is not the job's, whatever its reference.
            let about = self.job_of(&field("reference"));
            let job = about.and_then(|number| self.jobs.get(&number));
            let kind = job.map_or("", |job| job.kind.name());
            if kind != field("type") {
                let index = about.and_then(|number| self.process_of(number));
                return (index.unwrap_or_default(), None);
            }
            (field("reference"), field("status"))
        } else {
            let pairs: Vec<_> = form_urlencoded::parse(request.body()).collect();
            let field = |name: &str| {
                let pair = pairs.iter().find(|(known, _)| known == name);
                pair.map_or(String::new(), |(_, value)| value.clone().into_owned())
            };
            (field("out_trade_no"), field("status"))
        };
        let job = self.job_of(&reference);
        let index = job.and_then(|job| self.process_of(job)).unwrap_or_default();
        (index, job.map(|job| (job, status)))
    }

    /// A message reaches a process.
    pub(super) fn receive(
        &mut self,
        index: usize,
        request: &Request<Vec<u8>>,
        reply: ReplyTo,
    ) -> Held {
        if request.uri().path() == "/thanks" {
            return self.returned(index, request, reply);
        }
        let up = self.processes.get(index).is_some_and(|process| process.up);
        if !up {
            if let Some(id) = reply.delivery {
                self.after(reply.back, Event::Report(id, None));
            }
            return Ok(());
        }
        self.figures.operations += 1;
        if request.uri().path() == "/webhooks" {
            self.webhook(index, request.body(), reply)
        } else {
            self.notification(index, request.body(), &reply)
        }
    }

    pub(super) fn commit(&mut self, index: usize, number: usize, update: &OrderUpdate) -> Held {
        let Some(process) = self.processes.get_mut(index) else {
            return Ok(());
        };
        match process.disk.commit(update) {
            Err(_) => self.write_failed(index),
            Ok(false) => Ok(()),
            Ok(true) => {
                self.figures.outcome("order updated");
                let (order, status) = (update.order(), update.status());
                self.tell(|| format!("p{index} stores that {order} is {status}"));
                self.check_order(index, number, update)
            }
        }
    }

    fn notification(&mut self, index: usize, body: &[u8], reply: &ReplyTo) -> Held {
        if self.is(Mutation::AcceptRecutNotification) {
            self.trust_signature(index, body)?;
        }
        let stored = match self.judge(self.verifier.notification(body)) {
            Err(refusal) => {
                self.figures.outcome("notification refused");
                let reason = refusal.log_reason();
                self.tell(|| format!("p{index} refuses {}: {reason}", reply.name));
                Err(refusal)
            }
            Ok((number, matched)) => {
                self.figures.outcome("notification accepted");
                self.matched(index, number, &matched)?;
                Ok(matched)
            }
        };
        let answer = Answer::to(&stored);
        if self.processes.get(index).is_some_and(|process| process.up) {
            self.answer(index, reply, answer.response())?;
        }
        Ok(())
    }

    /// The mistake of a merchant who compares signature, number and amount, and no more.
    fn trust_signature(&mut self, index: usize, body: &[u8]) -> Held {
        let mut pairs: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
        let take = |pairs: &[(String, String)], name: &str| {
            let pair = pairs.iter().find(|(known, _)| known == name);
            pair.map_or(String::new(), |(_, value)| value.clone())
        };
        let sign = Signature::from_received(&take(&pairs, "sign"));
        pairs.retain(|(name, _)| name != "sign");
        let key = SigningKey::new("sandbox-default-key").map_err(set_up)?;
        let status = take(&pairs, "status");
        let right = sign == Some(key.sign(&pairs)) && take(&pairs, "total_amount") == "10.00";
        let job = self.job_of(&take(&pairs, "out_trade_no"));
        match job.filter(|_| right && status == "CHECKOUT_SUCCEED") {
            Some(number) => {
                let order = take(&pairs, "out_trade_no");
                let key = format!("{}:{status}", take(&pairs, "trade_no"));
                self.commit(index, number, &OrderUpdate::new(order, status, key))
            }
            None => Ok(()),
        }
    }

    /// The process answers a webhook or notification.
    pub(super) fn answer(
        &mut self,
        index: usize,
        reply: &ReplyTo,
        answer: Response<Vec<u8>>,
    ) -> Held {
        let status = answer.status();
        self.tell(|| format!("p{index} answers {} with {status}", reply.name));
        if status.is_success() {
            self.check_acknowledgement(index, reply)?;
        }
        if let (Some(id), false) = (reply.delivery, reply.lost) {
            self.after(reply.back, Event::Report(id, Some(answer)));
        }
        Ok(())
    }
}

/// Cuts the message, or changes a bit of it.
fn damage(request: &mut Request<Vec<u8>>, fate: &mut Fate) {
    let place = fate.chance.below(request.body().len());
    if fate.fault == Some(Fault::RequestCut) {
        request.body_mut().truncate(place);
    } else if let Some(byte) = request.body_mut().get_mut(place) {
        *byte ^= 1;
    }
}
