//! Specifications of durable calls.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use http::{Request, Response};

use super::*;
use crate::clock::Clock;
use crate::exchange::Step;
use crate::partner::{NewPayout, RecordType};
use crate::{
    Currency, Endpoint, Error, ErrorKind, Exchange, NotSent, Session, SessionBuilder,
    TransportError,
};

mod calls;
mod inbox;
mod queue;
mod reconcile;
mod stored;

type Answer = Result<Response<Vec<u8>>, TransportError>;

const ID: &str = "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d";

/// One clock for the machine and the store of a test.
#[derive(Clone)]
struct Virtual(Arc<Mutex<SystemTime>>);

impl Clock for Virtual {
    fn now(&self) -> SystemTime {
        *self.0.lock().unwrap()
    }
}

impl Virtual {
    fn new() -> Self {
        let begin = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        Self(Arc::new(Mutex::new(begin)))
    }

    fn pass(&self, seconds: u64) {
        *self.0.lock().unwrap() += Duration::from_secs(seconds);
    }
}

/// A machine with its store and a provider, all in memory.
struct World {
    clock: Virtual,
    store: MemoryStore,
    session: Session,
    /// Answers to payouts, one after the other; without one the provider executes.
    answers: Vec<Answer>,
    /// The errors of the store's next changes. What may be stored is.
    store_errors: Vec<StoreError>,
    executed: usize,
    listed: bool,
    attempts: u32,
}

impl World {
    fn new() -> Self {
        let clock = Virtual::new();
        let session = SessionBuilder::new(0)
            .base_url("https://h.example")
            .credentials("id", "secret")
            .authoritative_list(RecordType::Payout)
            .retry(crate::RetryPolicy::never())
            .build()
            .unwrap();
        Self {
            store: MemoryStore::new(clock.clone()),
            clock,
            session,
            answers: Vec::new(),
            store_errors: Vec::new(),
            executed: 0,
            listed: true,
            attempts: 0,
        }
    }

    fn call(&mut self, payout: &NewPayout) -> Outcome {
        self.attempts += 1;
        let attempt = format!("attempt-{}", self.attempts);
        let call = DurableCall::new(self.session.clone(), payout, attempt);
        self.drive(call)
    }

    fn drive<E: Endpoint<Output = crate::partner::Record> + Clone>(
        &mut self,
        mut call: DurableCall<E>,
    ) -> Outcome {
        loop {
            match call.poll(self.clock.now()) {
                DurableStep::Store(op) => call.stored(self.ask(&op)),
                DurableStep::Call(exchange) => {
                    let result = self.exchange(*exchange);
                    call.called(self.clock.now(), result);
                }
                DurableStep::LookUp(exchange) => {
                    let result = self.exchange(*exchange);
                    call.looked_up(result);
                }
                DurableStep::Wait(delay) => *self.clock.0.lock().unwrap() += delay,
                DurableStep::Done(outcome) => return outcome,
            }
        }
    }

    fn ask(&mut self, op: &StoreOp) -> Result<StoreAnswer, StoreError> {
        if let StoreOp::StoreIf(_) = op
            && !self.store_errors.is_empty()
        {
            let error = self.store_errors.remove(0);
            if error.may_have_been_stored() {
                op.ask_blocking(&self.store)?;
            }
            return Err(error);
        }
        op.ask_blocking(&self.store)
    }

    fn exchange<E: Endpoint>(&mut self, mut exchange: Exchange<E>) -> Result<E::Output, Error> {
        loop {
            match exchange.poll(self.clock.now()) {
                Step::Send(request) => {
                    let answer = self.answer(&request);
                    exchange.reply(self.clock.now(), answer);
                }
                Step::Store(op) => panic!("no token is shared here: {op:?}"),
                Step::Wait(wait) => *self.clock.0.lock().unwrap() += wait.delay(),
                Step::Done(result) => return result,
            }
        }
    }

    fn answer(&mut self, request: &Request<Vec<u8>>) -> Answer {
        let record = format!(
            r#"{{"id":"{ID}","type":"payout","status":"created","amount":"7.50","currency":"EUR","reference":"p-1"}}"#
        );
        match (request.method().as_str(), request.uri().path()) {
            ("POST", "/partner/auth/token") => ok(r#"{"access_token":"t"}"#),
            ("GET", _) if self.executed > 0 && self.listed => ok(&format!("[{record}]")),
            ("GET", _) => ok("[]"),
            _ if !self.answers.is_empty() => self.answers.remove(0),
            _ => {
                self.executed += 1;
                ok(&record)
            }
        }
    }

    /// The state that is stored.
    fn state(&self) -> State {
        let row = self.store.rows().remove(0);
        StoredIntent::read(&row).unwrap().state().clone()
    }
}

fn ok(body: &str) -> Answer {
    Ok(Response::new(body.as_bytes().to_vec()))
}

fn status(code: u16) -> Answer {
    Ok(Response::builder()
        .status(code)
        .body(b"{\"message\":\"no\"}".to_vec())
        .unwrap())
}

fn not_sent() -> Answer {
    Err(TransportError::not_sent(NotSent::proven(), "no route"))
}

fn payout() -> NewPayout {
    NewPayout::new("p-1", "7.50".parse().unwrap(), Currency::EUR, "DE00")
}

fn executed(outcome: &Outcome) -> &Executed {
    match outcome {
        Outcome::Executed(executed) => executed,
        other => panic!("{other:?}"),
    }
}

fn pending(outcome: &Outcome) -> &Pending {
    match outcome {
        Outcome::Unknown(pending) => pending,
        other => panic!("{other:?}"),
    }
}

fn refused(outcome: &Outcome) -> &Error {
    match outcome {
        Outcome::NotExecuted(error) => error,
        other => panic!("{other:?}"),
    }
}
