//! The sandbox on a socket answers no foreign pages and hosts, and delivers to this machine only.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::time::{Duration, Instant};

use http::Response;
use sanspay_testkit::sandbox::SandboxConfig;
use sanspay_testkit::server::{FREE_PORT, Merchant, Server, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const TOKEN: &str = r#"{"key_id":"sandbox-key-id","key_secret":"sandbox-key-secret"}"#;

/// Sends a request with these lines in its head, and yields the whole answer.
async fn send(server: &Server, method: &str, target: &str, head: &str, body: &str) -> String {
    let base = server.base_url();
    let address = base.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = head.replace("$HOST", address);
    let length = body.len();
    let request = format!(
        "{method} {target} HTTP/1.1\r\n{head}content-type: application/json\r\n\
         content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

async fn start(config: SandboxConfig) -> Server {
    serve(config, FREE_PORT).await.unwrap()
}

#[tokio::test]
async fn a_foreign_page_neither_revokes_tokens_nor_plans_faults() {
    let server = start(SandboxConfig::default()).await;
    let fault = r#"{"fault":"503"}"#;
    for (foreign, expected) in [
        ("host: $HOST\r\nsec-fetch-site: cross-site\r\n", "403"),
        ("host: $HOST\r\nsec-fetch-site: same-site\r\n", "403"),
        ("host: $HOST\r\norigin: https://evil.example\r\n", "403"),
        ("host: $HOST\r\norigin: null\r\n", "403"),
        // Its owner turned the name to 127.0.0.1, so to the browser it is all one origin.
        (
            "host: evil.example\r\norigin: http://evil.example\r\nsec-fetch-site: same-origin\r\n",
            "421",
        ),
        ("", "400"),
    ] {
        for target in [
            "/sandbox/faults",
            "/partner/auth/token",
            "/checkout/1/pay",
            "/nothing",
        ] {
            let answer = send(&server, "POST", target, foreign, fault).await;
            assert!(
                answer.starts_with(&format!("HTTP/1.1 {expected}")),
                "{target} {answer}"
            );
        }
        let reads = send(&server, "GET", "/sandbox/requests", foreign, "").await;
        let read = reads.starts_with("HTTP/1.1 200");
        assert_eq!(
            read,
            expected == "403" && !foreign.contains("origin"),
            "{foreign} {reads}"
        );
    }
    assert_eq!(server.with(|sandbox, _| sandbox.faults_left()), 0);
    assert_eq!(server.with(|sandbox, _| sandbox.token_requests()), 0);
    let own = "host: $HOST\r\norigin: http://$HOST\r\nsec-fetch-site: same-origin\r\n";
    let answer = send(&server, "POST", "/sandbox/faults", own, fault).await;
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
}

#[tokio::test]
async fn a_listed_host_is_answered_and_another_is_told_how() {
    let mut config = SandboxConfig::default();
    config.hosts = vec!["sandbox.internal".into()];
    let server = start(config).await;
    let listed = "host: sandbox.internal\r\n";
    let answer = send(&server, "POST", "/partner/auth/token", listed, TOKEN).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let answer = send(
        &server,
        "POST",
        "/partner/auth/token",
        "host: x.example\r\n",
        TOKEN,
    )
    .await;
    assert!(
        answer.contains("`x.example` is no host of this server"),
        "{answer}"
    );
    assert!(
        answer.contains("list it in `hosts` of the configuration"),
        "{answer}"
    );
}

/// What the sandbox says about the webhook of one payment to this URL, once it is over.
async fn webhook_to(url: &str, receivers: &[&str]) -> (usize, Vec<String>) {
    let mut config = SandboxConfig::default();
    config.partner.webhook_url = Some(url.parse().unwrap());
    config.receivers = receivers.iter().map(|&receiver| receiver.into()).collect();
    let server = start(config).await;
    let head = "host: $HOST\r\n";
    let token = send(&server, "POST", "/partner/auth/token", head, TOKEN).await;
    let token = token.split("\"access_token\":\"").nth(1).unwrap();
    let head = format!(
        "{head}authorization: Bearer {}\r\n",
        token.split('"').next().unwrap()
    );
    let payment = r#"{"reference":"a","amount":"1.00","currency":"USD"}"#;
    let created = send(&server, "POST", "/partner/payments", &head, payment).await;
    assert!(created.starts_with("HTTP/1.1 201"), "{created}");
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let state = server.with(|sandbox, _| {
            let refused = sandbox.refused_deliveries().map(ToString::to_string);
            (sandbox.pending_deliveries(), refused.collect::<Vec<_>>())
        });
        if state.0 == 0 || Instant::now() > end {
            return state;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn webhooks_reach_this_machine_by_address_and_by_name() {
    let merchant = Merchant::listen(FREE_PORT, |_| Response::new(Vec::new())).unwrap();
    let by_address = format!("{}/hooks", merchant.base_url());
    let by_name = by_address.replace("127.0.0.1", "localhost");
    for url in [by_address, by_name] {
        assert_eq!(webhook_to(&url, &[]).await, (0, Vec::new()), "{url}");
    }
}

#[tokio::test]
async fn webhooks_to_other_machines_are_refused_at_once_and_say_how_to_allow_them() {
    for host in [
        "10.255.255.1",
        "0.0.0.0",
        "0",
        "169.254.169.254",
        "[::]",
        "[::ffff:10.0.0.1]",
    ] {
        let (pending, refused) = webhook_to(&format!("http://{host}:9/hooks"), &[]).await;
        assert_eq!((pending, refused.len()), (0, 1), "{host}");
        assert!(
            refused[0].contains("is not this machine: list the host"),
            "{refused:?}"
        );
    }
}
