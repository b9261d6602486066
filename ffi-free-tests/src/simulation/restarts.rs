//! How processes die and start anew.

use std::time::Duration;

use super::chance::Chance;
use super::disk::Disk;
use super::engine::{Event, Simulation};
use super::invariant::{Held, Invariant, broken};
use super::mutation::Mutation;

impl Simulation {
    /// A write failed, or the process died in it. Whoever goes on does not know what is stored.
    pub(super) fn write_failed(&mut self, index: usize) -> Held {
        if self.is(Mutation::WriteAfterFailure) {
            return Ok(());
        }
        self.crash(index)
    }

    /// The process dies: what is not on its disk is gone.
    pub(super) fn crash(&mut self, index: usize) -> Held {
        let mut chance = Chance::new(self.case.seed, &self.fresh_name(index, "crash"));
        let Some(process) = self.processes.get_mut(index) else {
            return Ok(());
        };
        if !process.up {
            return Ok(());
        }
        process.up = false;
        process.tasks.clear();
        process.leaked.clear();
        process.token = None;
        process.asleep_until = Duration::ZERO;
        process.disk.crash(chance.below(1001));
        let disk = process.disk.clone();
        let (down, incarnation) = (process.down_for, process.incarnation);
        self.figures.fault("process crashed");
        self.tell(|| format!("p{index} dies, for {} s", down.as_secs()));
        self.after(down, Event::Start(index, incarnation));
        if self.plan.is_shared() {
            // The journal is a server of its own, which goes on for the others.
            self.open_disk(index, &disk)?;
        }
        Ok(())
    }

    fn open_disk(&mut self, index: usize, disk: &Disk) -> Held {
        if let Err(error) = disk.open_again() {
            return broken(Invariant::JournalOpensAfterCrash, error);
        }
        self.read_ledger(index);
        Ok(())
    }

    /// The process comes back with nothing but its disk.
    pub(super) fn start(&mut self, index: usize, incarnation: u32) -> Held {
        let session = self.new_session(index, incarnation + 1)?;
        let Some(process) = self.processes.get_mut(index) else {
            return Ok(());
        };
        if process.up || process.incarnation != incarnation {
            return Ok(());
        }
        process.up = true;
        process.incarnation += 1;
        process.session = session;
        let disk = process.disk.clone();
        self.remember_evidence(index);
        if !self.plan.is_shared() {
            self.open_disk(index, &disk)?;
        }
        self.tell(|| format!("p{index} starts anew"));
        // What it knew is gone: its disk tells what is left to be done.
        self.jobs.values_mut().for_each(|job| job.done = false);
        self.check_paid_orders(index)?;
        self.check_executed(index)?;
        self.sweep(index, 0)
    }
}
