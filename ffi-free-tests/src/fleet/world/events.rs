//! Events of the provider: delivered until they are acknowledged, to whichever machine.

use super::{Event, Held, World};
use crate::fleet::Mutation;
use crate::fleet::inbox::Work;

impl World {
    /// The provider delivers the event of an order, and does so again later.
    pub(super) fn deliver(&mut self, order: usize) {
        if self.inbox.is_acknowledged(order) {
            return;
        }
        let again = self.millis(100, 60_000);
        self.at(again, Event::Deliver(order));
        let index = self.rng.usize(..self.machines.len());
        let Some(machine) = self.machines.get(index) else {
            return;
        };
        let (incarnation, asleep) = (machine.incarnation, machine.asleep_until > self.now);
        self.figures.operations += 1;
        let Ok(work) = self.inbox.begin(order) else {
            return;
        };
        if asleep {
            // Nobody listens.
            return;
        }
        if self.mistake == Some(Mutation::AcknowledgedBeforeTheCommit) {
            self.inbox.acknowledge(order);
        }
        let after = self.millis(0, 50);
        self.at(after, Event::Commit(index, incarnation, Box::new(work)));
        if self.per_mille(100) {
            self.crash(index);
        }
    }

    /// The machine commits what it has done, and acknowledges the event where it knows that it did.
    pub(super) fn commit(&mut self, machine: usize, incarnation: u32, work: &Work) -> Held {
        let lives = self
            .machines
            .get(machine)
            .is_some_and(|machine| machine.incarnation == incarnation);
        if !lives {
            return Ok(());
        }
        let fault = if self.per_mille(200) {
            self.figures.faults += 1;
            self.rng.u8(..2)
        } else {
            u8::MAX
        };
        match fault {
            0 => {}
            // It is committed, and nobody is told.
            1 => drop(self.inbox.commit(work)),
            _ => {
                if self.inbox.commit(work) {
                    self.inbox.acknowledge(work.order);
                }
            }
        }
        match self.inbox.most() {
            0 | 1 => Ok(()),
            times => Err(format!("an order is changed {times} times by one event")),
        }
    }
}
