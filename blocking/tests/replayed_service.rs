//! A merchant's own service function, tested with a committed recording: no network, no clock, no
//! mock.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use sanspay_blocking::Client;
use sanspay_core::partner::{ListPayments, NewPayment};
use sanspay_core::{Currency, Error, ErrorKind};
use sanspay_testkit::cassette::{Recorder, Redaction, Replay};
use sanspay_testkit::world::World;

/// What the merchant wrote: creates the payment and yields where to send the payer.
fn begin_checkout(client: &Client, order: &str) -> Result<String, Error> {
    let amount = "10.00".parse().unwrap();
    let payment = client.call(NewPayment::new(order, amount, Currency::USD))?;
    let url = payment.checkout_url().unwrap_or_default();
    Ok(format!("{order}: {url}"))
}

fn client(replay: &Replay) -> Client {
    Client::builder()
        .base_url("https://test.example")
        .credentials("any", "key")
        .transport(replay.transport())
        .build()
        .unwrap()
}

const CASSETTE: &str = include_str!(
    "../../ffi-free-tests/fixtures/cassettes/a-cold-client-fetches-a-token-and-creates-the-payment.json"
);

#[test]
fn the_service_does_what_was_recorded() {
    let replay = Replay::from_json("cold-client.json", CASSETTE).unwrap();
    let told = begin_checkout(&client(&replay), "order-1").unwrap();
    assert_eq!(
        told,
        "order-1: http://origin-1.invalid/pay/00000000-0000-4000-8000-000000000001"
    );
    replay.assert_all_used();
}

#[test]
fn the_service_is_told_what_it_does_otherwise() {
    let replay = Replay::from_json("cold-client.json", CASSETTE).unwrap();
    let error = begin_checkout(&client(&replay), "order-2").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotSent);
    let told = "`a cold client fetches a token and creates the payment` has no recording left for \
        POST /partner/payments\n  nearest is /interactions/1, POST /partner/payments\n  \
        body /reference: recorded `order-1`, asked `order-2`";
    assert_eq!(replay.finish().unwrap_err().to_string(), told);
}

#[test]
fn a_recorded_client_in_virtual_time_is_replayed_as_it_was() {
    let world = World::new(sanspay_testkit::sandbox::SandboxConfig::default());
    let recorder = Recorder::new("list twice", Redaction::new()).exact_times();
    let clock = world.clone();
    let builder = Client::builder()
        .base_url("https://api.example.com")
        .credentials("sandbox-key-id", "sandbox-key-secret")
        .clock(world.clone())
        .transport(recorder.wrap(move || clock.now(), world.transport()));
    let real = builder.build().unwrap();
    let run = |client: &Client, world: &World| {
        client.call(ListPayments::new()).unwrap();
        world.advance(Duration::from_secs(7200));
        client.call(ListPayments::new()).unwrap();
        world.assert_token_requests(2);
    };
    run(&real, &world);

    let replay = Replay::from_json("list-twice.json", &recorder.to_json().unwrap()).unwrap();
    let other = World::replaying(replay.clone());
    let replayed = Client::builder()
        .base_url("https://test.example")
        .credentials("any", "key")
        .clock(other.clone())
        .transport(other.transport())
        .build()
        .unwrap();
    run(&replayed, &other);
    assert_eq!(other.trace(), world.trace());
    replay.assert_all_used();
}
