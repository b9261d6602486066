//! Deadlines, and clocks that jump.

use super::*;

#[test]
fn a_clock_that_jumps_back_does_not_stall_a_pause() {
    let session = warm(|_| ());
    let mut paused = session.exchange(Probe(Replay::Safe));
    sent(paused.poll(at(100)));
    paused.reply(at(100), lost());
    let delay = waits(paused.poll(at(100))).delay();
    assert_eq!(waits(paused.poll(at(0))).delay(), delay);
    sent(paused.poll(at(0) + delay));
}

#[test]
fn no_wait_overruns_the_deadline() {
    let session = warm(|s| s.deadline = Duration::from_millis(1));
    let (result, waits, _) = run(&session, Probe(Replay::Safe), vec![answered(503, "")]);
    let total: Duration = waits.iter().sum();
    assert!(total < Duration::from_millis(1));
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Server);
}

#[test]
fn nothing_is_sent_after_the_deadline_and_a_late_answer_is_still_used() {
    let session = warm(|_| ());
    let mut never = session
        .exchange(Probe(Replay::Unsafe))
        .with_deadline(Duration::ZERO);
    let error = done(never.poll(at(1))).unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome_unknown()),
        (ErrorKind::Deadline, false)
    );

    let mut unanswered = session.exchange(Probe(Replay::Unsafe));
    sent(unanswered.poll(at(1)));
    let error = done(unanswered.poll(at(31))).unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome_unknown()),
        (ErrorKind::Deadline, true)
    );

    let mut late = session.exchange(Probe(Replay::Unsafe));
    sent(late.poll(at(1)));
    late.reply(at(40), answered(200, "\"ok\""));
    assert_eq!(done(late.poll(at(40))).unwrap(), "ok");
}

#[test]
fn a_transport_that_gives_up_at_the_deadline_ends_in_a_deadline_error() {
    let session = warm(|_| ());
    for (outcome, unknown) in [(lost(), true), (not_sent(), false)] {
        let mut exchange = session.exchange(Probe(Replay::Unsafe));
        sent(exchange.poll(at(1)));
        exchange.reply(at(31), outcome);
        let error = done(exchange.poll(at(31))).unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome_unknown()),
            (ErrorKind::Deadline, unknown)
        );
        assert!(std::error::Error::source(&error).is_some());
    }
}

#[test]
fn a_leader_whose_transport_gives_up_at_its_deadline_fails_nobody_else() {
    let session = session(|_| ());
    let mut hasty = session
        .exchange(Probe(Replay::Safe))
        .with_deadline(Duration::from_secs(2));
    sent(hasty.poll(at(0)));
    let mut patient = session.exchange(Probe(Replay::Safe));
    let _ = waits(patient.poll(at(0)));
    hasty.reply(at(2), lost());
    assert_eq!(
        done(hasty.poll(at(2))).unwrap_err().kind(),
        ErrorKind::Deadline
    );
    assert_eq!(sent(patient.poll(at(2))).uri().path(), "/token");
}
