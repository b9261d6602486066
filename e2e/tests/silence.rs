//! Servers that accept a connection and then do not speak TLS at all.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use sanspay_async::ReqwestTransport;
use sanspay_blocking::UreqTransport;
use sanspay_core::partner::NewPayment;
use sanspay_core::{Currency, Error, ErrorKind, RetryPolicy};
use sanspay_tls::TlsConfig;
use tokio::runtime::Builder;

/// A listener that takes connections, reads a little, writes `answer` and closes, or stays silent.
fn server(answer: Option<&'static [u8]>) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        let mut kept = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            match answer {
                Some(answer) => {
                    let _ = stream.read(&mut [0; 1024]);
                    let _ = stream.write_all(answer);
                }
                None => kept.push(stream),
            }
        }
    });
    url
}

/// What both adapters make of it, each with how long it took.
fn errors(url: &str) -> [(Error, Duration); 2] {
    const PATIENCE: Duration = Duration::from_millis(300);
    let payment = || NewPayment::new("order-1", "10.00".parse().unwrap(), Currency::USD);
    let tls = || TlsConfig::builder().build().unwrap();
    let began = Instant::now();
    let blocking = sanspay_blocking::Client::builder()
        .base_url(url)
        .credentials("id", "secret")
        .retry(RetryPolicy::never())
        .transport(UreqTransport::with_connect_timeout(PATIENCE, tls()));
    let blocking = blocking.build().unwrap().call(payment()).unwrap_err();
    let first = began.elapsed();
    let began = Instant::now();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let asynchronous = sanspay_async::Client::builder()
        .base_url(url)
        .credentials("id", "secret")
        .retry(RetryPolicy::never())
        .transport(ReqwestTransport::with_connect_timeout(PATIENCE, tls()).unwrap())
        .build()
        .unwrap();
    let asynchronous = runtime.block_on(asynchronous.call(payment())).unwrap_err();
    [(blocking, first), (asynchronous, began.elapsed())]
}

#[test]
fn a_silent_handshake_ends_with_the_connect_timeout_and_nothing_was_sent() {
    for (error, took) in errors(&server(None)) {
        assert_eq!(error.kind(), ErrorKind::NotSent, "{error:?}");
        assert!(took < Duration::from_secs(2), "{took:?}");
    }
}

#[test]
fn a_connection_that_is_closed_in_the_handshake_was_not_used() {
    for (error, _) in errors(&server(Some(b""))) {
        assert_eq!(error.kind(), ErrorKind::NotSent, "{error:?}");
    }
}

#[test]
fn garbage_in_the_handshake_is_no_panic() {
    // A record of the handshake with nonsense in it.
    for (error, _) in errors(&server(Some(b"\x16\x03\x03\x00\x04\xff\xff\xff\xff"))) {
        assert_eq!(error.kind(), ErrorKind::NotSent, "{error:?}");
    }
}
