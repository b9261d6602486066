//! A merchant's own service function, tested with a committed recording: no network, no clock, no
//! mock.

#![allow(clippy::unwrap_used)]

use sanspay_async::Client;
use sanspay_core::partner::{ListPayments, NewPayment};
use sanspay_core::{Currency, Error};
use sanspay_testkit::cassette::{Recorder, Redaction, Replay};
use sanspay_testkit::sandbox::SandboxConfig;
use sanspay_testkit::world::World;

/// What the merchant wrote: creates the payment and yields where to send the payer.
async fn begin_checkout(client: &Client, order: &str) -> Result<String, Error> {
    let amount = "10.00".parse().unwrap();
    let payment = NewPayment::new(order, amount, Currency::USD);
    let payment = client.call(payment).await?;
    Ok(payment.checkout_url().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn the_service_does_what_was_recorded() {
    let text = include_str!(
        "../../ffi-free-tests/fixtures/cassettes/a-cold-client-fetches-a-token-and-creates-the-payment.json"
    );
    let replay = Replay::from_json("cold-client.json", text).unwrap();
    let client = Client::builder()
        .base_url("https://test.example")
        .credentials("any", "key")
        .transport(replay.async_transport())
        .build()
        .unwrap();
    let url = begin_checkout(&client, "order-1").await.unwrap();
    assert_eq!(
        url,
        "http://origin-1.invalid/pay/00000000-0000-4000-8000-000000000001"
    );
    replay.assert_all_used();
}

#[tokio::test]
async fn a_call_that_is_dropped_is_recorded_as_unfinished() {
    let recorder = Recorder::new("dropped", Redaction::new());
    let world = World::new(SandboxConfig::default());
    let client = Client::builder()
        .base_url("https://api.example.com")
        .credentials("sandbox-key-id", "sandbox-key-secret")
        .clock(world.clone())
        .transport(recorder.wrap_async(move || world.now(), |_| std::future::pending()))
        .build()
        .unwrap();
    let call = client.call(ListPayments::new());
    let limit = std::time::Duration::from_millis(10);
    assert!(tokio::time::timeout(limit, call).await.is_err());
    let text = recorder.to_json().unwrap();
    assert!(text.contains("\"failure\": \"unfinished\""), "{text}");
}
