//! One span for each call, with what an operator needs and without any secret.
#![cfg(feature = "tracing")]
#![allow(clippy::unwrap_used)]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, Once};
use std::time::SystemTime;

use sanspay_blocking::Client;
use sanspay_core::Currency;
use sanspay_core::partner::NewPayout;
use sanspay_testkit::sandbox::{Sandbox, SandboxConfig};
use tracing_subscriber::fmt::format::FmtSpan;

thread_local! {
    static WRITTEN: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Writes to the log of the thread that it is used on.
struct OfThisThread;

impl io::Write for OfThisThread {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        WRITTEN.with_borrow_mut(|written| written.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is logged while `calls` runs. One subscriber serves the whole process: with one for each
/// test, a span that another test's thread meets first could be held for disabled everywhere.
fn logged(calls: impl FnOnce()) -> String {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_span_events(FmtSpan::FULL)
            .with_ansi(false)
            .with_writer(|| OfThisThread)
            .init();
    });
    WRITTEN.take();
    calls();
    String::from_utf8(WRITTEN.take()).unwrap()
}

fn payout() -> NewPayout {
    let beneficiary = BTreeMap::from([("iban", "DE8937")]);
    NewPayout::new(
        "payout-1",
        "7.50".parse().unwrap(),
        Currency::EUR,
        &beneficiary,
    )
}

fn contains_no_secret(log: &str) {
    for secret in ["sandbox-key", "Bearer", "eyJ", "DE8937"] {
        assert!(!log.contains(secret), "{secret} is in {log}");
    }
}

#[test]
fn a_span_names_operation_attempts_status_request_id_and_duration_and_no_secret() {
    let log = logged(|| {
        let sandbox = Mutex::new(Sandbox::new(SandboxConfig::default()));
        let client = Client::builder()
            .base_url("https://api.example.com")
            .credentials("sandbox-key-id", "sandbox-key-secret")
            .transport(move |request| {
                Ok(sandbox.lock().unwrap().handle(&request, SystemTime::now()))
            })
            .build()
            .unwrap();
        client.call(payout()).unwrap();
        client.call(payout()).unwrap_err();
    });
    for expected in [
        "operation=\"request payout\"",
        "attempts=1",
        "status=201",
        "status=409",
        "request_id=",
        "elapsed_ms=",
        "outcome=\"ok\"",
        "outcome=\"failed\"",
        "error=",
    ] {
        assert!(log.contains(expected), "{expected} is not in {log}");
    }
    assert!(!log.contains("WARN"), "{log}");
    contains_no_secret(&log);
}

/// The caller learns nothing from a panic, so the span has to say it.
#[test]
fn a_payout_whose_transport_panics_closes_its_span_as_unknown_with_a_warning() {
    let log = logged(|| {
        let sandbox = Mutex::new(Sandbox::new(SandboxConfig::default()));
        let client = Client::builder()
            .base_url("https://api.example.com")
            .credentials("sandbox-key-id", "sandbox-key-secret")
            .transport(move |request: http::Request<Vec<u8>>| {
                assert!(request.uri().path().ends_with("/token"), "a fault");
                Ok(sandbox.lock().unwrap().handle(&request, SystemTime::now()))
            })
            .build()
            .unwrap();
        let call = AssertUnwindSafe(|| client.call(payout()));
        catch_unwind(call).unwrap_err();
    });
    for expected in ["WARN", "outcome=\"unknown\"", "it may have been executed"] {
        assert!(log.contains(expected), "{expected} is not in {log}");
    }
    contains_no_secret(&log);
}
