//! The steps of a call: what it asks of the store and the provider, and how that goes wrong.

use std::time::{Duration, SystemTime};

use http::header::AUTHORIZATION;
use http::{Method, Request, Response, StatusCode};
use sanspay_core::durable::{DurableStep, Outcome, StoreAnswer, StoreError, StoreOp};
use sanspay_core::{NotSent, Step, TransportError};
use sanspay_testkit::sandbox::RecordKind;

use super::{Answer, Event, Held, LONGEST_WAY, Place, World};
use crate::fleet::Mutation;
use crate::fleet::faulty_store::StoreFault;
use crate::fleet::machine::{Ended, Inner, clock};

impl World {
    /// Drives a call until it waits for something.
    pub(super) fn step(&mut self, place: Place) -> Held {
        if self.per_mille(4) {
            self.suspend(place.machine);
            self.at(Duration::ZERO, Event::Step(place));
            return Ok(());
        }
        if self.per_mille(2) {
            self.crash(place.machine);
            return Ok(());
        }
        let now = self.clock_of(place);
        let no_fence = self.mistake == Some(Mutation::NoFence);
        loop {
            let Some(task) = self.task(place) else {
                return Ok(());
            };
            let sends = match &mut task.inner {
                Inner::Call(exchange) => match exchange.poll(now) {
                    Step::Send(request) => Ok(request),
                    Step::Wait(wait) => Err(wait.delay()),
                    Step::Store(op) => {
                        self.ask_token(place, &op);
                        return Ok(());
                    }
                    Step::Done(result) => {
                        task.inner = Inner::None;
                        task.call.called(now, result);
                        continue;
                    }
                },
                Inner::LookUp(exchange) => match exchange.poll(now) {
                    Step::Send(request) => Ok(request),
                    Step::Wait(wait) => Err(wait.delay()),
                    Step::Store(op) => {
                        self.ask_token(place, &op);
                        return Ok(());
                    }
                    Step::Done(result) => {
                        task.inner = Inner::None;
                        task.call.looked_up(result);
                        continue;
                    }
                },
                Inner::None => match task.call.poll(now) {
                    DurableStep::Store(op) => return self.ask(place, op),
                    DurableStep::Call(exchange) => {
                        let far = now + Duration::from_secs(1_000_000);
                        let exchange = if no_fence {
                            exchange.with_send_by(far)
                        } else {
                            *exchange
                        };
                        task.inner = Inner::Call(Box::new(exchange));
                        // It may be suspended right here.
                        self.at(Duration::ZERO, Event::Step(place));
                        return Ok(());
                    }
                    DurableStep::LookUp(exchange) => {
                        task.inner = Inner::LookUp(exchange);
                        continue;
                    }
                    DurableStep::Wait(delay) => Err(delay),
                    DurableStep::Done(outcome) => return self.ended(place, outcome),
                },
            };
            match sends {
                Ok(request) => return self.send(place, request),
                Err(delay) => {
                    self.at(delay, Event::Step(place));
                    return Ok(());
                }
            }
        }
    }

    /// What the machine's own clock shows.
    fn clock_of(&self, place: Place) -> SystemTime {
        let machine = self.machines.get(place.machine);
        clock(self.now, machine.map_or(0, |machine| machine.skew))
    }

    fn store_fault(&mut self) -> StoreFault {
        if !self.per_mille(120) {
            return StoreFault::None;
        }
        self.figures.faults += 1;
        match self.rng.u8(..4) {
            0 => StoreFault::Refused,
            1 => StoreFault::Serialization,
            2 => StoreFault::AnswerLost,
            _ => StoreFault::Late(self.millis(1, 40_000)),
        }
    }

    fn ask(&mut self, place: Place, op: StoreOp) -> Held {
        self.figures.operations += 1;
        let asker = self.clock_of(place);
        let begins = matches!(&op, StoreOp::StoreIf(put) if put.value.contains("\"open\""));
        if begins && self.mistake == Some(Mutation::BeginAfterSend) {
            if let Some(task) = self.task(place) {
                task.deferred = Some(op);
                task.call.stored(Ok(StoreAnswer::Stored(true)));
            }
            return self.step(place);
        }
        let deferred = self.task(place).and_then(|task| task.deferred.take());
        if let Some(deferred) = deferred {
            drop(self.store.ask(&deferred, asker));
        }
        let changes = matches!(op, StoreOp::StoreIf(_));
        let question = op.clone();
        let fault = self.store_fault();
        let answer = match fault {
            StoreFault::Refused => Err(StoreError::not_stored("refused")),
            StoreFault::Serialization if changes => Ok(StoreAnswer::Stored(false)),
            StoreFault::AnswerLost if changes => {
                drop(self.store.ask(&op, asker));
                Err(StoreError::maybe_stored("cut"))
            }
            StoreFault::Late(later) if changes => {
                self.at(later, Event::Stores(op));
                Err(StoreError::maybe_stored("late"))
            }
            _ => self.store.ask(&op, asker),
        };
        let answer = match answer {
            Err(error)
                if error.may_have_been_stored()
                    && self.mistake == Some(Mutation::MaybeIsStored) =>
            {
                Ok(StoreAnswer::Stored(true))
            }
            answer => answer,
        };
        self.tell_stored(place, &question, &answer);
        let after = self.millis(0, 30);
        self.at(after, Event::Stored(place, answer));
        Ok(())
    }

    fn ask_token(&mut self, place: Place, op: &StoreOp) {
        self.figures.operations += 1;
        let answer = match self.store_fault() {
            StoreFault::None => self.store.ask_token(op),
            StoreFault::Refused => Err(StoreError::not_stored("refused")),
            StoreFault::Serialization if matches!(op, StoreOp::StoreIf(_)) => {
                Ok(StoreAnswer::Stored(false))
            }
            _ => {
                drop(self.store.ask_token(op));
                Err(StoreError::maybe_stored("cut"))
            }
        };
        let after = self.millis(0, 30);
        self.at(after, Event::Token(place, answer));
    }

    pub(super) fn token_answered(
        &mut self,
        place: Place,
        answer: Result<StoreAnswer, StoreError>,
    ) -> Held {
        let now = self.clock_of(place);
        if let Some(task) = self.task(place) {
            match &mut task.inner {
                Inner::Call(exchange) => exchange.stored(now, answer),
                Inner::LookUp(exchange) => exchange.stored(now, answer),
                Inner::None => {}
            }
        }
        self.step(place)
    }

    /// What a machine knows to be refused is not sent by it again; but one that it had just fetched
    /// itself, once.
    fn check_token(&self, place: Place, request: &Request<Vec<u8>>) -> Held<Option<String>> {
        let Some(token) = request.headers().get(AUTHORIZATION) else {
            return Ok(None);
        };
        let token = String::from_utf8_lossy(token.as_bytes()).into_owned();
        let known = (place.machine, place.incarnation, token);
        if self.refused.get(&known).is_some_and(|times| *times > 1) {
            let machine = place.machine;
            return Err(format!("m{machine} sends a token again that was refused"));
        }
        Ok(Some(known.2))
    }

    fn send(&mut self, place: Place, request: Request<Vec<u8>>) -> Held {
        self.figures.operations += 1;
        let token = self.check_token(place, &request)?;
        let way = self.millis(1, 80);
        let moves_money =
            request.method() == Method::POST && !request.uri().path().contains("/auth/");
        let fault = if self.per_mille(400) {
            self.rng.u8(..8)
        } else {
            u8::MAX
        };
        if fault != u8::MAX {
            self.figures.faults += 1;
        }
        let guesses = self.mistake == Some(Mutation::LostIsNotSent);
        let lost = || {
            Err(if guesses {
                TransportError::not_sent(NotSent::proven(), "lost")
            } else {
                TransportError::maybe_sent("lost")
            })
        };
        let (answer, after): (Answer, _) = match fault {
            0 => (
                Err(TransportError::not_sent(NotSent::proven(), "no route")),
                way,
            ),
            1 => (lost(), way),
            2 => {
                drop(self.provide(&request));
                (lost(), way)
            }
            3 => {
                let later = self.millis(100, LONGEST_WAY);
                self.at(later, Event::Arrives(Box::new(request)));
                (lost(), self.millis(50, 20_000))
            }
            4 => (Ok(status(503)), way),
            5 if moves_money => (Ok(status(422)), way),
            6 => {
                drop(self.provide(&request));
                (Ok(status(502)), way)
            }
            _ => (Ok(self.provide(&request)), way),
        };
        if moves_money {
            self.tell(|| format!("m{}.{} sends, fault {fault}", place.machine, place.task));
        }
        let refused = matches!(&answer, Ok(answer) if answer.status() == StatusCode::UNAUTHORIZED);
        let token = token.filter(|_| refused);
        self.at(after, Event::Answered(place, Box::new(answer), token));
        Ok(())
    }

    fn tell_stored(
        &mut self,
        place: Place,
        op: &StoreOp,
        answer: &Result<StoreAnswer, StoreError>,
    ) {
        let asked = match op {
            StoreOp::StoreIf(put) => {
                let state = put.value.split(',').nth(1).unwrap_or_default();
                format!("{} at {} becomes {state}", put.key, put.expected)
            }
            StoreOp::Load(key) => format!("loads {key}"),
            StoreOp::Scan(_) => "scans".to_owned(),
        };
        let said = match answer {
            Ok(StoreAnswer::Stored(done)) => done.to_string(),
            Ok(_) => "ok".to_owned(),
            Err(error) => error.to_string(),
        };
        self.tell(|| format!("m{}.{} {asked}: {said}", place.machine, place.task));
    }

    pub(super) fn provide(&mut self, request: &Request<Vec<u8>>) -> Response<Vec<u8>> {
        self.provider.handle(request, clock(self.now, 0))
    }

    /// `refused` is the token that this answer refuses.
    pub(super) fn answered(
        &mut self,
        place: Place,
        answer: Answer,
        refused: Option<String>,
    ) -> Held {
        if let Some(token) = refused {
            let known = (place.machine, place.incarnation, token);
            *self.refused.entry(known).or_default() += 1;
        }
        let now = self.clock_of(place);
        if let Some(task) = self.task(place) {
            match &mut task.inner {
                Inner::Call(exchange) => exchange.reply(now, answer),
                Inner::LookUp(exchange) => exchange.reply(now, answer),
                Inner::None => {}
            }
        }
        self.step(place)
    }

    fn ended(&mut self, place: Place, outcome: Outcome) -> Held {
        let Some((reference, outcome)) = self.take(place, outcome) else {
            return Ok(());
        };
        let again = match &outcome {
            Outcome::Executed(_) => None,
            Outcome::NotExecuted(_) => Some(self.millis(0, 30_000)),
            Outcome::Unknown(pending) => Some(pending.again_in()),
        };
        self.tell(|| {
            format!(
                "m{}.{} {reference:?} {}",
                place.machine,
                place.task,
                name(&outcome)
            )
        });
        let Some(reference) = reference else {
            return Ok(());
        };
        let times = self.provider.executions(RecordKind::Payout, &reference);
        match outcome {
            Outcome::Executed(_) if times == 0 => {
                return Err(format!("{reference} is said to be executed and is not"));
            }
            // Another attempt may have been made since that was stored, and then the store knows.
            Outcome::NotExecuted(_) if times > 0 && self.is_stored_as_not_executed(&reference) => {
                return Err(format!("{reference} is said not to be executed and is"));
            }
            _ => {}
        }
        let number = self
            .wanted
            .iter()
            .position(|wanted| wanted.reference == reference);
        match (number, again) {
            (Some(number), Some(again)) => self.at(again, Event::Want(number)),
            (Some(number), None) => {
                if let Some(wanted) = self.wanted.get_mut(number) {
                    wanted.done = true;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn take(&mut self, place: Place, outcome: Outcome) -> Option<Ended> {
        let machine = self.machines.get_mut(place.machine)?;
        let task = machine.tasks.remove(&place.task)?;
        Some((task.reference, outcome))
    }
}

fn status(code: u16) -> Response<Vec<u8>> {
    let mut response = Response::new(Vec::new());
    if let Ok(code) = http::StatusCode::from_u16(code) {
        *response.status_mut() = code;
    }
    response
}

fn name(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Executed(_) => "is executed".to_owned(),
        Outcome::NotExecuted(error) => format!("is not executed: {error}"),
        Outcome::Unknown(pending) => format!("is unknown: {}", pending.reason()),
    }
}
