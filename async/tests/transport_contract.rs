//! The transports of this crate keep the contract, and the checker finds those
//! that do not.
#![cfg(all(feature = "reqwest", feature = "tower"))]
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::future::{Ready, ready};
use std::time::Duration;

use http::{Request, Response};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use sanspay_async::{Outcome, ReqwestTransport, TlsConfig, Transport, tower_transport};
use sanspay_core::{Limits, TransportError};
use sanspay_testkit::{BrokenRules, Rule, check_transport_async};
use tower::ServiceBuilder;
use tower::retry::Policy;

type Body = Full<Bytes>;

/// Of a tower stack, and shorter than what the checker waits for.
const LIMIT: Duration = Duration::from_millis(200);

fn pooled() -> HyperClient<HttpConnector, Body> {
    HyperClient::builder(TokioExecutor::new()).build_http()
}

fn over_reqwest() -> ReqwestTransport {
    let tls = TlsConfig::builder().build().unwrap();
    ReqwestTransport::with_connect_timeout(Duration::from_secs(5), tls).unwrap()
}

/// They wait at the same time.
#[tokio::test]
async fn what_comes_with_this_crate_keeps_it() {
    let transport = over_reqwest();
    let limited = ServiceBuilder::new()
        .concurrency_limit(8)
        .timeout(LIMIT)
        .service(pooled());
    let asking = ServiceBuilder::new()
        .retry(WhereHarmless(Always(2)))
        .timeout(LIMIT)
        .service(pooled());
    let (over_reqwest, limited, asking) = tokio::join!(
        check_transport_async(|request| transport.send(request)),
        check_transport_async(tower_transport(limited)),
        check_transport_async(tower_transport(asking)),
    );
    over_reqwest.expect("over reqwest");
    limited.expect("a tower stack with a time limit");
    asking.expect("a tower stack that asks before it tries again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reqwest_keeps_it_on_several_threads() -> Result<(), BrokenRules> {
    let transport = over_reqwest();
    check_transport_async(|request| transport.send(request)).await
}

/// Tries again after every error, whatever the request is.
#[derive(Clone)]
struct Always(u32);

impl<E> Policy<Request<Body>, Response<Incoming>, E> for Always {
    type Future = Ready<()>;

    fn retry(
        &mut self,
        _: &mut Request<Body>,
        result: &mut Result<Response<Incoming>, E>,
    ) -> Option<Ready<()>> {
        self.0 = self.0.checked_sub(1)?;
        result.is_err().then(|| ready(()))
    }

    fn clone_request(&mut self, request: &Request<Body>) -> Option<Request<Body>> {
        Some(request.clone())
    }
}

/// The same, and asks whether the request may be repeated.
#[derive(Clone)]
struct WhereHarmless(Always);

impl<E> Policy<Request<Body>, Response<Incoming>, E> for WhereHarmless {
    type Future = Ready<()>;

    fn retry(
        &mut self,
        request: &mut Request<Body>,
        result: &mut Result<Response<Incoming>, E>,
    ) -> Option<Ready<()>> {
        self.0.retry(request, result)
    }

    fn clone_request(&mut self, request: &Request<Body>) -> Option<Request<Body>> {
        let harmless = Limits::of(request).may_be_repeated;
        harmless.then(|| request.clone())
    }
}

/// M9: executed three times, and success reported.
#[tokio::test]
async fn a_tower_stack_that_tries_again_after_its_time_limit_is_found() {
    let service = ServiceBuilder::new()
        .retry(Always(2))
        .timeout(LIMIT)
        .service(pooled());
    let broken = check_transport_async(tower_transport(service)).await;
    let broken = broken.unwrap_err();
    assert_eq!(broken.rules(), [Rule::Once].into(), "{broken}");
    let text = broken.to_string();
    for expected in [
        "rule 1, each request is sent at most once: it executes the request and does not answer: \
         the request arrived 2 times, and the transport reported status 200",
        "it executes the request and closes the connection: the request arrived 2 times",
        "let them ask `Limits::may_be_repeated`",
    ] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
}

/// The request is sent by a task that nobody can take back.
#[tokio::test]
async fn a_transport_that_sends_from_another_task_is_found() {
    let transport = over_reqwest();
    let detached = async |request| -> Outcome {
        let sending = tokio::spawn(transport.send(request));
        sending
            .await
            .unwrap_or_else(|error| Err(TransportError::maybe_sent(error)))
    };
    let broken = check_transport_async(detached).await.unwrap_err();
    assert_eq!(
        broken.rules(),
        [Rule::DroppingIsNoAnswer].into(),
        "{broken}"
    );
}

/// Its task repeats what nobody waits for any more.
#[tokio::test]
async fn a_transport_that_repeats_in_another_task_is_found() {
    let transport = over_reqwest();
    let again = async |request: Request<Vec<u8>>| -> Outcome {
        let transport = transport.clone();
        let sending = tokio::spawn(async move {
            match transport.send(request.clone()).await {
                Err(_) => transport.send(request).await,
                answer => answer,
            }
        });
        sending
            .await
            .unwrap_or_else(|error| Err(TransportError::maybe_sent(error)))
    };
    let broken = check_transport_async(again).await.unwrap_err();
    let expected = [Rule::Once, Rule::DroppingIsNoAnswer];
    let expected = expected.into_iter().collect();
    assert!(broken.rules().is_superset(&expected), "{broken}");
    assert!(
        broken
            .breaches()
            .iter()
            .any(|breach: &sanspay_testkit::Breach| {
                breach.situation().contains("while the server works")
                    && breach.seen().contains("again")
            }),
        "{broken}"
    );
}

/// It blocks the task, so that no driver can stop it.
#[tokio::test]
async fn a_transport_that_blocks_its_task_without_an_end_is_found() {
    let transport = over_reqwest();
    let blocking = async |mut request: Request<Vec<u8>>| -> Outcome {
        let for_ever = Limits::new(Duration::from_secs(600), usize::MAX - 1);
        request.extensions_mut().insert(for_ever);
        let transport = transport.clone();
        let alone = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = { runtime }.enable_all().build().unwrap();
            runtime.block_on(transport.send(request))
        });
        alone.join().unwrap()
    };
    let broken = check_transport_async(blocking).await.unwrap_err();
    assert!(
        broken.rules().contains(&Rule::NeverWithoutAnEnd),
        "{broken}"
    );
}
