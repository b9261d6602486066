//! A restart loses nothing: neither that an order is paid, nor that its notification was handled.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use sanspay_shop::{Config, Shop};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn send(method: &str, url: &str, body: &str) -> String {
    let url: url::Url = url.parse().unwrap();
    let address = format!("127.0.0.1:{}", url.port().unwrap());
    let target = &url[url::Position::BeforePath..];
    let length = body.len();
    let request = format!(
        "{method} {target} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    let mut stream = TcpStream::connect(&address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

async fn shows(shop: &Shop, number: &str, text: &str) -> String {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let page = send("GET", &format!("{}/orders/{number}", shop.base_url()), "").await;
        if page.contains(text) {
            return page;
        }
        assert!(Instant::now() < end, "{text} is not shown: {page}");
    }
}

async fn buy(shop: &Shop) -> String {
    let answer = send("POST", &format!("{}/buy", shop.base_url()), "item=sencha").await;
    let location = answer
        .lines()
        .find_map(|line| line.strip_prefix("location: "))
        .unwrap();
    assert!(send("GET", location, "").await.starts_with("HTTP/1.1 200"));
    let number = location.split("out_trade_no=").nth(1).unwrap();
    number.split('&').next().unwrap().to_owned()
}

/// A file of its own, gone at the end.
struct Database(PathBuf);

impl Drop for Database {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", self.0.display()));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_and_handled_notifications_survive_a_restart() {
    let file = format!("restart-{}.sqlite3", std::process::id());
    let database = Database(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(file));
    let config = Config {
        database: Some(database.0.clone()),
        ..Config::default()
    };

    let shop = Shop::start(config.clone()).await.unwrap();
    let (paid, open) = (buy(&shop).await, buy(&shop).await);
    let pay = |shop: &Shop| {
        shop.provider()
            .with(|sandbox, now| sandbox.pay_order(&paid, now))
    };
    let returned = pay(&shop).unwrap().unwrap();
    shows(&shop, &paid, "Notification: accepted").await;
    drop(shop);

    let mut dearer = config;
    for item in &mut dearer.items {
        item.price = "99.00".parse().unwrap();
    }
    let shop = Shop::start(dearer).await.unwrap();
    shows(&shop, &paid, "Notification: accepted").await;
    let page = shows(&shop, &paid, "Paid").await;
    assert!(!page.contains("Go to the checkout"));
    shows(&shop, &open, "Waiting for payment").await;
    // The provider never heard the acknowledgement, and says it again.
    let (_, body) = returned.split_once('?').unwrap();
    let answer = send("POST", &format!("{}/notify", shop.base_url()), body).await;
    assert!(answer.ends_with("succeed"), "{answer}");
    let page = shows(&shop, &paid, "(2 times)").await;
    assert_eq!(page.matches("stored together with").count(), 1);
    // What was open can be paid, at the provider's new address and the price of the order.
    let answer = send(
        "POST",
        &format!("{}/orders/{open}/pay", shop.base_url()),
        "",
    )
    .await;
    let provider = shop.provider().base_url();
    assert!(answer.contains(provider.as_str()), "{answer}");
    assert!(answer.contains("total_amount=18.50&"), "{answer}");
    // The address of a refused form can be asked for again.
    let form = format!("{}/partner/payments", shop.base_url());
    assert!(send("GET", &form, "").await.starts_with("HTTP/1.1 200"));
}
