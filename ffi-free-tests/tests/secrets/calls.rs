//! A whole run against the partner API: every operation, in every way in which it can end.

mod answers;

use std::sync::Arc;
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{Method, StatusCode};
use sanspay_core::exchange::{Call, Step};
use sanspay_core::partner::{
    ListPayments, NewPayment, NewPayout, Raw, Record, RecordType, Resolution, ShowPayment, Status,
    UnconfirmedEvent, Unresolved,
};
use sanspay_core::{
    Currency, Endpoint, Error, Limits, Page, Pager, Secret, Session, SessionBuilder, Settings,
    UnknownOutcome,
};
use sanspay_ffi_free_tests::{Canned, World};
use sanspay_testkit::sandbox::{FaultRule, Sandbox, SandboxConfig};
use serde_json::{Value, json};

use super::search::{Secrets, Shown};

const PAYMENTS: &str = "/partner/payments";
const PAYOUTS: &str = "/partner/payouts";
const TOKEN: &str = "/partner/auth/token";

/// A merchant whose every step is printed.
struct Merchant<'a> {
    world: World,
    session: Session,
    shown: &'a mut Shown,
    secrets: &'a mut Secrets,
}

fn payment() -> NewPayment {
    NewPayment::new("order-1", "10.00".parse().unwrap(), Currency::USD)
        .description("PlantedDescription")
        .customer(&json!({
            "name": "PlantedJane PlantedDoe",
            "email": "planted.mail@customer.example",
            "phone": "5550007788",
        }))
        .metadata(&json!({"note": "PlantedJane"}))
        .return_url("https://shop.example/PlantedJane")
}

fn payout() -> NewPayout {
    let beneficiary = json!({"name": "PlantedBeneficiary", "iban": "DE89PLANTED"});
    let amount = "25.50".parse().unwrap();
    NewPayout::new("order-1", amount, Currency::EUR, &beneficiary).description("PlantedDescription")
}

fn list() -> ListPayments {
    ListPayments::new().reference("order-1")
}

pub(crate) fn show(shown: &mut Shown, secrets: &mut Secrets) {
    let mut config = SandboxConfig::default();
    config.partner.key_id = Secret::new("PlantedKeyId");
    config.partner.key_secret = Secret::new("PlantedKeySecret");
    config.partner.webhook_url = Some("https://shop.example/hooks".parse().unwrap());
    let mut settings = Settings::default();
    settings.retry.max_attempts = 2;
    settings.max_body = 20_000;
    let session = SessionBuilder::new(0)
        .base_url("https://api.example.com")
        .credentials("PlantedKeyId", "PlantedKeySecret")
        .settings(settings);
    let mut merchant = Merchant {
        world: World::new(config),
        session: session.build().unwrap(),
        shown,
        secrets,
    };
    merchant.shown.debug(&merchant.session);
    merchant.successes();
    merchant.webhooks();
    merchant.invalid_input();
    merchant.network();
    merchant.refusals();
    merchant.unreadable();
    merchant.tokens();
}

impl Merchant<'_> {
    fn call<E: Endpoint>(&mut self, endpoint: E) -> Result<E::Output, Error> {
        let shown = &mut *self.shown;
        let exchange = self.session.exchange(endpoint);
        shown.debug(&exchange);
        let mut call = Call::new(exchange, Arc::new(self.world.clone()));
        shown.debug(&call.span());
        let result = loop {
            if let Some(token) = self.session.authorization(self.world.now()) {
                shown.debug(&token);
            }
            let step = call.poll();
            shown.debug(&step);
            shown.debug(&call);
            match step {
                Step::Send(request) => {
                    if let Some(value) = request.headers().get(AUTHORIZATION) {
                        let token = value.to_str().unwrap().strip_prefix("Bearer ").unwrap();
                        self.secrets.add(token);
                    }
                    shown.debug(request.headers());
                    shown.debug(&Limits::of(&request));
                    let flight = self.world.depart(&request);
                    shown.debug(&flight);
                    let outcome = self.world.land(flight);
                    if let Err(error) = &outcome {
                        shown.error(error);
                    }
                    call.reply(outcome);
                }
                Step::Store(op) => panic!("no token is shared here: {op:?}"),
                Step::Wait(wait) => {
                    shown.debug(&wait);
                    self.world.advance(wait.delay());
                }
                Step::Done(result) => break result,
            }
        };
        shown.debug(&call);
        shown.debug(&call.report());
        if let Err(error) = &result {
            self.show_error(error);
        }
        result
    }

    fn show_error(&mut self, error: &Error) {
        let shown = &mut *self.shown;
        shown.error(error);
        shown.debug(error.advice());
        error
            .problems()
            .iter()
            .for_each(|problem| shown.both(problem));
        if let Some(body) = error.error_body() {
            shown.both(body);
        }
        if let Some(api) = error.api() {
            shown.debug(api);
        }
        if let Some(unknown) = error.unknown() {
            shown.debug(unknown);
        }
    }

    fn show_page(&mut self, page: &Page<Record>) {
        self.shown.debug(page);
        self.shown.debug(page.items());
    }

    fn successes(&mut self) {
        self.shown.debug(&payment());
        let record = self.call(payment()).unwrap();
        self.shown.debug(&record);
        self.shown.both(&record.id());
        self.shown.both(record.record_type().unwrap());
        self.shown.both(record.status());
        self.shown.both(record.currency());
        let change = Status::Created.change_to(&Status::from("PlantedJane PlantedDoe"));
        self.shown.debug(&change);
        // Text of an unknown status is the server's; its Display is the text itself, by design.
        self.shown
            .debug(&Status::from("PlantedJane planted.mail@customer.example"));
        self.shown.debug(&RecordType::from(
            "PlantedJane planted.mail@customer.example",
        ));

        self.shown.debug(&payout());
        let out = self.call(payout()).unwrap();
        self.shown.debug(&out);
        let show = ShowPayment::new(record.id());
        self.shown.debug(&show);
        self.call(show).unwrap();
        self.shown.debug(&list());
        let page = self.call(list()).unwrap();
        self.show_page(&page);
        let mut pager = Pager::new(list());
        self.shown.debug(&pager);
        pager.accept(page).unwrap();
        self.shown.debug(&pager);
        let again = self.call(ListPayments::new()).unwrap();
        self.show_error(&pager.accept(again).unwrap_err());

        let raw = Raw::<Value>::new(Method::GET, PAYMENTS).query("reference", "order-1");
        self.shown.debug(&raw);
        self.call(raw).unwrap();
        let body = json!({"email": "planted.mail@customer.example", "amount": "PlantedJane"});
        let raw = Raw::<Value>::new(Method::POST, PAYMENTS).json(&body);
        self.shown.debug(&raw);
        self.call(raw).unwrap_err();
    }

    fn webhooks(&mut self) {
        let due = self.world.sandbox(Sandbox::due);
        assert!(!due.is_empty());
        for delivery in due {
            self.shown.debug(&delivery);
            self.shown.debug(&delivery.id);
            let event =
                UnconfirmedEvent::parse(delivery.request.body(), &sanspay_core::Wire::default())
                    .unwrap();
            self.shown.debug(&event);
            self.shown.both(event.kind().unwrap());
            self.shown.debug(&event.confirm());
            let confirmed = self.call(event.confirm()).unwrap();
            self.shown.debug(&confirmed);
            self.shown.both(&confirmed.dedup_key());
        }
        for body in [
            &br#"{"event":"PlantedJane","data":"planted.mail@customer.example"}"#[..],
            br#"{"event":["PlantedJane"]}"#,
            b"PlantedJane",
            br#"{"PlantedJane":1}"#,
        ] {
            let error = UnconfirmedEvent::parse(body, &sanspay_core::Wire::default()).unwrap_err();
            self.show_error(&error);
        }
        let seen: Vec<_> = self.world.sandbox(|s, _| s.seen().cloned().collect());
        for seen in &seen {
            self.shown.debug(seen);
        }
        let request = http::Request::get("/x").body(Vec::new()).unwrap();
        let outcome = self
            .world
            .sandbox(|sandbox, now| sandbox.exchange(&request, now));
        self.shown.debug(&outcome);
    }

    fn invalid_input(&mut self) {
        let wrong = Currency::from_received("PlantedJane");
        let zero = "0".parse().unwrap();
        let payment = NewPayment::new("order-1\n", zero, wrong.clone())
            .description("PlantedDescription".repeat(20))
            .return_url("PlantedJane")
            .cancel_url("ftp://PlantedJane")
            .idempotency_key("PlantedJane PlantedDoe");
        self.shown.debug(&payment);
        self.call(payment).unwrap_err();
        let payout =
            NewPayout::new(" order-1", zero, wrong.clone(), &Value::Null).metadata(&Value::Null);
        self.shown.debug(&payout);
        self.call(payout).unwrap_err();
        let list = ListPayments::new()
            .reference("order-1\n")
            .currency(wrong)
            .page(0);
        self.shown.debug(&list);
        self.call(list).unwrap_err();
        let raw = Raw::<()>::new(Method::GET, "/x?PlantedJane").json(&());
        self.call(raw).unwrap_err();
        self.call(Raw::<()>::new(Method::GET, "PlantedJane"))
            .unwrap_err();
    }

    fn fault(&self, fault: &str, path: &str) {
        let rule = FaultRule::new(fault.parse().unwrap()).path(path);
        self.world.sandbox(|sandbox, _| sandbox.add_fault(rule));
    }

    fn network(&mut self) {
        for fault in [
            "not-connected",
            "lost-answer",
            "broken-off",
            "latency=31000",
        ] {
            for path in [PAYMENTS, PAYOUTS] {
                self.fault(fault, path);
                self.fault(fault, path);
            }
            let _ = self.call(list());
            let _ = self.call(list());
            self.world.sandbox(|sandbox, _| sandbox.clear_faults());
            self.fault(fault, PAYOUTS);
            self.fault(fault, PAYOUTS);
            let unknown = self.call(payout()).err().and_then(|e| e.unknown().cloned());
            if let Some(unknown) = unknown {
                self.resolve(&unknown);
            }
            self.world.sandbox(|sandbox, _| sandbox.clear_faults());
        }
    }

    /// Looks up in each way in which it can end.
    fn resolve(&mut self, unknown: &UnknownOutcome) {
        let answers = [
            None,
            Some(Canned::new(PAYMENTS, "[]")),
            Some(Canned::new(PAYMENTS, r#"{"PlantedJane":1}"#)),
            Some(Canned::new(
                PAYMENTS,
                json!({"data": [], "links": {"next": "?p=PlantedJane"}}).to_string(),
            )),
        ];
        for answer in answers {
            if let Some(answer) = answer {
                self.world.answer_with(answer);
            }
            let lookup = self.session.lookup(unknown, self.world.now());
            self.shown.debug(&lookup);
            let resolution = Resolution::from(self.call(lookup));
            self.shown.debug(&resolution);
            if let Resolution::Unknown(reason) = &resolution {
                self.shown.both(reason);
            }
        }
        self.shown.both(&Unresolved::Several { records: 2 });
        if let Some(evidence) = self.session.list_evidence(&RecordType::Payout) {
            self.shown.debug(&evidence);
        }
        let id = "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d";
        let answer = json!({
            "id": id, "status": "PlantedJane PlantedDoe", "amount": "1", "currency": "EUR",
            "planted.mail@customer.example": "PlantedJane", "reference": ["PlantedJane"],
        });
        let show = ShowPayment::new(id.parse().unwrap());
        let answer = http::Response::new(answer.to_string());
        show.read(self.session.api(), &answer.map(String::into_bytes))
            .unwrap();
        let drift = self.session.drift();
        assert!(!drift.is_empty());
        for drift in &drift {
            self.shown.both(drift);
            self.shown.debug(&drift.kind());
        }
    }
}
