//! Calls whose caller goes away: what is said of them, and those that go on.
#![cfg(feature = "tracing")]
#![allow(clippy::panic, clippy::unwrap_used)]

mod gate;
mod log;

use std::pin::pin;
use std::time::Duration;

use gate::{Gate, payout};
use log::Log;
use sanspay_core::ErrorKind;
use sanspay_core::partner::ListPayments;
use tokio::runtime::Builder;
use tokio::time::timeout;

const SOON: Duration = Duration::from_secs(20);

/// Polls a call until its own request is with the provider, and drops it there.
async fn drop_in_flight<T>(gate: &Gate, call: impl Future<Output = T>) {
    let mut call = pin!(call);
    tokio::select! {
        _ = call.as_mut() => panic!("it ended"),
        () = gate.reached() => {}
    }
}

#[tokio::test]
async fn a_payout_that_is_dropped_in_flight_closes_its_span_as_unknown_with_a_warning() {
    let (log, gate) = (Log::begin(), Gate::closed());
    let client = gate.client();
    drop_in_flight(&gate, client.call(payout("p-1"))).await;
    let log = log.text();
    for expected in [
        "WARN sanspay.call{operation=\"request payout\"",
        "attempts=1",
        "outcome=\"unknown\"",
        "request payout: the call was abandoned before its answer came; it may have been executed",
    ] {
        assert!(log.contains(expected), "{expected} is not in {log}");
    }
    for secret in ["sandbox-key", "Bearer", "eyJ", "DE00", "p-1"] {
        assert!(!log.contains(secret), "{secret} is in {log}");
    }
}

#[tokio::test]
async fn a_dropped_call_that_only_reads_or_was_not_sent_warns_of_nothing() {
    let (log, gate) = (Log::begin(), Gate::closed());
    let client = gate.client();
    drop_in_flight(&gate, client.call(ListPayments::new())).await;
    drop(client.call(payout("never-polled")));
    let log = log.text();
    assert!(log.contains("outcome=\"failed\""), "{log}");
    assert!(!log.contains("WARN") && !log.contains("unknown"), "{log}");
    assert!(!log.contains("request payout"), "{log}");
}

#[tokio::test]
async fn a_payout_that_is_dropped_while_its_token_is_fetched_was_not_executed() {
    let (log, gate) = (Log::begin(), Gate::closed_for_tokens());
    let client = gate.client();
    drop_in_flight(&gate, client.call(payout("p-1"))).await;
    let log = log.text();
    assert!(log.contains("outcome=\"failed\""), "{log}");
    assert!(log.contains("before its request was sent"), "{log}");
    assert!(!log.contains("WARN"), "{log}");
}

#[tokio::test]
async fn a_call_that_ends_says_ok_or_failed() {
    let (log, gate) = (Log::begin(), Gate::open());
    let client = gate.client();
    client.call(payout("p-1")).await.unwrap();
    client.call(payout("p-1")).await.unwrap_err();
    let log = log.text();
    assert!(log.contains("outcome=\"ok\"") && log.contains("outcome=\"failed\""));
    assert!(!log.contains("WARN"), "{log}");
}

#[tokio::test]
async fn a_spawned_call_yields_its_result_and_a_second_look_is_an_error() {
    let gate = Gate::open();
    let client = gate.client();
    let mut paying = client.spawn(payout("p-1"));
    let record = (&mut paying).await.unwrap();
    assert_eq!(record.reference(), Some("p-1"));
    let again = paying.await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Misuse);
    let error = client.spawn(payout("p-1")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn a_spawned_payout_goes_on_when_nobody_waits_for_it() {
    let (log, gate) = (Log::begin(), Gate::closed());
    let client = gate.client();
    drop_in_flight(&gate, client.spawn(payout("p-1"))).await;
    drop(client);
    gate.let_through();
    timeout(SOON, log.says("outcome=\"ok\"")).await.unwrap();
    assert_eq!(gate.executed("p-1"), 1);
    assert!(!log.text().contains("WARN"));
}

#[tokio::test]
async fn a_panic_in_the_task_is_an_error_and_unknown_only_where_it_may_have_been_sent() {
    for (gate, kind, unknown) in [
        (Gate::panicking(), ErrorKind::Lost, true),
        (Gate::panicking_for_tokens(), ErrorKind::NotSent, false),
    ] {
        let error = gate.client().spawn(payout("p-1")).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome_unknown()), (kind, unknown));
        assert_eq!(error.unknown().is_some(), unknown);
    }
}

#[test]
fn a_runtime_that_shuts_down_ends_the_call_as_unknown() {
    let (log, gate) = (Log::begin(), Gate::closed());
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let client = gate.client();
    let paying = {
        let _context = runtime.enter();
        client.spawn(payout("p-1"))
    };
    runtime.block_on(gate.reached());
    drop(runtime);
    let other = Builder::new_current_thread().build().unwrap();
    let error = other.block_on(paying).unwrap_err();
    assert!(error.outcome_unknown(), "{error}");
    assert!(log.text().contains("WARN"));
    assert_eq!(error.unknown().unwrap().reference(), "p-1");
}

#[test]
fn a_call_that_is_spawned_on_a_dead_runtime_or_on_none_sends_nothing() {
    let gate = Gate::open();
    let client = gate.client();
    let other = Builder::new_current_thread().build().unwrap();
    let error = other.block_on(client.spawn(payout("p-1"))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse);

    let dead = Builder::new_current_thread().enable_all().build().unwrap();
    let handle = dead.handle().clone();
    drop(dead);
    let paying = {
        let _context = handle.enter();
        client.spawn(payout("p-1"))
    };
    let error = other.block_on(paying).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotSent);
    assert!(!error.outcome_unknown());
    assert_eq!(gate.executed("p-1"), 0);
}

/// Hears of spans and has a fault.
struct Faulty;

impl tracing::Subscriber for Faulty {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {
        panic!("the subscriber has a fault");
    }
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, _: &tracing::Event<'_>) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[tokio::test]
async fn a_subscriber_that_panics_at_the_end_leaves_an_executed_payout_unknown() {
    let gate = Gate::open();
    let client = gate.client();
    let _faulty = tracing::subscriber::set_default(Faulty);
    let error = client.spawn(payout("p-1")).await.unwrap_err();
    assert_eq!(gate.executed("p-1"), 1);
    assert!(!error.safe_to_retry(), "{error}");
    assert_eq!(error.unknown().unwrap().reference(), "p-1");
}
