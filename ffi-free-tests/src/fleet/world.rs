//! The world of a fleet: what happens when, and what must hold.

use std::collections::BTreeMap;
use std::time::Duration;

use fastrand::Rng;
use http::{Request, Response};
use sanspay_core::durable::{Enqueue, State, StoreAnswer, StoreError, StoreOp, StoredIntent};
use sanspay_core::partner::NewPayout;
use sanspay_core::{Currency, TransportError};
use sanspay_testkit::sandbox::{DuplicateReferences, RecordKind, Sandbox, SandboxConfig};

mod events;
mod machines;
mod steps;

use super::faulty_store::{FaultyStore, SetClock};
use super::inbox::{Inbox, Work};
use super::machine::{Machine, Task, clock, session};
use super::{Figures, Mutation, Violation};

/// When faults end.
const HEALS_AT: Duration = Duration::from_secs(1800);
/// When everything has to be known.
const ENDS_AT: Duration = Duration::from_secs(12_000);
/// The longest that a request is on its way: it is listed within `Wire::settle` after it was sent.
const LONGEST_WAY: u64 = 50_000;
/// Orders that events change.
const ORDERS: usize = 8;
/// The most events of a run: more is a loop.
const MOST_EVENTS: u32 = 200_000;

type Answer = Result<Response<Vec<u8>>, TransportError>;
type Held<T = ()> = Result<T, String>;

/// A call of a machine, if it still lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    machine: usize,
    incarnation: u32,
    task: u32,
}

enum Event {
    /// Somebody wants this payout to be paid.
    Want(usize),
    Recover(usize),
    Page(usize, u32, Result<StoreAnswer, StoreError>),
    Step(Place),
    /// A change reaches the store after its answer was lost.
    Stores(StoreOp),
    Stored(Place, Result<StoreAnswer, StoreError>),
    /// The provider delivers the event of an order.
    Deliver(usize),
    Commit(usize, u32, Box<Work>),
    /// The store of the token answers.
    Token(Place, Result<StoreAnswer, StoreError>),
    /// The store of the token forgets it.
    Flush,
    /// The provider ends all tokens.
    Revoke,
    Arrives(Box<Request<Vec<u8>>>),
    Answered(Place, Box<Answer>, Option<String>),
    Crash(usize),
    Suspend(usize),
}

struct Wanted {
    payout: NewPayout,
    reference: String,
    queued: bool,
    done: bool,
}

pub(super) struct World {
    seed: u64,
    mistake: Option<Mutation>,
    rng: Rng,
    now: Duration,
    events: BTreeMap<(Duration, u64), Event>,
    last_event: u64,
    machines: Vec<Machine>,
    store: FaultyStore,
    inbox: Inbox,
    store_clock: SetClock,
    store_skew: i64,
    provider: Sandbox,
    wanted: Vec<Wanted>,
    figures: Figures,
    story: Vec<String>,
    /// How often a machine was told that a token is refused.
    refused: BTreeMap<(usize, u32, String), u32>,
}

fn skew(rng: &mut Rng) -> i64 {
    rng.i64(-300_000..=300_000)
}

impl World {
    pub(super) fn new(seed: u64, mistake: Option<Mutation>) -> Self {
        let mut rng = Rng::with_seed(seed);
        let store_skew = skew(&mut rng);
        let store_clock = SetClock::new(clock(Duration::ZERO, store_skew));
        let mut config = SandboxConfig::default();
        config.partner.duplicate_references = DuplicateReferences::Accept;
        let machines = (0..rng.usize(2..=8)).map(|_| Machine {
            skew: skew(&mut rng),
            incarnation: 0,
            session: session(rng.u64(..), mistake),
            asleep_until: Duration::ZERO,
            tasks: BTreeMap::new(),
            last_task: 0,
            recovery: None,
        });
        let machines = machines.collect();
        Self {
            seed,
            mistake,
            now: Duration::ZERO,
            events: BTreeMap::new(),
            last_event: 0,
            machines,
            store: FaultyStore::new(store_clock.clone(), mistake),
            inbox: Inbox::new(store_clock.clone(), ORDERS),
            store_clock,
            store_skew,
            provider: Sandbox::new(config),
            wanted: Vec::new(),
            figures: Figures::default(),
            story: Vec::new(),
            refused: BTreeMap::new(),
            rng,
        }
    }

    pub(super) fn run(mut self) -> Result<Figures, Box<Violation>> {
        match self.live() {
            Ok(()) => {
                self.figures.tokens = self.provider.token_requests();
                Ok(self.figures)
            }
            Err(what) => Err(Box::new(Violation {
                seed: self.seed,
                what,
                story: self.story,
            })),
        }
    }

    fn live(&mut self) -> Held {
        self.plan()?;
        for _ in 0..MOST_EVENTS {
            let Some(((time, _), event)) = self.events.pop_first() else {
                return self.check_end();
            };
            if time > ENDS_AT {
                return self.check_end();
            }
            self.now = time;
            self.store_clock.set(clock(time, self.store_skew));
            self.happen(event)?;
            self.check_once()?;
        }
        Err("it does not end".to_owned())
    }

    fn plan(&mut self) -> Held {
        for number in 0..self.rng.usize(3..30) {
            let reference = format!("p-{number}");
            let amount = "7.50".parse().map_err(|_| "an amount")?;
            let payout = NewPayout::new(&*reference, amount, Currency::EUR, "DE00");
            let queued = self.rng.u8(..) < 80;
            if queued {
                self.enqueue(&payout)?;
            } else {
                // Several machines may want it at the same time.
                for _ in 0..self.rng.usize(1..4) {
                    let at = self.millis(0, 300_000);
                    self.at(at, Event::Want(number));
                }
            }
            self.figures.payouts += 1;
            self.wanted.push(Wanted {
                payout,
                reference,
                queued,
                done: false,
            });
        }
        for order in 0..ORDERS {
            // Twice at the same time, as some providers do.
            for _ in 0..2 {
                let at = self.millis(0, 600_000);
                self.at(at, Event::Deliver(order));
            }
        }
        for _ in 0..self.rng.usize(0..12) {
            let (revoked, flushed) = (self.millis(0, 1_500_000), self.millis(0, 1_500_000));
            self.at(revoked, Event::Revoke);
            self.at(flushed, Event::Flush);
        }
        for machine in 0..self.machines.len() {
            let at = self.millis(0, 30_000);
            self.at(at, Event::Recover(machine));
            for _ in 0..self.rng.usize(0..4) {
                let at = self.millis(0, 1_500_000);
                self.at(at, Event::Crash(machine));
            }
            for _ in 0..self.rng.usize(0..6) {
                let at = self.millis(0, 600_000);
                self.at(at, Event::Suspend(machine));
            }
        }
        Ok(())
    }

    fn enqueue(&mut self, payout: &NewPayout) -> Held {
        let machine = self.machines.first().ok_or("there is no machine")?;
        let enqueue = Enqueue::new(&machine.session, payout);
        let mut enqueue = enqueue.map_err(|error| error.to_string())?;
        while let Some(op) = enqueue.next() {
            enqueue.stored(self.store.ask(&op, clock(self.now, machine.skew)));
        }
        enqueue.end().map(drop).map_err(|error| error.to_string())
    }

    fn millis(&mut self, least: u64, most: u64) -> Duration {
        Duration::from_millis(self.rng.u64(least..=most))
    }

    fn at(&mut self, after: Duration, event: Event) {
        self.last_event += 1;
        self.events
            .insert((self.now + after, self.last_event), event);
    }

    fn tell(&mut self, line: impl FnOnce() -> String) {
        let line = format!("{:>9.3?} {}", self.now, line());
        self.story.push(line);
    }

    fn heals(&self) -> bool {
        self.now >= HEALS_AT
    }

    fn per_mille(&mut self, rate: u32) -> bool {
        !self.heals() && self.rng.u32(0..1000) < rate
    }

    /// The machine that this is for, where it is awake; otherwise it happens when it wakes.
    fn awake(&mut self, machine: usize, event: Event) -> Option<Event> {
        let until = self.machines.get(machine)?.asleep_until;
        if until <= self.now {
            return Some(event);
        }
        self.at(until.saturating_sub(self.now), event);
        None
    }

    fn happen(&mut self, event: Event) -> Held {
        let machine = match &event {
            Event::Recover(machine) | Event::Page(machine, ..) => Some(*machine),
            Event::Step(place)
            | Event::Stored(place, _)
            | Event::Token(place, _)
            | Event::Answered(place, ..) => Some(place.machine),
            _ => None,
        };
        let event = match machine {
            Some(machine) => match self.awake(machine, event) {
                Some(event) => event,
                None => return Ok(()),
            },
            None => event,
        };
        match event {
            Event::Want(number) => self.want(number),
            Event::Recover(machine) => self.recover(machine),
            Event::Page(machine, incarnation, answer) => self.page(machine, incarnation, answer),
            Event::Step(place) => return self.step(place),
            // It was given up, so that nobody hears of it.
            Event::Stores(op) => drop(self.store.ask(&op, clock(self.now, 0))),
            Event::Stored(place, answer) => {
                if let Some(task) = self.task(place) {
                    task.call.stored(answer);
                }
                return self.step(place);
            }
            Event::Token(place, answer) => return self.token_answered(place, answer),
            Event::Deliver(order) => self.deliver(order),
            Event::Commit(machine, incarnation, work) => {
                return self.commit(machine, incarnation, &work);
            }
            Event::Flush => self.store.flush(),
            Event::Revoke => self.provider.revoke_tokens(),
            Event::Arrives(request) => drop(self.provide(&request)),
            Event::Answered(place, answer, refused) => {
                return self.answered(place, *answer, refused);
            }
            Event::Crash(machine) => self.crash(machine),
            Event::Suspend(machine) => self.suspend(machine),
        }
        Ok(())
    }

    fn task(&mut self, place: Place) -> Option<&mut Task> {
        let machine = self.machines.get_mut(place.machine)?;
        let lives = machine.incarnation == place.incarnation;
        machine.tasks.get_mut(&place.task).filter(|_| lives)
    }

    fn is_stored_as_not_executed(&self, reference: &str) -> bool {
        let rows = self.store.rows();
        let stored = rows.iter().filter_map(|row| StoredIntent::read(row).ok());
        let mut ours = stored.filter(|stored| stored.intent().reference() == reference);
        ours.all(|stored| matches!(stored.state(), State::NotExecuted { .. }))
    }

    fn check_once(&self) -> Held {
        for wanted in &self.wanted {
            let times = self
                .provider
                .executions(RecordKind::Payout, &wanted.reference);
            if times > 1 {
                return Err(format!("{} is executed {times} times", wanted.reference));
            }
        }
        Ok(())
    }

    /// The world has healed: what is stored is what the provider has.
    fn check_end(&mut self) -> Held {
        for row in self.store.rows() {
            let stored = StoredIntent::read(&row)?;
            let reference = stored.intent().reference();
            let executed = self.provider.executions(RecordKind::Payout, reference) == 1;
            match stored.state() {
                State::Executed(_) if executed => self.figures.executed += 1,
                State::NotExecuted { .. } if !executed => {}
                state => {
                    return Err(format!(
                        "{reference} ends as {state:?}, and executed is {executed}"
                    ));
                }
            }
        }
        if let Some(order) = self.inbox.lost() {
            return Err(format!("the event of order {order} is lost"));
        }
        let unpaid = self
            .wanted
            .iter()
            .find(|wanted| !wanted.queued && !wanted.done);
        match unpaid {
            Some(wanted) => Err(format!("{} is lost", wanted.reference)),
            None => Ok(()),
        }
    }
}
