//! Processes that are suspended: at any step, for any time, while the others go on.

use std::time::{Duration, SystemTime};

use http::Request;
use sanspay_core::journal::Outcome;
use sanspay_core::{Limits, NotSent, TransportError};

use super::chance::Chance;
use super::engine::{Event, Simulation};
use super::invariant::Held;
use super::mutation::Mutation;
use super::process::{Attempt, TaskKey, clock};

/// Where a process is suspended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Point {
    /// Wherever it is.
    Now,
    /// Its journal has stored an intent, and nothing was done about it yet.
    Begun,
    /// An exchange has handed a request out, and the transport has not written its first byte.
    HandedOut,
    /// What came of an intent is known and not stored yet.
    Known,
}

impl Point {
    pub(super) const ALL: [Self; 6] = [
        Self::Now,
        Self::Begun,
        Self::Begun,
        Self::HandedOut,
        Self::HandedOut,
        Self::Known,
    ];
}

/// For how long, and what its clocks do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Nap {
    time: Duration,
    clocks: Clocks,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Clocks {
    /// They go on.
    Run,
    /// The wall clock is set afterwards, by milliseconds.
    Jump(i64),
    /// They stand still, as those of a virtual machine can, and nobody sets them. No client could
    /// do anything about it where somebody else takes its work over.
    Stand,
}

impl Nap {
    pub(super) fn draw(chance: &mut Chance) -> Self {
        let times = [
            (1, (100, 5_000)),
            (4, (60_000, 240_000)),
            (1, (1_000, 7_200_000)),
        ];
        let (least, most) = chance.weighted(&times, (1_000, 60_000));
        let jump = chance.pick(&[-4_000, -500, 700, 4_000], 0);
        let clocks = [
            (4, Clocks::Run),
            (2, Clocks::Jump(jump)),
            (2, Clocks::Stand),
        ];
        Self {
            time: chance.between(least, most),
            clocks: chance.weighted(&clocks, Clocks::Run),
        }
    }
}

/// What a suspended process goes on with.
#[derive(Clone, Copy)]
pub(super) enum Next {
    /// The attempt that its journal has stored.
    Create(Attempt),
    /// The end that it knows of.
    End(Attempt, Outcome),
}

/// A request that was handed out, and when: by the wall clock and the monotonic one.
pub(super) struct HandedOut {
    pub(super) key: TaskKey,
    pub(super) request: Box<Request<Vec<u8>>>,
    wall: SystemTime,
    monotonic: Duration,
}

impl Simulation {
    /// The staff, or the machine, suspends a process.
    pub(super) fn suspend_at(&mut self, index: usize, point: Point, nap: Nap) -> Held {
        let now = self.now;
        let Some(process) = self.processes.get_mut(index).filter(|p| p.runs(now)) else {
            return Ok(());
        };
        if point == Point::Now {
            self.suspend(index, nap);
        } else {
            process.sleeps_at = Some((point, nap));
        }
        Ok(())
    }

    /// Suspends the process if this is the point for it; when it goes on.
    pub(super) fn sleeps(&mut self, index: usize, point: Point) -> Option<Duration> {
        let process = self.processes.get_mut(index)?;
        let (_, nap) = process.sleeps_at.take_if(|(at, _)| *at == point)?;
        Some(self.suspend(index, nap))
    }

    fn suspend(&mut self, index: usize, nap: Nap) -> Duration {
        let now = self.now;
        // Healing wakes everybody.
        let time = nap.time.min(self.plan.healed_at.saturating_sub(now));
        let wake = now + time;
        self.figures.fault("process suspended");
        self.tell(|| format!("p{index} is suspended for {} s", time.as_secs()));
        match nap.clocks {
            Clocks::Stand if !self.plan.is_shared() => {
                self.figures.fault("clocks stood still");
                let slept = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
                self.set_clock(index, -slept);
                if let Some(process) = self.processes.get_mut(index) {
                    process.stood_still += time;
                }
            }
            Clocks::Jump(jump) => self.set_clock(index, jump),
            Clocks::Run | Clocks::Stand => {}
        }
        if let Some(process) = self.processes.get_mut(index) {
            process.asleep_until = wake;
            for task in process.tasks.values_mut() {
                task.ends_by = task.ends_by.max(wake);
            }
        }
        wake
    }

    /// Sets the clock of a process forward or back.
    pub(super) fn set_clock(&mut self, index: usize, jump: i64) {
        let common = self.plan.merchant_skews.first().copied();
        let agreed = common.filter(|_| self.plan.is_shared());
        let Some(process) = self.processes.get_mut(index) else {
            return;
        };
        let before = process.skew;
        process.skew += jump;
        if let Some(common) = agreed {
            process.skew = process.skew.clamp(common - 4_000, common + 4_000);
        }
        // What it holds for a good token is another matter now.
        process.token = None;
        let back = before - process.skew;
        process.turned_back += Duration::from_millis(u64::try_from(back).unwrap_or_default());
    }

    /// When the process that an event is about goes on, if it is suspended.
    pub(super) fn asleep(&self, event: &Event) -> Option<Duration> {
        let index = match event {
            Event::Poll(key) => key.process,
            Event::Write(handed_out) => handed_out.key.process,
            Event::Land(flight, _) => self.flights.get(flight)?.key.process,
            Event::Receive(index, ..) | Event::Sweep(index, _) | Event::GoOn(index, ..) => *index,
            _ => return None,
        };
        let process = self.processes.get(index)?;
        (process.up && process.asleep_until > self.now).then_some(process.asleep_until)
    }

    /// Lets an event happen when its process goes on.
    pub(super) fn put_off(&mut self, event: Event, wake: Duration) -> Held {
        if let Event::Poll(key) = event {
            let now = self.now;
            match self
                .task_mut(key)
                .filter(|task| task.polled_at == Some(now))
            {
                Some(task) => task.polled_at = Some(wake),
                None => return Ok(()),
            }
        }
        self.at(wake, event);
        Ok(())
    }

    /// Does what a process was about to do when it was suspended.
    pub(super) fn go_on(&mut self, index: usize, incarnation: u32, next: Next) -> Held {
        let alive = self
            .processes
            .get(index)
            .is_some_and(|process| process.up && process.incarnation == incarnation);
        match next {
            _ if !alive => Ok(()),
            Next::Create(attempt) => self.create(index, attempt),
            Next::End(attempt, outcome) => self.end(index, attempt, outcome),
        }
    }

    /// Whether the process is suspended at this point, and puts off what it is about to do.
    pub(super) fn puts_off(&mut self, index: usize, point: Point, next: Next) -> bool {
        let Some(wake) = self.sleeps(index, point) else {
            return false;
        };
        let incarnation = self.processes.get(index).map_or(0, |p| p.incarnation);
        self.at(wake, Event::GoOn(index, incarnation, next));
        true
    }

    /// A request leaves the exchange for the transport.
    pub(super) fn hand_out(&mut self, key: TaskKey, request: Request<Vec<u8>>) -> Held {
        let Some(process) = self.processes.get(key.process) else {
            return Ok(());
        };
        let handed_out = HandedOut {
            key,
            request: Box::new(request),
            wall: clock(self.now, process.skew),
            monotonic: self.now.saturating_sub(process.stood_still),
        };
        match self.sleeps(key.process, Point::HandedOut) {
            Some(wake) => {
                self.at(wake, Event::Write(handed_out));
                Ok(())
            }
            None => self.write(handed_out),
        }
    }

    /// What a transport does right before the first byte: it looks whether it is too late, by both
    /// of its clocks.
    pub(super) fn write(&mut self, handed_out: HandedOut) -> Held {
        let HandedOut { key, request, .. } = handed_out;
        let Some(process) = self.processes.get(key.process) else {
            return Ok(());
        };
        if self.task(key).is_none() {
            return Ok(()); // It was dropped, and sends nothing.
        }
        let limits = Limits::of(&request);
        let wall = clock(self.now, process.skew).duration_since(handed_out.wall);
        let monotonic = self.now.saturating_sub(process.stood_still);
        let passed = monotonic.saturating_sub(handed_out.monotonic);
        let turned_back = wall.is_err();
        let passed = passed.max(wall.unwrap_or_default());
        let late = limits
            .send_within
            .is_some_and(|within| turned_back || passed >= within);
        if (late || passed >= limits.time_left) && !self.is(Mutation::ForgetDeadline) {
            self.figures.outcome("request too late to be sent");
            self.tell(|| format!("p{} finds it too late to send", key.process));
            let now = clock(
                self.now,
                self.processes.get(key.process).map_or(0, |p| p.skew),
            );
            if let Some(task) = self.task_mut(key) {
                let late = TransportError::not_sent(NotSent::proven(), "too late");
                task.call.reply(now, Err(late));
            }
            return self.poll(key);
        }
        self.send(key, *request, passed)
    }
}
