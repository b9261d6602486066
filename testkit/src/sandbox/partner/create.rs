//! `POST /partner/payments` and `POST /partner/payouts`.

use std::time::SystemTime;

use http::{Request, Response, StatusCode};
use serde_json::{Map, Value};

use super::fields::{Fields, read_object};
use super::record::{Record, RecordKind, RecordStatus};
use super::{Partner, Surroundings, payer};
use crate::sandbox::answer::{self, Answer, Refusal};
use crate::sandbox::clock::later;
use crate::sandbox::config::{DuplicateReferences, PartnerConfig};
use crate::sandbox::ids::Ids;

/// The first answer to a request with an idempotency key.
#[derive(Clone)]
pub(super) struct FirstAnswer {
    kind: RecordKind,
    body: Map<String, Value>,
    answer: Response<Vec<u8>>,
}

impl Partner {
    /// Creates a payment or requests a payout.
    pub(super) fn create(
        &mut self,
        kind: RecordKind,
        request: &Request<Vec<u8>>,
        now: SystemTime,
        around: &mut Surroundings<'_>,
    ) -> Answer {
        let body = read_object(request)?;
        let key = self.idempotency_key(request);
        if let Some(first) = key.as_ref().and_then(|key| self.first_answers.get(key)) {
            return first.again(kind, &body);
        }
        let record = match kind {
            RecordKind::Payment => payment(&body, &self.config, now, around)?,
            RecordKind::Payout => payout(&body, now, around.ids)?,
        };
        let used = self.records.count(kind, &record.reference) > 0;
        if used && self.config.duplicate_references == DuplicateReferences::Refuse {
            return Err(answer::refusal(
                StatusCode::CONFLICT,
                "duplicate_reference",
                "The reference was already used.",
            ));
        }
        let ends = match kind {
            RecordKind::Payment => record.expires_at,
            RecordKind::Payout => self.config.payout_delay.map(|wait| later(now, wait)),
        };
        self.announce(&record, now, around.ids, around.outbox);
        let answer = answer::json(StatusCode::CREATED, &self.one(record.to_json()));
        self.records.add(record, ends);
        if let Some(key) = key {
            let answer = answer.clone();
            let first = FirstAnswer { kind, body, answer };
            self.first_answers.insert(key, first);
        }
        Ok(answer)
    }

    /// The request's key, where keys mean anything.
    fn idempotency_key(&self, request: &Request<Vec<u8>>) -> Option<Vec<u8>> {
        let name = &self.config.wire.idempotency_key_header;
        let value = request.headers().get(name)?;
        self.config.idempotency.then(|| value.as_bytes().to_vec())
    }
}

impl FirstAnswer {
    fn again(&self, kind: RecordKind, body: &Map<String, Value>) -> Answer {
        if (self.kind, &self.body) == (kind, body) {
            return Ok(self.answer.clone());
        }
        Err(answer::refusal(
            StatusCode::UNPROCESSABLE_ENTITY,
            "idempotency_key_reused",
            "The idempotency key was already used for another request.",
        ))
    }
}

fn payment(
    body: &Map<String, Value>,
    config: &PartnerConfig,
    now: SystemTime,
    around: &mut Surroundings<'_>,
) -> Result<Record, Refusal> {
    let mut fields = Fields::new(body);
    let mut record = common(&mut fields, RecordKind::Payment, now);
    let _ = fields.value("customer");
    record.return_url = fields.url("return_url").map(str::to_owned);
    record.cancel_url = fields.url("cancel_url").map(str::to_owned);
    let expires_at = fields.future_time("expires_at", now);
    fields.finish()?;
    record.expires_at = expires_at.or_else(|| now.checked_add(config.payment_life));
    record.id = around.ids.uuid();
    record.checkout_url = Some(format!(
        "{}{}{}",
        around.public_url,
        payer::PREFIX,
        record.id
    ));
    Ok(record)
}

fn payout(body: &Map<String, Value>, now: SystemTime, ids: &mut Ids) -> Result<Record, Refusal> {
    let mut fields = Fields::new(body);
    let mut record = common(&mut fields, RecordKind::Payout, now);
    fields.require("beneficiary");
    fields.finish()?;
    record.id = ids.uuid();
    Ok(record)
}

/// What both have; the texts are empty where the fields were refused.
fn common(fields: &mut Fields<'_>, kind: RecordKind, now: SystemTime) -> Record {
    Record {
        id: uuid::Uuid::nil(),
        kind,
        status: RecordStatus::Created,
        reference: fields.required_text("reference").unwrap_or_default().into(),
        amount: fields.amount("amount").unwrap_or_default().into(),
        currency: fields.currency("currency").unwrap_or_default().into(),
        description: fields.text("description").map(str::to_owned),
        metadata: fields.value("metadata").cloned(),
        checkout_url: None,
        return_url: None,
        cancel_url: None,
        failure_reason: None,
        created_at: now,
        updated_at: now,
        paid_at: None,
        expires_at: None,
    }
}
