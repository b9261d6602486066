//! Calls on their way: from the process over the network to the provider, and back.

use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, SystemTime};

use http::{Method, Request, Response};
use sanspay_core::exchange::Step;
use sanspay_core::{NotSent, TransportError};
use serde_json::Value;

use super::call::Running;
use super::engine::{Event, Simulation};
use super::invariant::Held;
use super::mutation::Mutation;
use super::network::{Fate, Fault};
use super::process::{HeldToken, Purpose, Task, TaskKey, Woken, clock};

pub(super) const HTML: &str =
    "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>";

impl Simulation {
    pub(super) fn task(&self, key: TaskKey) -> Option<&Task> {
        let process = self.processes.get(key.process)?;
        let alive = process.up && process.incarnation == key.incarnation;
        process.tasks.get(&key.task).filter(|_| alive)
    }

    pub(super) fn task_mut(&mut self, key: TaskKey) -> Option<&mut Task> {
        let process = self.processes.get_mut(key.process)?;
        let alive = process.up && process.incarnation == key.incarnation;
        process.tasks.get_mut(&key.task).filter(|_| alive)
    }

    /// Begins a call.
    pub(super) fn begin_call(
        &mut self,
        index: usize,
        name: String,
        call: Box<dyn Running>,
        purpose: Purpose,
    ) -> Held {
        let ends_by = self.now + self.plan.deadline;
        let frozen = self.is(Mutation::ForgetDeadline);
        let now = self.now;
        let Some(process) = self.processes.get_mut(index) else {
            return Ok(());
        };
        process.last_task += 1;
        let key = TaskKey {
            process: index,
            incarnation: process.incarnation,
            task: process.last_task,
        };
        let frozen = frozen.then(|| clock(now, process.skew));
        let task = Task {
            name,
            call,
            purpose,
            flight: None,
            fetches_token: false,
            polled_at: None,
            ends_by,
            sends: 0,
            misled: false,
            frozen,
        };
        process.tasks.insert(key.task, task);
        self.figures.operations += 1;
        self.poll(key)
    }

    fn clock_of(&self, key: TaskKey) -> SystemTime {
        let skew = self
            .processes
            .get(key.process)
            .map_or(0, |process| process.skew);
        let frozen = self.task(key).and_then(|task| task.frozen);
        frozen.unwrap_or_else(|| clock(self.now, skew))
    }

    /// Does what a driver does with one step.
    pub(super) fn poll(&mut self, key: TaskKey) -> Held {
        if let Some(wake) = self.asleep(&Event::Poll(key)) {
            if let Some(task) = self.task_mut(key) {
                task.polled_at = Some(wake);
            }
            self.at(wake, Event::Poll(key));
            return Ok(());
        }
        let now = self.clock_of(key);
        let Some(task) = self.task_mut(key) else {
            return Ok(());
        };
        match task.call.poll(now) {
            Step::Send(request) => match &self.spelling {
                Some(spelling) => self.hand_out(key, spelling.request(&request)),
                None => self.hand_out(key, request),
            },
            // No token is shared here.
            Step::Store(_) => Ok(()),
            Step::Wait(wait) => {
                if task.flight.is_some() {
                    // The transport gives up by itself.
                    return Ok(());
                }
                if wait.may_end_early() && self.plan.heeds_wakers {
                    let queue = Arc::clone(&self.woken);
                    wait.wake_early(&Waker::from(Arc::new(Woken { key, queue })));
                }
                let at = self.now + wait.delay();
                if let Some(task) = self.task_mut(key) {
                    task.polled_at = Some(at);
                }
                self.at(at, Event::Poll(key));
                Ok(())
            }
            Step::Done(result) => {
                let process = self.processes.get_mut(key.process);
                match process.and_then(|process| process.tasks.remove(&key.task)) {
                    Some(task) => self.finished(key.process, &task, result),
                    None => Ok(()),
                }
            }
        }
    }

    /// Gives a request to the network, so long after it was handed out.
    pub(super) fn send(
        &mut self,
        key: TaskKey,
        request: Request<Vec<u8>>,
        passed: Duration,
    ) -> Held {
        let for_token = request.uri().path() == "/partner/auth/token";
        self.check_sending(key, for_token)?;
        self.last_flight += 1;
        let flight = self.last_flight;
        let Some(task) = self.task_mut(key) else {
            return Ok(());
        };
        task.flight = Some(flight);
        task.fetches_token = for_token;
        task.sends += 1;
        let name = format!("{}.{}", task.name, task.sends);
        let mut fate = Fate::of_request(self.case.seed, &name, self.fault_rate());
        if self.case.calm.contains(&name) {
            fate.calm();
        }
        let creates = request.method() == Method::POST && !for_token;
        let twice = self.plan.accepts_duplicates && !self.plan.honours_idempotency;
        if fate.fault == Some(Fault::Duplicated) && creates && twice {
            // No client could do anything about a copy that such a provider executes.
            fate.fault = None;
        }
        if let Some(fault) = fate.fault {
            self.figures.fault(fault.name());
            self.faulty.insert(name.clone());
        }
        let fault = fate
            .fault
            .map_or(String::new(), |fault| format!(" [{}]", fault.name()));
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        self.tell(|| format!("p{} sends {method} {path} as {name}{fault}", key.process));
        self.depart(flight, key, name, request, fate, passed);
        Ok(())
    }

    /// An answer, or that there is none, reaches the process, if it still waits for it.
    pub(super) fn land(
        &mut self,
        id: u64,
        outcome: Result<Response<Vec<u8>>, TransportError>,
    ) -> Held {
        let Some(flight) = self.flights.get_mut(&id) else {
            return Ok(());
        };
        let key = flight.key;
        let waited = !std::mem::replace(&mut flight.landed, true);
        let misleads = flight.misleads;
        let token = bearer(&flight.request);
        let request = flight.request.clone();
        if flight.copies == 0 {
            self.flights.remove(&id);
        }
        let now = self.clock_of(key);
        if !waited || self.task(key).is_none_or(|task| task.flight != Some(id)) {
            return Ok(());
        }
        let lies = self.is(Mutation::ClaimNotSent);
        let outcome = outcome.map_err(|error| {
            if lies && error.may_have_been_sent() {
                return TransportError::not_sent(NotSent::proven(), error);
            }
            error
        });
        let said = match &outcome {
            Ok(answer) => answer.status().to_string(),
            Err(error) => error.to_string(),
        };
        let refused = outcome.as_ref().is_ok_and(|answer| answer.status() == 401);
        let given = outcome
            .as_ref()
            .ok()
            .and_then(|answer| token_in(answer.body()));
        let at = self.now;
        let outcome = match &self.spelling {
            Some(spelling) => outcome.map(|answer| spelling.answer(&request, answer)),
            None => outcome,
        };
        let Some(task) = self.task_mut(key) else {
            return Ok(());
        };
        let name = task.name.clone();
        task.flight = None;
        let fetched = std::mem::take(&mut task.fetches_token);
        task.misled = misleads && !fetched && outcome.is_ok();
        task.call.reply(now, outcome);
        if let Some(process) = self.processes.get_mut(key.process) {
            match (&mut process.token, token) {
                (Some(held), Some(token)) if refused && held.text == token => held.refused = true,
                _ => {}
            }
            if let Some(text) = given.filter(|_| fetched) {
                process.token = Some(HeldToken {
                    text,
                    since: at,
                    refused: false,
                });
            }
        }
        self.tell(|| format!("p{} gets for {name}: {said}", key.process));
        if refused && !fetched && self.is(Mutation::InvalidateWrongGeneration) {
            // Whatever token is live is thrown away.
            let session = self.new_session(key.process, key.incarnation)?;
            if let Some(process) = self.processes.get_mut(key.process) {
                process.session = session;
            }
        }
        self.poll(key)
    }
}

/// The token in the header of a request.
fn bearer(request: &Request<Vec<u8>>) -> Option<String> {
    let value = request.headers().get(http::header::AUTHORIZATION)?;
    value
        .to_str()
        .ok()?
        .strip_prefix("Bearer ")
        .map(str::to_owned)
}

pub(super) fn token_in(body: &[u8]) -> Option<String> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    answer.get("access_token")?.as_str().map(str::to_owned)
}

/// So long a good token is not replaced.
pub(super) fn kept_for(life: Duration) -> Duration {
    let soft = Duration::from_secs(300).min(life / 4);
    life.saturating_sub(soft)
}
