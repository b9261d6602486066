//! Record a run of your own code, commit the file, replay it without the provider.
//! `cargo run --example record_replay_async`
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::time::SystemTime;
use std::{env, fs};

use sanspay_async::{Client, ReqwestTransport, TlsConfig, Transport};
use sanspay_core::partner::NewPayment;
use sanspay_core::{Currency, ErrorKind};
use sanspay_testkit::cassette::{Recorder, Redaction, Replay};
use sanspay_testkit::sandbox::SandboxConfig;
use sanspay_testkit::server;

/// The code under test: a used reference is no error.
async fn ensure_payment(client: &Client, order: &str) -> Result<bool, Box<dyn Error>> {
    let amount = "10.00".parse()?;
    let created = client.call(NewPayment::new(order, amount, Currency::USD));
    match created.await {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::Conflict => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // Record, over a real socket.
    let provider = server::serve(SandboxConfig::default(), server::FREE_PORT).await?;
    let (key_id, key_secret) = ("sandbox-key-id", "sandbox-key-secret");
    let rules = Redaction::new().secret(key_id).secret(key_secret);
    let recorder = Recorder::new("ensure payment", rules);
    let over_reqwest = ReqwestTransport::new(TlsConfig::builder().build()?)?;
    let recording = recorder.wrap_async(SystemTime::now, move |sent| over_reqwest.send(sent));
    let real = Client::builder()
        .base_url(provider.base_url())
        .credentials(key_id, key_secret)
        .transport(recording)
        .build()?;
    assert!(ensure_payment(&real, "order-1").await?);
    assert!(!ensure_payment(&real, "order-1").await?);

    // Commit.
    let file = env::temp_dir().join(format!("ensure-payment-{}.json", std::process::id()));
    fs::write(&file, recorder.to_json()?)?;

    // Replay, as often as you like.
    let replay = Replay::from_json("ensure-payment.json", &fs::read_to_string(&file)?)?;
    let builder = Client::builder().base_url("https://test.example");
    let builder = builder.credentials("any", "key");
    let test = builder.transport(replay.async_transport()).build()?;
    assert!(ensure_payment(&test, "order-1").await?);
    assert!(!ensure_payment(&test, "order-1").await?);
    replay.assert_all_used();

    fs::remove_file(file)?;
    println!("replayed what was recorded, without the provider");
    Ok(())
}
