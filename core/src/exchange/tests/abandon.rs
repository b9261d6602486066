//! What is known of a call that its driver gives up.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::*;

const CHANGES: [Replay; 2] = [Replay::Unsafe, Replay::WithIdempotencyKey];

#[test]
fn before_its_request_nothing_was_sent_and_the_token_is_for_others_to_fetch() {
    for replay in CHANGES {
        let session = session(|_| ());
        let mut call = session.exchange(Probe(replay));
        assert_eq!(sent(call.poll(at(0))).uri().path(), "/token");
        let mut follower = session.exchange(Probe(replay));
        assert!(matches!(follower.poll(at(0)), Step::Wait(_)));
        let error = call.abandon(at(1));
        assert_eq!(error.kind(), ErrorKind::NotSent);
        assert!(!error.outcome_unknown() && error.unknown().is_none());
        assert_eq!(sent(follower.poll(at(1))).uri().path(), "/token");
    }
}

#[test]
fn in_flight_it_is_unknown_with_all_that_is_needed_to_find_out() {
    for replay in CHANGES {
        let session = warm(|_| ());
        let mut call = session.exchange(Probe(replay));
        sent(call.poll(at(0)));
        assert!(call.report().outcome_unknown);
        let error = call.abandon(at(7));
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Lost, 1));
        assert!(error.outcome_unknown());
        let unknown = error.unknown().unwrap();
        assert_eq!((unknown.reference(), unknown.sent_at()), ("ref-1", at(7)));
        assert_eq!(outcome_of(Some(&error)), "unknown");
        assert_eq!(call.report().elapsed, Duration::from_secs(7));
    }
}

#[test]
fn a_reading_call_that_is_given_up_may_be_repeated() {
    let session = warm(|_| ());
    let mut call = session.exchange(Probe(Replay::Safe));
    sent(call.poll(at(0)));
    let error = call.abandon(at(1));
    assert!(error.is_transient() && !error.outcome_unknown());
    assert_eq!(outcome_of(Some(&error)), "failed");
}

#[test]
fn in_the_pause_after_a_lost_answer_it_is_unknown_and_the_loss_is_kept() {
    let session = warm(|settings| settings.idempotency = Idempotency::Honoured);
    let mut call = session.exchange(Probe(Replay::WithIdempotencyKey));
    sent(call.poll(at(0)));
    call.reply(at(1), Err(TransportError::maybe_sent("reset")));
    assert!(matches!(call.poll(at(1)), Step::Wait(_)));
    let error = call.abandon(at(1));
    assert!(error.outcome_unknown());
    assert!(std::error::Error::source(&error).is_some());
}

#[test]
fn in_the_pause_after_what_was_not_sent_nothing_was_executed() {
    let session = warm(|_| ());
    let mut call = session.exchange(Probe(Replay::Unsafe));
    sent(call.poll(at(0)));
    let refused = TransportError::not_sent(NotSent::proven(), "refused");
    call.reply(at(1), Err(refused));
    let error = call.abandon(at(1));
    assert_eq!(error.kind(), ErrorKind::NotSent);
    assert!(!error.outcome_unknown());
}

#[test]
fn an_answer_that_nobody_took_is_unknown_and_a_refusal_stays_one() {
    let session = warm(|_| ());
    for (status, unknown) in [(200, true), (422, false)] {
        let mut call = session.exchange(Probe(Replay::Unsafe));
        sent(call.poll(at(0)));
        let answer = Response::builder().status(status);
        call.reply(at(1), Ok(answer.body(br#""done""#.to_vec()).unwrap()));
        assert_eq!(call.abandon(at(1)).outcome_unknown(), unknown, "{status}");
    }
}

#[test]
fn after_the_result_there_is_nothing_to_give_up() {
    let session = warm(|_| ());
    let mut call = session.exchange(Probe(Replay::Unsafe));
    sent(call.poll(at(0)));
    call.reply(at(1), Ok(Response::new(br#""done""#.to_vec())));
    done(call.poll(at(1))).unwrap();
    assert_eq!(call.abandon(at(1)).kind(), ErrorKind::Misuse);
}

/// An operation whose answer nobody survives.
struct Explosive;

impl Endpoint for Explosive {
    type Output = String;
    fn operation(&self) -> &str {
        "explode"
    }
    fn request(&self, api: &Api) -> Result<Request<Vec<u8>>, Error> {
        Probe(Replay::Unsafe).request(api)
    }
    fn parse(&self, _: Reply<'_>) -> Result<String, Error> {
        panic!("the parser has a fault")
    }
}

#[test]
fn a_parser_that_panics_leaves_it_unknown() {
    let session = warm(|_| ());
    let mut call = session.exchange(Explosive);
    sent(call.poll(at(0)));
    let answer = Ok(Response::new(Vec::new()));
    let reply = AssertUnwindSafe(|| call.reply(at(1), answer));
    catch_unwind(reply).unwrap_err();
    assert!(call.abandon(at(1)).outcome_unknown());
}

#[test]
fn whoever_asks_again_after_the_end_is_not_told_that_nothing_was_executed() {
    for (answer, unknown) in [
        (answered(200, "\"done\""), true),
        (lost(), true),
        (answered(422, ""), false),
    ] {
        let session = warm(|_| ());
        let mut call = session.exchange(Probe(Replay::Unsafe));
        sent(call.poll(at(0)));
        call.reply(at(1), answer);
        assert!(matches!(call.poll(at(1)), Step::Done(_)));
        let Step::Done(Err(again)) = call.poll(at(2)) else {
            panic!("it goes on");
        };
        for error in [again, call.abandon(at(3))] {
            assert_eq!(error.kind(), ErrorKind::Misuse);
            assert_eq!(error.safe_to_retry(), !unknown);
            assert_eq!(error.unknown().is_some(), unknown);
        }
    }
}

#[test]
fn a_clock_that_went_back_does_not_make_the_sending_earlier() {
    let session = warm(|_| ());
    let mut call = session.exchange(Probe(Replay::Unsafe));
    sent(call.poll(at(60)));
    // Set back by a minute, and set right before the outcome is looked up.
    call.reply(at(1), lost());
    let Step::Done(Err(error)) = call.poll(at(1)) else {
        panic!("it goes on");
    };
    assert_eq!(error.unknown().unwrap().sent_at(), at(60));
}
