//! The machine against a hand-held clock, one test for each promise of its documentation.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};

use std::time::{Duration, SystemTime};

use http::header::AUTHORIZATION;
use http::{Method, Request, Response, StatusCode};

use super::*;
use crate::access_token::{AccessToken, Lifetime};
use crate::answer;
use crate::api::{Api, BaseUrl};
use crate::endpoint::{Auth, Endpoint, Replay};
use crate::error::{Error, ErrorKind, Intent};
use crate::transport::{Limits, TransportError};

/// An operation with a replay rule of our choice.
pub(super) struct Probe(pub(super) Replay);

impl Endpoint for Probe {
    type Output = String;
    fn operation(&self) -> &str {
        "probe"
    }
    fn request(&self, api: &Api) -> Result<Request<Vec<u8>>, Error> {
        api.request("probe", Method::POST, "/probe", &[], Some(b"{}".to_vec()))
    }
    fn parse(&self, api: &Api, response: &Response<&[u8]>) -> Result<String, Error> {
        answer::json("probe", api, response)
    }
    fn replay(&self) -> Replay {
        self.0
    }
    fn intent(&self) -> Option<Intent> {
        Some(Intent::new("probe", "ref-1"))
    }
}

/// Answers are `"name life"`.
pub(super) struct TokenSource;

impl Endpoint for TokenSource {
    type Output = AccessToken;
    fn operation(&self) -> &str {
        "fetch token"
    }
    fn request(&self, api: &Api) -> Result<Request<Vec<u8>>, Error> {
        api.request(
            "fetch token",
            Method::POST,
            "/token",
            &[],
            Some(b"{}".to_vec()),
        )
    }
    fn parse(&self, api: &Api, response: &Response<&[u8]>) -> Result<AccessToken, Error> {
        let (name, life): (String, u64) = answer::json("fetch token", api, response)?;
        let life = Lifetime::For(Duration::from_secs(life));
        Ok(AccessToken::new(&name, life).unwrap())
    }
    fn replay(&self) -> Replay {
        Replay::Safe
    }
    fn auth(&self) -> Auth {
        Auth::None
    }
}

pub(super) type Outcome = Result<Response<Vec<u8>>, TransportError>;

pub(super) fn session(change: impl FnOnce(&mut Settings)) -> Session {
    let mut settings = Settings::default();
    change(&mut settings);
    Session::new(
        Api::new(BaseUrl::new("https://h.example").unwrap()),
        TokenSource,
        settings,
    )
}

pub(super) fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 + seconds)
}

pub(super) fn answered(status: u16, body: &str) -> Outcome {
    Ok(Response::builder()
        .status(status)
        .body(body.as_bytes().to_vec())
        .unwrap())
}

pub(super) fn token(name: &str, life: u64) -> Outcome {
    answered(200, &format!("[\"{name}\",{life}]"))
}

pub(super) fn not_sent() -> Outcome {
    Err(TransportError::not_sent("refused"))
}

pub(super) fn lost() -> Outcome {
    Err(TransportError::maybe_sent("reset"))
}

fn sent<T>(step: Step<T>) -> Request<Vec<u8>> {
    match step {
        Step::Send(request) => request,
        other => panic!("expected a request, got {other:?}"),
    }
}

fn waits<T>(step: Step<T>) -> Wait {
    match step {
        Step::Wait(wait) => wait,
        other => panic!("expected a wait, got {other:?}"),
    }
}

fn done<T>(step: Step<T>) -> Result<T, Error> {
    match step {
        Step::Done(result) => result,
        other => panic!("expected the end, got {other:?}"),
    }
}

fn bearer(request: &Request<Vec<u8>>) -> &str {
    request.headers()[AUTHORIZATION].to_str().unwrap()
}

/// A session whose token is already there.
fn warm(change: impl FnOnce(&mut Settings)) -> Session {
    let session = session(change);
    fetch(&session, at(0), "one", 3600);
    session
}

fn fetch(session: &Session, now: SystemTime, name: &str, life: u64) {
    let mut exchange = session.exchange(Probe(Replay::Safe));
    assert_eq!(sent(exchange.poll(now)).uri().path(), "/token");
    exchange.reply(now, token(name, life));
    assert_eq!(bearer(&sent(exchange.poll(now))), format!("Bearer {name}"));
}

/// Drives one call over scripted outcomes, sleeping exactly as long as asked; returns its result
/// and the waits.
fn run(
    session: &Session,
    probe: Probe,
    outcomes: Vec<Outcome>,
) -> (Result<String, Error>, Vec<Duration>, usize) {
    let (mut exchange, mut now) = (session.exchange(probe), at(1));
    let (mut outcomes, mut waited) = (outcomes.into_iter(), Vec::new());
    loop {
        match exchange.poll(now) {
            Step::Send(_) => exchange.reply(
                now,
                outcomes.next().expect("one more request than scripted"),
            ),
            Step::Wait(wait) => {
                waited.push(wait.delay());
                now += wait.delay();
            }
            Step::Done(result) => return (result, waited, outcomes.len()),
        }
    }
}

#[test]
fn a_polled_exchange_never_sends_twice() {
    let session = warm(|_| ());
    let mut exchange = session.exchange(Probe(Replay::Unsafe));
    sent(exchange.poll(at(1)));
    for second in 1..20 {
        assert!(!waits(exchange.poll(at(second))).may_end_early());
    }
    exchange.reply(at(20), answered(200, "\"ok\""));
    exchange.reply(at(20), answered(500, "a second reply is ignored"));
    assert_eq!(done(exchange.poll(at(20))).unwrap(), "ok");
    assert_eq!(
        done(exchange.poll(at(20))).unwrap_err().kind(),
        ErrorKind::Misuse
    );
}

#[test]
fn a_request_carries_its_limits() {
    let session = warm(|s| s.max_body = 15);
    let mut exchange = session
        .exchange(Probe(Replay::Safe))
        .with_deadline(Duration::from_secs(7));
    let limits = Limits {
        time_left: Duration::from_secs(7),
        body: 15,
    };
    assert_eq!(sent(exchange.poll(at(1))).extensions().get(), Some(&limits));
    exchange.reply(at(1), answered(200, "\"0123456789abcd\""));
    let error = done(exchange.poll(at(1))).unwrap_err();
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::TooLarge, Some(StatusCode::OK))
    );
}

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
fn what_may_have_been_executed_is_not_repeated_and_says_so() {
    let session = warm(|_| ());
    for outcome in [
        lost(),
        answered(500, ""),
        answered(408, ""),
        answered(302, ""),
        answered(201, "{\"tru"),
    ] {
        let (result, waits, _) = run(&session, Probe(Replay::WithIdempotencyKey), vec![outcome]);
        let error = result.unwrap_err();
        assert!(
            error.outcome_unknown() && !error.safe_to_retry() && waits.is_empty(),
            "{error}"
        );
        assert!(!error.is_transient(), "a retry loop would send it again");
        let unknown = error.unknown().unwrap();
        assert_eq!(
            (
                unknown.reference(),
                unknown.record_type(),
                unknown.sent_at()
            ),
            ("ref-1", "probe", at(1))
        );
    }
    for outcome in [
        answered(400, ""),
        answered(403, ""),
        answered(422, ""),
        answered(429, ""),
    ] {
        let (result, ..) = run(&session, Probe(Replay::Unsafe), vec![outcome]);
        assert!(!result.unwrap_err().outcome_unknown());
    }
}

#[test]
fn an_unknown_outcome_stays_unknown_whatever_comes_after_it() {
    let session = warm(|s| {
        s.idempotency = Idempotency::Honoured;
        s.retry.max_attempts = 2;
    });
    for last in [not_sent(), answered(422, ""), answered(429, "")] {
        let (result, ..) = run(
            &session,
            Probe(Replay::WithIdempotencyKey),
            vec![lost(), last],
        );
        assert!(result.unwrap_err().outcome_unknown());
    }
}

#[test]
fn a_connection_never_made_is_tried_again_even_for_a_payout() {
    let session = warm(|_| ());
    let script = vec![not_sent(), not_sent(), answered(201, "\"ok\"")];
    let (result, waits, left) = run(&session, Probe(Replay::Unsafe), script);
    assert_eq!((result.unwrap().as_str(), waits.len(), left), ("ok", 2, 0));
    let (result, ..) = run(
        &session,
        Probe(Replay::Unsafe),
        vec![not_sent(), not_sent(), not_sent(), not_sent()],
    );
    let error = result.unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts(), error.outcome_unknown()),
        (ErrorKind::NotSent, 4, false)
    );
    assert!(
        std::error::Error::source(&error)
            .unwrap()
            .to_string()
            .contains("refused")
    );
}

#[test]
fn retry_after_is_obeyed_in_both_forms_and_bounded() {
    let session = warm(|_| ());
    let asks = |value: &str| {
        let response = Response::builder().status(503).header("retry-after", value);
        Ok(response.body(Vec::new()).unwrap())
    };
    let ok = || answered(200, "\"ok\"");
    let (_, waits, _) = run(&session, Probe(Replay::Safe), vec![asks("7"), ok()]);
    assert_eq!(waits, [Duration::from_secs(7)]);
    let date = httpdate::fmt_http_date(at(1) + Duration::from_secs(9));
    let (_, waits, _) = run(&session, Probe(Replay::Safe), vec![asks(&date), ok()]);
    assert_eq!(waits, [Duration::from_secs(9)]);
    let past = httpdate::fmt_http_date(at(0));
    let (result, waits, _) = run(&session, Probe(Replay::Safe), vec![asks(&past), ok()]);
    assert!(result.is_ok() && waits[0] <= Duration::from_millis(200));
    for far in [
        "31".to_owned(),
        "99999999999999999999999".to_owned(),
        httpdate::fmt_http_date(at(3601)),
    ] {
        let (result, waits, _) = run(&session, Probe(Replay::Safe), vec![asks(&far)]);
        assert!(
            waits.is_empty() && result.unwrap_err().retry_after() > Some(Duration::from_secs(30))
        );
    }
}

#[test]
fn the_same_seed_gives_the_same_waits_and_neighbours_differ() {
    let waits = |seed| {
        let session = warm(|s| s.seed = seed);
        let script = || vec![lost(), lost(), answered(200, "\"ok\"")];
        let first = run(&session, Probe(Replay::Safe), script()).1;
        (first, run(&session, Probe(Replay::Safe), script()).1)
    };
    assert_eq!(waits(1), waits(1));
    assert_ne!(waits(1), waits(2));
    assert_ne!(waits(1).0, waits(1).1);
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

#[test]
fn an_exchange_can_move_to_another_thread() {
    fn is_send<T: Send>() {}
    fn is_shared<T: Send + Sync + Clone>() {}
    is_send::<Exchange<Probe>>();
    is_send::<Step<String>>();
    is_shared::<Session>();
}

#[test]
fn debug_shows_neither_token_nor_url_nor_body() {
    let session = session(|_| ());
    let mut exchange = session.exchange(Probe(Replay::Safe));
    let step = exchange.poll(at(0));
    let mut seen = format!("{step:?} {exchange:?} {session:?}");
    exchange.reply(at(0), token("sk_token", 3600));
    let step = exchange.poll(at(0));
    assert_eq!(format!("{step:?}"), "Send(POST, 2 bytes)");
    seen += &format!("{step:?} {exchange:?} {session:?}");
    seen += &format!("{:?}", sent(step).headers());
    assert!(!seen.contains("sk_token"), "{seen}");
}
