//! The blocking client over a closure, put through the suite that every driver has to pass.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;
use std::time::Duration;

use sanspay_blocking::Client as Blocking;
use sanspay_core::partner::{ListPayments, Record, Resolution};
use sanspay_core::{Endpoint, Error, Settings, UnknownOutcome};
use sanspay_ffi_free_tests::{Client, Driver, KEY_ID, KEY_SECRET, World, disagreements, scenarios};

struct OverClosure;

struct Calls {
    client: Blocking,
    world: World,
}

impl Driver for OverClosure {
    type Client = Calls;

    fn client(&self, world: &World, settings: Settings) -> Result<Calls, Error> {
        let (network, time, sleep) = (world.clone(), world.clone(), world.clone());
        let client = Blocking::builder()
            .base_url("https://api.example.com")
            .credentials(KEY_ID, KEY_SECRET)
            .settings(settings)
            .clock(move || time.now(), move |wait| sleep.sleep(wait))
            .transport(move |request| {
                let flight = network.depart(&request);
                if flight.is_abandoned() {
                    // Long enough for the other call to begin; any other length is right too.
                    thread::sleep(Duration::from_millis(20));
                    resume_unwind(Box::new("given up"));
                }
                network.land(flight)
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
            let call = || self.client.call(dropped);
            scope.spawn(|| catch_unwind(AssertUnwindSafe(call)).is_err());
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

#[test]
fn the_blocking_client_over_a_closure_agrees_with_the_in_memory_driver() {
    let disagreements = disagreements(&OverClosure, &scenarios::all());
    assert!(disagreements.is_empty(), "\n{}", disagreements.join("\n"));
}
