//! The client over reqwest against the sandbox on a real socket, and against servers that misbehave.
#![cfg(feature = "reqwest")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use http::Method;
use sanspay_async::{Client, ClientBuilder};
use sanspay_core::partner::{ListPayments, NewPayment, NewPayout, Raw, Resolution};
use sanspay_core::{Currency, ErrorKind, RetryPolicy, Settings};
use sanspay_testkit::network::Refusing;
use sanspay_testkit::sandbox::{Fault, FaultRule, RecordKind, SandboxConfig};
use sanspay_testkit::server::{FREE_PORT, Server, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

async fn provider() -> Server {
    serve(SandboxConfig::default(), FREE_PORT).await.unwrap()
}

fn client(base_url: &str) -> ClientBuilder {
    Client::builder()
        .base_url(base_url)
        .credentials("sandbox-key-id", "sandbox-key-secret")
        .retry(RetryPolicy::never())
}

fn payout() -> NewPayout {
    let beneficiary = BTreeMap::from([("iban", "DE89370400440532013000")]);
    NewPayout::new(
        "payout-1",
        "7.50".parse().unwrap(),
        Currency::EUR,
        &beneficiary,
    )
}

/// A server that answers every connection with these bytes and closes it.
async fn server_saying(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut received = vec![0; 4096];
            let mut length = 0;
            // The requests of these tests end with their head or with a JSON object; a TLS
            // handshake, which begins with 22, is answered at once.
            let whole =
                |r: &[u8]| r.ends_with(b"}") || r.ends_with(b"\r\n\r\n") || r.starts_with(&[22]);
            while !whole(&received[..length]) {
                match stream.read(&mut received[length..]).await {
                    Ok(read) if read > 0 => length += read,
                    _ => break,
                }
            }
            let _ = stream.write_all(answer).await;
        }
    });
    url
}

async fn with_payments(count: u32) -> (Server, Client) {
    let provider = provider().await;
    let client = client(&provider.base_url()).build().unwrap();
    for number in 0..count {
        let amount = "1.00".parse().unwrap();
        let payment = NewPayment::new(format!("order-{number}"), amount, Currency::USD);
        client.call(payment).await.unwrap();
    }
    (provider, client)
}

fn lists(provider: &Server) -> usize {
    provider.with(|sandbox, _| {
        sandbox
            .seen()
            .filter(|seen: &&sanspay_testkit::sandbox::Seen| seen.method == Method::GET)
            .count()
    })
}

#[tokio::test]
async fn the_next_page_is_fetched_while_this_one_is_worked_on_and_no_further() {
    let (provider, client) = with_payments(10).await;
    let mut pages = client.pages(ListPayments::new().per_page(2));
    pages.next().await.unwrap().unwrap();
    // The second page comes by itself; a third is not asked for while nobody reads on.
    while lists(&provider) < 2 {
        tokio::task::yield_now().await;
    }
    client.call(ListPayments::new()).await.unwrap();
    assert_eq!(lists(&provider), 3);
    let mut read = 1;
    while let Some(payment) = pages.next().await {
        payment.unwrap();
        read += 1;
    }
    assert_eq!((read, lists(&provider)), (10, 6));
}

#[tokio::test]
async fn without_look_ahead_a_page_is_fetched_when_it_is_needed() {
    let (provider, client) = with_payments(4).await;
    let mut pages = client.pages(ListPayments::new().per_page(2)).look_ahead(0);
    pages.next().await.unwrap().unwrap();
    client.call(ListPayments::new()).await.unwrap();
    assert_eq!(lists(&provider), 2);
    let mut read = 1;
    while pages.next().await.transpose().unwrap().is_some() {
        read += 1;
    }
    assert_eq!((read, lists(&provider)), (4, 3));
}

#[tokio::test]
async fn an_error_ends_the_pages() {
    let (provider, client) = with_payments(4).await;
    let rule = FaultRule::new("503".parse().unwrap())
        .path("/partner/payments")
        .skip(1);
    provider.with(|sandbox, _| sandbox.add_fault(rule));
    let mut pages = client.pages(ListPayments::new().per_page(2));
    for _ in 0..2 {
        pages.next().await.unwrap().unwrap();
    }
    assert_eq!(
        pages.next().await.unwrap().unwrap_err().kind(),
        ErrorKind::Server
    );
    assert!(pages.next().await.is_none());
}

#[tokio::test]
async fn a_lost_answer_of_a_payout_is_resolved_by_its_reference() {
    let provider = provider().await;
    let client = client(&provider.base_url()).build().unwrap();
    let rule = FaultRule::new(Fault::LostAnswer).path("/partner/payouts");
    provider.with(|sandbox, _| sandbox.add_fault(rule));
    let error = client.call(payout()).await.unwrap_err();
    assert!(error.outcome_unknown(), "{error}");
    let record = match client.resolve(error.unknown().unwrap()).await {
        Resolution::Found(record) => record,
        other => panic!("{other:?}"),
    };
    assert_eq!(record.reference(), Some("payout-1"));
    assert_eq!(
        provider.with(|s, _| s.executions(RecordKind::Payout, "payout-1")),
        1
    );
}

#[tokio::test]
async fn a_slow_answer_ends_at_the_deadline_with_an_unknown_outcome() {
    let provider = provider().await;
    let client = client(&provider.base_url()).build().unwrap();
    client.call(ListPayments::new()).await.unwrap();
    let slow = FaultRule::new(Fault::Latency(Duration::from_secs(60))).path("/partner/payouts");
    provider.with(|sandbox, _| sandbox.add_fault(slow));
    let began = Instant::now();
    let error = client
        .call_within(Duration::from_millis(200), payout())
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome_unknown()),
        (ErrorKind::Deadline, true),
        "{error}"
    );
    assert!(began.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn what_was_never_sent_is_known_not_to_have_been_sent() {
    let refusing = Refusing::new();
    let refused = format!("http://{}", refusing.address());
    let plain = server_saying(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
    let plain = plain.replace("http:", "https:");
    for (url, kind) in [
        (refused.as_str(), ErrorKind::NotSent),
        ("https://sanspay.invalid", ErrorKind::NotSent),
        (&plain, ErrorKind::Tls),
    ] {
        let error = client(url)
            .build()
            .unwrap()
            .call(payout())
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome_unknown()),
            (kind, false),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let url = server_saying(
        b"HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
    )
    .await;
    let error = client(&url)
        .build()
        .unwrap()
        .call(ListPayments::new())
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.status().unwrap().as_u16()),
        (ErrorKind::Unreadable, 307)
    );
}

#[tokio::test]
async fn what_breaks_off_is_a_lost_answer_and_what_is_too_long_is_not_read() {
    let broken =
        server_saying(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"access_token\"").await;
    let error = client(&broken)
        .build()
        .unwrap()
        .call(ListPayments::new())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Lost, "{error}");

    let mut settings = Settings::default();
    settings.max_body = 16;
    let long = server_saying(
        b"HTTP/1.1 200 OK\r\nx-request-id: r-1\r\ncontent-length: 100000\r\n\r\n0123456789012345678",
    )
    .await;
    let client = client(&long).settings(settings).build().unwrap();
    let error = client
        .call(Raw::<String>::new(Method::GET, "/"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.request_id()),
        (ErrorKind::TooLarge, Some("r-1")),
        "{error}"
    );
}
