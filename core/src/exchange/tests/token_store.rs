//! The token that machines share over a store.

use std::sync::Mutex;

use super::*;
use crate::clock::Clock;
use crate::durable::{MemoryStore, StoreAnswer, StoreError, StoreOp};

/// The store's clock, which is ahead of every machine's by some hours.
#[derive(Clone)]
pub(super) struct StoreClock(pub(super) Arc<Mutex<SystemTime>>);

impl Clock for StoreClock {
    fn now(&self) -> SystemTime {
        *self.0.lock().unwrap()
    }
}

/// Shows what was sealed to nobody who looks for the plain text, and opens it for its context alone.
struct Reversed;

impl Seal for Reversed {
    fn seal(&self, plain: &[u8], context: &[u8]) -> Vec<u8> {
        let mut sealed = plain.to_vec();
        sealed.reverse();
        sealed.push(0);
        sealed.extend_from_slice(context);
        sealed
    }

    fn open(&self, sealed: &[u8], context: &[u8]) -> Option<Vec<u8>> {
        let mut plain = sealed.strip_suffix(context)?.strip_suffix(&[0])?.to_vec();
        plain.reverse();
        Some(plain)
    }
}

pub(super) struct Fleet {
    pub(super) clock: StoreClock,
    pub(super) store: MemoryStore,
    seed: u64,
}

pub(super) type Call = Exchange<Probe>;
type Answer = Result<StoreAnswer, StoreError>;

impl Fleet {
    pub(super) fn new() -> Self {
        let clock = StoreClock(Arc::new(Mutex::new(at(50_000))));
        let store = MemoryStore::new(clock.clone());
        Self {
            clock,
            store,
            seed: 0,
        }
    }

    pub(super) fn machine(&mut self) -> Session {
        self.seed += 1;
        session(|settings| {
            settings.seed = self.seed;
            settings.shared_token = Some(SharedToken::new("live", Reversed).unwrap());
        })
    }

    pub(super) fn pass(&self, time: Duration) {
        *self.clock.0.lock().unwrap() += time;
    }

    /// Polls, answering for the store, until something else is asked.
    pub(super) fn poll(&self, call: &mut Call, now: SystemTime) -> Step<String> {
        self.poll_counting(call, now).0
    }

    fn poll_counting(&self, call: &mut Call, now: SystemTime) -> (Step<String>, usize) {
        for asked in 0.. {
            match call.poll(now) {
                Step::Store(op) => call.stored(now, op.ask_blocking(&self.store)),
                other => return (other, asked),
            }
        }
        unreachable!()
    }

    fn call(&self, session: &Session, now: SystemTime) -> String {
        let mut call = session.exchange(Probe(Replay::Safe));
        bearer(&sent(self.poll(&mut call, now))).to_owned()
    }
}

pub(super) fn call(session: &Session) -> Call {
    session.exchange(Probe(Replay::Safe))
}

fn asks(call: &mut Call, now: SystemTime) -> StoreOp {
    match call.poll(now) {
        Step::Store(op) => op,
        other => panic!("expected a question to the store, got {other:?}"),
    }
}

fn down() -> Answer {
    Err(StoreError::not_stored("the store is down"))
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn one_fetch_serves_every_machine() {
    let mut fleet = Fleet::new();
    let first = fleet.machine();
    let mut leader = call(&first);
    let (step, before) = fleet.poll_counting(&mut leader, at(0));
    assert_eq!((sent(step).uri().path(), before), ("/token", 2));

    // Another machine waits, by a clock of its own, and has the token when it is there.
    let second = fleet.machine();
    let mut follower = call(&second);
    let wait = waits(fleet.poll(&mut follower, at(900))).delay();
    assert!(wait <= Duration::from_millis(40), "{wait:?}");
    leader.reply(at(0), token("one", 3600));
    let (step, after) = fleet.poll_counting(&mut leader, at(0));
    assert_eq!((bearer(&sent(step)), after), ("Bearer one", 1));
    let later = at(900) + wait;
    assert_eq!(
        bearer(&sent(fleet.poll(&mut follower, later))),
        "Bearer one"
    );
    assert_eq!(follower.report().token_requests, 0);

    // A machine that comes later loads it, once.
    let third = fleet.machine();
    let (step, asked) = fleet.poll_counting(&mut call(&third), at(5));
    assert_eq!((bearer(&sent(step)), asked), ("Bearer one", 1));
    // While it is live, nobody asks the store.
    let (step, asked) = fleet.poll_counting(&mut call(&third), at(6));
    assert_eq!((bearer(&sent(step)), asked), ("Bearer one", 0));
}

#[test]
fn the_store_never_sees_the_token() {
    let mut fleet = Fleet::new();
    let session = fleet.machine();
    let mut leader = call(&session);
    sent(fleet.poll(&mut leader, at(0)));
    leader.reply(at(0), token("eyJhbGciOi", 3600));
    sent(fleet.poll(&mut leader, at(0)));
    let rows = fleet.store.rows();
    assert_eq!(rows.len(), 1);
    assert!(!rows[0].value.contains("eyJhbGciOi"), "{}", rows[0].value);
    assert!(rows[0].value.contains("\"format\":1"));
}

#[test]
fn its_life_is_counted_from_before_it_was_fetched_and_by_nobodys_clock() {
    let mut fleet = Fleet::new();
    let first = fleet.machine();
    let mut leader = call(&first);
    sent(fleet.poll(&mut leader, at(0)));
    leader.reply(at(0), token("one", 100));
    sent(fleet.poll(&mut leader, at(0)));

    // 80 s later it is soft: the first call of a machine uses it, and its next one renews it.
    fleet.pass(80 * SECOND);
    let second = fleet.machine();
    assert_eq!(fleet.call(&second, at(7)), "Bearer one");
    let mut renewing = call(&second);
    assert_eq!(
        sent(fleet.poll(&mut renewing, at(7))).uri().path(),
        "/token"
    );

    // A third one uses the old token while that goes on, and does not ask with every call.
    let third = fleet.machine();
    assert_eq!(fleet.call(&third, at(70)), "Bearer one");
    let (step, asked) = fleet.poll_counting(&mut call(&third), at(70));
    assert_eq!((bearer(&sent(step)), asked), ("Bearer one", 0));

    renewing.reply(at(8), token("two", 100));
    assert_eq!(
        bearer(&sent(fleet.poll(&mut renewing, at(8)))),
        "Bearer two"
    );
    assert_eq!(fleet.call(&third, at(71)), "Bearer two");

    // Past its end by the store's time it serves nobody, whatever the local clock says.
    fleet.pass(95 * SECOND);
    let fourth = fleet.machine();
    let mut late = call(&fourth);
    assert_eq!(sent(fleet.poll(&mut late, at(0))).uri().path(), "/token");
}

#[test]
fn a_401_ends_its_own_generation_for_all_and_no_other_one() {
    let mut fleet = Fleet::new();
    let (first, second) = (fleet.machine(), fleet.machine());
    let mut refused = call(&first);
    sent(fleet.poll(&mut refused, at(0)));
    refused.reply(at(0), token("one", 3600));
    sent(fleet.poll(&mut refused, at(0)));
    let mut also_refused = call(&second);
    assert_eq!(
        bearer(&sent(fleet.poll(&mut also_refused, at(0)))),
        "Bearer one"
    );

    refused.reply(at(1), answered(401, ""));
    assert_eq!(sent(fleet.poll(&mut refused, at(1))).uri().path(), "/token");
    refused.reply(at(1), token("two", 3600));
    assert_eq!(bearer(&sent(fleet.poll(&mut refused, at(1)))), "Bearer two");

    // The other one looks first, and finds the new token.
    also_refused.reply(at(2), answered(401, ""));
    let step = fleet.poll(&mut also_refused, at(2));
    assert_eq!(bearer(&sent(step)), "Bearer two");
    assert_eq!(also_refused.report().token_requests, 0);
}

#[test]
fn a_token_that_is_refused_while_the_store_is_asked_is_not_taken_from_it() {
    let mut fleet = Fleet::new();
    let session = fleet.machine();
    let mut leader = call(&session);
    sent(fleet.poll(&mut leader, at(0)));
    leader.reply(at(0), token("one", 100));
    sent(fleet.poll(&mut leader, at(0)));
    // It is soft, and one call asks the store, while the token is refused to the other.
    fleet.pass(80 * SECOND);
    let mut renewing = call(&session);
    let op = asks(&mut renewing, at(80));
    leader.reply(at(80), answered(401, ""));
    renewing.stored(at(80), op.ask_blocking(&fleet.store));
    assert_eq!(
        sent(fleet.poll(&mut renewing, at(80))).uri().path(),
        "/token"
    );
    // And what it could have fallen back to is not sent either.
    renewing.reply(at(80), answered(403, ""));
    let step = fleet.poll(&mut renewing, at(80));
    assert!(!matches!(&step, Step::Send(request) if request.uri().path() != "/token"));
}

#[test]
fn a_store_that_is_down_costs_a_fetch_and_never_the_call() {
    for fails_at in 0..3 {
        let mut fleet = Fleet::new();
        let session = fleet.machine();
        let mut call = call(&session);
        let mut asked = 0;
        let reached = loop {
            match call.poll(at(0)) {
                Step::Store(op) => {
                    let answer = op.ask_blocking(&fleet.store);
                    call.stored(at(0), if asked == fails_at { down() } else { answer });
                    asked += 1;
                }
                Step::Send(request) if request.uri().path() == "/token" => {
                    call.reply(at(0), token("one", 3600));
                }
                other => break sent(other),
            }
        };
        assert_eq!(bearer(&reached), "Bearer one", "failed at {fails_at}");
        assert_eq!(call.report().token_requests, 1);
    }
}

#[test]
fn a_leader_that_dies_is_replaced_when_its_lease_is_over() {
    let mut fleet = Fleet::new();
    let (dead, next) = (fleet.machine(), fleet.machine());
    let mut leader = call(&dead);
    sent(fleet.poll(&mut leader, at(0)));
    drop(leader);
    let mut waiting = call(&next);
    let mut now = at(0);
    let path = loop {
        match fleet.poll(&mut waiting, now) {
            Step::Wait(wait) => {
                assert!(!wait.delay().is_zero());
                now += wait.delay();
                fleet.pass(wait.delay());
            }
            other => break sent(other).uri().path().to_owned(),
        }
    };
    assert_eq!(path, "/token");
    let waited = now.duration_since(at(0)).unwrap();
    assert!(
        waited <= 5 * SECOND + Duration::from_millis(400),
        "{waited:?}"
    );
}

#[test]
fn a_call_with_little_time_does_not_spend_it_on_a_machine_that_died() {
    let mut fleet = Fleet::new();
    let (dead, next) = (fleet.machine(), fleet.machine());
    let mut leader = call(&dead);
    sent(fleet.poll(&mut leader, at(0)));
    drop(leader);
    let mut hasty = call(&next).with_deadline(2 * SECOND);
    let mut now = at(0);
    while let Step::Wait(wait) = fleet.poll(&mut hasty, now) {
        now += wait.delay();
        fleet.pass(wait.delay());
        assert!(now <= at(1), "half of its time is for the token request");
    }
    hasty.reply(now, token("one", 3600));
    assert_eq!(bearer(&sent(fleet.poll(&mut hasty, now))), "Bearer one");
}

#[test]
fn a_live_token_is_used_while_another_machine_fetches_into_an_empty_store() {
    let mut fleet = Fleet::new();
    let (first, second) = (fleet.machine(), fleet.machine());
    let mut leader = call(&first);
    sent(fleet.poll(&mut leader, at(0)));
    leader.reply(at(0), token("one", 100));
    sent(fleet.poll(&mut leader, at(0)));
    fleet.pass(80 * SECOND);
    fleet.store = MemoryStore::new(fleet.clock.clone());
    let mut other = call(&second);
    assert_eq!(sent(fleet.poll(&mut other, at(0))).uri().path(), "/token");
    // It is soft here: nobody waits, and nobody asks with every call.
    assert_eq!(fleet.call(&first, at(80)), "Bearer one");
    let (step, asked) = fleet.poll_counting(&mut call(&first), at(80));
    assert_eq!((bearer(&sent(step)), asked), ("Bearer one", 0));
}

#[test]
fn a_failed_fetch_gives_the_lease_back() {
    let mut fleet = Fleet::new();
    let (first, second) = (fleet.machine(), fleet.machine());
    let mut leader = call(&first);
    sent(fleet.poll(&mut leader, at(0)));
    leader.reply(at(0), answered(403, ""));
    assert!(done(fleet.poll(&mut leader, at(0))).is_err());
    let mut next = call(&second);
    assert_eq!(sent(fleet.poll(&mut next, at(0))).uri().path(), "/token");
}

#[test]
fn answers_to_no_question_and_late_ones_change_nothing() {
    let mut fleet = Fleet::new();
    let session = fleet.machine();
    let mut call = call(&session);
    call.stored(at(0), Ok(StoreAnswer::Stored(true)));
    let op = asks(&mut call, at(0));
    assert!(
        matches!(call.poll(at(0)), Step::Wait(_)),
        "it is being asked"
    );
    call.reply(at(0), token("stray", 3600));
    call.stored(at(0), op.ask_blocking(&fleet.store));
    sent(fleet.poll(&mut call, at(0)));
    call.stored(at(0), down());
    call.reply(at(0), token("one", 3600));
    let publishing = asks(&mut call, at(0));
    // The deadline passes while the store hangs: the call ends, and says why.
    let error = done(call.poll(at(31))).unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome_unknown()),
        (ErrorKind::Deadline, false)
    );
    call.stored(at(31), publishing.ask_blocking(&fleet.store));
    assert!(done(call.poll(at(31))).is_err());
    // The token itself is there for the next one.
    assert_eq!(fleet.call(&session, at(32)), "Bearer one");
}

#[test]
fn a_store_that_always_refuses_does_not_hold_the_call() {
    let mut fleet = Fleet::new();
    let session = fleet.machine();
    let mut call = call(&session);
    for _ in 0..100 {
        match call.poll(at(0)) {
            Step::Store(op @ StoreOp::Load(_)) => {
                call.stored(at(0), op.ask_blocking(&fleet.store));
            }
            Step::Store(_) => call.stored(at(0), Ok(StoreAnswer::Stored(false))),
            other => {
                assert_eq!(sent(other).uri().path(), "/token");
                return;
            }
        }
    }
    panic!("it never stops asking");
}
