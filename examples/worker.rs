//! A worker thread that pays out what it is given, one payout at a time.
//! `cargo run --example worker`
#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::mpsc::{self, Receiver};
use std::thread;

use sanspay_blocking::Client;
use sanspay_core::partner::{NewPayout, Resolution};
use sanspay_core::{Currency, printable};
use sanspay_testkit::sandbox::{Fault, FaultRule, RecordKind, SandboxConfig};
use sanspay_testkit::server::{FREE_PORT, serve_in_thread};

/// Pays out until nobody sends work any more. A real worker stores the payout before it calls,
/// and what is unknown until it is resolved.
fn work(client: &Client, payouts: &Receiver<NewPayout>) {
    for payout in payouts {
        let error = match client.call(&payout) {
            Ok(record) => {
                println!(
                    "{} is {}",
                    printable(record.reference().unwrap_or("a payout")),
                    record.status()
                );
                continue;
            }
            Err(error) => error,
        };
        println!("{error}");
        let Some(unknown) = error.unknown() else {
            continue;
        };
        match client.resolve(unknown) {
            Resolution::Found(record) => println!("  it was executed: {}", record.id()),
            Resolution::Absent => println!("  it was not executed"),
            Resolution::Unknown(why) => println!("  ask again later: {why}"),
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let provider = serve_in_thread(SandboxConfig::default(), FREE_PORT)?;
    // The answer to the second payout gets lost on its way.
    let lost = FaultRule::new(Fault::LostAnswer)
        .path("/partner/payouts")
        .skip(1);
    provider.with(|sandbox, _| sandbox.add_fault(lost));
    let client = Client::builder()
        .base_url(provider.base_url())
        .credentials("sandbox-key-id", "sandbox-key-secret")
        .build()?;

    let (queue, payouts) = mpsc::channel();
    let worker = thread::spawn(move || work(&client, &payouts));
    let beneficiary = BTreeMap::from([("iban", "DE89370400440532013000")]);
    for number in 1..=3 {
        let reference = format!("salary-{number}");
        queue.send(NewPayout::new(
            reference,
            "1500.00".parse()?,
            Currency::EUR,
            &beneficiary,
        ))?;
    }
    drop(queue);
    worker.join().map_err(|_| "the worker panicked")?;

    for number in 1..=3 {
        let reference = format!("salary-{number}");
        let times = provider.with(|s, _| s.executions(RecordKind::Payout, &reference));
        assert_eq!(times, 1, "{reference} must be paid exactly once");
    }
    println!("each was paid exactly once");
    Ok(())
}
