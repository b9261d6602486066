//! Many exchanges of one session, interleaved by a seeded scheduler in virtual time.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};
use std::time::{Duration, SystemTime};

use sanspay_core::exchange::Step;
use sanspay_core::partner::ListPayments;
use sanspay_core::{Error, ErrorKind, Exchange, Settings};
use sanspay_ffi_free_tests::{Client, Driver, Flight, InMemory, MemoryClient, World};
use sanspay_testkit::sandbox::{FaultRule, Sandbox, SandboxConfig};

const TASKS: usize = 64;
const SEEDS: u64 = 100;

/// One caller.
struct Task {
    exchange: Exchange<ListPayments>,
    state: State,
}

enum State {
    Ready,
    Flying {
        at: SystemTime,
        flight: Flight,
        for_token: bool,
    },
    Sleeping {
        until: SystemTime,
        woken: Arc<Flag>,
    },
    Done(Result<(), Error>),
}

#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Task {
    fn is_done(&self) -> bool {
        matches!(self.state, State::Done(_))
    }

    fn is_leader(&self) -> bool {
        matches!(
            self.state,
            State::Flying {
                for_token: true,
                ..
            }
        )
    }

    /// When it can go on: at once, at a time, or never.
    fn wakes_at(&self, now: SystemTime) -> Option<SystemTime> {
        match &self.state {
            State::Ready => Some(now),
            State::Flying { at, .. } => Some(*at),
            State::Sleeping { woken, .. } if woken.0.load(Ordering::Relaxed) => Some(now),
            State::Sleeping { until, .. } => Some(*until),
            State::Done(_) => None,
        }
    }
}

/// Everybody and everything that decides who goes next.
struct Scheduler {
    world: World,
    tasks: Vec<Task>,
    chance: fastrand::Rng,
    heeds_wakers: bool,
}

impl Scheduler {
    fn new(world: &World, client: &MemoryClient, seed: u64) -> Self {
        Self {
            world: world.clone(),
            tasks: (0..TASKS)
                .map(|_| Task {
                    exchange: client.session().exchange(ListPayments::new()),
                    state: State::Ready,
                })
                .collect(),
            chance: fastrand::Rng::with_seed(seed),
            heeds_wakers: true,
        }
    }

    /// Lets one task that can go on do so, or time pass until one can; false when all are done.
    fn turn(&mut self) -> bool {
        let now = self.world.now();
        let waiting = self.tasks.iter().enumerate();
        let times: Vec<(usize, SystemTime)> = waiting
            .filter_map(|(index, task)| Some((index, task.wakes_at(now)?)))
            .collect();
        let Some(first) = times.iter().map(|(_, at)| *at).min() else {
            return false;
        };
        if first > now {
            self.world.advance(first.duration_since(now).unwrap());
            return true;
        }
        let able: Vec<usize> = times
            .iter()
            .filter(|(_, at)| *at <= now)
            .map(|t| t.0)
            .collect();
        let chosen = self.chance.usize(..able.len());
        self.go(able[chosen]);
        true
    }

    fn go(&mut self, index: usize) {
        let now = self.world.now();
        let task = &mut self.tasks[index];
        if let State::Flying { flight, .. } = std::mem::replace(&mut task.state, State::Ready) {
            let outcome = self.world.arrive(flight);
            task.exchange.reply(now, outcome);
            return;
        }
        task.state = match task.exchange.poll(now) {
            Step::Send(request) => {
                let latency = Duration::from_millis(self.chance.u64(0..50));
                State::Flying {
                    for_token: request.uri().path().ends_with("/token"),
                    flight: self.world.depart(&request),
                    at: now + latency,
                }
            }
            Step::Store(op) => panic!("no token is shared here: {op:?}"),
            Step::Wait(wait) => {
                let woken = Arc::new(Flag::default());
                if self.heeds_wakers {
                    wait.wake_early(&Waker::from(Arc::clone(&woken)));
                }
                let until = now + wait.delay();
                State::Sleeping { until, woken }
            }
            Step::Done(result) => State::Done(result.map(drop)),
        };
    }

    fn finish(&mut self) {
        let mut turns = 0;
        while self.turn() {
            turns += 1;
            assert!(turns < 100_000, "somebody goes round in circles");
        }
        assert!(self.tasks.iter().all(Task::is_done));
    }

    /// Drops the task that fetches the token, if one does.
    fn drop_leader(&mut self) -> bool {
        let leader = self.tasks.iter().position(Task::is_leader);
        leader.map(|index| self.tasks.swap_remove(index)).is_some()
    }

    fn failures(&self) -> Vec<&Error> {
        self.tasks
            .iter()
            .filter_map(|task| match task {
                &Task {
                    state: State::Done(Err(ref error)),
                    ..
                } => Some(error),
                _ => None,
            })
            .collect()
    }
}

fn world() -> (World, MemoryClient) {
    let world = World::new(SandboxConfig::default());
    let client = InMemory.client(&world, Settings::default()).unwrap();
    (world, client)
}

fn token_requests(world: &World) -> u64 {
    world.sandbox(|sandbox, _| sandbox.token_requests())
}

#[test]
fn sixty_four_exchanges_of_a_cold_session_make_one_token_request() {
    for seed in 0..SEEDS {
        let (world, client) = world();
        let mut scheduler = Scheduler::new(&world, &client, seed);
        scheduler.finish();
        assert!(scheduler.failures().is_empty(), "seed {seed}");
        assert_eq!(token_requests(&world), 1, "seed {seed}");
    }
}

#[test]
fn sixty_four_exchanges_around_a_revoked_token_make_one_more() {
    for seed in 0..SEEDS {
        let (world, client) = world();
        client.call(ListPayments::new(), None).unwrap();
        let mut scheduler = Scheduler::new(&world, &client, seed);
        // Some are through, some are on their way, some have not begun.
        for _ in 0..scheduler.chance.u32(0..60) {
            scheduler.turn();
        }
        world.sandbox(|sandbox, _| sandbox.revoke_tokens());
        scheduler.finish();
        assert!(scheduler.failures().is_empty(), "seed {seed}");
        assert_eq!(token_requests(&world), 2, "seed {seed}");
    }
}

#[test]
fn leaders_dropped_at_random_points_cost_one_token_request_each_and_everybody_finishes() {
    let mut dropped_in_all = 0;
    for seed in 0..SEEDS {
        let (world, client) = world();
        let mut scheduler = Scheduler::new(&world, &client, seed);
        let mut dropped = 0;
        while scheduler.turn() {
            // A driver that ignores wakers is slower and just as correct.
            scheduler.heeds_wakers = scheduler.chance.bool();
            if dropped < 20 && scheduler.chance.u8(..4) == 0 && scheduler.drop_leader() {
                dropped += 1;
            }
        }
        scheduler.finish();
        assert!(scheduler.failures().is_empty(), "seed {seed}");
        assert!(token_requests(&world) <= 1 + dropped, "seed {seed}");
        dropped_in_all += dropped;
    }
    assert!(dropped_in_all > SEEDS, "leaders were dropped");
}

#[test]
fn a_hundred_dropped_leaders_in_a_row_leave_a_sound_session() {
    let (world, client) = world();
    for _ in 0..100 {
        let mut leader = client.session().exchange(ListPayments::new());
        let Step::Send(request) = leader.poll(world.now()) else {
            panic!("nobody else fetches")
        };
        let _ = world.depart(&request);
    }
    client.call(ListPayments::new(), None).unwrap();
    assert_eq!(token_requests(&world), 101);
}

#[test]
fn those_who_wait_are_woken_and_lose_no_time() {
    let (world, client) = world();
    let mut scheduler = Scheduler::new(&world, &client, 7);
    let begin = world.now();
    scheduler.finish();
    let took = world.now().duration_since(begin).unwrap();
    assert!(took < Duration::from_millis(100), "{took:?}");
}

#[test]
fn a_token_that_cannot_be_had_fails_everybody_with_one_row_of_attempts() {
    for seed in 0..SEEDS {
        let (world, client) = world();
        let rule = FaultRule::new("503".parse().unwrap());
        world.sandbox(|sandbox, _| sandbox.add_fault(rule.path("/partner/auth/*").times(u32::MAX)));
        let mut scheduler = Scheduler::new(&world, &client, seed);
        scheduler.finish();
        assert_eq!(scheduler.failures().len(), TASKS, "seed {seed}");
        for error in scheduler.failures() {
            assert_eq!(error.kind(), ErrorKind::Server);
            assert_eq!(error.operation(), "list payments");
        }
        assert_eq!(token_requests(&world), 4, "seed {seed}");
    }
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let trace = |seed| {
        let (world, client) = world();
        Scheduler::new(&world, &client, seed).finish();
        (world.trace(), world.now())
    };
    assert_eq!(trace(3), trace(3));
    assert_ne!(trace(3).1, trace(4).1, "and another one another run");
}

/// The budget of the tests above can be broken: two sessions do not share a token.
#[test]
fn exchanges_of_two_sessions_make_two_token_requests() {
    let (world, client) = world();
    let other = InMemory.client(&world, Settings::default()).unwrap();
    let mut scheduler = Scheduler::new(&world, &client, 1);
    scheduler.tasks[5].exchange = other.session().exchange(ListPayments::new());
    scheduler.finish();
    assert_eq!(
        world.sandbox(|sandbox: &mut Sandbox, _| sandbox.token_requests()),
        2
    );
}
