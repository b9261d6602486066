//! An axum handler that pays out: once, and to the end, also where the browser hangs up or the process
//! dies. `cargo run --example payout_axum`
#![allow(clippy::print_stdout)]

use std::error::Error;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{Request, StatusCode};
use axum::routing::post;
use sanspay_async::Client;
use sanspay_core::durable::Outcome;
use sanspay_core::partner::NewPayout;
use sanspay_core::{Amount, Currency};
use sanspay_store::SqliteStore;
use sanspay_testkit::sandbox::SandboxConfig;
use sanspay_testkit::server;
use tower::ServiceExt;

#[derive(Clone)]
pub(crate) struct Shop {
    pub(crate) client: Client,
    pub(crate) store: SqliteStore,
}

impl Shop {
    /// A second click, also one after a crash, goes on where the first one stopped.
    async fn pay_out(self, payout: NewPayout) -> StatusCode {
        match self.client.durable(&self.store).call(&payout).await {
            Outcome::Executed(_) => StatusCode::CREATED,
            Outcome::NotExecuted(error) => {
                println!("{error}");
                StatusCode::BAD_GATEWAY
            }
            // Ask again later: `recover` does so for all of them.
            Outcome::Unknown(_) => StatusCode::ACCEPTED,
        }
    }
}

async fn pay_out(
    State((shop, amount)): State<(Shop, Amount)>,
    Path(reference): Path<String>,
) -> StatusCode {
    let payout = NewPayout::new(reference, amount, Currency::EUR, "DE00");
    // In a task of its own, because this handler ends where the browser hangs up.
    let paid = tokio::spawn(shop.pay_out(payout)).await;
    paid.unwrap_or(StatusCode::ACCEPTED)
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
    let folder = tempfile::tempdir()?; // a folder of yours in real life
    let store = SqliteStore::open(folder.path().join("payouts.db"))?;
    let shop = Shop { client, store };
    // What a process before this one left open.
    let recovered = shop.client.durable(&shop.store).recover().await?;
    println!("{} recovered", recovered.outcomes.len());
    let app = app(shop, "7.50".parse()?);
    for _ in 0..2 {
        // A browser would send this.
        let click = Request::post("/payouts/payout-1").body(Body::empty())?;
        let answer = app.clone().oneshot(click).await?;
        println!("{}", answer.status());
    }
    Ok(())
}
