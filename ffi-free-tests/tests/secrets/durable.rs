//! Durable calls, the shared token, events and the reconciler: every step and everything stored.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use http::header::AUTHORIZATION;
use sanspay_core::durable::{
    Applied, DurableCall, DurableStep, Enqueue, Event, Known, Listed, MemoryStore, Ours, Outcome,
    Reconciler, Recovery, Side, StoreError, StoredIntent,
};
use sanspay_core::exchange::{Seal, SharedToken};
use sanspay_core::partner::{Expected, NewPayout, Record};
use sanspay_core::{
    Currency, Endpoint, Error, Exchange, Secret, Session, SessionBuilder, Step, Wire,
};
use sanspay_ffi_free_tests::World;
use sanspay_testkit::sandbox::{FaultRule, SandboxConfig};

use super::search::{Secrets, Shown};

struct Hidden;

impl Seal for Hidden {
    fn seal(&self, plain: &[u8], _: &[u8]) -> Vec<u8> {
        plain.iter().map(|byte| !byte).collect()
    }

    fn open(&self, sealed: &[u8], _: &[u8]) -> Option<Vec<u8>> {
        Some(sealed.iter().map(|byte| !byte).collect())
    }
}

struct Merchant<'a> {
    world: World,
    store: MemoryStore,
    session: Session,
    shown: &'a mut Shown,
    secrets: &'a mut Secrets,
}

fn payout(reference: &str) -> NewPayout {
    let beneficiary = BTreeMap::from([("name", "PlantedBeneficiary"), ("iban", "DE89PLANTED")]);
    let amount = "25.50".parse().unwrap();
    NewPayout::new(reference, amount, Currency::EUR, &beneficiary).description("PlantedDescription")
}

pub(crate) fn show(shown: &mut Shown, secrets: &mut Secrets) {
    let mut config = SandboxConfig::default();
    config.partner.key_id = Secret::new("PlantedKeyId");
    config.partner.key_secret = Secret::new("PlantedKeySecret");
    let world = World::new(config);
    let token = SharedToken::new("live", Hidden).unwrap();
    shown.debug(&token);
    shown.error(&SharedToken::new("Planted KeySecret", Hidden).unwrap_err());
    let session = SessionBuilder::new(0)
        .base_url("https://api.example.com")
        .credentials("PlantedKeyId", "PlantedKeySecret")
        .shared_token(token);
    let mut merchant = Merchant {
        store: MemoryStore::new(world.clone()),
        world,
        session: session.build().unwrap(),
        shown,
        secrets,
    };
    merchant.calls();
    merchant.store();
    events(shown);
    reconciler(shown);
}

impl Merchant<'_> {
    fn calls(&mut self) {
        let queued = Enqueue::new(&self.session, &payout("queued"));
        let mut queued = queued.unwrap();
        self.shown.debug(&queued);
        while let Some(op) = queued.next() {
            queued.stored(op.ask_blocking(&self.store));
        }
        self.shown.debug(&queued.end().unwrap());

        self.call(payout("paid"));
        self.call(payout("paid"));
        // It never arrives, which nobody can know: it stays unknown.
        let path = "/partner/payouts";
        let rule = FaultRule::new("lost-request".parse().unwrap()).path(path);
        self.world.sandbox(|sandbox, _| sandbox.add_fault(rule));
        self.call(payout("lost"));
        self.world.advance(Duration::from_secs(120));
        self.call(payout("lost"));
        self.recover();
        let refused = Enqueue::new(&self.session, &payout(""));
        self.shown.error(&refused.unwrap_err());
    }

    fn call(&mut self, payout: NewPayout) {
        let call = DurableCall::new(self.session.clone(), payout, "attempt");
        self.drive(call);
    }

    fn drive(&mut self, mut call: DurableCall<NewPayout>) {
        loop {
            self.shown.debug(&call);
            let step = call.poll(self.world.now());
            self.shown.debug(&step);
            match step {
                DurableStep::Store(op) => {
                    self.shown.debug(&op);
                    let answer = op.ask_blocking(&self.store);
                    self.shown.debug(answer.as_ref().unwrap());
                    call.stored(answer);
                }
                DurableStep::Call(exchange) => {
                    let result = self.exchange(*exchange);
                    call.called(self.world.now(), result);
                }
                DurableStep::LookUp(exchange) => {
                    let result = self.exchange(*exchange);
                    call.looked_up(result);
                }
                DurableStep::Wait(delay) => self.world.advance(delay),
                DurableStep::Done(outcome) => return self.outcome(&outcome),
            }
        }
    }

    fn outcome(&mut self, outcome: &Outcome) {
        self.shown.debug(outcome);
        match outcome {
            Outcome::Executed(executed) => self.shown.debug(executed),
            Outcome::NotExecuted(error) => self.shown.error(error),
            Outcome::Unknown(pending) => {
                self.shown.debug(pending);
                self.shown.both(pending.reason());
            }
        }
    }

    fn exchange<E: Endpoint>(&mut self, mut exchange: Exchange<E>) -> Result<E::Output, Error> {
        loop {
            let step = exchange.poll(self.world.now());
            self.shown.debug(&step);
            match step {
                Step::Send(request) => {
                    if let Some(token) = request.headers().get(AUTHORIZATION) {
                        let token = token.to_str().unwrap();
                        self.secrets.add(token.strip_prefix("Bearer ").unwrap());
                    }
                    let outcome = self.world.send(&request);
                    exchange.reply(self.world.now(), outcome);
                }
                Step::Store(op) => {
                    let answer = op.ask_blocking(&self.store);
                    self.shown.debug(answer.as_ref().unwrap());
                    exchange.stored(self.world.now(), answer);
                }
                Step::Wait(wait) => self.world.pause(&wait),
                Step::Done(result) => return result,
            }
        }
    }

    fn recover(&mut self) {
        let mut recovery = Recovery::new(self.session.clone(), "worker");
        while let Some(op) = recovery.next() {
            self.shown.debug(&op);
            let answer = op.ask_blocking(&self.store).unwrap();
            self.shown.debug(&answer);
            for call in recovery.accept(answer) {
                self.drive(call);
            }
            self.shown.debug(&recovery);
        }
        self.shown
            .debug(&sanspay_core::durable::Recovered::default());
    }

    /// What is printed of a store, and what lies in it about the token.
    fn store(&mut self) {
        self.shown.debug(&self.store);
        for row in self.store.rows() {
            self.shown.debug(&row);
            if let Ok(stored) = StoredIntent::read(&row) {
                self.shown.debug(&stored);
                self.shown.debug(stored.state());
            }
            if row.key.starts_with("token:") {
                // The value itself: it has to be sealed.
                self.shown.debug(row.value.as_str());
            }
            let put = sanspay_core::durable::Put {
                key: "PlantedJane".into(),
                expected: row.version,
                value: "PlantedDescription".into(),
                due_in: row.due.map(|_| Duration::ZERO),
            };
            self.shown.debug(&put);
        }
        let place = sanspay_core::durable::Place {
            due: SystemTime::UNIX_EPOCH,
            key: "PlantedJane".into(),
        };
        self.shown.debug(&place);
        let scan = sanspay_core::durable::Scan {
            prefix: "intent:".into(),
            after: Some(place),
            limit: 1,
        };
        let scanned = sanspay_core::durable::BlockingStore::scan(&self.store, &scan).unwrap();
        self.shown.debug(&scan);
        self.shown.debug(&scanned);
        let loaded = sanspay_core::durable::BlockingStore::load(&self.store, "intent:payout:paid");
        self.shown.debug(&loaded.unwrap());
        self.shown
            .error(&StoreError::not_stored("the disk is full"));
        self.shown.error(&StoreError::maybe_stored("cut"));
    }
}

fn events(shown: &mut Shown) {
    let event = Event::new("PlantedJane").with_body("{\"customer\":\"PlantedDoe\"}");
    shown.debug(&event);
    shown.debug(&Applied::Now);
}

fn reconciler(shown: &mut Shown) {
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let amount = "25.50".parse().unwrap();
    let expected = Expected::payout("order-1", amount, Currency::EUR);
    let body = br#"{"id":"6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d","type":"payout","status":"paid",
        "amount":"25.50","currency":"EUR","reference":"foreign","customer":{"name":"PlantedJane"}}"#;
    let record = Record::parse(body, &Wire::default()).unwrap();
    let listed = Listed::of(&record).unwrap();
    shown.debug(&listed);
    let known = Known::Unknown;
    let ours = Ours {
        expected,
        at,
        known,
    };
    shown.debug(&ours);
    shown.debug(&known);
    shown.debug(&Side::Ours);
    let mut reconciler = Reconciler::new(Duration::from_secs(60));
    reconciler.ours(ours);
    reconciler.theirs(listed);
    shown.debug(&reconciler);
    for difference in reconciler.finish(at + Duration::from_secs(3600)) {
        shown.debug(&difference);
        shown.debug(&difference.repair());
    }
}
