//! Every operation through the core against the in-memory sandbox in virtual time, no socket; and
//! the suite itself, which has to notice a driver that does something else.

#![allow(clippy::panic, clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::time::Duration;

use http::{Method, Request, Response};
use sanspay_core::exchange::Step as Todo;
use sanspay_core::partner::Resolution;
use sanspay_core::{
    Endpoint, Error, Exchange, Limits, NotSent, Session, Settings, TransportError, UnknownOutcome,
};
use sanspay_ffi_free_tests::{
    Client, Driver, InMemory, MemoryClient, Scenario, World, disagreements, disagreements_spelled,
    profiles, run, run_spelled, scenarios,
};

#[test]
fn the_in_memory_driver_does_what_every_scenario_expects() {
    let disagreements = disagreements(&InMemory, &scenarios::all());
    assert!(disagreements.is_empty(), "\n{}", disagreements.join("\n"));
}

#[test]
fn every_scenario_has_a_name_of_its_own_and_expects_something() {
    let all = scenarios::all();
    let names: BTreeSet<_> = all.iter().map(Scenario::name).collect();
    assert_eq!(names.len(), all.len());
    assert!(all.len() >= 90, "{}", all.len());
    for scenario in all {
        assert!(scenario.name().contains(' '), "{}", scenario.name());
        assert!(!scenario.expected().is_empty(), "{}", scenario.name());
    }
}

#[test]
fn a_scenario_gives_the_same_trace_each_time() {
    for scenario in scenarios::all() {
        let traces = [run(&InMemory, &scenario), run(&InMemory, &scenario)];
        assert_eq!(traces[0], traces[1], "{}", scenario.name());
    }
}

/// How a driver can be wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Mistake {
    None,
    /// It does not sleep.
    Impatient,
    /// It sends a request again by itself when the answer was lost.
    SendsAgain,
    /// It reports every failure as one in which nothing was sent.
    NothingSent,
    /// It waits for answers beyond the deadline.
    Patient,
    /// It takes a deadline of one call for none.
    NoDeadline,
    /// It hands over half of what was received.
    CutsBodies,
    /// It asks the first page only.
    OnePage,
    /// It gives a call up only after its answer came.
    FinishesFirst,
}

struct Wrong(Mistake);

struct WrongClient {
    mistake: Mistake,
    world: World,
    inner: MemoryClient,
}

impl Driver for Wrong {
    type Client = WrongClient;

    fn client(&self, world: &World, settings: Settings) -> Result<WrongClient, Error> {
        Ok(WrongClient {
            mistake: self.0,
            world: world.clone(),
            inner: InMemory.client(world, settings)?,
        })
    }
}

impl WrongClient {
    fn session(&self) -> &Session {
        self.inner.session()
    }

    fn send(&self, mut request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, TransportError> {
        if self.mistake == Mistake::Patient {
            request.extensions_mut().remove::<Limits>();
        }
        let outcome = match self.world.send(&request) {
            Err(lost) if lost.may_have_been_sent() && self.mistake == Mistake::SendsAgain => {
                self.world.send(&request)
            }
            outcome => outcome,
        };
        match outcome {
            Err(error) if self.mistake == Mistake::NothingSent => {
                Err(TransportError::not_sent(NotSent::proven(), error))
            }
            Ok(mut response) if self.mistake == Mistake::CutsBodies => {
                let half = response.body().len() / 2;
                response.body_mut().truncate(half);
                Ok(response)
            }
            outcome => outcome,
        }
    }

    fn drive<E: Endpoint>(&self, mut exchange: Exchange<E>) -> Result<E::Output, Error> {
        loop {
            match exchange.poll(self.world.now()) {
                Todo::Send(request) => {
                    let outcome = self.send(request);
                    exchange.reply(self.world.now(), outcome);
                }
                Todo::Store(op) => panic!("no token is shared here: {op:?}"),
                Todo::Wait(wait) if self.mistake == Mistake::Impatient => {
                    self.world.advance(wait.delay());
                }
                Todo::Wait(wait) => self.world.pause(&wait),
                Todo::Done(result) => return result,
            }
        }
    }
}

impl Client for WrongClient {
    fn call<E>(&self, endpoint: E, deadline: Option<Duration>) -> Result<E::Output, Error>
    where
        E: Endpoint + Send + Sync,
        E::Output: Send,
    {
        let exchange = self.session().exchange(endpoint);
        self.drive(match deadline {
            Some(deadline) if self.mistake != Mistake::NoDeadline => {
                exchange.with_deadline(deadline)
            }
            _ => exchange,
        })
    }

    fn abandon<E>(&self, dropped: E, follower: E) -> Result<E::Output, Error>
    where
        E: Endpoint + Send + Sync,
        E::Output: Send,
    {
        if self.mistake == Mistake::FinishesFirst {
            let _ = self.call(dropped, None);
            return self.call(follower, None);
        }
        self.inner.abandon(dropped, follower)
    }

    fn resolve(&self, unknown: &UnknownOutcome) -> Resolution {
        Resolution::from(self.call(self.session().lookup(unknown, self.world.now()), None))
    }

    fn pages(
        &self,
        list: sanspay_core::partner::ListPayments,
    ) -> (Vec<sanspay_core::partner::Record>, Option<Error>) {
        if self.mistake == Mistake::OnePage {
            return match self.call(list, None) {
                Ok(page) => (page.into_items(), None),
                Err(error) => (Vec::new(), Some(error)),
            };
        }
        sanspay_ffi_free_tests::read_pages(list, |list| self.call(list, None))
    }
}

#[test]
fn the_suite_notices_each_mistake_of_a_driver() {
    let all = scenarios::all();
    assert_eq!(
        disagreements(&Wrong(Mistake::None), &all),
        Vec::<String>::new()
    );
    for mistake in [
        Mistake::Impatient,
        Mistake::SendsAgain,
        Mistake::NothingSent,
        Mistake::Patient,
        Mistake::NoDeadline,
        Mistake::CutsBodies,
        Mistake::OnePage,
        Mistake::FinishesFirst,
    ] {
        assert!(
            !disagreements(&Wrong(mistake), &all).is_empty(),
            "{mistake:?}"
        );
    }
}

/// A driver that agrees with every line may still ask for other waits.
#[test]
fn waits_are_compared_to_the_nanosecond() {
    let scenario = Scenario::warm("a wait of a seed")
        .fault("503", "/partner/payments")
        .call(sanspay_ffi_free_tests::Call::Raw(
            Method::GET,
            "/partner/payments",
            None,
        ));
    let first = run(&InMemory, &scenario);
    let other = run(&InMemory, &scenario.settings(|settings| settings.seed = 1));
    assert_ne!(first, other);
    assert_eq!(first.lines().len(), other.lines().len());
}

/// Which scenarios go another way with a provider is listed, and so are no others.
#[test]
fn every_provider_gives_the_traces_of_the_default_up_to_the_spelling() {
    let all = scenarios::all();
    for provider in profiles::all() {
        let disagreements = disagreements_spelled(&InMemory, &all, &provider);
        assert_eq!(disagreements, Vec::<String>::new(), "{}", provider.name());
        for scenario in all.iter().filter(|scenario| provider.differs_in(scenario)) {
            let trace = run_spelled(&InMemory, scenario, provider.wire());
            let same = trace.difference(scenario.expected()).is_none();
            assert!(!same, "{}: {}", provider.name(), scenario.name());
        }
    }
}
