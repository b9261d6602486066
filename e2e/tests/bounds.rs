//! Nothing is waited for without an end: silence, floods of interim answers, and transports of the
//! user's own that never come back.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::convert::Infallible;
use std::future::{Pending, pending};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime};

use http::{Request, Response};
use sanspay_async::{ReqwestTransport, Transport as _, tower_transport};
use sanspay_blocking::{Transport as _, UreqTransport};
use sanspay_core::partner::ListPayments;
use sanspay_core::{ErrorKind, Limits};
use sanspay_e2e::{
    Adapter, ClientCertificates, End, Manner, Payer, PayerSetup, PayoutServer, Speaks, Told,
    Version, payout,
};
use sanspay_testkit::pki::Pki;
use sanspay_testkit::sandbox::{Sandbox, SandboxConfig};
use tokio::runtime::{Builder, Runtime};
use tokio::time;
use tower_service::Service;

const DEADLINE: Duration = Duration::from_secs(1);

/// What a busy machine adds.
const SLACK: Duration = Duration::from_secs(3);

const INTERIM: [&str; 2] = [
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n",
];

fn sandbox() -> Arc<Mutex<Sandbox>> {
    Arc::new(Mutex::new(Sandbox::new(SandboxConfig::default())))
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Says that what has just ended took no longer than it may.
fn ended_in_time(began: Instant) {
    let took = began.elapsed();
    assert!(took < DEADLINE + SLACK, "it took {took:?}");
}

fn silent() -> PayoutServer {
    let manner = Manner::Says(Vec::new(), End::Stall);
    PayoutServer::start(Speaks::Plain, sandbox(), manner)
}

/// A POST that no client sends, with a second left.
fn request(server: &PayoutServer) -> Request<Vec<u8>> {
    let mut request = Request::post(server.base_url(server.address()) + "/partner/payouts")
        .body(b"{}".to_vec())
        .unwrap();
    request.extensions_mut().insert(Limits::new(DEADLINE, 1024));
    request
}

#[test]
fn a_transport_that_is_used_alone_ends_at_its_limit_and_may_have_sent() {
    let (server, began) = (silent(), Instant::now());
    let tls = sanspay_tls::TlsConfig::builder().build().unwrap();
    let over_ureq = UreqTransport::with_connect_timeout(DEADLINE, tls.clone());
    assert_eq!(
        Told::of(&over_ureq.send(request(&server))),
        Told::MaybeSent(None)
    );
    ended_in_time(began);
    let began = Instant::now();
    let over_reqwest = ReqwestTransport::with_connect_timeout(DEADLINE, tls).unwrap();
    let outcome = runtime().block_on(over_reqwest.send(request(&server)));
    assert_eq!(Told::of(&outcome), Told::MaybeSent(None));
    ended_in_time(began);
    assert_eq!(server.tally().executed(), 2);
}

/// A service that takes every request and never answers.
#[derive(Clone)]
struct Never;

impl Service<Request<Vec<u8>>> for Never {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Pending<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: Request<Vec<u8>>) -> Self::Future {
        pending()
    }
}

/// A service that is never ready to take one.
#[derive(Clone)]
struct NeverReady;

impl Service<Request<Vec<u8>>> for NeverReady {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Pending<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Pending
    }

    fn call(&mut self, _request: Request<Vec<u8>>) -> Self::Future {
        pending()
    }
}

#[test]
fn transports_of_the_users_own_that_never_come_back_end_at_the_deadline() {
    let builder = || {
        sanspay_async::Client::builder()
            .base_url("https://h.example")
            .credentials("sandbox-key-id", "sandbox-key-secret")
    };
    let clients = [
        builder().transport(|_| pending()).build().unwrap(),
        builder().transport(tower_transport(Never)).build().unwrap(),
        builder()
            .transport(tower_transport(NeverReady))
            .build()
            .unwrap(),
    ];
    for client in clients {
        let began = Instant::now();
        let call = client.call_within(DEADLINE, ListPayments::new());
        let error = runtime().block_on(call).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Deadline, "{error:?}");
        ended_in_time(began);
    }
}

fn in_tls(pki: &Pki) -> Speaks {
    let clients = ClientCertificates::NotAsked;
    Speaks::tls(pki, Version::Tls13, &pki.server, clients)
}

#[test]
fn interim_answers_without_end_end_a_call_in_time_whichever_adapter() {
    let pki = Pki::new();
    for adapter in Adapter::BOTH {
        for said in INTERIM {
            let sandbox = sandbox();
            let manner = Manner::Floods(said);
            let server = PayoutServer::start(in_tls(&pki), Arc::clone(&sandbox), manner);
            let payer = Payer::new(
                adapter,
                &PayerSetup {
                    base_url: server.base_url(server.address()),
                    tls: pki.trusting().build().unwrap(),
                    sandbox,
                    connect_timeout: DEADLINE,
                },
            );
            let began = Instant::now();
            let paid = payer.pay_within(DEADLINE, payout("p-1"));
            ended_in_time(began);
            assert!(paid.result.unwrap_err().outcome_unknown(), "{adapter:?}");
            assert_eq!(server.tally().executed(), 1, "{adapter:?}");
        }
    }
}

/// hyper reads interim answers without a bound, but gives way to other tasks after 128 reads. In TLS
/// these are 16 KiB each.
#[test]
fn interim_answers_without_end_let_other_tasks_of_the_same_thread_go_on() {
    let pki = Pki::new();
    another_task_goes_on(&pki, &in_tls(&pki));
}

/// Without TLS they are up to 400 KiB each.
#[test]
#[cfg_attr(
    debug_assertions,
    ignore = "hyper that is not optimised takes 20 s for 128 reads"
)]
fn so_they_do_without_tls() {
    another_task_goes_on(&Pki::new(), &Speaks::Plain);
}

fn another_task_goes_on(pki: &Pki, speaks: &Speaks) {
    for said in INTERIM {
        let sandbox = sandbox();
        let manner = Manner::Floods(said);
        let server = PayoutServer::start(speaks.clone(), Arc::clone(&sandbox), manner);
        let tls = pki.trusting().build().unwrap();
        let over_reqwest = ReqwestTransport::with_connect_timeout(DEADLINE, tls).unwrap();
        let client = sanspay_async::Client::builder()
            .base_url(server.base_url(server.address()))
            .credentials("sandbox-key-id", "sandbox-key-secret")
            .transport(move |request: Request<Vec<u8>>| {
                let sandbox = Arc::clone(&sandbox);
                let over_reqwest = over_reqwest.clone();
                async move {
                    if request.uri().path().ends_with("/token") {
                        let mut sandbox = sandbox.lock().unwrap_or_else(PoisonError::into_inner);
                        return Ok(sandbox.handle(&request, SystemTime::now()));
                    }
                    over_reqwest.send(request).await
                }
            })
            .build()
            .unwrap();
        let began = Instant::now();
        let (error, longest) = runtime().block_on(async {
            let call = tokio::spawn(async move {
                client
                    .call_within(DEADLINE, payout("p-1"))
                    .await
                    .unwrap_err()
            });
            let mut longest = Duration::ZERO;
            while !call.is_finished() {
                let began = Instant::now();
                time::sleep(Duration::from_millis(10)).await;
                longest = longest.max(began.elapsed());
            }
            (call.await.unwrap(), longest)
        });
        ended_in_time(began);
        assert!(error.outcome_unknown());
        assert!(longest < SLACK, "another task stood still for {longest:?}");
    }
}
