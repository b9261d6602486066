//! The time after which an exchange hands nothing out.

use super::*;

const UNTIL: u64 = 30;

/// A call that may be sent before second 30.
fn fenced(session: &Session, replay: Replay) -> crate::Exchange<Probe> {
    session.exchange(Probe(replay)).with_send_by(at(UNTIL))
}

fn too_late<T: std::fmt::Debug>(step: Step<T>) -> Error {
    let error = done(step).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Deadline);
    assert!(
        error
            .to_string()
            .contains("the time by which it had to be sent has passed")
    );
    error
}

#[test]
fn a_suspended_call_sends_nothing_when_it_wakes() {
    for wakes in [UNTIL, UNTIL + 1, 120, 1_000_000] {
        let session = warm(|_| ());
        let mut call = fenced(&session, Replay::Unsafe).with_deadline(Duration::from_secs(600));
        assert!(!too_late(call.poll(at(wakes))).outcome_unknown(), "{wakes}");
    }
}

#[test]
fn the_request_says_how_long_it_may_still_be_written() {
    let session = warm(|_| ());
    let mut call = fenced(&session, Replay::Unsafe);
    let limits = Limits::of(&sent(call.poll(at(12))));
    assert_eq!(limits.send_within, Some(Duration::from_secs(UNTIL - 12)));
    assert!(!limits.may_be_repeated);
    let mut free = session.exchange(Probe(Replay::Safe));
    let limits = Limits::of(&sent(free.poll(at(12))));
    assert!(limits.send_within.is_none() && limits.may_be_repeated);
}

/// It may be hours: nobody knows how much time a clock that goes back hides.
#[test]
fn a_clock_that_goes_back_closes_the_fence() {
    let session = session(|_| ());
    let mut call = fenced(&session, Replay::Unsafe);
    assert_eq!(sent(call.poll(at(10))).uri().path(), "/token");
    call.reply(at(9), token("one", 3600));
    too_late(call.poll(at(9)));
}

#[test]
fn a_clock_that_leaps_ahead_closes_it_early() {
    let session = session(|_| ());
    let mut call = fenced(&session, Replay::Unsafe).with_deadline(Duration::from_secs(9_000));
    sent(call.poll(at(10)));
    call.reply(at(3_000), token("one", 3600));
    too_late(call.poll(at(3_000)));
}

#[test]
fn what_is_in_flight_may_still_be_answered() {
    let session = warm(|_| ());
    let mut call = fenced(&session, Replay::Unsafe).with_deadline(Duration::from_secs(600));
    sent(call.poll(at(UNTIL - 1)));
    assert!(!waits(call.poll(at(UNTIL + 1))).may_end_early());
    call.reply(at(UNTIL + 2), answered(200, "\"ok\""));
    assert_eq!(done(call.poll(at(UNTIL + 2))).unwrap(), "ok");
}

#[test]
fn a_lost_answer_stays_unknown_and_is_not_repeated_after_the_fence() {
    let session = warm(|s| s.idempotency = crate::Idempotency::Honoured);
    let mut call =
        fenced(&session, Replay::WithIdempotencyKey).with_deadline(Duration::from_secs(600));
    sent(call.poll(at(UNTIL - 1)));
    call.reply(at(UNTIL + 5), lost());
    let error = done(call.poll(at(UNTIL + 5))).unwrap_err();
    assert!(error.outcome_unknown());
    assert_eq!(error.kind(), ErrorKind::Lost);
}

/// What is not sent before the fence is not tried again after it either.
#[test]
fn a_pause_does_not_reach_beyond_the_fence() {
    let session = warm(|_| ());
    let mut call = fenced(&session, Replay::Unsafe);
    sent(call.poll(at(UNTIL - 1)));
    call.reply(at(UNTIL - 1), not_sent());
    let wait = waits(call.poll(at(UNTIL - 1))).delay();
    assert!(wait < Duration::from_secs(1));
    let error = too_late(call.poll(at(UNTIL)));
    assert!(!error.outcome_unknown());
    assert!(
        std::error::Error::source(&error).is_some(),
        "the cause is kept"
    );
}
