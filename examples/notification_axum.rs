//! An axum handler for what the hosted checkout says about an order, by its notification and by the
//! browser's return. `cargo run --example notification_axum`
//!
//! The browser's return is evidence of the notification's rank, verified by the same rules and
//! acted on; it may never come, or come twice.
#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::{Request, Response};
use axum::routing::{get, post};
use sanspay_core::Currency;
use sanspay_core::checkout::{
    Answer, Checkout, Environment, Matched, Order, OrderNumber, Payment, Product, ProductType,
    Progress, Recorded, Refusal, Signed, SigningKey, Source, Status, Verifier,
};
use sanspay_testkit::sandbox::SandboxConfig;
use sanspay_testkit::server;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tower::ServiceExt;

/// What the records hold of an order.
struct Stored {
    order: Order,
    status: Status,
    /// The trade number of its payment, and whether a notification told of it.
    payment: Option<(String, bool)>,
}

#[derive(Clone)]
struct Shop {
    verifier: Arc<Verifier>,
    /// The orders by number; a database in real life.
    orders: Arc<Mutex<BTreeMap<String, Stored>>>,
    /// Ends the example.
    notified: Arc<Notify>,
}

impl Shop {
    /// Acts on a message, wherever it came from.
    fn told(&self, signed: Result<Signed, Refusal>) -> Result<Matched, Box<dyn Error>> {
        let signed = signed?;
        let mut orders = self
            .orders
            .lock()
            .map_err(|_| "the orders are not readable")?;
        let stored = orders
            .get_mut(signed.out_trade_no())
            .ok_or("not an order of ours")?;
        let matched = signed.matches(&stored.order)?;
        // In a database this, the dedup key and the order are one transaction.
        stored.take(&matched);
        Ok(matched)
    }
}

impl Stored {
    fn take(&mut self, matched: &Matched) {
        let (key, status) = (matched.dedup_key(), matched.status());
        let Some(paid) = matched.paid() else {
            if self.status.progress(status) == Progress::Advance {
                self.status = status;
            }
            return println!("{key}: not paid");
        };
        let notified = paid.source() == Source::Notification;
        let recorded = self.payment.as_ref();
        let recorded = recorded.map(|(trade_no, notified)| Recorded {
            trade_no,
            notified: *notified,
        });
        match paid.payment(recorded) {
            Payment::First => {
                println!("{key}: paid, deliver it");
                self.status = status;
                self.payment = Some((paid.trade_no().to_owned(), notified));
            }
            Payment::Repeated => {
                println!("{key}: said before");
                if let Some((_, known)) = &mut self.payment {
                    *known |= notified;
                }
            }
            Payment::PossibleRenewal => println!("{key}: perhaps a renewal, ask the provider"),
            Payment::Double => println!("{key}: paid twice, pay one of the two back"),
        }
    }
}

/// The log says why a message is refused; an answer does not.
fn log(result: &Result<Matched, Box<dyn Error>>) {
    if let Err(error) = result {
        match error.downcast_ref::<Refusal>() {
            Some(refusal) => println!("refused: {}", refusal.log_reason()),
            None => println!("refused: {error}"),
        }
    }
}

/// It moves no money and waits for nothing, so it cannot be dropped in the middle.
async fn notification(State(shop): State<Shop>, body: Bytes) -> Response<Body> {
    let result = shop.told(shop.verifier.notification(&body));
    log(&result);
    shop.notified.notify_one();
    Answer::to(&result).response().map(Body::from)
}

/// The payer is back: the query is a message like the notification's body.
async fn thanks(State(shop): State<Shop>, RawQuery(query): RawQuery) -> &'static str {
    let query = query.unwrap_or_default();
    let result = shop.told(shop.verifier.browser_return(&query));
    log(&result);
    match result {
        Ok(Matched::Paid(_)) => "Thank you, your order is paid.",
        _ => "Your order is not paid yet.",
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind(server::FREE_PORT).await?;
    let base_url = format!("http://{}", listener.local_addr()?);
    let provider = server::serve(SandboxConfig::default(), server::FREE_PORT).await?;

    let key = SigningKey::new("sandbox-app-key")?;
    let price = "9.90".parse()?;
    // In real life the seed is 128 random bits, drawn for each order.
    let number = OrderNumber::for_id("A-1", 0x8d2f_71aa_0c94_e3b6)?;
    let order =
        Order::new("sandbox-app", &number, price, Currency::USD, "Tea").channel("2", Currency::USD);
    let stored = Stored {
        order,
        status: Status::Created,
        payment: None,
    };
    let keys = [key.clone(), SigningKey::new("sandbox-default-key")?];
    let shop = Shop {
        verifier: Arc::new(Verifier::for_sandbox(keys)?),
        orders: Arc::new(Mutex::new(BTreeMap::from([(number.to_string(), stored)]))),
        notified: Arc::default(),
    };
    let notified = Arc::clone(&shop.notified);
    let app = Router::new()
        .route("/notify", post(notification))
        .route("/thanks", get(thanks))
        .with_state(shop);
    let serving = app.clone();
    tokio::spawn(async move { axum::serve(listener, serving).await });

    let product = Product::new("Tea", ProductType::Physical, "FOOD_PRODUCTS");
    let signed = Checkout::one_off("sandbox-app", Environment::Sandbox, product)
        .order(&number, price, Currency::USD)
        .notify_url(format!("{base_url}/notify"))
        .return_url(format!("{base_url}/thanks"))
        .page(format!("{}/checkout", provider.base_url()))
        .sign(&key, SystemTime::now())?;
    // The payer's browser opens the URL, the payer pays, and the browser is sent back.
    let page = Request::get(signed.url()).body(Vec::new())?;
    provider.with(|sandbox, now| sandbox.handle(&page, now));
    let back = provider.with(|sandbox, now| sandbox.pay_order(number.as_str(), now))?;
    let back = Request::get(back.ok_or("no return address")?).body(Body::empty())?;
    let answer = app.oneshot(back).await?.into_body();
    let told = axum::body::to_bytes(answer, 1024).await?;
    println!("the payer reads: {}", String::from_utf8_lossy(&told));
    // The notification says the same; whichever comes second changes nothing.
    notified.notified().await;
    Ok(())
}
