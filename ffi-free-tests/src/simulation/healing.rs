//! The end of a run: everything is well, and whatever is open is resolved.

use std::time::Duration;

use sanspay_core::journal::Journal;

use super::engine::{Event, Simulation};
use super::invariant::{Broken, Held};
use super::plan::millis;
use super::process::Process;

impl Simulation {
    /// The network and all machines are well from now on.
    pub(super) fn heal(&mut self) -> Held {
        self.healed = true;
        self.tell(|| "the network and all machines are well from now on".into());
        for index in 0..self.processes.len() {
            if let Some(process) = self.processes.get_mut(index) {
                process.disk.die_in_write(None);
                process.sleeps_at = None;
                let incarnation = process.incarnation;
                if !process.up {
                    self.after(Duration::ZERO, Event::Start(index, incarnation));
                }
            }
        }
        Ok(())
    }

    /// Whether nothing is left to be done.
    pub(super) fn is_over(&mut self) -> Result<bool, Broken> {
        if self.restarting.is_some()
            || self
                .processes
                .iter()
                .any(|process: &Process| !process.up || !process.tasks.is_empty())
            || self.provider.pending_deliveries() > 0
            || !self.flights.is_empty()
            || self.payers.are_returning()
            || self.unfinished().next().is_some()
        {
            return Ok(false);
        }
        if !self.reconciled {
            // What no webhook told is asked for, as a nightly job does.
            self.reconciled = true;
            self.reconcile()?;
            return Ok(self
                .processes
                .iter()
                .all(|process| process.tasks.is_empty()));
        }
        Ok(true)
    }

    /// For a story that does not end.
    pub(super) fn what_is_open(&self) -> String {
        let jobs: Vec<_> = self.unfinished().take(3).collect();
        let calls: usize = self
            .processes
            .iter()
            .map(|process| process.tasks.len())
            .sum();
        let pending = self.provider.pending_deliveries();
        let open: usize = self
            .processes
            .iter()
            .map(|process| process.disk.open().map_or(0, |open| open.len()))
            .sum();
        format!(
            "{open} intents open, {calls} calls, {pending} deliveries, {} flights, {jobs:?} after {} s",
            self.flights.len(),
            millis(self.now) / 1000
        )
    }
}
