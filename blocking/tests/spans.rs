//! One span for each call, with what an operator needs and without any secret.
#![cfg(feature = "tracing")]
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use sanspay_blocking::Client;
use sanspay_core::Currency;
use sanspay_core::partner::NewPayout;
use sanspay_core::sandbox::{Sandbox, SandboxConfig};
use tracing_subscriber::fmt::format::FmtSpan;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_span_names_operation_attempts_status_request_id_and_duration_and_no_secret() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, || {
        let sandbox = Mutex::new(Sandbox::new(SandboxConfig::default()));
        let client = Client::builder()
            .base_url("https://api.example.com")
            .credentials("sandbox-key-id", "sandbox-key-secret")
            .transport(move |request| {
                Ok(sandbox.lock().unwrap().handle(&request, SystemTime::now()))
            })
            .build()
            .unwrap();
        let beneficiary = BTreeMap::from([("iban", "DE8937")]);
        let amount = "7.50".parse().unwrap();
        let payout = || NewPayout::new("payout-1", amount, Currency::EUR, &beneficiary);
        client.call(payout()).unwrap();
        client.call(payout()).unwrap_err();
    });
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for expected in [
        "operation=\"request payout\"",
        "attempts=1",
        "status=201",
        "status=409",
        "request_id=",
        "elapsed_ms=",
        "error=",
    ] {
        assert!(log.contains(expected), "{expected} is not in {log}");
    }
    for secret in ["sandbox-key", "Bearer", "eyJ", "DE8937"] {
        assert!(!log.contains(secret), "{secret} is in {log}");
    }
}
