//! Axum handlers that take a payment, and confirm a webhook before they act on it.
//! `cargo run --example webhook_axum`
#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{Request, StatusCode};
use axum::routing::post;
use sanspay_async::{Client, sandbox};
use sanspay_core::partner::{Change, NewPayment, Status, UnconfirmedEvent};
use sanspay_core::sandbox::SandboxConfig;
use sanspay_core::{Amount, Currency, ErrorKind};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower::ServiceExt;

#[derive(Clone)]
struct Shop {
    client: Client,
    price: Amount,
    /// The stored status of each order by its reference; a database in real life.
    orders: Arc<Mutex<BTreeMap<String, Status>>>,
    paid: watch::Sender<bool>,
}

impl Shop {
    /// Stores an order; `false` where there is one of this reference, or no way to store it.
    fn begin(&self, reference: &str) -> bool {
        let Ok(mut orders) = self.orders.lock() else {
            return false;
        };
        let before = orders.len();
        orders
            .entry(reference.to_owned())
            .or_insert(Status::Created);
        orders.len() > before
    }
}

/// Stored before it is sent, so that a second click sends nothing. Spawned, so that it goes on where
/// the browser hangs up and this handler is dropped.
async fn buy(
    State(shop): State<Shop>,
    Path(reference): Path<String>,
) -> Result<String, StatusCode> {
    if !shop.begin(&reference) {
        return Err(StatusCode::CONFLICT);
    }
    let payment = NewPayment::new(reference, shop.price, Currency::USD);
    match shop.client.spawn(payment).await {
        Ok(payment) => Ok(payment.checkout_url().unwrap_or_default().to_owned()),
        Err(_) => Err(StatusCode::BAD_GATEWAY),
    }
}

async fn webhook(State(shop): State<Shop>, body: Bytes) -> StatusCode {
    let Ok(event) = UnconfirmedEvent::parse(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    // Anyone may have posted this: only what we fetch with our own token is a fact.
    let confirmed = match shop.client.call(event.confirm()).await {
        Ok(confirmed) => confirmed,
        Err(error) if error.kind() == ErrorKind::NotFound => return StatusCode::BAD_REQUEST,
        // Not acknowledged, so the provider delivers it again.
        Err(_) => return StatusCode::SERVICE_UNAVAILABLE,
    };
    let record = confirmed.record();
    let Some(reference) = record.reference() else {
        return StatusCode::OK;
    };
    let Ok(mut orders) = shop.orders.lock() else {
        return StatusCode::SERVICE_UNAVAILABLE;
    };
    let stored = orders
        .entry(reference.to_owned())
        .or_insert(Status::Created);
    // Deliveries come twice and in any order; paid never goes back.
    if stored.change_to(record.status()) == Change::Advance {
        println!("{reference}: {stored} → {}", record.status());
        *stored = record.status().clone();
        shop.paid.send_replace(stored.is_paid());
    }
    StatusCode::OK
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind(sandbox::FREE_PORT).await?;
    let mut config = SandboxConfig::default();
    config.partner.webhook_url =
        Some(format!("http://{}/webhooks", listener.local_addr()?).parse()?);
    let provider = sandbox::serve(config, sandbox::FREE_PORT).await?;

    let client = Client::builder()
        .base_url(provider.base_url())
        .credentials("sandbox-key-id", "sandbox-key-secret")
        .build()?;
    let (paid, mut is_paid) = watch::channel(false);
    let shop = Shop {
        client,
        price: "10.00".parse()?,
        orders: Arc::default(),
        paid,
    };
    let app = Router::new()
        .route("/orders/{reference}", post(buy))
        .route("/webhooks", post(webhook))
        .with_state(shop);
    let serving = app.clone();
    tokio::spawn(async move { axum::serve(listener, serving).await });

    // A browser would send this.
    let click = Request::post("/orders/order-1").body(Body::empty())?;
    println!("ordered: {}", app.oneshot(click).await?.status());
    provider.with(|sandbox, now| sandbox.pay("order-1", now))?;
    is_paid.wait_for(|paid| *paid).await?;
    println!("the order is paid");
    Ok(())
}
