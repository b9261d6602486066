//! Axum handlers that take a payment, and confirm a webhook before they act on it.
//! `cargo run --example webhook_axum`
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{Request, StatusCode};
use axum::routing::post;
use sanspay_async::Client;
use sanspay_core::partner::{Expected, Matched, NewPayment};
use sanspay_core::{Amount, Currency, ErrorKind, printable};
use sanspay_testkit::sandbox::SandboxConfig;
use sanspay_testkit::server;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower::ServiceExt;

#[derive(Clone)]
struct Shop {
    client: Client,
    price: Amount,
    /// The orders by their references; a database in real life.
    orders: Arc<Mutex<BTreeMap<String, Order>>>,
    paid: watch::Sender<bool>,
}

/// What is stored of an order: what its payment has to be, and whether it is paid.
struct Order {
    expected: Expected,
    paid: bool,
}

impl Shop {
    /// Stores an order; `false` where there is one of this reference, or no way to store it.
    fn begin(&self, expected: Expected) -> bool {
        let Ok(mut orders) = self.orders.lock() else {
            return false;
        };
        let (before, reference) = (orders.len(), expected.reference().to_owned());
        let paid = false;
        orders.entry(reference).or_insert(Order { expected, paid });
        orders.len() > before
    }
}

/// Stored before it is sent, so that a second click sends nothing. Spawned, so that it goes on where
/// the browser hangs up and this handler is dropped.
async fn buy(
    State(shop): State<Shop>,
    Path(reference): Path<String>,
) -> Result<String, StatusCode> {
    let payment = NewPayment::new(reference, shop.price, Currency::USD);
    if !shop.begin(payment.expected()) {
        return Err(StatusCode::CONFLICT);
    }
    match shop.client.spawn(payment).await {
        Ok(payment) => Ok(payment.checkout_url().unwrap_or_default().to_owned()),
        Err(_) => Err(StatusCode::BAD_GATEWAY),
    }
}

async fn webhook(State(shop): State<Shop>, body: Bytes) -> StatusCode {
    let Ok(event) = shop.client.session().read_event(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    // Anyone may have posted this: only what we fetch with our own token is a fact.
    let confirmed = match shop.client.call(event.confirm()).await {
        Ok(confirmed) => confirmed,
        Err(error) if error.kind() == ErrorKind::NotFound => return StatusCode::BAD_REQUEST,
        // Not acknowledged, so the provider delivers it again.
        Err(_) => return StatusCode::SERVICE_UNAVAILABLE,
    };
    let Some(reference) = confirmed.record().reference() else {
        return StatusCode::OK;
    };
    let Ok(mut orders) = shop.orders.lock() else {
        return StatusCode::SERVICE_UNAVAILABLE;
    };
    let Some(order) = orders.get_mut(reference) else {
        return StatusCode::OK; // not ours, or not stored yet: look into it
    };
    // Deliveries come twice and in any order; paid never goes back.
    match confirmed.matches(&order.expected) {
        Matched::Paid(paid) if !order.paid => {
            println!("{}: paid, {}", printable(reference), paid.dedup_key());
            order.paid = true;
            shop.paid.send_replace(true);
        }
        Matched::Paid(_) | Matched::NotPaid(_) => {}
        // Such as a payout that carries the order's reference.
        Matched::Mismatch(mismatch) => eprintln!("{}: {mismatch}", printable(reference)),
    }
    StatusCode::OK
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind(server::FREE_PORT).await?;
    let mut config = SandboxConfig::default();
    config.partner.webhook_url =
        Some(format!("http://{}/webhooks", listener.local_addr()?).parse()?);
    let provider = server::serve(config, server::FREE_PORT).await?;

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
