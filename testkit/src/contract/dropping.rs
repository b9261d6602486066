//! What an asynchronous transport does after it was dropped.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use http::{Request, Response};
use sanspay_core::TransportError;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::time;

use super::breach::Breach;
use super::case::Case;
use super::rule::Rule;
use super::server::{Act, TICK};
use super::start;

/// How long is waited for what comes after a drop, on a busy machine too.
const AFTERMATH: Duration = Duration::from_millis(500);
/// How long a request may take until it reaches the server.
const ARRIVAL: Duration = Duration::from_secs(10);

/// Dropped before there can be a connection: what arrives then was sent by somebody else. On a
/// runtime of several threads there can be one within a single poll, so nothing is tried there.
pub(super) async fn at_once<T, F>(transport: &T) -> Option<Breach>
where
    T: Fn(Request<Vec<u8>>) -> F,
    F: Future<Output = Result<Response<Vec<u8>>, TransportError>>,
{
    if Handle::current().runtime_flavor() != RuntimeFlavor::CurrentThread {
        return None;
    }
    let situation = "it is dropped after its first poll";
    let (server, case) = (start(), Case::dropped(situation));
    server.expect(Act::Answer(200, ""));
    let ended = {
        let mut sending = pin!(transport(case.request(&server)));
        poll_fn(|cx| Poll::Ready(sending.as_mut().poll(cx).is_ready())).await
    };
    time::sleep(AFTERMATH).await;
    let sent = "the request was sent after that".to_owned();
    let breach = Breach::new(Rule::DroppingIsNoAnswer, situation, sent);
    (!ended && server.seen().arrived > 0).then_some(breach)
}

/// Dropped while the server works: the loss of the connection is nobody's business any more.
pub(super) async fn in_flight<T, F>(transport: &T) -> Option<Breach>
where
    T: Fn(Request<Vec<u8>>) -> F,
    F: Future<Output = Result<Response<Vec<u8>>, TransportError>>,
{
    let situation = "it is dropped while the server works, which then resets the connection";
    let (server, case) = (start(), Case::dropped(situation));
    server.expect(Act::ResetLater);
    {
        let mut sending = pin!(transport(case.request(&server)));
        let began = Instant::now();
        while server.seen().executed == 0 && began.elapsed() < ARRIVAL {
            if time::timeout(TICK, sending.as_mut()).await.is_ok() {
                break;
            }
        }
    }
    let before = server.seen().arrived;
    server.reset();
    time::sleep(AFTERMATH).await;
    let sent = "the request was sent again after that".to_owned();
    let breach = Breach::new(Rule::DroppingIsNoAnswer, situation, sent);
    (server.seen().arrived > before).then_some(breach)
}
