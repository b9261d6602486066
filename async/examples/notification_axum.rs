//! An axum handler for the hosted checkout's notification, which answers `succeed` only for an
//! order of ours. `cargo run --example notification_axum`
#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::Response;
use axum::routing::post;
use sanspay_async::sandbox;
use sanspay_core::Currency;
use sanspay_core::checkout::{
    Answer, Checkout, Environment, Matched, Order, OrderNumber, Product, ProductType, Progress,
    Refusal, SigningKey, Status, Verifier,
};
use sanspay_core::sandbox::SandboxConfig;
use tokio::net::TcpListener;
use tokio::sync::watch;

#[derive(Clone)]
struct Shop {
    verifier: Arc<Verifier>,
    /// The orders with their status by number; a database in real life.
    orders: Arc<Mutex<BTreeMap<String, (Order, Status)>>>,
    paid: watch::Sender<bool>,
}

impl Shop {
    fn notified(&self, body: &[u8]) -> Result<Matched, Box<dyn Error>> {
        let signed = self.verifier.notification(body)?;
        let mut orders = self
            .orders
            .lock()
            .map_err(|_| "the orders are not readable")?;
        let (order, stored) = orders
            .get_mut(signed.out_trade_no())
            .ok_or("not an order of ours")?;
        let matched = signed.matches(order)?;
        // In a database this, the dedup key and the order are one transaction.
        if stored.progress(matched.status()) == Progress::Advance {
            println!(
                "{}: {} → {}",
                matched.dedup_key(),
                stored.as_str(),
                matched.status().as_str()
            );
            *stored = matched.status();
            self.paid.send_replace(matches!(matched, Matched::Paid(_)));
        }
        Ok(matched)
    }
}

/// It moves no money and waits for nothing, so it cannot be dropped in the middle.
async fn notification(State(shop): State<Shop>, body: Bytes) -> Response<Body> {
    let result = shop.notified(&body);
    // The log says why; the answer does not.
    if let Err(error) = &result {
        match error.downcast_ref::<Refusal>() {
            Some(refusal) => println!("refused: {}", refusal.log_reason()),
            None => println!("refused: {error}"),
        }
    }
    Answer::to(&result).response().map(Body::from)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind(sandbox::FREE_PORT).await?;
    let notify_url = format!("http://{}/notify", listener.local_addr()?);
    let provider = sandbox::serve(SandboxConfig::default(), sandbox::FREE_PORT).await?;

    let key = SigningKey::new("sandbox-app-key")?;
    let price = "9.90".parse()?;
    // In real life the seed is 128 random bits, drawn for each order.
    let number = OrderNumber::for_id("A-1", 0x8d2f_71aa_0c94_e3b6)?;
    let order =
        Order::new("sandbox-app", &number, price, Currency::USD, "Tea").channel("2", Currency::USD);
    let orders = BTreeMap::from([(number.to_string(), (order, Status::Created))]);
    let (paid, mut is_paid) = watch::channel(false);
    let keys = [key.clone(), SigningKey::new("sandbox-default-key")?];
    let verifier = Arc::new(Verifier::for_sandbox(keys)?);
    let shop = Shop {
        verifier,
        orders: Arc::new(Mutex::new(orders)),
        paid,
    };
    let app = Router::new()
        .route("/notify", post(notification))
        .with_state(shop);
    tokio::spawn(async move { axum::serve(listener, app).await });

    let product = Product::new("Tea", ProductType::Physical, "FOOD_PRODUCTS");
    let signed = Checkout::one_off("sandbox-app", Environment::Sandbox, product)
        .order(&number, price, Currency::USD)
        .notify_url(notify_url)
        .return_url("https://shop.example.com/thanks")
        .page(format!("{}/checkout", provider.base_url()))
        .sign(&key, SystemTime::now())?;
    // The payer's browser opens the URL, and the payer pays.
    let page = http::Request::get(signed.url()).body(Vec::new())?;
    provider.with(|sandbox, now| sandbox.handle(&page, now));
    provider.with(|sandbox, now| sandbox.pay_order(number.as_str(), now))?;
    is_paid.wait_for(|paid| *paid).await?;
    println!("the order is paid");
    Ok(())
}
