//! One asynchronous client used from several runtimes, some of them idle or gone, and from none.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::pin::pin;
use std::sync::{Arc, LazyLock, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use sanspay_async::{Client, ReqwestTransport, TlsConfig, Transport};
use sanspay_core::partner::ListPayments;
use sanspay_core::{ErrorKind, TlsProblem};
use sanspay_e2e::{ClientCertificates, Manner, PayoutServer, Speaks, Version, payout};
use sanspay_testkit::pki::Pki;
use sanspay_testkit::sandbox::{Sandbox, SandboxConfig};
use tokio::runtime::{Builder, Runtime};

static PKI: LazyLock<Pki> = LazyLock::new(Pki::new);

/// Far more than a call takes, and far less than the client's own deadline.
const SOON: Duration = Duration::from_secs(15);

fn server(speaks: Speaks) -> PayoutServer {
    let sandbox = Arc::new(Mutex::new(Sandbox::new(SandboxConfig::default())));
    PayoutServer::start(speaks, sandbox, Manner::Answers)
}

fn tls_server() -> PayoutServer {
    let clients = ClientCertificates::NotAsked;
    server(Speaks::tls(&PKI, Version::Tls13, &PKI.server, clients))
}

fn client(server: &PayoutServer, transport: ReqwestTransport) -> Client {
    let client = Client::builder()
        .base_url(server.base_url(server.address()))
        .credentials("sandbox-key-id", "sandbox-key-secret")
        .transport(transport);
    client.build().unwrap()
}

fn transport(tls: TlsConfig) -> ReqwestTransport {
    ReqwestTransport::new(tls).unwrap()
}

fn trusting() -> TlsConfig {
    PKI.trusting().build().unwrap()
}

/// A runtime that does nothing unless somebody waits in it.
fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn pay(runtime: &Runtime, client: &Client, reference: &str) {
    let paid = runtime.block_on(client.call_within(SOON, payout(reference)));
    paid.unwrap_or_else(|error| panic!("{reference}: {error:?}"));
}

#[test]
fn a_connection_that_an_idle_runtime_keeps_is_not_waited_for() {
    for server in [server(Speaks::Plain), tls_server()] {
        let client = client(&server, transport(trusting()));
        let (first, second) = (runtime(), runtime());
        // The first has an idle connection now, and nobody who looks after it.
        pay(&first, &client, "p-1");
        pay(&second, &client, "p-2");
        drop(first);
        pay(&second, &client, "p-3");
        pay(&runtime(), &client, "p-4");
        // A token was asked for with a POST as well.
        assert_eq!(server.tally().executed(), 5);
    }
}

#[test]
fn many_runtimes_one_after_the_other_each_pay_once() {
    let server = server(Speaks::Plain);
    let client = client(&server, transport(trusting()));
    for number in 0..40 {
        pay(&runtime(), &client, &format!("p-{number}"));
    }
    assert_eq!(server.tally().executed(), 41);
}

#[test]
fn several_runtimes_at_the_same_time_share_a_client() {
    let server = tls_server();
    let client = client(&server, transport(trusting()));
    thread::scope(|scope| {
        for thread in 0..4 {
            let client = &client;
            scope.spawn(move || {
                let runtime = runtime();
                for number in 0..25 {
                    pay(&runtime, client, &format!("p-{thread}-{number}"));
                }
            });
        }
    });
    assert_eq!(server.tally().executed(), 101);
}

#[test]
fn another_tls_configuration_reaches_every_runtime() {
    let server = tls_server();
    let strangers = TlsConfig::builder().ca(PKI.stranger.pem()).build().unwrap();
    let transport = transport(strangers);
    let client = client(&server, transport.clone());
    let runtimes = [runtime(), runtime()];
    for runtime in &runtimes {
        let error = runtime.block_on(client.call(ListPayments::new()));
        assert_eq!(error.unwrap_err().tls(), Some(TlsProblem::ServerNotTrusted));
    }
    // The token's failure is remembered for a moment, and by the session, not by the transport.
    transport.reload_tls(trusting()).unwrap();
    thread::sleep(client.session().settings().token.failure_memory);
    for (number, runtime) in runtimes.iter().enumerate() {
        pay(runtime, &client, &format!("p-{number}"));
    }
    assert_eq!(server.tally().executed(), 3);
}

/// What comes of a future that is polled where there is no runtime.
fn without_runtime<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits for a runtime that is not there"),
    }
}

#[test]
fn without_a_runtime_nothing_is_sent_and_the_error_says_so() {
    let server = server(Speaks::Plain);
    let client = client(&server, transport(trusting()));
    let error = without_runtime(client.call(payout("p-1"))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    assert!(error.to_string().contains("tokio runtime"), "{error}");
    assert!(error.safe_to_retry());
    let transport = transport(trusting());
    let request = http::Request::post(server.base_url(server.address()));
    let request = request.body(Vec::new()).unwrap();
    let error = without_runtime(transport.send(request)).unwrap_err();
    assert!(!error.may_have_been_sent(), "{error:?}");
    assert_eq!(server.tally().executed(), 0);
}
