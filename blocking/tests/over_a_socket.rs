//! The client over ureq against the sandbox on a real socket, and against servers that misbehave.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use http::Method;
use sanspay_blocking::{Client, ClientBuilder};
use sanspay_core::partner::{ListPayments, NewPayment, NewPayout, Raw, Resolution};
use sanspay_core::{Currency, ErrorKind, RetryPolicy, Settings};
use sanspay_testkit::network::Refusing;
use sanspay_testkit::sandbox::{Fault, FaultRule, RecordKind, SandboxConfig};
use sanspay_testkit::server::{FREE_PORT, Server, serve_in_thread};

fn provider() -> Server {
    serve_in_thread(SandboxConfig::default(), FREE_PORT).unwrap()
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

/// Reads one whole request, which may come in several pieces.
fn read_request(stream: &mut TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            return reader.read_exact(&mut vec![0; length]);
        }
    }
}

/// A server that answers every connection with these bytes and closes it.
fn server_saying(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = read_request(&mut stream);
            let _ = stream.write_all(answer);
        }
    });
    url
}

#[test]
fn pages_are_fetched_as_the_iterator_advances() {
    let provider = provider();
    let client = client(&provider.base_url()).build().unwrap();
    for number in 0..7 {
        let amount = "1.00".parse().unwrap();
        client
            .call(NewPayment::new(
                format!("order-{number}"),
                amount,
                Currency::USD,
            ))
            .unwrap();
    }
    let before = provider.with(|sandbox, _| sandbox.seen().count());
    let mut pages = client.pages(ListPayments::new().per_page(3));
    pages.next().unwrap().unwrap();
    assert_eq!(
        provider.with(|sandbox, _| sandbox.seen().count()),
        before + 1
    );
    assert_eq!(pages.total(), Some(7));
    assert_eq!(pages.map(Result::unwrap).count(), 6);
    assert_eq!(
        provider.with(|sandbox, _| sandbox.seen().count()),
        before + 3
    );
}

#[test]
fn an_error_ends_the_pages() {
    let provider = provider();
    provider.with(|sandbox, _| {
        sandbox.add_fault(FaultRule::new("503".parse().unwrap()).path("/partner/payments"));
    });
    let client = client(&provider.base_url()).build().unwrap();
    let mut pages = client.pages(ListPayments::new());
    assert_eq!(pages.next().unwrap().unwrap_err().kind(), ErrorKind::Server);
    assert!(pages.next().is_none());
}

#[test]
fn a_lost_answer_of_a_payout_is_resolved_by_its_reference() {
    let provider = provider();
    let client = client(&provider.base_url()).build().unwrap();
    let rule = FaultRule::new(Fault::LostAnswer).path("/partner/payouts");
    provider.with(|sandbox, _| sandbox.add_fault(rule));
    let error = client.call(payout()).unwrap_err();
    assert!(error.outcome_unknown(), "{error}");
    let record = match client.resolve(error.unknown().unwrap()) {
        Resolution::Found(record) => record,
        other => panic!("{other:?}"),
    };
    assert_eq!(record.reference(), Some("payout-1"));
    assert_eq!(
        provider.with(|s, _| s.executions(RecordKind::Payout, "payout-1")),
        1
    );
}

#[test]
fn a_slow_answer_ends_at_the_deadline_with_an_unknown_outcome() {
    let provider = provider();
    let client = client(&provider.base_url()).build().unwrap();
    client.call(ListPayments::new()).unwrap();
    let slow = FaultRule::new(Fault::Latency(Duration::from_secs(60))).path("/partner/payouts");
    provider.with(|sandbox, _| sandbox.add_fault(slow));
    let began = Instant::now();
    let error = client
        .call_within(Duration::from_millis(200), payout())
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome_unknown()),
        (ErrorKind::Deadline, true),
        "{error}"
    );
    assert!(began.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_refused_connection_is_known_not_to_have_sent_anything() {
    let refusing = Refusing::new();
    let url = format!("http://{}", refusing.address());
    let error = client(&url).build().unwrap().call(payout()).unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome_unknown()),
        (ErrorKind::NotSent, false),
        "{error}"
    );
}

#[test]
fn a_name_that_does_not_resolve_is_known_not_to_have_sent_anything() {
    let client = client("https://sanspay.invalid").build().unwrap();
    let error = client.call(payout()).unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome_unknown()),
        (ErrorKind::NotSent, false),
        "{error:?}"
    );
}

#[test]
fn a_tls_handshake_with_a_plain_server_sends_nothing() {
    let url = server_saying(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
    let error = client(&url.replace("http:", "https:"))
        .build()
        .unwrap()
        .call(payout())
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome_unknown()),
        (ErrorKind::Tls, false),
        "{error:?}"
    );
}

#[test]
fn redirects_are_not_followed() {
    let url = server_saying(
        b"HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
    );
    let error = client(&url)
        .build()
        .unwrap()
        .call(ListPayments::new())
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.status().unwrap().as_u16()),
        (ErrorKind::Unreadable, 307)
    );
}

#[test]
fn what_breaks_off_is_a_lost_answer_and_what_is_too_long_is_not_read() {
    let broken = server_saying(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"access_token\"");
    let error = client(&broken)
        .build()
        .unwrap()
        .call(ListPayments::new())
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Lost, "{error}");

    let mut settings = Settings::default();
    settings.max_body = 16;
    let long = server_saying(b"HTTP/1.1 200 OK\r\nx-request-id: r-1\r\ncontent-length: 100000\r\n\r\n0123456789012345678");
    let client = client(&long).settings(settings).build().unwrap();
    let error = client
        .call(Raw::<String>::new(Method::GET, "/"))
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.request_id()),
        (ErrorKind::TooLarge, Some("r-1")),
        "{error}"
    );
}

#[test]
fn connections_are_kept_alive() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // Only the first connection is ever accepted, so a second one would find no answer.
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        for body in [
            r#"{"access_token":"t","expires_in":3600}"#,
            "[]",
            "[]",
            "[]",
        ] {
            read_request(&mut stream).unwrap();
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}"
            )
            .unwrap();
        }
    });
    let client = client(&url)
        .deadline(Duration::from_secs(10))
        .build()
        .unwrap();
    for _ in 0..3 {
        client.call(ListPayments::new()).unwrap();
    }
    server.join().unwrap();
}
