//! Every line of what servers may answer, over the asynchronous client and a real socket.
#![cfg(feature = "reqwest")]
#![allow(clippy::unwrap_used)]

use std::time::{Duration, SystemTime};

use http::Request;
use sanspay_async::{Client, ReqwestTransport, TlsConfig, Transport};
use sanspay_core::partner::{ListPayments, Record};
use sanspay_core::{Clock, Endpoint, Error};
use sanspay_ffi_free_tests::cases::{CREDENTIALS, Case, Player, Script, disagreements};
use sanspay_testkit::network::{ScriptedServer, many_headers};
use tokio::runtime::{Builder, Runtime};

struct Time(Script);

impl Clock for Time {
    fn now(&self) -> SystemTime {
        self.0.now()
    }

    fn skip(&self, delay: Duration) -> bool {
        self.0.sleep(delay);
        true
    }
}

struct Calls<'r>(Client, &'r Runtime);

impl Player for Calls<'_> {
    fn call<E>(&self, endpoint: E) -> Result<E::Output, Error>
    where
        E: Endpoint + Send + Sync,
        E::Output: Send,
    {
        self.1.block_on(self.0.call(endpoint))
    }

    fn pages(&self, list: ListPayments) -> (Vec<Record>, Option<Error>) {
        self.1.block_on(async {
            let (mut pages, mut records) = (self.0.pages(list), Vec::new());
            while let Some(record) = pages.next().await {
                match record {
                    Ok(record) => records.push(record),
                    Err(error) => return (records, Some(error)),
                }
            }
            (records, None)
        })
    }
}

fn over_reqwest() -> ReqwestTransport {
    let tls = TlsConfig::builder().build().unwrap();
    ReqwestTransport::with_connect_timeout(Duration::from_secs(5), tls).unwrap()
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn every_line_holds_over_a_socket() {
    let (runtime, server, reqwest) = (runtime(), ScriptedServer::start(), over_reqwest());
    let disagreements = disagreements(|case: &Case, script: &Script| {
        let (network, server, reqwest) = (script.clone(), server.clone(), reqwest.clone());
        let (key_id, key_secret) = CREDENTIALS;
        let client = Client::builder()
            .base_url(case.base_url())
            .credentials(key_id, key_secret)
            .clock(Time(script.clone()))
            .transport(move |request: Request<Vec<u8>>| {
                let answer = network.answer(&request);
                reqwest.send(server.redirect(request, &answer))
            })
            .build();
        Calls(client.unwrap(), &runtime)
    });
    assert!(disagreements.is_empty(), "\n{}", disagreements.join("\n"));
}

#[test]
fn an_answer_may_have_more_than_a_hundred_headers() {
    let server = ScriptedServer::start();
    let request = Request::get("http://api.example.com/x").body(Vec::new());
    let request = server.redirect(request.unwrap(), &many_headers("{}"));
    let answer = runtime().block_on(over_reqwest().send(request)).unwrap();
    assert_eq!(answer.body(), b"{}");
    assert_eq!(answer.headers()["x-trace-119"], "119");
}
