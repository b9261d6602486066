//! Which requests the shop answers: no form of another origin, and no host but this machine.

#![allow(clippy::unwrap_used)]

use sanspay_shop::{Config, Shop};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The status of `POST /buy` with these lines in its head.
async fn buy(shop: &Shop, head: &str) -> String {
    let address = shop.base_url().strip_prefix("http://").unwrap();
    let head = head.replace("$HOST", address);
    let request = format!(
        "POST /buy HTTP/1.1\r\n{head}\r\nconnection: close\r\ncontent-length: 11\r\n\
         content-type: application/x-www-form-urlencoded\r\n\r\nitem=sencha"
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn forms_of_other_origins_and_other_hosts_buy_nothing() {
    let shop = Shop::start(Config::default()).await.unwrap();
    for (head, expected) in [
        ("host: $HOST", 303),
        ("host: $HOST\r\norigin: http://$HOST", 303),
        (
            "host: $HOST\r\norigin: null\r\nsec-fetch-site: same-origin",
            303,
        ),
        ("host: $HOST\r\nsec-fetch-site: same-site", 403),
        ("host: $HOST\r\nsec-fetch-site: cross-site", 403),
        ("host: $HOST\r\norigin: http://127.0.0.1:1", 403),
        ("host: shop.evil.example", 421),
        (
            "host: shop.evil.example\r\nsec-fetch-site: same-origin",
            421,
        ),
    ] {
        let answer = buy(&shop, head).await;
        let status = format!("HTTP/1.1 {expected} ");
        assert!(answer.starts_with(&status), "{head}: {answer}");
    }
}

#[tokio::test]
async fn a_listed_host_is_answered() {
    let config = Config {
        hosts: vec!["shop.internal".into()],
        ..Config::default()
    };
    let shop = Shop::start(config).await.unwrap();
    let answer = buy(&shop, "host: shop.internal").await;
    assert!(answer.starts_with("HTTP/1.1 303 "), "{answer}");
    let answer = buy(&shop, "host: other.internal").await;
    assert!(
        answer.contains("list it in `hosts` of the configuration"),
        "{answer}"
    );
}
