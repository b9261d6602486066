//! The asynchronous client, over a closure and over a socket, put through the suite that every
//! driver has to pass.
#![cfg(feature = "reqwest")]
#![allow(clippy::unwrap_used)]

use std::future::{pending, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use http::Request;
use sanspay_async::{Client as Async, Outcome, ReqwestTransport, TlsConfig, Transport};
use sanspay_core::partner::{ListPayments, Record, Resolution};
use sanspay_core::{Endpoint, Error, Limits, Settings, TransportError, UnknownOutcome};
use sanspay_ffi_free_tests::{
    Client, Driver, KEY_ID, KEY_SECRET, World, disagreements, disagreements_spelled, profiles,
    scenarios,
};
use sanspay_testkit::network::FlightServer;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

/// The client over a closure that is the network, or over reqwest and a real socket.
enum Over {
    Closure,
    Socket(FlightServer),
}

struct Calls {
    client: Async,
    runtime: Runtime,
}

/// Sends over the socket, with the time limit that the flight server gave the request.
async fn send(over: ReqwestTransport, request: Request<Vec<u8>>) -> Outcome {
    let limit = Limits::of(&request).time_left;
    let sent = timeout(limit, over.send(request)).await;
    sent.unwrap_or_else(|late| Err(TransportError::maybe_sent(late)))
}

impl Driver for Over {
    type Client = Calls;

    fn client(&self, world: &World, settings: Settings) -> Result<Calls, Error> {
        let network = world.clone();
        let socket = match self {
            Self::Closure => None,
            Self::Socket(server) => {
                let tls = TlsConfig::builder().build()?;
                let reqwest = ReqwestTransport::with_connect_timeout(Duration::from_secs(5), tls)?;
                Some((server.clone(), reqwest))
            }
        };
        let client = Async::builder()
            .base_url("https://api.example.com")
            .credentials(KEY_ID, KEY_SECRET)
            .wire(world.wire())
            .settings(settings)
            .clock(world.clone())
            .transport(move |request: Request<Vec<u8>>| {
                let (network, socket) = (network.clone(), socket.clone());
                async move {
                    let flight = network.depart(&request);
                    if flight.is_abandoned() {
                        // Until the call is dropped.
                        return pending().await;
                    }
                    let Some((server, sending)) = socket else {
                        return network.land(flight);
                    };
                    let outcome = send(sending, server.redirect(request, &flight)).await;
                    network.landed(&flight, &outcome);
                    outcome
                }
            })
            .build()?;
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        Ok(Calls { client, runtime })
    }
}

/// Lets a future begin without waiting for its end.
async fn begin<F: Future>(mut future: Pin<&mut F>) {
    poll_fn(|cx| {
        assert!(future.as_mut().poll(cx).is_pending(), "it ended at once");
        Poll::Ready(())
    })
    .await;
}

impl Client for Calls {
    fn call<E>(&self, endpoint: E, deadline: Option<Duration>) -> Result<E::Output, Error>
    where
        E: Endpoint + Send + Sync,
        E::Output: Send,
    {
        self.runtime.block_on(async {
            match deadline {
                Some(deadline) => self.client.call_within(deadline, endpoint).await,
                None => self.client.call(endpoint).await,
            }
        })
    }

    fn abandon<E>(&self, dropped: E, follower: E) -> Result<E::Output, Error>
    where
        E: Endpoint + Send + Sync,
        E::Output: Send,
    {
        self.runtime.block_on(async {
            let mut dropped = Box::pin(self.client.call(dropped));
            begin(dropped.as_mut()).await;
            let mut follower = pin!(self.client.call(follower));
            let at_once = poll_fn(|cx| Poll::Ready(follower.as_mut().poll(cx))).await;
            drop(dropped);
            match at_once {
                Poll::Ready(result) => result,
                Poll::Pending => follower.await,
            }
        })
    }

    fn resolve(&self, unknown: &UnknownOutcome) -> Resolution {
        self.runtime.block_on(self.client.resolve(unknown))
    }

    fn pages(&self, list: ListPayments) -> (Vec<Record>, Option<Error>) {
        self.runtime.block_on(async {
            let mut records = Vec::new();
            // Without looking ahead, so that requests come in one order only.
            let mut pages = self.client.pages(list).look_ahead(0);
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

fn assert_agrees(driver: &Over) {
    let all = scenarios::all();
    let mut disagreements = disagreements(driver, &all);
    for provider in profiles::all() {
        disagreements.extend(disagreements_spelled(driver, &all, &provider));
    }
    assert!(disagreements.is_empty(), "\n{}", disagreements.join("\n"));
}

#[test]
fn the_asynchronous_client_over_a_closure_agrees_with_the_in_memory_driver() {
    assert_agrees(&Over::Closure);
}

#[test]
fn the_asynchronous_client_over_a_socket_agrees_with_the_in_memory_driver() {
    assert_agrees(&Over::Socket(FlightServer::start()));
}
