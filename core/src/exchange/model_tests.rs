//! Many exchanges of one session against a scheduler that polls, answers, loses, drops and turns
//! the clock at random. Each seed is one story; a failure names its seed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};
use std::time::{Duration, SystemTime};

use http::header::AUTHORIZATION;
use http::{HeaderValue, Request};

use super::tests::{Outcome, Probe, answered, at, lost, not_sent, session, token};
use super::*;
use crate::endpoint::Replay;
use crate::error::{Error, ErrorKind};
use crate::transport::Limits;

const STORIES: u64 = 1_500;
const STEPS: usize = 250;
const MOST_AT_ONCE: usize = 6;

#[test]
fn whatever_happens_in_whatever_order_every_promise_is_kept() {
    for seed in 0..STORIES {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| World::new(seed).run())) {
            let told = panic.downcast_ref::<String>().map(String::as_str);
            let told = told.or_else(|| panic.downcast_ref::<&str>().copied());
            panic!("seed {seed}: {}", told.unwrap_or("panicked"));
        }
    }
}

struct World {
    random: fastrand::Rng,
    session: Session,
    now: SystemTime,
    callers: Vec<Caller>,
    tokens: u32,
}

/// One exchange, and what its driver knows about it.
struct Caller {
    exchange: Exchange<Probe>,
    replay: Replay,
    deadline: Duration,
    elapsed: Duration,
    last_seen: Option<SystemTime>,
    in_flight: Option<Sent>,
    /// Set while it follows somebody else's fetch: since when, and whether it was woken.
    following: Option<(SystemTime, Arc<Flag>)>,
    refused: Vec<HeaderValue>,
    sent: u32,
    may_be_executed: bool,
    succeeded: bool,
}

enum Sent {
    Token,
    Call(HeaderValue),
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl World {
    fn new(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let millis = |random: &mut fastrand::Rng, most| Duration::from_millis(random.u64(0..=most));
        let session = session(|settings| {
            settings.seed = seed;
            settings.retry.max_attempts = random.u32(0..=4);
            settings.retry.base = millis(&mut random, 2_000);
            settings.retry.cap = millis(&mut random, 5_000);
            settings.token.soft_window = millis(&mut random, 20_000);
            settings.token.hard_window = millis(&mut random, 5_000);
            settings.token.failure_memory = millis(&mut random, 2_000);
            if random.bool() {
                settings.idempotency = Idempotency::Honoured;
            }
        });
        Self {
            random,
            session,
            now: at(0),
            callers: Vec::new(),
            tokens: 0,
        }
    }

    fn run(mut self) {
        for _ in 0..STEPS {
            let caller = self.random.usize(0..MOST_AT_ONCE);
            match self.random.u32(0..100) {
                0..45 => self.poll(caller),
                45..75 => self.answer(caller),
                75..80 => self.cancel(caller),
                80..98 => self.turn_the_clock(),
                _ => self.callers.clear(),
            }
            if self.callers.len() < MOST_AT_ONCE && self.random.u32(0..4) == 0 {
                self.begin();
            }
        }
        self.run_to_the_end();
    }

    fn begin(&mut self) {
        let rules = [Replay::Safe, Replay::WithIdempotencyKey, Replay::Unsafe];
        let replay = rules[self.random.usize(0..3)];
        let deadline = match self.random.u32(0..10) {
            0 => Duration::ZERO,
            1 => Duration::MAX,
            _ => Duration::from_millis(self.random.u64(0..40_000)),
        };
        self.callers.push(Caller {
            exchange: self.session.exchange(Probe(replay)).with_deadline(deadline),
            replay,
            deadline,
            elapsed: Duration::ZERO,
            last_seen: None,
            in_flight: None,
            following: None,
            refused: Vec::new(),
            sent: 0,
            may_be_executed: false,
            succeeded: false,
        });
    }

    fn turn_the_clock(&mut self) {
        let year = Duration::from_secs(365 * 24 * 60 * 60);
        let step = match self.random.u32(0..20) {
            0 => 9 * year,
            1..4 => Duration::from_secs(self.random.u64(0..7_200)),
            _ => Duration::from_millis(self.random.u64(0..3_000)),
        };
        if self.random.u32(0..5) == 0 {
            self.now -= step;
        } else {
            self.now += step;
        }
    }

    fn cancel(&mut self, caller: usize) {
        if caller < self.callers.len() {
            drop(self.callers.swap_remove(caller));
        }
    }

    fn poll(&mut self, index: usize) {
        let fetching = self.callers.iter().filter(|c| c.is_fetching()).count();
        let most = self.session.settings().retry.max_attempts.max(1);
        let honoured = self.session.settings().idempotency == Idempotency::Honoured;
        let Some(caller) = self.callers.get_mut(index) else {
            return;
        };
        caller.see(self.now);
        let left = caller.left();
        // A clock that went back may have brought an expired token back to life.
        let still_waits = caller.following.take().is_some_and(|(since, woken)| {
            self.now >= since && !woken.0.load(Ordering::Relaxed) && !left.is_zero()
        });
        let step = caller.exchange.poll(self.now);
        if still_waits {
            let follows = matches!(&step, Step::Wait(wait) if wait.may_end_early());
            assert!(follows, "a lost wake-up: {step:?}");
        }
        match step {
            Step::Send(request) => {
                assert!(caller.in_flight.is_none(), "two requests of one exchange");
                assert!(!left.is_zero(), "sent after the deadline");
                assert!(Limits::of(&request).time_left <= left, "time left is wrong");
                let repeatable = caller.replay == Replay::Safe
                    || (caller.replay == Replay::WithIdempotencyKey && honoured);
                assert!(!caller.may_be_executed || repeatable, "sent again");
                let sent = Sent::of(&request);
                if let Sent::Call(bearer) = &sent {
                    caller.sent += 1;
                    assert!(caller.sent <= most + 1, "sent too often");
                    assert!(!caller.refused.contains(bearer), "a refused token again");
                } else {
                    assert_eq!(fetching, 0, "two token requests at once");
                }
                caller.in_flight = Some(sent);
            }
            Step::Store(op) => panic!("no token is shared here: {op:?}"),
            Step::Wait(wait) => {
                assert!(!wait.delay().is_zero() && wait.delay() <= left, "{wait:?}");
                if wait.may_end_early() {
                    assert!(caller.in_flight.is_none());
                    let flag = Arc::new(Flag(AtomicBool::new(false)));
                    wait.wake_early(&Waker::from(Arc::clone(&flag)));
                    caller.following = Some((self.now, flag));
                }
            }
            Step::Done(result) => {
                caller.check_end(result);
                self.cancel(index);
            }
        }
    }

    fn answer(&mut self, index: usize) {
        self.tokens += 1;
        let name = format!("token-{}", self.tokens);
        let Some(caller) = self.callers.get_mut(index) else {
            return;
        };
        caller.see(self.now);
        let outcome = match caller.in_flight.take() {
            // A reply that no request waits for changes nothing.
            None => lost(),
            Some(Sent::Token) => token_outcome(&mut self.random, &name),
            Some(Sent::Call(bearer)) => {
                let (status, outcome) = call_outcome(&mut self.random);
                let executed = matches!(status, 0 | 302 | 408 | 500.. | 201);
                caller.may_be_executed |= executed && caller.replay != Replay::Safe;
                caller.succeeded = status == 200;
                if status == 401 {
                    caller.refused.push(bearer);
                    assert!(caller.refused.len() <= 2, "renewed twice");
                }
                outcome
            }
        };
        caller.exchange.reply(self.now, outcome);
    }

    /// With answers and a clock that goes on, everything ends.
    fn run_to_the_end(&mut self) {
        for _ in 0..20_000 {
            let Some(last) = self.callers.len().checked_sub(1) else {
                return;
            };
            let caller = self.random.usize(0..=last);
            self.poll(caller);
            self.answer(caller);
            self.now += Duration::from_millis(50);
        }
        panic!("an exchange never ends: {:?}", self.callers[0].exchange);
    }
}

impl Caller {
    /// What the exchange is to count as elapsed: the clock's steps forward, and none back.
    fn see(&mut self, now: SystemTime) {
        let passed = self.last_seen.and_then(|t| now.duration_since(t).ok());
        self.elapsed += passed.unwrap_or_default();
        self.last_seen = Some(now);
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_sub(self.elapsed)
    }

    fn is_fetching(&self) -> bool {
        matches!(self.in_flight, Some(Sent::Token))
    }

    fn check_end(&mut self, result: Result<String, Error>) {
        let in_flight = matches!(self.in_flight.take(), Some(Sent::Call(_)));
        self.may_be_executed |= in_flight && self.replay != Replay::Safe;
        assert_eq!(result.is_ok(), self.succeeded);
        let Err(error) = result else { return };
        assert_eq!(error.outcome_unknown(), self.may_be_executed, "{error}");
        assert_eq!(error.unknown().is_some(), self.may_be_executed, "{error}");
        if error.kind() == ErrorKind::Deadline {
            assert!(self.left().is_zero(), "ended before the deadline");
        }
    }
}

impl Sent {
    fn of(request: &Request<Vec<u8>>) -> Self {
        match request.headers().get(AUTHORIZATION) {
            Some(bearer) => Self::Call(bearer.clone()),
            None => Self::Token,
        }
    }
}

fn token_outcome(random: &mut fastrand::Rng, name: &str) -> Outcome {
    match random.u32(0..10) {
        0 => not_sent(),
        1 => lost(),
        2 => answered(401, ""),
        3 => answered(503, ""),
        4 => answered(200, "<html>"),
        _ => token(name, random.u64(0..120)),
    }
}

/// The status, 0 for none, with the outcome.
fn call_outcome(random: &mut fastrand::Rng) -> (u16, Outcome) {
    let status = match random.u32(0..12) {
        0 => return (1, not_sent()),
        1 => return (0, lost()),
        2 => return (201, answered(201, "{\"cut of")),
        3 => 302,
        4 => 404,
        5 => 408,
        6 => 429,
        7 => 503,
        8..=9 => 401,
        _ => return (200, answered(200, "\"ok\"")),
    };
    (status, answered(status, ""))
}
