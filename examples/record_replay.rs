//! Record a run of your own code, commit the file, replay it without the provider.
//! `cargo run --example record_replay`
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::time::SystemTime;
use std::{env, fs};

use sanspay_blocking::{Client, TlsConfig, Transport, UreqTransport};
use sanspay_core::partner::NewPayment;
use sanspay_core::{Currency, ErrorKind};
use sanspay_testkit::cassette::{Recorder, Redaction, Replay};
use sanspay_testkit::sandbox::SandboxConfig;
use sanspay_testkit::server::{FREE_PORT, serve_in_thread};

/// The code under test: a used reference is no error.
fn ensure_payment(client: &Client, order: &str) -> Result<bool, Box<dyn Error>> {
    let amount = "10.00".parse()?;
    match client.call(NewPayment::new(order, amount, Currency::USD)) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::Conflict => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    // Record, over a real socket.
    let provider = serve_in_thread(SandboxConfig::default(), FREE_PORT)?;
    let (key_id, key_secret) = ("sandbox-key-id", "sandbox-key-secret");
    let rules = Redaction::new().secret(key_id).secret(key_secret);
    let recorder = Recorder::new("ensure payment", rules);
    let over_ureq = UreqTransport::new(TlsConfig::builder().build()?);
    let recording = recorder.wrap(SystemTime::now, move |request| over_ureq.send(request));
    let real = Client::builder()
        .base_url(provider.base_url())
        .credentials(key_id, key_secret)
        .transport(recording)
        .build()?;
    assert!(ensure_payment(&real, "order-1")? && !ensure_payment(&real, "order-1")?);

    // Commit.
    let file = env::temp_dir().join(format!("ensure-payment-{}.json", std::process::id()));
    fs::write(&file, recorder.to_json()?)?;

    // Replay, as often as you like.
    let replay = Replay::from_json("ensure-payment.json", &fs::read_to_string(&file)?)?;
    let builder = Client::builder().base_url("https://test.example");
    let builder = builder.credentials("any", "key");
    let test = builder.transport(replay.transport()).build()?;
    assert!(ensure_payment(&test, "order-1")? && !ensure_payment(&test, "order-1")?);
    replay.assert_all_used();

    fs::remove_file(file)?;
    println!("replayed what was recorded, without the provider");
    Ok(())
}
