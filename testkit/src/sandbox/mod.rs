//! Both providers in memory and without IO: for tests, demonstrations and local development.
//!
//! A [`Sandbox`] is the other side of the wire. It takes requests as values and answers them,
//! says which webhooks and notifications are due, and is told what became of them. Time is an
//! argument and ids follow from a seed, so the same inputs give the same outputs. It reads and
//! writes the wire form by itself and not through the client's types, so that a misreading on
//! either side shows. `docs/PROTOCOL.md` says which facts are documented, seen or assumed.
//!
//! ```
//! use std::time::{Duration, SystemTime};
//! use http::{Request, Response};
//! use sanspay_testkit::sandbox::{Sandbox, SandboxConfig};
//! use serde_json::{Value, json};
//!
//! let mut config = SandboxConfig::default();
//! config.partner.webhook_url = Some("https://shop.example/webhooks".parse()?);
//! let mut sandbox = Sandbox::new(config);
//! let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
//!
//! // The merchant gets a token and creates a payment.
//! let post = |path: &str, token: &str, body: Value| {
//!     Request::post(path)
//!         .header("authorization", format!("Bearer {token}"))
//!         .header("content-type", "application/json")
//!         .body(body.to_string().into_bytes())
//! };
//! let keys = json!({"key_id": "sandbox-key-id", "key_secret": "sandbox-key-secret"});
//! let answer = sandbox.handle(&post("/partner/auth/token", "", keys)?, now);
//! let token: Value = serde_json::from_slice(answer.body())?;
//! let order = json!({"reference": "order-1", "amount": "10.00", "currency": "USD"});
//! let token = token["access_token"].as_str().unwrap_or_default();
//! let answer = sandbox.handle(&post("/partner/payments", token, order)?, now);
//! assert_eq!(answer.status(), 201);
//!
//! // The payer pays, and both webhooks are due.
//! sandbox.pay("order-1", now)?;
//! let due = sandbox.due(now);
//! assert_eq!(due.len(), 2);
//! let event: Value = serde_json::from_slice(due[1].request.body())?;
//! assert_eq!(event["event"], "payment.paid");
//! assert_eq!(event["data"]["reference"], "order-1");
//!
//! // The merchant receives one of them; the other one will be tried again.
//! sandbox.delivered(due[1].id, now, Some(&Response::new(Vec::new())));
//! sandbox.delivered(due[0].id, now, None);
//! assert_eq!(sandbox.next_due(), Some(now + Duration::from_secs(60)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is where
//! | path | who asks | what |
//! |---|---|---|
//! | the routes of [`Wire`] | the merchant | the Qiaopay partner API |
//! | `/pay/{uuid}` | the payer's browser | the page behind a payment's `checkout_url` |
//! | `/checkout?…`, `/checkout/{trade_no}/…` | the payer's browser | the yzhan pay hosted checkout |
//! | the routes of [`AdminWire`](sanspay_core::checkout::query::AdminWire) but `sign` | its operator | the trades of the checkout; log in as [`OPERATOR`] |
//! | `/api/gateway/{channel_id}` | whoever pays | the same with the payer's own parameters, unsigned ([`CheckoutFault`]) |
//! | `/api/auth/sign?…` | anybody | the signature of anything ([`CheckoutFault`]) |
//! | `/sandbox/…` | tests and developers | the control routes below |
//!
//! # Faults
//! [`handle`](Sandbox::handle) is a perfect network. [`exchange`](Sandbox::exchange) is a real
//! one: [`Fault`]s happen to its requests, by rule or by a header, and its [`Outcome`] says what a
//! driver, in memory or on a socket, has to make of it.
//!
//! # Hands
//! What payers and the provider's staff do is a method here ([`pay`](Sandbox::pay),
//! [`fail`](Sandbox::fail), [`expire`](Sandbox::expire), [`pay_order`](Sandbox::pay_order),
//! [`fail_order`](Sandbox::fail_order), [`renew_order`](Sandbox::renew_order),
//! [`set_order_status`](Sandbox::set_order_status),
//! [`revoke_tokens`](Sandbox::revoke_tokens), [`hold_deliveries`](Sandbox::hold_deliveries)) and a
//! control route for clients on a socket:
//!
#![doc = include_str!("control.md")]

mod answer;
mod checkout;
mod clock;
mod config;
mod control;
mod delivery;
mod dialect;
mod faults;
mod guard;
mod ids;
mod outcome;
mod pages;
mod partner;
mod payer_actions;
mod rules;
mod spelling;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::fmt;
use std::time::SystemTime;

use http::{HeaderValue, Method, Request, Response, StatusCode};
use sanspay_core::Wire;

use self::checkout::Checkout;
pub use self::checkout::{CheckoutFault, OPERATOR, OrderStatus};
pub use self::config::{
    ChannelKind, CheckoutApp, CheckoutChannel, CheckoutConfig, DuplicateReferences, PageShape,
    PartnerConfig, SandboxConfig, Shape, Webhooks,
};
use self::delivery::Outbox;
pub use self::delivery::{Attempts, Delivery, DeliveryId};
use self::dialect::Dialect;
pub use self::faults::{FAULT_HEADER, Fault, FaultError, RetryAfter, StatusFault};
pub use self::guard::{Barred, Guard};
use self::ids::Ids;
pub use self::outcome::{Outcome, Reply};
pub use self::partner::{ActionError, RecordKind, RecordStatus};
use self::partner::{Partner, Surroundings};
pub use self::rules::FaultRule;
use self::rules::Faults;

/// How many reasons for refused deliveries are kept.
const KEPT_REFUSALS: usize = 100;

/// Both providers, their records and what they still have to deliver.
///
/// `Debug` shows counts only: the rest holds keys, tokens and customer data.
#[derive(Clone)]
pub struct Sandbox {
    public_url: String,
    body_limit: usize,
    seen_limit: usize,
    has_control: bool,
    ids: Ids,
    outbox: Outbox,
    faults: Faults,
    dialect: Option<Dialect>,
    partner: Partner,
    checkout: Checkout,
    seen: VecDeque<Seen>,
    refused: VecDeque<Barred>,
    token_requests: u64,
}

/// A request that reached a provider, and what was answered, whether or not that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seen {
    /// The method.
    pub method: Method,
    /// The path without the query, which may hold customer data.
    pub path: String,
    /// The answer's status.
    pub status: StatusCode,
    /// The client certificate's fingerprint as a front forwarded it in `X-SSL-Client-Fingerprint`
    /// (grade D).
    pub client_fingerprint: Option<String>,
}

impl Sandbox {
    /// Two providers that know nobody but the configured merchant.
    ///
    /// They speak the [profile](sanspay_core::profile) of the partner's [`Wire`].
    pub fn new(mut config: SandboxConfig) -> Self {
        let dialect = Dialect::of(&config.partner.wire);
        if dialect.is_some() {
            config.partner.wire = Wire::default();
        }
        Self {
            dialect,
            public_url: config.public_url.trim_end_matches('/').to_owned(),
            body_limit: config.body_limit,
            seen_limit: config.seen_limit,
            has_control: config.control,
            ids: Ids::new(config.seed),
            outbox: Outbox::default(),
            faults: Faults::default(),
            partner: Partner::new(config.partner),
            checkout: Checkout::new(config.checkout),
            seen: VecDeque::new(),
            refused: VecDeque::new(),
            token_requests: 0,
        }
    }

    /// Answers one request over a perfect network. Every answer names its request in the
    /// configured header.
    pub fn handle(&mut self, request: &Request<Vec<u8>>, now: SystemTime) -> Response<Vec<u8>> {
        let request = self.in_assumed_form(request);
        let response = self.handle_assumed(&request, now);
        self.in_own_form(&request, response)
    }

    fn handle_assumed(&mut self, request: &Request<Vec<u8>>, now: SystemTime) -> Response<Vec<u8>> {
        self.advance(now);
        let path = request.uri().path();
        let control = path
            .strip_prefix(control::PREFIX)
            .filter(|_| self.has_control);
        if let Some(rest) = control {
            let response = self.control(rest, request, now);
            return self.named(response);
        }
        let response = if request.body().len() > self.body_limit {
            answer::nginx(StatusCode::PAYLOAD_TOO_LARGE)
        } else {
            self.answer(request, now)
        };
        self.note(request, response.status());
        self.named(response)
    }

    fn answer(&mut self, request: &Request<Vec<u8>>, now: SystemTime) -> Response<Vec<u8>> {
        let mut around = Surroundings {
            ids: &mut self.ids,
            outbox: &mut self.outbox,
            public_url: &self.public_url,
        };
        let partner = self.partner.handle(request, now, &mut around);
        let answer = partner.or_else(|| self.checkout.handle(request, now, &mut around));
        answer.unwrap_or_else(answer::no_route)
    }

    fn named(&mut self, mut response: Response<Vec<u8>>) -> Response<Vec<u8>> {
        let name = self.partner.config().wire.request_id_header.clone();
        if let Ok(id) = HeaderValue::try_from(self.ids.request()) {
            response.headers_mut().insert(name, id);
        }
        response
    }

    fn note(&mut self, request: &Request<Vec<u8>>, status: StatusCode) {
        let path = request.uri().path();
        let fingerprint = request.headers().get("x-ssl-client-fingerprint");
        if self.partner.is_token_route(path) {
            self.token_requests = self.token_requests.saturating_add(1);
        }
        self.seen.push_back(Seen {
            method: request.method().clone(),
            path: path.to_owned(),
            status,
            client_fingerprint: fingerprint.and_then(|f| f.to_str().ok()).map(str::to_owned),
        });
        while self.seen.len() > self.seen_limit {
            self.seen.pop_front();
        }
    }

    /// Lets happen what happens by itself until `now`.
    fn advance(&mut self, now: SystemTime) {
        self.partner.advance(now, &mut self.ids, &mut self.outbox);
    }

    /// The webhooks and notifications to send now. Each is handed out once per attempt, and one
    /// that is not reported by its timeout counts as unanswered. Calling it more often or late is
    /// harmless.
    #[must_use = "each delivery is handed out once and counts as an attempt"]
    pub fn due(&mut self, now: SystemTime) -> Vec<Delivery> {
        self.advance(now);
        let mut due = self.outbox.due(now);
        for delivery in due
            .iter_mut()
            .filter(|delivery| is_webhook(&delivery.request))
        {
            *delivery.request.body_mut() = self.webhook_in_own_form(delivery.request.body());
        }
        due
    }

    /// Reports what became of a delivery: the answer, or `None` when there was none. A report on
    /// an attempt that is over changes nothing.
    pub fn delivered(
        &mut self,
        id: DeliveryId,
        now: SystemTime,
        answer: Option<&Response<Vec<u8>>>,
    ) {
        self.outbox.delivered(id, now, answer);
    }

    /// Gives up a delivery that the [`Guard`] refuses: it would be refused again.
    pub fn refuse_delivery(&mut self, id: DeliveryId, why: Barred) {
        if self.outbox.give_up(id) {
            self.refused.push_back(why);
        }
        while self.refused.len() > KEPT_REFUSALS {
            self.refused.pop_front();
        }
    }

    /// Why deliveries were refused, the latest 100 in order.
    pub fn refused_deliveries(&self) -> impl Iterator<Item = &Barred> {
        self.refused.iter()
    }

    /// When [`due`](Sandbox::due) is worth the next call, if nothing else happens before: a
    /// delivery, the timeout of one, or a record that ends by itself.
    pub fn next_due(&self) -> Option<SystemTime> {
        let times = [self.outbox.next_due(), self.partner.next_timer()];
        times.into_iter().flatten().min()
    }

    /// How many messages are neither received nor given up.
    pub fn pending_deliveries(&self) -> usize {
        self.outbox.pending()
    }

    /// How many messages were given up after their last attempt.
    pub fn given_up_deliveries(&self) -> u64 {
        self.outbox.given_up()
    }

    /// Adds a rule by which a fault happens to requests of [`exchange`](Sandbox::exchange).
    pub fn add_fault(&mut self, rule: FaultRule) {
        self.faults.add(rule);
    }

    /// Removes all rules.
    pub fn clear_faults(&mut self) {
        self.faults.clear();
    }

    /// How many rules have not yet happened to all requests that they are for.
    pub fn faults_left(&self) -> usize {
        self.faults.len()
    }

    /// How webhooks behave.
    pub fn webhooks(&self) -> Webhooks {
        self.partner.config().webhooks
    }

    /// Changes how the webhooks of later events behave.
    pub fn set_webhooks(&mut self, webhooks: Webhooks) {
        self.partner.set_webhooks(webhooks);
    }

    /// How many records of the kind have the reference: how often the request was executed.
    pub fn executions(&self, kind: RecordKind, reference: &str) -> usize {
        self.partner.executions(kind, reference)
    }

    /// The status of a record, named as for [`pay`](Sandbox::pay), as of the last call that took
    /// the time.
    pub fn status(&self, id_or_reference: &str) -> Option<RecordStatus> {
        self.partner.status(id_or_reference)
    }

    /// How many requests for a token reached the provider.
    pub fn token_requests(&self) -> u64 {
        self.token_requests
    }

    /// The latest requests that reached a provider, in order; control requests are not among
    /// them.
    pub fn seen(&self) -> impl Iterator<Item = &Seen> {
        self.seen.iter()
    }
}

/// The partner API posts JSON, the checkout a form.
fn is_webhook(request: &Request<Vec<u8>>) -> bool {
    let content_type = request.headers().get(http::header::CONTENT_TYPE);
    content_type.is_some_and(|value| value == "application/json")
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("seen", &self.seen.len())
            .field("token_requests", &self.token_requests)
            .field("pending_deliveries", &self.pending_deliveries())
            .field("faults_left", &self.faults_left())
            .finish_non_exhaustive()
    }
}
