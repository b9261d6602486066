//! An axum handler that pays out: once, and to the end, also where the browser hangs up.
//! `cargo run --example payout_axum`
#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{Request, StatusCode};
use axum::routing::post;
use sanspay_async::{Client, Spawned};
use sanspay_core::journal::Outcome;
use sanspay_core::partner::{NewPayout, Record};
use sanspay_core::{Amount, Currency};
use sanspay_testkit::sandbox::SandboxConfig;
use sanspay_testkit::server;
use tower::ServiceExt;

/// By its reference what became of each payout, `None` while nobody knows; a database in real life.
type Payouts = BTreeMap<String, Option<Outcome>>;

#[derive(Clone)]
pub(crate) struct Shop {
    client: Client,
    payouts: Arc<Mutex<Payouts>>,
}

impl Shop {
    pub(crate) fn new(client: Client) -> Self {
        Self {
            client,
            payouts: Arc::default(),
        }
    }

    pub(crate) fn payouts(&self) -> MutexGuard<'_, Payouts> {
        self.payouts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it is new. It is stored before it is sent, or a second click would send it again.
    fn begin(&self, reference: &str) -> bool {
        let mut payouts = self.payouts();
        if payouts.contains_key(reference) {
            return false;
        }
        payouts.insert(reference.to_owned(), None);
        true
    }

    /// What stays unknown is looked up later: `Client::resolve`.
    async fn store(self, reference: String, paying: Spawned<Record>) -> StatusCode {
        let outcome = Outcome::of(&paying.await);
        let status = match outcome {
            Some(Outcome::Executed(_)) => StatusCode::CREATED,
            Some(Outcome::NotExecuted) => StatusCode::BAD_GATEWAY,
            _ => StatusCode::ACCEPTED,
        };
        self.payouts().insert(reference, outcome);
        status
    }
}

async fn pay_out(
    State((shop, amount)): State<(Shop, Amount)>,
    Path(reference): Path<String>,
) -> StatusCode {
    if !shop.begin(&reference) {
        return StatusCode::CONFLICT;
    }
    let payout = NewPayout::new(reference.as_str(), amount, Currency::EUR, "DE00");
    let paying = shop.client.spawn(payout);
    // In a task as well, because this handler ends where the browser hangs up.
    let stored = tokio::spawn(shop.store(reference, paying)).await;
    stored.unwrap_or(StatusCode::ACCEPTED)
}

pub(crate) fn app(shop: Shop, amount: Amount) -> Router {
    Router::new()
        .route("/payouts/{reference}", post(pay_out))
        .with_state((shop, amount))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let provider = server::serve(SandboxConfig::default(), server::FREE_PORT).await?;
    let client = Client::builder()
        .base_url(provider.base_url())
        .credentials("sandbox-key-id", "sandbox-key-secret")
        .build()?;
    let shop = Shop::new(client);
    let app = app(shop.clone(), "7.50".parse()?);
    for _ in 0..2 {
        // A browser would send this.
        let click = Request::post("/payouts/payout-1").body(Body::empty())?;
        let answer = app.clone().oneshot(click).await?;
        println!("{}", answer.status());
    }
    println!("{:?}", shop.payouts());
    Ok(())
}
