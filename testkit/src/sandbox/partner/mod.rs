//! The Qiaopay partner API, from the other side.

mod create;
mod fields;
mod list;
mod payer;
mod record;
#[cfg(test)]
mod tests;
mod token;

use std::collections::BTreeMap;
use std::time::SystemTime;

use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use serde_json::{Value, json};
use uuid::Uuid;

use self::create::FirstAnswer;
pub use self::record::{ActionError, RecordKind, RecordStatus};
use self::record::{Record, Records};
use self::token::Tokens;
use super::answer::{self, Answer, Refusal};
use super::clock::{later, rfc3339};
use super::config::{PartnerConfig, Shape, Webhooks};
use super::delivery::{Outbox, Receipt};
use super::ids::Ids;

/// What a provider needs of the sandbox around it.
pub(super) struct Surroundings<'a> {
    pub(super) ids: &'a mut Ids,
    pub(super) outbox: &'a mut Outbox,
    pub(super) public_url: &'a str,
}

/// The partner provider.
#[derive(Clone)]
pub(super) struct Partner {
    config: PartnerConfig,
    tokens: Tokens,
    records: Records,
    first_answers: BTreeMap<Vec<u8>, FirstAnswer>,
}

/// What a path leads to.
enum Route {
    Token,
    Payments,
    Payouts,
    Payment(Option<Uuid>),
}

impl Partner {
    pub(super) fn new(config: PartnerConfig) -> Self {
        Self {
            config,
            tokens: Tokens::default(),
            records: Records::default(),
            first_answers: BTreeMap::new(),
        }
    }

    pub(super) fn config(&self) -> &PartnerConfig {
        &self.config
    }

    pub(super) fn set_webhooks(&mut self, webhooks: Webhooks) {
        self.config.webhooks = webhooks;
    }

    pub(super) fn is_token_route(&self, path: &str) -> bool {
        path == self.config.wire.token
    }

    fn route(&self, path: &str) -> Option<Route> {
        let wire = &self.config.wire;
        if path == wire.token {
            return Some(Route::Token);
        }
        if path == wire.payments || path == wire.list {
            return Some(Route::Payments);
        }
        if path == wire.payouts {
            return Some(Route::Payouts);
        }
        let (before, after) = wire.payment.split_once("{uuid}")?;
        let id = path.strip_prefix(before)?.strip_suffix(after)?;
        (!id.is_empty() && !id.contains('/')).then(|| Route::Payment(Uuid::try_parse(id).ok()))
    }

    /// Answers one request; `None` when the path is none of this provider's.
    pub(super) fn handle(
        &mut self,
        request: &Request<Vec<u8>>,
        now: SystemTime,
        around: &mut Surroundings<'_>,
    ) -> Option<Response<Vec<u8>>> {
        let Some(route) = self.route(request.uri().path()) else {
            return self.payer(request, now, around);
        };
        Some(
            self.certificate(request)
                .and_then(|()| self.answer(&route, request, now, around))
                .unwrap_or_else(|refusal| *refusal),
        )
    }

    /// NGINX's part: it forwards what it found out about the client certificate (grade D).
    fn certificate(&self, request: &Request<Vec<u8>>) -> Result<(), Refusal> {
        if !self.config.require_mtls {
            return Ok(());
        }
        let verify = request.headers().get("x-ssl-client-verify");
        match verify.map(HeaderValue::as_bytes) {
            Some(b"SUCCESS") => Ok(()),
            None | Some(b"NONE" | b"") => Err(answer::nginx_certificate(
                "No required SSL certificate was sent",
            )),
            Some(_) => Err(answer::nginx_certificate("The SSL certificate error")),
        }
    }

    fn answer(
        &mut self,
        route: &Route,
        request: &Request<Vec<u8>>,
        now: SystemTime,
        around: &mut Surroundings<'_>,
    ) -> Answer {
        let method = request.method();
        match route {
            Route::Token if method == Method::POST => {
                self.tokens.give(&self.config, around.ids, request, now)
            }
            Route::Token => Err(answer::not_allowed("POST")),
            _ => {
                self.tokens.check(request, now)?;
                self.business(route, request, now, around)
            }
        }
    }

    fn business(
        &mut self,
        route: &Route,
        request: &Request<Vec<u8>>,
        now: SystemTime,
        around: &mut Surroundings<'_>,
    ) -> Answer {
        let (get, post) = (Method::GET, Method::POST);
        match (route, request.method()) {
            (Route::Payments, m) if m == post => {
                self.create(RecordKind::Payment, request, now, around)
            }
            (Route::Payouts, m) if m == post => {
                self.create(RecordKind::Payout, request, now, around)
            }
            (Route::Payments, m) if m == get => self.list(request, around.public_url),
            (Route::Payment(id), m) if m == get => self.show(id.as_ref()),
            (Route::Payments, _) => Err(answer::not_allowed("GET, POST")),
            (Route::Payouts | Route::Token, _) => Err(answer::not_allowed("POST")),
            (Route::Payment(_), _) => Err(answer::not_allowed("GET")),
        }
    }

    /// `GET /partner/payments/{uuid}`.
    fn show(&self, id: Option<&Uuid>) -> Answer {
        let record = id.and_then(|id| self.records.get(id)).ok_or_else(|| {
            answer::refusal(
                StatusCode::NOT_FOUND,
                "record_not_found",
                "There is no such record.",
            )
        })?;
        Ok(answer::json(StatusCode::OK, &self.one(record.to_json())))
    }

    /// One record in the configured shape.
    fn one(&self, record: Value) -> Value {
        match self.config.record_shape {
            Shape::Bare => record,
            Shape::Data => json!({"data": record}),
        }
    }

    /// Ends what has ended by itself until `now`, in the order in which it did.
    pub(super) fn advance(&mut self, now: SystemTime, ids: &mut Ids, outbox: &mut Outbox) {
        while let Some((at, place)) = self.records.ripe(now) {
            let status = match self.records.at(place).map(|record| record.kind) {
                Some(RecordKind::Payout) => RecordStatus::Paid,
                _ => RecordStatus::Expired,
            };
            // A record that was ended by hand before its time stays as it is.
            let _ = self.end(place, status, None, at, ids, outbox);
        }
    }

    pub(super) fn next_timer(&self) -> Option<SystemTime> {
        self.records.next_timer()
    }

    pub(super) fn revoke_tokens(&mut self) {
        self.tokens.revoke_all();
    }

    pub(super) fn executions(&self, kind: RecordKind, reference: &str) -> usize {
        self.records.count(kind, reference)
    }

    pub(super) fn status(&self, id_or_reference: &str) -> Option<RecordStatus> {
        let place = self.records.find(id_or_reference)?;
        Some(self.records.at(place)?.status)
    }

    /// Ends a record by hand.
    pub(super) fn settle(
        &mut self,
        id_or_reference: &str,
        status: RecordStatus,
        now: SystemTime,
        ids: &mut Ids,
        outbox: &mut Outbox,
    ) -> Result<(), ActionError> {
        let place = self.records.find(id_or_reference);
        let place = place.ok_or(ActionError::NotFound)?;
        let reason = (status == RecordStatus::Failed).then_some("declined");
        self.end(place, status, reason, now, ids, outbox)
    }

    fn end(
        &mut self,
        place: usize,
        status: RecordStatus,
        reason: Option<&str>,
        now: SystemTime,
        ids: &mut Ids,
        outbox: &mut Outbox,
    ) -> Result<(), ActionError> {
        if let Some(record) = self.records.end(place, status, reason, now)? {
            let record = record.clone();
            self.announce(&record, now, ids, outbox);
        }
        Ok(())
    }

    /// Puts the webhook of the record's status on its way.
    fn announce(&self, record: &Record, now: SystemTime, ids: &mut Ids, outbox: &mut Outbox) {
        let Some(url) = &self.config.webhook_url else {
            return;
        };
        let webhooks = self.config.webhooks;
        let name = if webhooks.event_in_type {
            "type"
        } else {
            "event"
        };
        let body = json!({
            "id": ids.uuid().to_string(),
            // The four events are the payment's (grade D); a payout shares them (grade A).
            name: format!("payment.{}", record.status.as_str()),
            "created_at": rfc3339(now),
            "data": record.to_json(),
        });
        let mut request = Request::new(body.to_string().into_bytes());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = url.clone();
        let json_type = HeaderValue::from_static("application/json");
        request
            .headers_mut()
            .insert(header::CONTENT_TYPE, json_type);
        for _ in 0..webhooks.copies {
            let spread = u64::try_from(webhooks.spread.as_millis()).unwrap_or(u64::MAX);
            let drawn = std::time::Duration::from_millis(ids.up_to(spread));
            let due = later(now, webhooks.delay.saturating_add(drawn));
            outbox.post(request.clone(), Receipt::Success, webhooks.attempts, due);
        }
    }
}
