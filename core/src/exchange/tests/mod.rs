//! The machine against a hand-held clock, one test for each promise of its documentation.

mod abandon;
mod deadline;
mod fence;
mod repeat;
mod shared_token;
mod token_row;
mod token_store;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};

use std::time::{Duration, SystemTime};

use http::header::AUTHORIZATION;
use http::{Method, Request, Response, StatusCode};

use super::*;
use crate::access_token::{AccessToken, Lifetime};

use crate::endpoint::{Auth, Endpoint, Replay};
use crate::error::{Error, ErrorKind, Intent};
use crate::transport::{Limits, NotSent, TransportError};
use crate::wire::BaseUrl;
use crate::wire::{Api, Reply};

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
    fn parse(&self, reply: Reply<'_>) -> Result<String, Error> {
        reply.json()
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
    fn parse(&self, reply: Reply<'_>) -> Result<AccessToken, Error> {
        let (name, life): (String, u64) = reply.json()?;
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
    Err(TransportError::not_sent(NotSent::proven(), "refused"))
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
            Step::Store(op) => panic!("no token is shared here: {op:?}"),
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
        may_be_repeated: true,
        ..Limits::new(Duration::from_secs(7), 15)
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
