//! Puts a driver through scenarios.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use http::Response;
use sanspay_core::partner::{
    ConfirmedEvent, FetchToken, ListPayments, NewPayment, NewPayout, Raw, Record, RecordId,
    Resolution, ShowPayment, UnconfirmedEvent, Unresolved,
};
use sanspay_core::{Amount, Credentials, Currency, Error, ErrorKind, Intent, UnknownOutcome, Wire};
use sanspay_testkit::sandbox::FaultRule;
use serde_json::{Value, json};

use crate::driver::{Client, Driver, KEY_ID, KEY_SECRET};
use crate::memory::InMemory;
use crate::profiles::Provider;
use crate::scenario::{Call, Scenario, Step};
use sanspay_testkit::world::Trace;
use sanspay_testkit::world::World;

/// Puts the driver through one scenario.
pub fn run<D: Driver>(driver: &D, scenario: &Scenario) -> Trace {
    run_in(&World::new(scenario.sandbox_config()), driver, scenario)
}

/// Puts the driver through one scenario with a provider of this spelling; the trace is in the
/// assumed form.
pub fn run_spelled<D: Driver>(driver: &D, scenario: &Scenario, wire: &Wire) -> Trace {
    let mut config = scenario.sandbox_config();
    config.partner.wire = wire.clone();
    run_in(&World::new(config), driver, scenario)
}

/// Puts the driver through one scenario in a world that is already there. Where a cassette answers
/// in it, the steps of other people are left out: they were recorded.
pub fn run_in<D: Driver>(world: &World, driver: &D, scenario: &Scenario) -> Trace {
    let is_replayed = world.is_replaying();
    match driver.client(world, scenario.session_settings()) {
        Ok(client) => {
            let mut run = Run {
                world,
                client: &client,
                known: BTreeMap::new(),
                unknown: None,
            };
            let steps = scenario
                .steps()
                .iter()
                .filter(|step: &&Step| !is_replayed || !step.is_of_others());
            steps.for_each(|step| run.step(step));
        }
        Err(error) => world.note(error_line(&error)),
    }
    world.trace()
}

/// Puts the driver through all scenarios and says where it does something else than expected, or
/// something else than [`InMemory`] does, down to the nanoseconds of the waits. Each entry begins
/// with the name of the scenario.
pub fn disagreements<D: Driver>(driver: &D, scenarios: &[Scenario]) -> Vec<String> {
    scenarios
        .iter()
        .filter_map(|scenario: &Scenario| {
            let trace = run(driver, scenario);
            let reference = run(&InMemory, scenario);
            let difference = trace
                .difference(scenario.expected())
                .or_else(|| trace.difference(&reference.lines()))?;
            Some(format!("{}: {difference}", scenario.name()))
        })
        .collect()
}

/// The same with a provider of another spelling: the traces have to be those of the default, but
/// for the scenarios in which that provider [differs](Provider::differs_in).
pub fn disagreements_spelled<D: Driver>(
    driver: &D,
    scenarios: &[Scenario],
    provider: &Provider,
) -> Vec<String> {
    scenarios
        .iter()
        .filter(|scenario| !provider.differs_in(scenario))
        .filter_map(|scenario: &Scenario| {
            let trace = run_spelled(driver, scenario, provider.wire());
            let difference = trace.difference(scenario.expected())?;
            Some(format!("{}: {difference}", scenario.name()))
        })
        .collect()
}

/// Calls one operation and yields a line that says what came of it.
///
/// # Errors
/// Those of the call.
pub fn perform<C: Client>(world: &World, client: &C, call: &Call) -> Result<String, Error> {
    let mut run = Run {
        world,
        client,
        known: BTreeMap::new(),
        unknown: None,
    };
    run.perform(call, None)
}

struct Run<'a, C> {
    world: &'a World,
    client: &'a C,
    known: BTreeMap<String, RecordId>,
    unknown: Option<UnknownOutcome>,
}

impl<C: Client> Run<'_, C> {
    fn step(&mut self, step: &Step) {
        let world = self.world;
        match step {
            Step::Call(call) => self.call(call, None),
            Step::CallWithin(deadline, call) => self.call(call, Some(*deadline)),
            Step::Pages(list) => self.pages(list),
            Step::Abandon => self.abandon(),
            Step::Resolve => self.resolve(),
            Step::Webhooks => self.webhooks(),
            Step::Fault {
                fault,
                path,
                skip,
                times,
            } => match fault.parse() {
                Ok(fault) => {
                    let rule = FaultRule::new(fault).path(*path).skip(*skip).times(*times);
                    world.sandbox(|sandbox, _| sandbox.add_fault(rule));
                }
                Err(error) => world.note(format!("`{fault}` is {error}")),
            },
            Step::Canned(canned) => world.answer_with(canned.clone()),
            Step::Advance(time) => world.advance(*time),
            Step::TurnBack(time) => world.turn_back(*time),
            Step::RevokeTokens => world.sandbox(|sandbox, _| sandbox.revoke_tokens()),
            Step::Pay(reference) => {
                if let Err(error) = world.sandbox(|sandbox, now| sandbox.pay(reference, now)) {
                    world.note(format!("not paid: {error}"));
                }
            }
            Step::Executions(kind, reference) => {
                let times = world.sandbox(|sandbox, _| sandbox.executions(*kind, reference));
                let kind = kind.as_str();
                world.note(format!("executed: {kind} {reference}, {times} times"));
            }
            Step::Warm => {
                if let Err(error) = self.client.call(ListPayments::new(), None) {
                    world.note(error_line(&error));
                } else {
                    world.forget_trace();
                }
            }
        }
    }

    fn call(&mut self, call: &Call, deadline: Option<Duration>) {
        let result = self.perform(call, deadline);
        self.note(result);
    }

    fn note(&mut self, result: Result<String, Error>) {
        if let Some(unknown) = result.as_ref().err().and_then(Error::unknown) {
            self.unknown = Some(unknown.clone());
        }
        self.world.note(match result {
            Ok(line) => format!("ok: {line}"),
            Err(error) => error_line(&error),
        });
    }

    fn perform(&mut self, call: &Call, deadline: Option<Duration>) -> Result<String, Error> {
        let client = self.client;
        match call {
            Call::Token => {
                let fetch = FetchToken::new(Credentials::new(KEY_ID, KEY_SECRET)?);
                let token = client.call(fetch, deadline)?;
                Ok(format!("token, {:?}", token.lifetime()))
            }
            Call::Payment(reference) => {
                let payment = NewPayment::new(*reference, minor(1000)?, Currency::USD);
                Ok(self.created(&client.call(payment, deadline)?))
            }
            Call::Payout(reference) => {
                let beneficiary = json!({"name": "Jane", "iban": "DE00"});
                let amount = minor(2550)?;
                let payout = NewPayout::new(*reference, amount, Currency::EUR, &beneficiary);
                Ok(self.created(&client.call(payout, deadline)?))
            }
            Call::List(list) => {
                let page = client.call(list.clone(), deadline)?;
                let more = if page.has_next() { ", and more" } else { "" };
                Ok(format!("{}{more}", references(page.items())))
            }
            Call::Show(name) => {
                let show = ShowPayment::new(self.id_of(name)?);
                Ok(record_line(&client.call(show, deadline)?))
            }
            Call::Confirm(body) => {
                let body = self
                    .world
                    .sandbox(|sandbox, _| sandbox.webhook_in_own_form(body));
                self.confirm(&body, deadline)
            }
            Call::LookUp(reference) => {
                let sent_at = self.world.now() - Duration::from_secs(120);
                let unknown = UnknownOutcome::new(Intent::new("payout", *reference), sent_at);
                match client.resolve(&unknown) {
                    Resolution::Unknown(Unresolved::Failed(error)) => Err(error),
                    resolution => Ok(resolution_line(&resolution)),
                }
            }
            Call::Raw(method, path, body) => {
                let raw = Raw::<Value>::new(method.clone(), *path);
                let raw = match body {
                    Some(body) => raw.json(body),
                    None => raw,
                };
                let answer = client.call(raw, deadline)?;
                let fields = answer.as_object().map_or(0, serde_json::Map::len);
                Ok(format!("JSON with {fields} fields"))
            }
        }
    }

    fn confirm(&self, body: &[u8], deadline: Option<Duration>) -> Result<String, Error> {
        let event = UnconfirmedEvent::parse(body, &self.world.wire())?;
        let confirmed = self.client.call(event.confirm(), deadline)?;
        Ok(confirmed_line(&confirmed))
    }

    fn created(&mut self, record: &Record) -> String {
        if let Some(reference) = record.reference() {
            self.known.insert(reference.to_owned(), record.id());
        }
        record_line(record)
    }

    fn id_of(&self, name: &str) -> Result<RecordId, Error> {
        let parsed = name.parse().ok();
        let id = parsed.or_else(|| self.known.get(name).copied());
        id.ok_or_else(|| Error::new(ErrorKind::Misuse, "scenario", "no such record was created"))
    }

    fn pages(&mut self, list: &ListPayments) {
        let (records, error) = self.client.pages(list.clone());
        self.note(Ok(references(&records)));
        if let Some(error) = error {
            self.note(Err(error));
        }
    }

    fn abandon(&mut self) {
        self.world.abandon_next();
        let (dropped, follower) = (ListPayments::new(), ListPayments::new().per_page(5));
        let page = self.client.abandon(dropped, follower);
        self.note(page.map(|page| references(page.items())));
    }

    fn resolve(&mut self) {
        let line = match &self.unknown {
            Some(unknown) => resolution_line(&self.client.resolve(unknown)),
            None => "nothing is unknown".into(),
        };
        self.world.note(line);
    }

    fn webhooks(&mut self) {
        let world = self.world;
        world.deliver(|request| {
            let result = self.confirm(request.body(), None);
            self.note(result);
            Some(Response::new(Vec::new()))
        });
    }
}

fn minor(units: u64) -> Result<Amount, Error> {
    Amount::from_minor_units(units, 2).map_err(|source| {
        Error::new(ErrorKind::Invalid, "scenario", "no such amount").with_source(source)
    })
}

fn record_line(record: &Record) -> String {
    let kind = record.record_type().map_or("record", |kind| kind.as_str());
    let reference = record.reference().unwrap_or("without reference");
    let (amount, currency) = (record.amount(), record.currency());
    format!(
        "{kind} {reference}, {amount} {currency}, {}",
        record.status()
    )
}

fn confirmed_line(confirmed: &ConfirmedEvent) -> String {
    let late = if confirmed.agrees() {
        ""
    } else {
        ", otherwise than claimed"
    };
    let (claim, record) = (confirmed.event().kind(), confirmed.record());
    let claim = claim.map_or("something", |kind| kind.as_str());
    format!("{claim} confirms {}{late}", record_line(record))
}

fn references(records: &[Record]) -> String {
    let mut line = format!("{} records", records.len());
    for (index, record) in records.iter().enumerate() {
        let before = if index == 0 { ": " } else { " " };
        line.push_str(before);
        line.push_str(record.reference().unwrap_or("-"));
    }
    line
}

fn resolution_line(resolution: &Resolution) -> String {
    match resolution {
        Resolution::Found(record) => format!("found: {}", record_line(record)),
        Resolution::Absent => "absent".into(),
        Resolution::Unknown(Unresolved::Failed(error)) => format!("unknown: {}", error_line(error)),
        Resolution::Unknown(reason) => format!("unknown: {reason}"),
    }
}

/// What a program can learn from an error, without what differs from machine to machine.
fn error_line(error: &Error) -> String {
    let mut line = format!("error: {}, {:?}", error.operation(), error.kind());
    // Writing to a String cannot fail.
    if let Some(status) = error.status() {
        let _ = write!(line, ", status {}", status.as_u16());
    }
    if let Some(body) = error.error_body() {
        let _ = write!(line, ", {body}");
    }
    for problem in error.problems() {
        let _ = write!(line, ", {problem}");
    }
    let _ = write!(line, ", attempts {}", error.attempts());
    if let Some(wait) = error.retry_after() {
        let _ = write!(line, ", retry after {wait:?}");
    }
    if error.outcome_unknown() {
        line.push_str(", outcome unknown");
    }
    line
}
