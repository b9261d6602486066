//! The blocking client, over a closure and over a socket, put through the suite that every driver
//! has to pass.
#![allow(clippy::unwrap_used)]

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use sanspay_blocking::{Client as Blocking, TlsConfig, Transport, UreqTransport};
use sanspay_core::partner::{ListPayments, Record, Resolution};
use sanspay_core::{Clock, Endpoint, Error, Settings, UnknownOutcome};
use sanspay_ffi_free_tests::{
    Client, Driver, KEY_ID, KEY_SECRET, World, disagreements, disagreements_spelled, profiles,
    scenarios,
};
use sanspay_testkit::network::FlightServer;

/// The client over a closure that is the network, or over ureq and a real socket.
enum Over {
    Closure,
    Socket(FlightServer),
}

/// The world's time, and how often somebody looked at it or sent something.
struct Time(World, Arc<AtomicUsize>);

impl Clock for Time {
    fn now(&self) -> SystemTime {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.now()
    }

    fn skip(&self, delay: Duration) -> bool {
        self.0.sleep(delay);
        true
    }
}

struct Calls {
    client: Blocking,
    world: World,
}

impl Driver for Over {
    type Client = Calls;

    fn client(&self, world: &World, settings: Settings) -> Result<Calls, Error> {
        let network = world.clone();
        let looks = Arc::new(AtomicUsize::new(0));
        let time = Time(world.clone(), Arc::clone(&looks));
        let socket = match self {
            Self::Closure => None,
            Self::Socket(server) => {
                let tls = TlsConfig::builder().build()?;
                let ureq = UreqTransport::with_connect_timeout(Duration::from_secs(5), tls);
                Some((server.clone(), ureq))
            }
        };
        let client = Blocking::builder()
            .base_url("https://api.example.com")
            .credentials(KEY_ID, KEY_SECRET)
            .wire(world.wire())
            .settings(settings)
            .clock(time)
            .transport(move |request| {
                // Before the other call can begin, which waits for this one to depart.
                let looked = looks.load(Ordering::SeqCst);
                let flight = network.depart(&request);
                if flight.is_abandoned() {
                    // The other call has begun when it has looked at the clock and gone on.
                    while looks.load(Ordering::SeqCst) < looked + 2 {
                        thread::yield_now();
                    }
                    resume_unwind(Box::new("given up"));
                }
                looks.fetch_add(1, Ordering::SeqCst);
                let Some((server, over)) = &socket else {
                    return network.land(flight);
                };
                let outcome = over.send(server.redirect(request, &flight));
                network.landed(&flight, &outcome);
                outcome
            })
            .build()?;
        let world = world.clone();
        Ok(Calls { client, world })
    }
}

impl Client for Calls {
    fn call<E>(&self, endpoint: E, deadline: Option<Duration>) -> Result<E::Output, Error>
    where
        E: Endpoint + Send + Sync,
        E::Output: Send,
    {
        match deadline {
            Some(deadline) => self.client.call_within(deadline, endpoint),
            None => self.client.call(endpoint),
        }
    }

    fn abandon<E>(&self, dropped: E, follower: E) -> Result<E::Output, Error>
    where
        E: Endpoint + Send + Sync,
        E::Output: Send,
    {
        thread::scope(|scope| {
            scope.spawn(|| catch_unwind(AssertUnwindSafe(|| self.client.call(dropped))).is_err());
            while self.world.abandons_next() {
                thread::yield_now();
            }
            self.client.call(follower)
        })
    }

    fn resolve(&self, unknown: &UnknownOutcome) -> Resolution {
        self.client.resolve(unknown)
    }

    fn pages(&self, list: ListPayments) -> (Vec<Record>, Option<Error>) {
        let mut records = Vec::new();
        for record in self.client.pages(list) {
            match record {
                Ok(record) => records.push(record),
                Err(error) => return (records, Some(error)),
            }
        }
        (records, None)
    }
}

fn assert_agrees(driver: &Over) {
    let all = scenarios::all();
    let mut disagreements = disagreements(driver, &all);
    for provider in profiles::all() {
        disagreements.extend(disagreements_spelled(driver, &all, &provider));
    }
    assert!(disagreements.is_empty(), "\n{}", disagreements.join("\n"));
}

#[test]
fn the_blocking_client_over_a_closure_agrees_with_the_in_memory_driver() {
    assert_agrees(&Over::Closure);
}

#[test]
fn the_blocking_client_over_a_socket_agrees_with_the_in_memory_driver() {
    assert_agrees(&Over::Socket(FlightServer::start()));
}
