//! What happens in one case: the merchants' work, the payers, the attackers, and the disasters.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::chance::Chance;
use super::provider::Lists;
use super::suspend::{Nap, Point};

/// One run of the simulation: its seed, and what is left out of it.
///
/// Its text is one line, such as `17` or `17 without 3 5 d4.1 op8.2`: numbers are operations,
/// the others are messages whose faults are left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Case {
    pub(super) seed: u64,
    pub(super) without: BTreeSet<usize>,
    pub(super) calm: BTreeSet<String>,
}

impl Case {
    /// Everything that follows from the seed.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            ..Self::default()
        }
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.seed)?;
        if !self.without.is_empty() || !self.calm.is_empty() {
            f.write_str(" without")?;
        }
        self.without.iter().try_for_each(|op| write!(f, " {op}"))?;
        self.calm.iter().try_for_each(|name| write!(f, " {name}"))
    }
}

/// The text is no case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaseError(());

impl fmt::Display for CaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a case such as `17 without 3 5 op8.2`")
    }
}

impl std::error::Error for CaseError {}

impl FromStr for Case {
    type Err = CaseError;

    fn from_str(text: &str) -> Result<Self, CaseError> {
        let mut words = text.split_ascii_whitespace();
        let seed = words.next().and_then(|word| word.parse().ok());
        let mut case = Self::new(seed.ok_or(CaseError(()))?);
        match words.next() {
            None => return Ok(case),
            Some("without") => {}
            Some(_) => return Err(CaseError(())),
        }
        for word in words {
            match word.parse() {
                Ok(operation) => drop(case.without.insert(operation)),
                Err(_) => drop(case.calm.insert(word.to_owned())),
            }
        }
        Ok(case)
    }
}

/// What the merchants' staff, payers, attackers and fate do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    /// A merchant pays out.
    Payout,
    /// A merchant creates a payment.
    Payment,
    /// A merchant opens a hosted checkout.
    Checkout,
    /// A merchant lists what there is.
    List,
    /// The payer, or the provider's staff, ends the payment, payout or order of an operation.
    End(usize, Ending),
    /// Somebody posts a webhook that says that the payment of an operation is paid.
    ForgeWebhook(usize),
    /// Somebody has a text signed that, cut differently, says that the order is paid.
    Recut(usize),
    /// Somebody posts a webhook with the id of a paid record that names the payment of another
    /// operation.
    ForeignWebhook(usize),
    /// Somebody pays out under the reference of a payment.
    Impostor(usize),
    /// The order's status goes back and is notified (grade V: the server can do that).
    GoBack(usize),
    /// The process dies and comes back after a while.
    Crash { down: Duration, in_write: bool },
    /// The process is suspended, now or at some point of its next call.
    Suspend(Point, Nap),
    /// One of the process's calls is given up.
    Cancel,
    /// The provider revokes all tokens.
    RevokeTokens,
    /// The provider restarts and loses what it has not acknowledged.
    RestartProvider { after: Duration },
    /// The process's clock jumps, by milliseconds.
    MerchantClock(i64),
    /// The provider's clock jumps.
    ProviderClock(i64),
}

/// How a payment, a payout or an order ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Paid,
    Failed,
    Expired,
}

/// One thing that happens, and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operation {
    /// Its place in the whole plan, which stays when others are taken out.
    pub(super) number: usize,
    pub(super) at: Duration,
    pub(super) process: usize,
    pub(super) deed: Deed,
}

/// Whose journals the processes write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Journals {
    /// Each has one.
    Own,
    /// They have one together, and take each other's work over.
    Shared,
}

/// Everything that is drawn before a run begins.
pub(super) struct Plan {
    pub(super) operations: Vec<Operation>,
    pub(super) processes: usize,
    /// When the network heals.
    pub(super) healed_at: Duration,
    /// How many of a thousand messages have a fault.
    pub(super) fault_rate: u32,
    /// Between these times it is far worse.
    pub(super) storm: (Duration, Duration),
    /// The clocks' distances from true time, in milliseconds.
    pub(super) merchant_skews: Vec<i64>,
    pub(super) provider_skew: i64,
    pub(super) deadline: Duration,
    pub(super) token_life: Duration,
    /// The provider executes a used reference once more.
    pub(super) accepts_duplicates: bool,
    /// The provider honours `Idempotency-Key`, and the merchants know it.
    pub(super) honours_idempotency: bool,
    pub(super) heeds_wakers: bool,
    pub(super) webhook_copies: u32,
    pub(super) journals: Journals,
    pub(super) lists: Lists,
}

const HOUR: i64 = 3_600_000;

impl Plan {
    pub(super) fn new(case: &Case) -> Self {
        let mut chance = Chance::new(case.seed, "plan");
        let processes = 1 + chance.below(3);
        let length = chance.between(600_000, 4 * 3_600_000);
        let count = 30 + chance.below(40);
        let storm_at = chance.between(0, millis(length));
        let skew =
            |chance: &mut Chance| chance.pick(&[0, 0, 90_000, -90_000, 2 * HOUR, -2 * HOUR], 0);
        let honours_idempotency = chance.per_mille(250);
        let mut plan = Self {
            operations: Vec::new(),
            processes,
            healed_at: length + Duration::from_secs(60),
            fault_rate: chance.pick(&[0, 20, 60, 150, 300], 60),
            storm: (storm_at, storm_at + chance.between(0, 120_000)),
            merchant_skews: (0..processes).map(|_| skew(&mut chance)).collect(),
            provider_skew: skew(&mut chance),
            deadline: chance.pick(
                &[5, 10, 30].map(Duration::from_secs),
                Duration::from_secs(30),
            ),
            token_life: chance.pick(
                &[120, 600, 3600].map(Duration::from_secs),
                Duration::from_secs(600),
            ),
            accepts_duplicates: chance.per_mille(600),
            honours_idempotency,
            heeds_wakers: chance.per_mille(700),
            webhook_copies: chance.pick(&[1, 1, 2], 1),
            journals: Journals::Own,
            lists: Lists::default(),
        };
        plan.draw_world(case);
        plan.draw_operations(&mut chance, count, length);
        plan.operations.sort_by_key(|operation| operation.at);
        plan.operations
            .retain(|operation| !case.without.contains(&operation.number));
        plan
    }

    pub(super) fn is_shared(&self) -> bool {
        self.journals == Journals::Shared
    }

    /// What is known of the provider's lists, and whether the processes work together.
    fn draw_world(&mut self, case: &Case) {
        let mut chance = Chance::new(case.seed, "world");
        let shared = self.processes > 1 && chance.per_mille(600);
        self.lists = Lists::draw(&mut chance);
        if shared {
            self.journals = Journals::Shared;
            // Whoever shares a journal agrees about the time, to a few seconds.
            let common = self.merchant_skews.first().copied().unwrap_or_default();
            for skew in &mut self.merchant_skews {
                *skew = common + chance.pick(&[0, 2_000, -2_000], 0);
            }
        }
    }

    fn draw_operations(&mut self, chance: &mut Chance, count: usize, length: Duration) {
        let mut made: Vec<Made> = Vec::new();
        let mut at = Duration::ZERO;
        while self.operations.len() < count {
            // Things come in bursts, so that calls overlap.
            if chance.per_mille(300) {
                at = chance.between(0, millis(length));
            }
            at = (at + chance.between(0, 400)).min(length);
            let process = chance.below(self.processes);
            let (deed, at) = draw_deed(chance, &made, at);
            let number = self.operations.len();
            if let Some(kind) = Kind::made_by(deed) {
                made.push(Made { number, at, kind });
            }
            self.operations.push(Operation {
                number,
                at,
                process,
                deed,
            });
        }
    }
}

/// Something that can be ended, forged or taken back later.
#[derive(Clone, Copy)]
struct Made {
    number: usize,
    at: Duration,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Payout,
    Payment,
    Checkout,
}

impl Kind {
    fn made_by(deed: Deed) -> Option<Self> {
        match deed {
            Deed::Payout => Some(Self::Payout),
            Deed::Payment => Some(Self::Payment),
            Deed::Checkout => Some(Self::Checkout),
            _ => None,
        }
    }
}

fn draw_deed(chance: &mut Chance, made: &[Made], at: Duration) -> (Deed, Duration) {
    let one_of = |chance: &mut Chance, kinds: &[Kind]| {
        let fitting: Vec<_> = made
            .iter()
            .filter(|made| kinds.contains(&made.kind))
            .collect();
        fitting.get(chance.below(fitting.len())).map(|made| **made)
    };
    let after = |chance: &mut Chance, made: Made| made.at + chance.between(50, 300_000);
    let draw = chance.below(100);
    let target = match draw {
        30..52 => one_of(chance, &[Kind::Payment, Kind::Payout, Kind::Checkout]),
        52..57 | 96..97 => one_of(chance, &[Kind::Payment]),
        57..64 => one_of(chance, &[Kind::Checkout]),
        _ => None,
    };
    let endings = [(5, Ending::Paid), (2, Ending::Failed), (1, Ending::Expired)];
    match (draw, target) {
        (30..52, Some(made)) => {
            let ending = chance.weighted(&endings, Ending::Paid);
            (Deed::End(made.number, ending), after(chance, made))
        }
        (52..55, Some(made)) => (Deed::ForgeWebhook(made.number), after(chance, made)),
        (55..57, Some(made)) => (Deed::ForeignWebhook(made.number), after(chance, made)),
        (96..97, Some(made)) => (Deed::Impostor(made.number), after(chance, made)),
        (57..61, Some(made)) => (Deed::Recut(made.number), after(chance, made)),
        (61..64, Some(made)) => (Deed::GoBack(made.number), after(chance, made) * 2),
        (64..74, _) => (Deed::Checkout, at),
        (77..80 | 93..96, _) => {
            let point = chance.pick(&Point::ALL, Point::Now);
            (Deed::Suspend(point, Nap::draw(chance)), at)
        }
        (74..77, _) => {
            let down = chance.between(0, 300_000);
            let in_write = chance.per_mille(600);
            (Deed::Crash { down, in_write }, at)
        }
        (80..84, _) => (Deed::Cancel, at),
        (84..87, _) => (Deed::RevokeTokens, at),
        (87..89, _) => {
            let after = chance.between(50, 3_000);
            (Deed::RestartProvider { after }, at)
        }
        (89..90, _) => (
            Deed::MerchantClock(chance.pick(&[-5_000, -700, 900, 5_000], 0)),
            at,
        ),
        (90..91, _) => (
            Deed::ProviderClock(chance.pick(&[-60_000, -2_000, 2_000, 60_000], 0)),
            at,
        ),
        (91..93, _) => (Deed::List, at),
        (0..16, _) => (Deed::Payout, at),
        _ => (Deed::Payment, at),
    }
}

pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
