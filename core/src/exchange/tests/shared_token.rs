//! The token that exchanges share.

use super::*;

#[test]
fn one_fetch_serves_every_waiting_exchange() {
    let session = session(|_| ());
    let mut exchanges: Vec<_> = (0..64)
        .map(|_| session.exchange(Probe(Replay::Safe)))
        .collect();
    let steps: Vec<_> = exchanges.iter_mut().map(|e| e.poll(at(0))).collect();
    assert_eq!(
        steps
            .iter()
            .filter(|step| matches!(step, Step::Send(_)))
            .count(),
        1
    );
    exchanges[0].reply(at(1), token("one", 3600));
    for exchange in &mut exchanges {
        assert_eq!(bearer(&sent(exchange.poll(at(1)))), "Bearer one");
    }
    // All are refused at once: one renewal, whatever the order.
    for exchange in &mut exchanges {
        exchange.reply(at(2), answered(401, ""));
    }
    let steps: Vec<_> = exchanges.iter_mut().rev().map(|e| e.poll(at(2))).collect();
    assert_eq!(
        steps
            .iter()
            .filter(|step| matches!(step, Step::Send(_)))
            .count(),
        1
    );
    exchanges[63].reply(at(2), token("two", 3600));
    for exchange in &mut exchanges {
        assert_eq!(bearer(&sent(exchange.poll(at(2)))), "Bearer two");
    }
    for exchange in &mut exchanges {
        exchange.reply(at(2), answered(401, ""));
        // A second refusal is an answer, not a reason to go round again.
        assert_eq!(
            done(exchange.poll(at(2))).unwrap_err().kind(),
            ErrorKind::Unauthorized
        );
    }
    assert_eq!(
        exchanges
            .iter()
            .map(|e| e.report().token_requests)
            .sum::<u32>(),
        2
    );
}

#[test]
fn a_token_of_another_call_that_is_refused_at_last_is_used_by_no_later_one() {
    let session = warm(|_| ());
    let mut first = session.exchange(Probe(Replay::Safe));
    let mut second = session.exchange(Probe(Replay::Safe));
    sent(first.poll(at(1)));
    sent(second.poll(at(1)));
    first.reply(at(1), answered(401, ""));
    sent(first.poll(at(1)));
    first.reply(at(1), token("two", 3600));
    second.reply(at(1), answered(401, ""));
    assert_eq!(bearer(&sent(second.poll(at(1)))), "Bearer two");
    second.reply(at(1), answered(401, ""));
    assert!(done(second.poll(at(1))).is_err());
    let mut next = session.exchange(Probe(Replay::Safe));
    assert_eq!(sent(next.poll(at(2))).uri().path(), "/token");
}

#[test]
fn a_late_401_of_an_old_token_does_not_invalidate_the_new_one() {
    let session = warm(|_| ());
    let mut slow = session.exchange(Probe(Replay::Safe));
    sent(slow.poll(at(1)));
    let mut quick = session.exchange(Probe(Replay::Safe));
    sent(quick.poll(at(1)));
    quick.reply(at(2), answered(401, ""));
    assert_eq!(sent(quick.poll(at(2))).uri().path(), "/token");
    quick.reply(at(2), token("two", 3600));
    slow.reply(at(3), answered(401, ""));
    assert_eq!(bearer(&sent(slow.poll(at(3)))), "Bearer two");
}

struct Counter(AtomicUsize);

impl Wake for Counter {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_dropped_leader_wakes_the_others_and_one_takes_over() {
    let session = session(|_| ());
    let counter = Arc::new(Counter(AtomicUsize::new(0)));
    let waker = Waker::from(Arc::clone(&counter));
    let mut leader = session.exchange(Probe(Replay::Safe));
    sent(leader.poll(at(0)));
    let mut others: Vec<_> = (0..3)
        .map(|_| session.exchange(Probe(Replay::Safe)))
        .collect();
    let waiting: Vec<_> = others.iter_mut().map(|e| waits(e.poll(at(0)))).collect();
    waiting[0].wake_early(&waker);
    waiting[0].wake_early(&waker);
    assert_eq!(counter.0.load(Ordering::Relaxed), 0);
    drop(leader);
    assert_eq!(
        counter.0.load(Ordering::Relaxed),
        1,
        "the same waker is kept once"
    );
    waiting[1].wake_early(&waker);
    assert_eq!(
        counter.0.load(Ordering::Relaxed),
        2,
        "a wait that is over wakes at once"
    );
    let steps: Vec<_> = others.iter_mut().map(|e| e.poll(at(0))).collect();
    assert_eq!(
        steps
            .iter()
            .filter(|step| matches!(step, Step::Send(_)))
            .count(),
        1
    );
}

#[test]
fn a_leader_whose_own_deadline_passes_hands_over_instead_of_failing_the_others() {
    let session = session(|_| ());
    let mut hasty = session
        .exchange(Probe(Replay::Safe))
        .with_deadline(Duration::from_secs(2));
    sent(hasty.poll(at(0)));
    let mut patient = session.exchange(Probe(Replay::Safe));
    let _ = waits(patient.poll(at(0)));
    assert_eq!(
        done(hasty.poll(at(2))).unwrap_err().kind(),
        ErrorKind::Deadline
    );
    assert_eq!(sent(patient.poll(at(2))).uri().path(), "/token");
}

/// As when a process is suspended while it renews, and another call begins when it wakes.
#[test]
fn a_renewal_whose_own_deadline_passed_fails_nobody_for_whom_the_old_token_is_over() {
    let session = warm(|_| ());
    let mut renewer = session.exchange(Probe(Replay::Safe));
    assert_eq!(sent(renewer.poll(at(3600 - 299))).uri().path(), "/token");
    let mut patient = session.exchange(Probe(Replay::Safe));
    let _ = waits(patient.poll(at(3700)));
    renewer.reply(at(3700), not_sent());
    assert_eq!(
        done(renewer.poll(at(3700))).unwrap_err().kind(),
        ErrorKind::Deadline
    );
    assert_eq!(sent(patient.poll(at(3700))).uri().path(), "/token");
}

/// The transport finds the token request of a call too late for that call, or its clock turned back.
#[test]
fn a_token_request_that_was_too_late_for_its_own_call_fails_no_other() {
    for (send_by, found) in [
        (at(10), at(11)),
        (at(30), at(0) - Duration::from_millis(700)),
    ] {
        let session = session(|_| ());
        let exchange = session.exchange(Probe(Replay::Unsafe));
        let mut fenced = exchange.with_send_by(send_by);
        assert_eq!(sent(fenced.poll(at(0))).uri().path(), "/token");
        let mut patient = session.exchange(Probe(Replay::Safe));
        let _ = waits(patient.poll(found));
        fenced.reply(found, not_sent());
        let error = done(fenced.poll(found)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Deadline);
        assert!(!error.outcome_unknown());
        assert_eq!(sent(patient.poll(found)).uri().path(), "/token");
    }
}

#[test]
fn a_failed_fetch_is_shared_by_its_waiters_and_forgotten_within_seconds() {
    let session = session(|s| s.retry = RetryPolicy::never());
    let mut leader = session.exchange(Probe(Replay::Safe));
    sent(leader.poll(at(0)));
    let mut follower = session.exchange(Probe(Replay::Safe));
    let _ = waits(follower.poll(at(0)));
    leader.reply(at(1), answered(401, ""));
    for exchange in [&mut leader, &mut follower] {
        let error = done(exchange.poll(at(1))).unwrap_err();
        assert_eq!(
            (error.kind(), error.operation()),
            (ErrorKind::Unauthorized, "probe")
        );
        assert!(error.to_string().contains("fetch token"), "{error}");
    }
    // A moment later the failure still answers, two seconds later it is forgotten.
    let mut next = session.exchange(Probe(Replay::Safe));
    assert!(done(next.poll(at(1))).is_err());
    fetch(&session, at(3), "one", 3600);
}

#[test]
fn what_the_token_route_answers_is_not_taken_for_the_operations_own_answer() {
    for status in [404, 409] {
        let session = session(|_| ());
        let mut exchange = session.exchange(Probe(Replay::Safe));
        sent(exchange.poll(at(0)));
        exchange.reply(at(0), answered(status, ""));
        let error = done(exchange.poll(at(0))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused);
        assert!(error.to_string().contains("fetch token"), "{error}");
    }
}

#[test]
fn a_follower_that_looks_late_learns_how_its_fetch_ended() {
    let session = session(|s| s.retry = RetryPolicy::never());
    let mut leader = session.exchange(Probe(Replay::Safe));
    sent(leader.poll(at(0)));
    let mut follower = session.exchange(Probe(Replay::Safe));
    let _ = waits(follower.poll(at(0)));
    leader.reply(at(1), answered(500, ""));
    assert_eq!(
        done(follower.poll(at(20))).unwrap_err().kind(),
        ErrorKind::Server
    );
}

#[test]
fn an_old_failure_answers_nobody_while_a_newer_fetch_is_under_way() {
    let session = session(|s| s.retry = RetryPolicy::never());
    let mut unlucky = session.exchange(Probe(Replay::Safe));
    sent(unlucky.poll(at(100)));
    unlucky.reply(at(100), answered(500, ""));
    // The clock goes back, somebody fetches anew, and the clock passes the failure once more.
    let mut leader = session.exchange(Probe(Replay::Safe));
    sent(leader.poll(at(90)));
    let mut follower = session.exchange(Probe(Replay::Safe));
    assert!(waits(follower.poll(at(100))).may_end_early());
}

#[test]
fn inside_the_soft_window_one_renews_and_the_others_go_on() {
    let session = warm(|_| ());
    let soft = at(3600 - 299);
    let mut renewer = session.exchange(Probe(Replay::Safe));
    assert_eq!(sent(renewer.poll(soft)).uri().path(), "/token");
    let mut other = session.exchange(Probe(Replay::Safe));
    assert_eq!(bearer(&sent(other.poll(soft))), "Bearer one");
    // The renewal fails: no error while the token lives, and no second try within the second.
    renewer.reply(soft, answered(503, ""));
    assert_eq!(bearer(&sent(renewer.poll(soft))), "Bearer one");
    let mut third = session.exchange(Probe(Replay::Safe));
    assert_eq!(bearer(&sent(third.poll(soft))), "Bearer one");
    // Inside the hard window the token is used no more.
    fetch(&session, at(3600 - 9), "two", 3600);
}

#[test]
fn a_clock_that_jumps_back_does_not_keep_a_token_for_ever() {
    let session = session(|_| ());
    fetch(&session, at(5000), "one", 3600);
    let mut exchange = session.exchange(Probe(Replay::Safe));
    assert_eq!(bearer(&sent(exchange.poll(at(0)))), "Bearer one");
    // It counts from the jump at the latest: an hour later by the new clock it is renewed.
    fetch(&session, at(3600), "two", 3600);
}

#[test]
fn tokens_that_seem_expired_on_arrival_are_used() {
    let session = session(|_| ());
    fetch(&session, at(0), "one", 0);
    let mut exchange = session.exchange(Probe(Replay::Safe));
    assert_eq!(bearer(&sent(exchange.poll(at(1)))), "Bearer one");
}

#[test]
fn the_live_token_can_be_read_until_its_end_whatever_the_clock_does() {
    let session = session(|settings| settings.token.hard_window = Duration::from_secs(10));
    assert!(session.authorization(at(0)).is_none());
    let mut exchange = session.exchange(Probe(Replay::Safe));
    sent(exchange.poll(at(100)));
    exchange.reply(at(100), token("one", 1000));
    let read = |now| session.authorization(now).map(|token| token.clone());
    let one = || Some("Bearer one".parse().unwrap());
    assert_eq!(read(at(100)), one());
    assert_eq!(read(at(1089)), one());
    assert!(read(at(1090)).is_none());
    // The clock has jumped back: its age is unknown, and its life starts anew.
    assert_eq!(read(at(50)), one());
    assert_eq!(read(at(1039)), one());
    assert!(read(at(1040)).is_none());
    // It is refused, and forgotten; what was read before stays what it was.
    let before = session.authorization(at(60)).unwrap();
    sent(exchange.poll(at(60)));
    exchange.reply(at(60), answered(401, ""));
    assert!(session.authorization(at(60)).is_none());
    assert_eq!(*before, "Bearer one");
    assert!(before.is_sensitive() && !format!("{before:?}").contains("one"));
}
