//! Every line of what servers may answer, over the blocking client and a real socket.
#![cfg(feature = "ureq")]
#![allow(clippy::unwrap_used)]

use std::time::{Duration, SystemTime};

use sanspay_blocking::{Client, TlsConfig, Transport, UreqTransport};
use sanspay_core::partner::{ListPayments, Record};
use sanspay_core::{Clock, Endpoint, Error};
use sanspay_ffi_free_tests::cases::{CREDENTIALS, Case, Player, Script, disagreements};
use sanspay_testkit::network::{ScriptedServer, many_headers};

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

struct Calls(Client);

impl Player for Calls {
    fn call<E>(&self, endpoint: E) -> Result<E::Output, Error>
    where
        E: Endpoint + Send + Sync,
        E::Output: Send,
    {
        self.0.call(endpoint)
    }

    fn pages(&self, list: ListPayments) -> (Vec<Record>, Option<Error>) {
        let mut records = Vec::new();
        for record in self.0.pages(list) {
            match record {
                Ok(record) => records.push(record),
                Err(error) => return (records, Some(error)),
            }
        }
        (records, None)
    }
}

fn over_ureq() -> UreqTransport {
    let tls = TlsConfig::builder().build().unwrap();
    UreqTransport::with_connect_timeout(Duration::from_secs(5), tls)
}

#[test]
fn every_line_holds_over_a_socket() {
    let (server, ureq) = (ScriptedServer::start(), over_ureq());
    let disagreements = disagreements(|case: &Case, script: &Script| {
        let (network, server, ureq) = (script.clone(), server.clone(), ureq.clone());
        let (key_id, key_secret) = CREDENTIALS;
        let client = Client::builder()
            .base_url(case.base_url())
            .credentials(key_id, key_secret)
            .clock(Time(script.clone()))
            .transport(move |request| {
                let answer = network.answer(&request);
                ureq.send(server.redirect(request, &answer))
            })
            .build();
        Calls(client.unwrap())
    });
    assert!(disagreements.is_empty(), "\n{}", disagreements.join("\n"));
}

#[test]
fn an_answer_may_have_more_than_a_hundred_headers() {
    let server = ScriptedServer::start();
    let request = http::Request::get("http://api.example.com/x").body(Vec::new());
    let request = server.redirect(request.unwrap(), &many_headers("{}"));
    let answer = over_ureq().send(request).unwrap();
    assert_eq!(answer.body(), b"{}");
    assert_eq!(answer.headers()["x-trace-119"], "119");
}
