//! What a merchant does with the messages of the hosted checkout, from both ways.

use sanspay_core::checkout::{
    Matched, Paid, Payment, Progress, Recorded, Refusal, Signed, Source, Status,
};
use sanspay_core::journal::{Journal, OrderUpdate};

use super::engine::Simulation;
use super::invariant::Held;
use super::mutation::Mutation;

/// What the merchant's stored orders say about an order: its status, and its first payment.
struct Ledger {
    status: Status,
    trade_no: String,
    notified: bool,
}

impl Ledger {
    /// Such as `CHECKOUT_SUCCEED 2027011508000012345678 notified`.
    fn read(text: Option<&str>) -> Self {
        let mut words = text.unwrap_or_default().split(' ');
        let status = words.next().and_then(Status::from_text);
        Self {
            status: status.unwrap_or(Status::Created),
            trade_no: words.next().unwrap_or_default().to_owned(),
            notified: words.next() == Some("notified"),
        }
    }

    fn paid(paid: &Paid) -> Self {
        Self {
            status: paid.status(),
            trade_no: paid.trade_no().to_owned(),
            notified: paid.source() == Source::Notification,
        }
    }

    fn text(&self) -> String {
        let told = if self.notified {
            "notified"
        } else {
            "returned"
        };
        match &*self.trade_no {
            "" => self.status.to_string(),
            trade_no => format!("{} {trade_no} {told}", self.status),
        }
    }

    fn recorded(&self) -> Option<Recorded<'_>> {
        let notified = self.notified;
        let trade_no = &*self.trade_no;
        (!trade_no.is_empty()).then_some(Recorded { trade_no, notified })
    }
}

impl Simulation {
    pub(super) fn judge(
        &self,
        signed: Result<Signed, Refusal>,
    ) -> Result<(usize, Matched), Refusal> {
        let signed = signed?;
        let number = self
            .job_of(signed.out_trade_no())
            .ok_or(Refusal::WrongOrder)?;
        let order = self.checkout_order(number).ok_or(Refusal::WrongOrder)?;
        Ok((number, signed.matches(&order)?))
    }

    /// The browser's return is acted on as a notification is.
    pub(super) fn browser_return(&mut self, index: usize, query: &str) -> Held {
        if self.is(Mutation::IgnoreReturns) {
            return Ok(());
        }
        match self.judge(self.verifier.browser_return(query)) {
            Ok((number, matched)) => {
                self.figures.outcome("return accepted");
                self.matched(index, number, &matched)
            }
            Err(refusal) => {
                self.tell(|| format!("p{index} refuses a return: {}", refusal.log_reason()));
                Ok(())
            }
        }
    }

    pub(super) fn matched(&mut self, index: usize, number: usize, matched: &Matched) -> Held {
        let (Some(job), Some(process)) = (self.jobs.get(&number), self.processes.get(index)) else {
            return Ok(());
        };
        let order = job.reference.clone();
        let Ok(stored) = process.disk.order_status(&order) else {
            return self.write_failed(index);
        };
        let mut ledger = Ledger::read(stored.as_deref());
        let mut key = matched.dedup_key().to_string();
        match matched {
            Matched::Paid(paid) => match paid.payment(ledger.recorded()) {
                Payment::First => ledger = Ledger::paid(paid),
                Payment::Repeated if !ledger.notified && paid.source() == Source::Notification => {
                    ledger.notified = true;
                    key.push_str(":notified");
                }
                Payment::Repeated => return Ok(()),
                Payment::PossibleRenewal => {
                    self.figures.outcome("possible renewal reported");
                    self.tell(|| format!("p{index} asks its staff whether {order} was renewed"));
                    return Ok(());
                }
                Payment::Double if self.is(Mutation::SwallowSecondPayment) => return Ok(()),
                Payment::Double => {
                    let update = OrderUpdate::new(&*order, ledger.text(), key);
                    self.commit(index, number, &update)?;
                    return self.report(index, paid);
                }
            },
            Matched::NotPaid(_) => {
                let blind = self.is(Mutation::UnpayOnLateNotification);
                let progress = ledger.status.progress(matched.status());
                if progress != Progress::Advance && !blind {
                    return Ok(());
                }
                ledger.status = matched.status();
            }
        }
        self.commit(index, number, &OrderUpdate::new(order, ledger.text(), key))
    }

    /// A second payment is told to the staff once it is stored.
    fn report(&mut self, index: usize, paid: &Paid) -> Held {
        if self.processes.get(index).is_some_and(|process| process.up) {
            let (trade_no, order) = (paid.trade_no(), paid.out_trade_no());
            self.tell(|| format!("p{index} reports {trade_no}, a second payment of {order}"));
            self.payers.reported.insert(trade_no.to_owned());
            self.figures.outcome("second payment reported");
        }
        Ok(())
    }
}
