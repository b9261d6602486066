//! A blocking transport that is right passes, and each fault is found by the name of its rule.
#![allow(clippy::unwrap_used)]

mod naive;

use std::sync::LazyLock;
use std::thread;

use naive::{Client, Fault};
use sanspay_testkit::{BrokenRules, Rule, check_transport};

/// What the checker says of each fault; they wait at the same time.
static CHECKED: LazyLock<Vec<(Fault, Result<(), BrokenRules>)>> = LazyLock::new(|| {
    let check = |fault| {
        let client = Client::with(fault);
        (fault, check_transport(|request| client.send(&request)))
    };
    thread::scope(|scope| {
        let checks = Fault::ALL.map(|fault| scope.spawn(move || check(fault)));
        checks.map(|check| check.join().unwrap()).into()
    })
});

fn check(fault: Fault) -> Result<(), BrokenRules> {
    let checked = CHECKED.iter().find(|(checked, _)| *checked == fault);
    checked.unwrap().1.clone()
}

/// The fault breaks these rules and no others.
#[track_caller]
fn breaks<const N: usize>(fault: Fault, rules: [Rule; N]) -> BrokenRules {
    let broken = check(fault).unwrap_err();
    assert_eq!(broken.rules(), rules.into(), "{fault:?}: {broken}");
    broken
}

#[test]
fn a_right_one_passes() -> Result<(), BrokenRules> {
    check(Fault::None)
}

/// M9: executed twice, and success reported.
#[test]
fn one_that_sends_again_on_a_reused_connection_is_found() {
    // The second attempt may be refused, and then it claims that the first was not sent.
    let rules = [Rule::Once, Rule::NotSentNeedsProof];
    let broken = breaks(Fault::ResendsOnReused, rules);
    let text = broken.to_string();
    for expected in [
        "it closes a reused connection after executing: the request arrived 2 times, and the \
         transport reported status 200",
        "an idle connection is closed right as the request comes: the request arrived 2 times",
        "to keep rule 1: switch off every retry of the client library, also on reused connections",
    ] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
    let cold = |breach: &sanspay_testkit::Breach| !breach.situation().contains("reused");
    let cold = broken
        .breaches()
        .iter()
        .filter(|breach| cold(breach))
        .count();
    assert_eq!(cold, 2, "{broken}");
}

/// The second attempt is refused, which says nothing about the first.
#[test]
fn one_that_reports_its_second_attempt_claims_not_sent_wrongly() {
    let broken = breaks(Fault::Resends, [Rule::Once, Rule::NotSentNeedsProof]);
    assert!(broken.to_string().contains("the server had all of it"));
}

#[test]
fn one_that_follows_redirects_is_found() {
    let broken = breaks(Fault::FollowsRedirects, [Rule::NoRedirects]);
    assert_eq!(broken.breaches().len(), 5);
}

#[test]
fn one_that_takes_a_status_for_a_failure_is_found() {
    let broken = breaks(Fault::StatusIsAnError, [Rule::EveryStatusIsAnAnswer]);
    assert_eq!(broken.breaches().len(), 10);
}

#[test]
fn one_that_takes_a_part_for_the_whole_is_found() {
    let broken = breaks(Fault::TakesShortBodies, [Rule::TheWholeAnswerOrNone]);
    assert_eq!(broken.breaches().len(), 2);
}

#[test]
fn one_that_reads_without_a_limit_or_hides_what_it_read_is_found() {
    breaks(Fault::RefusesLongBodies, [Rule::TheWholeAnswerOrNone]);
    breaks(Fault::ReadsEverything, [Rule::TheWholeAnswerOrNone]);
}

#[test]
fn one_that_proves_by_the_kind_of_error_is_found() {
    breaks(Fault::ProvesByKind, [Rule::NotSentNeedsProof]);
}

#[test]
fn one_without_a_time_limit_or_with_one_for_each_read_is_found() {
    breaks(Fault::WaitsForEver, [Rule::NeverWithoutAnEnd]);
    breaks(Fault::BoundsEachRead, [Rule::NeverWithoutAnEnd]);
}

#[test]
fn one_that_sends_too_late_is_found() {
    let broken = breaks(Fault::HasNoFence, [Rule::NotTooLate]);
    assert_eq!(broken.breaches().len(), 2);
}

#[test]
fn one_that_alters_the_request_is_found() {
    let broken = breaks(Fault::LosesTheQuery, [Rule::Once]);
    assert!(broken.to_string().contains("path or query was altered"));
}

#[test]
fn one_that_loses_the_idempotency_key_is_found() {
    let broken = breaks(Fault::LosesTheKey, [Rule::Once]);
    assert!(broken.to_string().contains("`Idempotency-Key` was altered"));
}

#[test]
fn one_that_loses_the_headers_of_the_answer_is_found() {
    let rule = Rule::TheWholeAnswerOrNone;
    let broken = breaks(Fault::LosesTheAnswersHeaders, [rule]);
    assert!(broken.to_string().contains("headers of the answer"));
}

#[test]
fn one_that_sends_again_after_a_gateway_timeout_is_found() {
    let broken = breaks(Fault::RepeatsAfterGatewayTimeouts, [Rule::Once]);
    assert_eq!(broken.breaches().len(), 1);
}
