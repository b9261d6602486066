//! Web handlers whose browser hangs up in the middle of a payout.
#![allow(clippy::unwrap_used)]

#[path = "../../payout_axum.rs"]
#[allow(dead_code)]
mod payout_axum;

mod gate;
mod log;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request as Click, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::routing::post;
use gate::{Gate, payout};
use log::Log;
use sanspay_async::Client;
use sanspay_core::durable::{State as Stored, Store, StoredIntent};
use sanspay_store::SqliteStore;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::yield_now;
use tokio::time::timeout;

const SOON: Duration = Duration::from_secs(20);

/// An app, and what says that one of its handlers is gone: ended or dropped.
fn watched(app: Router) -> (Router, oneshot::Receiver<()>) {
    struct OnDrop(Option<oneshot::Sender<()>>);
    impl Drop for OnDrop {
        fn drop(&mut self) {
            if let Some(gone) = self.0.take() {
                let _ = gone.send(());
            }
        }
    }
    let (gone, is_gone) = oneshot::channel();
    let guard = Arc::new(Mutex::new(Some(OnDrop(Some(gone)))));
    let layer = from_fn(move |click: Click, next: Next| {
        let guard = guard.lock().unwrap().take();
        async move {
            let answer = next.run(click).await;
            drop(guard);
            answer
        }
    });
    (app.layer(layer), is_gone)
}

/// Serves an app, sends it a click of a browser, waits until the payout is with the provider, and
/// hangs up. Returns when the handler is gone.
async fn hang_up_in_the_middle(gate: &Gate, app: Router) {
    let (app, gone) = watched(app);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    let mut browser = TcpStream::connect(address).await.unwrap();
    let click = b"POST /payouts/p-1 HTTP/1.1\r\nHost: shop\r\nContent-Length: 0\r\n\r\n";
    browser.write_all(click).await.unwrap();
    timeout(SOON, gate.reached()).await.unwrap();
    drop(browser);
    timeout(SOON, gone).await.unwrap().unwrap();
}

/// What the store holds of the payout.
async fn stored(store: &SqliteStore) -> Option<Stored> {
    let loaded = Store::load(store, "intent:payout:p-1").await.unwrap();
    let row = loaded.row?;
    Some(StoredIntent::read(&row).unwrap().state().clone())
}

#[tokio::test]
async fn the_example_s_handler_ends_the_payout_of_a_caller_who_hangs_up_and_reports_it() {
    let (log, gate) = (Log::begin(), Gate::closed());
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("payouts.db")).unwrap();
    let client = gate.client();
    let shop = payout_axum::Shop {
        client,
        store: store.clone(),
    };
    let app = payout_axum::app(shop, "7.50".parse().unwrap());
    hang_up_in_the_middle(&gate, app).await;
    assert_eq!(gate.executed("p-1"), 0);
    assert!(matches!(stored(&store).await, Some(Stored::Open { .. })));
    gate.let_through();
    timeout(SOON, log.says("outcome=\"ok\"")).await.unwrap();
    assert_eq!(gate.executed("p-1"), 1);
    let executed = async {
        while !matches!(stored(&store).await, Some(Stored::Executed(_))) {
            yield_now().await;
        }
    };
    timeout(SOON, executed).await.unwrap();
}

async fn without_spawn(State(client): State<Client>) -> StatusCode {
    match client.call(payout("p-1")).await {
        Ok(_) => StatusCode::CREATED,
        Err(_) => StatusCode::BAD_GATEWAY,
    }
}

#[tokio::test]
async fn a_handler_that_calls_loses_the_payout_and_says_so() {
    let (log, gate) = (Log::begin(), Gate::closed());
    let app = Router::new().route("/payouts/{reference}", post(without_spawn));
    hang_up_in_the_middle(&gate, app.with_state(gate.client())).await;
    let log = log.text();
    assert!(
        log.contains("WARN") && log.contains("outcome=\"unknown\""),
        "{log}"
    );
}
