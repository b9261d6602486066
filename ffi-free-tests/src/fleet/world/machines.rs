//! What happens to machines: they begin calls, recover, are suspended and crash.

use std::time::Duration;

use sanspay_core::durable::{DurableCall, Recovery, StoreAnswer, StoreError};
use sanspay_core::partner::NewPayout;

use super::{Event, Place, World};
use crate::fleet::Mutation;
use crate::fleet::machine::{Inner, Task, clock, session};

impl World {
    pub(super) fn crash(&mut self, index: usize) {
        let fresh = session(self.rng.u64(..), self.mistake);
        let Some(machine) = self.machines.get_mut(index) else {
            return;
        };
        machine.incarnation += 1;
        machine.session = fresh;
        let lost: Vec<_> = std::mem::take(&mut machine.tasks).into_values().collect();
        machine.recovery = None;
        self.figures.interruptions += 1;
        self.tell(|| format!("m{index} crashes"));
        // Whoever wanted it asks again.
        for task in lost {
            let wanted = self
                .wanted
                .iter()
                .position(|w| Some(&w.reference) == task.reference.as_ref());
            if let Some(number) = wanted {
                let after = self.millis(0, 60_000);
                self.at(after, Event::Want(number));
            }
        }
    }

    pub(super) fn suspend(&mut self, index: usize) {
        let longest = if self.rng.bool() { 20_000 } else { 600_000 };
        let span = self.millis(1, longest);
        let until = self.now + span;
        if let Some(machine) = self.machines.get_mut(index) {
            machine.asleep_until = machine.asleep_until.max(until);
        }
        self.figures.interruptions += 1;
        self.tell(|| format!("m{index} is suspended for {span:?}"));
    }

    pub(super) fn want(&mut self, number: usize) {
        let index = self.rng.usize(..self.machines.len());
        let attempt = self.attempt();
        let Some(wanted) = self.wanted.get(number).filter(|wanted| !wanted.done) else {
            return;
        };
        let (reference, payout) = (wanted.reference.clone(), wanted.payout.clone());
        let Some(machine) = self.machines.get(index) else {
            return;
        };
        let call = DurableCall::new(machine.session.clone(), payout, attempt);
        self.begin(index, Some(reference), call);
    }

    fn attempt(&mut self) -> String {
        if self.mistake == Some(Mutation::SameAttempt) {
            return "same".to_owned();
        }
        format!("{:032x}", self.rng.u128(..))
    }

    fn begin(&mut self, index: usize, reference: Option<String>, call: DurableCall<NewPayout>) {
        let Some(machine) = self.machines.get_mut(index) else {
            return;
        };
        machine.last_task += 1;
        let place = Place {
            machine: index,
            incarnation: machine.incarnation,
            task: machine.last_task,
        };
        let task = Task {
            reference,
            call,
            inner: Inner::None,
            deferred: None,
        };
        machine.tasks.insert(place.task, task);
        self.at(Duration::ZERO, Event::Step(place));
    }

    pub(super) fn recover(&mut self, index: usize) {
        let attempt = self.attempt();
        let Some(machine) = self.machines.get_mut(index) else {
            return;
        };
        let session = machine.session.clone();
        let recovery = machine
            .recovery
            .get_or_insert_with(|| Recovery::new(session, attempt));
        let incarnation = machine.incarnation;
        if let Some(op) = recovery.next() {
            let asker = clock(self.now, machine.skew);
            let answer = self.store.ask(&op, asker);
            let after = self.millis(0, 50);
            self.at(after, Event::Page(index, incarnation, answer));
        } else {
            machine.recovery = None;
            self.recover_later(index);
        }
    }

    fn recover_later(&mut self, index: usize) {
        let after = self.millis(10_000, 90_000);
        self.at(after, Event::Recover(index));
    }

    pub(super) fn page(
        &mut self,
        index: usize,
        incarnation: u32,
        answer: Result<StoreAnswer, StoreError>,
    ) {
        let machine = self.machines.get_mut(index);
        let Some(machine) = machine.filter(|machine| machine.incarnation == incarnation) else {
            // It crashed meanwhile, and begins anew.
            self.recover_later(index);
            return;
        };
        let calls = match (&mut machine.recovery, answer) {
            (Some(recovery), Ok(answer)) => recovery.accept(answer),
            _ => Vec::new(),
        };
        // Questions that found nothing are not counted: they try nothing.
        self.figures.operations += u64::from(!calls.is_empty());
        for call in calls {
            self.begin(index, None, call);
        }
        self.recover(index);
    }
}
