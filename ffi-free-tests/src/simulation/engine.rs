//! The world of one run: one queue of events, one clock, and everybody in it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use http::{Request, Response};
use sanspay_core::checkout::{SigningKey, Verifier};
use sanspay_core::partner::RecordType;
use sanspay_core::{Error, Idempotency, Session, SessionBuilder, TransportError, Wire};
use sanspay_testkit::sandbox::{Delivery, DeliveryId, DuplicateReferences, Sandbox, SandboxConfig};

use super::chance::Chance;
use super::disk::Disk;
use super::invariant::{Broken, Held, Invariant, broken, set_up};
use super::mutation::Mutation;
use super::network::Fault;
use super::payers::Payers;
use super::plan::{Case, Plan};
use super::process::{Job, Process, ReplyTo, TaskKey, clock, true_time};
use super::provider::Trust;
use super::report::{Figures, Story, Violation};
use super::spelling::Spelling;
use super::suspend::{HandedOut, Next};
use super::truth::Truth;
use crate::driver::{KEY_ID, KEY_SECRET};

/// How long after the healing everything must have found its end.
const PATIENCE: Duration = Duration::from_secs(4 * 3600);
const SWEEP: Duration = Duration::from_secs(60);

pub(super) enum Event {
    Operate(usize),
    Poll(TaskKey),
    Arrive(u64),
    Land(u64, Result<Response<Vec<u8>>, TransportError>),
    Due,
    Receive(usize, Box<Request<Vec<u8>>>, ReplyTo),
    Report(DeliveryId, Option<Response<Vec<u8>>>),
    /// A transport writes the first byte of a request.
    Write(HandedOut),
    /// A process that was suspended goes on.
    GoOn(usize, u32, Next),
    Start(usize, u32),
    Sweep(usize, u32),
    ProviderUp,
    Heal,
}

/// A request on its way.
pub(super) struct Flight {
    pub(super) key: TaskKey,
    pub(super) name: String,
    pub(super) request: Request<Vec<u8>>,
    pub(super) fault: Option<Fault>,
    pub(super) back: Duration,
    pub(super) chance: Chance,
    pub(super) landed: bool,
    pub(super) copies: u32,
    /// Its answer is not about what was asked, or leaves something open.
    pub(super) misleads: bool,
}

pub(super) struct Simulation {
    pub(super) case: Case,
    pub(super) plan: Plan,
    pub(super) mutation: Option<Mutation>,
    pub(super) now: Duration,
    queue: BTreeMap<(Duration, u64), Event>,
    sequence: u64,
    pub(super) provider: Sandbox,
    pub(super) provider_skew: i64,
    /// `None` where it is the assumed one.
    pub(super) spelling: Option<Spelling>,
    /// While the provider is going down: what it comes back with, and what it will not answer.
    pub(super) restarting: Option<(Sandbox, Vec<u64>)>,
    pub(super) due_at: Option<Duration>,
    pub(super) processes: Vec<Process>,
    pub(super) jobs: BTreeMap<usize, Job>,
    pub(super) flights: BTreeMap<u64, Flight>,
    pub(super) last_flight: u64,
    pub(super) woken: Arc<Mutex<Vec<TaskKey>>>,
    pub(super) verifier: Verifier,
    /// Every token that was given, without the parts that all have in common.
    pub(super) tokens: Vec<String>,
    /// Payers of the hosted checkout, and what became of it.
    pub(super) payers: Payers,
    pub(super) truth: Truth,
    pub(super) healed: bool,
    pub(super) reconciled: bool,
    pub(super) figures: Figures,
    /// The messages that a fault happened to.
    pub(super) faulty: BTreeSet<String>,
    pub(super) story: Story,
}

/// Runs one case to its end. The story is told only where it is wanted, because it takes time.
pub(super) fn run(
    case: &Case,
    mutation: Option<Mutation>,
    told: bool,
) -> (Result<Figures, Violation>, Touched) {
    let mut touched = Touched::default();
    let result = match Simulation::new(case, mutation, told) {
        Err(error) => Err((error, Vec::new())),
        Ok(mut world) => {
            let held = world.live();
            touched.operations = world.plan.operations.iter().map(|op| op.number).collect();
            touched.faulty = std::mem::take(&mut world.faulty);
            match held {
                Ok(()) => Ok(world.figures),
                Err(error) => Err((error, world.story.into_lines())),
            }
        }
    };
    let result = result.map_err(|(error, story)| Violation {
        case: case.clone(),
        invariant: error.invariant,
        detail: error.detail,
        story,
    });
    (result, touched)
}

/// The provider of a case.
fn sandbox(case: &Case, plan: &Plan) -> SandboxConfig {
    let mut config = SandboxConfig::default();
    config.seed = case.seed;
    config.seen_limit = 0;
    config.control = false;
    config.partner.webhook_url = "https://shop.example/webhooks".parse().ok();
    config.partner.webhooks.copies = plan.webhook_copies;
    config.partner.token_life = plan.token_life;
    config.partner.payment_life = Duration::from_secs(3600);
    config.partner.idempotency = plan.honours_idempotency;
    config.partner.page_shape = plan.lists.page_shape();
    if plan.accepts_duplicates {
        config.partner.duplicate_references = DuplicateReferences::Accept;
    }
    config
}

/// What a run consisted of, and what can be taken out of it.
#[derive(Default)]
pub(super) struct Touched {
    pub(super) operations: BTreeSet<usize>,
    pub(super) faulty: BTreeSet<String>,
}

impl Simulation {
    fn new(case: &Case, mutation: Option<Mutation>, told: bool) -> Result<Self, Broken> {
        let plan = Plan::new(case);
        let config = sandbox(case, &plan);
        let keys = ["sandbox-app-key", "sandbox-default-key"].map(SigningKey::new);
        let keys = keys.into_iter().collect::<Result<Vec<_>, Error>>();
        let mut world = Self {
            case: case.clone(),
            mutation,
            now: Duration::ZERO,
            queue: BTreeMap::new(),
            sequence: 0,
            provider: Sandbox::new(config),
            provider_skew: plan.provider_skew,
            spelling: Spelling::of(case.seed),
            restarting: None,
            due_at: None,
            processes: Vec::new(),
            jobs: BTreeMap::new(),
            flights: BTreeMap::new(),
            last_flight: 0,
            woken: Arc::default(),
            verifier: Verifier::for_sandbox(keys.map_err(set_up)?).map_err(set_up)?,
            tokens: Vec::new(),
            payers: Payers::default(),
            truth: Truth::default(),
            healed: false,
            reconciled: false,
            figures: Figures {
                seeds: 1,
                ..Figures::default()
            },
            faulty: BTreeSet::new(),
            story: Story::new(told),
            plan,
        };
        if world.spelling.is_some() {
            world.figures.fault("spelled by a profile");
        }
        for index in 0..world.plan.processes {
            let process = world.new_process(index)?;
            world.processes.push(process);
            world.after(SWEEP, Event::Sweep(index, 0));
        }
        world.note_clocks();
        let times: Vec<_> = world.plan.operations.iter().map(|op| op.at).collect();
        for (index, at) in times.into_iter().enumerate() {
            world.at(at, Event::Operate(index));
        }
        world.at(world.plan.healed_at, Event::Heal);
        Ok(world)
    }

    fn note_clocks(&mut self) {
        let clocks = self.plan.merchant_skews.iter();
        for skew in clocks.chain([&self.plan.provider_skew]) {
            match skew.signum() {
                1 => self.figures.fault("clock ahead"),
                -1 => self.figures.fault("clock behind"),
                _ => {}
            }
        }
    }

    fn new_process(&self, index: usize) -> Result<Process, Broken> {
        let others = self.processes.first().filter(|_| self.plan.is_shared());
        let disk = others.map_or_else(|| Disk::new(self.mutation), |other| other.disk.clone());
        Ok(Process {
            up: true,
            incarnation: 0,
            session: self.new_session(index, 0)?,
            skew: self
                .plan
                .merchant_skews
                .get(index)
                .copied()
                .unwrap_or_default(),
            turned_back: Duration::ZERO,
            disk,
            down_for: Duration::ZERO,
            tasks: BTreeMap::new(),
            last_task: 0,
            token: None,
            leaked: Vec::new(),
            believed_paid: BTreeSet::new(),
            asleep_until: Duration::ZERO,
            sleeps_at: None,
            stood_still: Duration::ZERO,
            shown: BTreeSet::new(),
            evidence: Vec::new(),
        })
    }

    pub(super) fn new_session(&self, process: usize, incarnation: u32) -> Result<Session, Broken> {
        let seed = self.case.seed ^ ((process as u64) << 32) ^ u64::from(incarnation);
        let honoured = self.plan.honours_idempotency;
        let builder = SessionBuilder::new(seed)
            .base_url("https://api.example.com")
            .credentials(KEY_ID, KEY_SECRET)
            .wire(
                self.spelling
                    .as_ref()
                    .map_or_else(Wire::default, |spelling| spelling.wire().clone()),
            )
            .deadline(self.plan.deadline)
            .idempotency(if honoured {
                Idempotency::Honoured
            } else {
                Idempotency::Unknown
            });
        let builder = match self.plan.lists.trust {
            Trust::Declared => builder
                .authoritative_list(RecordType::Payment)
                .authoritative_list(RecordType::Payout),
            Trust::Evidence | Trust::Nothing => builder,
        };
        builder.build().map_err(set_up)
    }

    pub(super) fn at(&mut self, at: Duration, event: Event) {
        self.sequence += 1;
        self.queue.insert((at.max(self.now), self.sequence), event);
    }

    pub(super) fn after(&mut self, wait: Duration, event: Event) {
        self.at(self.now.saturating_add(wait), event);
    }

    pub(super) fn provider_now(&self) -> SystemTime {
        clock(self.now, self.provider_skew)
    }

    pub(super) fn is(&self, mutation: Mutation) -> bool {
        self.mutation == Some(mutation)
    }

    pub(super) fn tell(&mut self, line: impl FnOnce() -> String) {
        self.story.tell(self.now, line);
    }

    /// How many of a thousand messages go wrong now.
    pub(super) fn fault_rate(&self) -> u32 {
        let (begin, end) = self.plan.storm;
        if self.healed {
            0
        } else if (begin..end).contains(&self.now) && self.plan.fault_rate > 0 {
            700
        } else {
            self.plan.fault_rate
        }
    }

    fn live(&mut self) -> Held {
        while let Some(((at, _), event)) = self.queue.pop_first() {
            self.figures.time += at.saturating_sub(self.now);
            self.now = at;
            self.figures.steps += 1;
            self.happen(event)?;
            self.poll_woken()?;
            self.check_calls()?;
            self.watch_deliveries();
            if self.healed && self.is_over()? {
                return self.check_end();
            }
            if self.now > self.plan.healed_at + PATIENCE {
                return broken(Invariant::ResolvedAfterHealing, self.what_is_open());
            }
        }
        broken(Invariant::ResolvedAfterHealing, "nothing happens any more")
    }

    fn happen(&mut self, event: Event) -> Held {
        if let Some(wake) = self.asleep(&event) {
            return self.put_off(event, wake);
        }
        match event {
            Event::Write(handed_out) => self.write(handed_out),
            Event::GoOn(process, incarnation, next) => self.go_on(process, incarnation, next),
            Event::Operate(index) => self.operate(index),
            Event::Poll(key) => {
                let due = self
                    .task(key)
                    .is_some_and(|task| task.polled_at == Some(self.now));
                if due { self.poll(key) } else { Ok(()) }
            }
            Event::Arrive(flight) => self.arrive(flight),
            Event::Land(flight, outcome) => self.land(flight, outcome),
            Event::Due => self.send_due(),
            Event::Receive(process, request, reply) => self.receive(process, &request, reply),
            Event::Report(id, answer) => {
                let now = self.provider_now();
                self.provider.delivered(id, now, answer.as_ref());
                Ok(())
            }
            Event::Start(process, incarnation) => self.start(process, incarnation),
            Event::Sweep(process, incarnation) => {
                self.after(SWEEP, Event::Sweep(process, incarnation));
                self.sweep(process, incarnation)
            }
            Event::ProviderUp => self.provider_up(),
            Event::Heal => self.heal(),
        }
    }

    fn poll_woken(&mut self) -> Held {
        loop {
            let mut queue = self.woken.lock().unwrap_or_else(PoisonError::into_inner);
            let woken = std::mem::take(&mut *queue);
            drop(queue);
            if woken.is_empty() {
                return Ok(());
            }
            for key in woken {
                self.poll(key)?;
            }
        }
    }

    /// Looks again for what the provider has to deliver when the time for it comes.
    fn watch_deliveries(&mut self) {
        let Some(next) = self.provider.next_due() else {
            return;
        };
        let next = true_time(next, self.provider_skew).max(self.now);
        if self.due_at.is_none_or(|at| at > next) {
            self.due_at = Some(next);
            self.at(next, Event::Due);
        }
    }

    fn send_due(&mut self) -> Held {
        self.due_at = None;
        let now = self.provider_now();
        let due: Vec<Delivery> = self.provider.due(now);
        due.into_iter()
            .try_for_each(|delivery| self.send_delivery(delivery))
    }
}
