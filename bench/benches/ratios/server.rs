//! The server that both sides call: keep-alive, canned answers, on a thread of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use sanspay_bench::partner;

/// Answers a path and query with a body.
type Answers = dyn Fn(&str) -> String + Send + Sync;

/// Serves a token to every POST, and `answers` to every GET after `latency`.
pub(crate) fn serve(
    latency: Duration,
    answers: impl Fn(&str) -> String + Send + Sync + 'static,
) -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("a socket for tokio");
    let address = listener.local_addr().expect("an address");
    let answers: Arc<Answers> = Arc::new(answers);
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.expect("a runtime").block_on(async move {
            let listener = TcpListener::from_std(listener).expect("a listener");
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).expect("a connected socket");
                tokio::spawn(connection(stream, latency, Arc::clone(&answers)));
            }
        });
    });
    address
}

/// Answers one request after the other until the client is gone.
async fn connection(mut stream: TcpStream, latency: Duration, answers: Arc<Answers>) {
    let mut received = Vec::new();
    while let Some((head, body)) = ends_of_request(&mut stream, &mut received).await {
        let text = String::from_utf8_lossy(&received[..head]);
        let mut words = text.split(' ');
        let (method, target) = (words.next(), words.next().unwrap_or_default());
        let answer = if method == Some("POST") {
            partner::token_answer()
        } else {
            if !latency.is_zero() {
                tokio::time::sleep(latency).await;
            }
            answers(target)
        };
        received.drain(..body);
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            answer.len()
        );
        if stream.write_all((head + &answer).as_bytes()).await.is_err() {
            return;
        }
    }
}

/// Where head and body of the next request end; `None` when the client is gone.
async fn ends_of_request(stream: &mut TcpStream, received: &mut Vec<u8>) -> Option<(usize, usize)> {
    loop {
        if let Some(head) = received.windows(4).position(|w| w == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&received[..head]).to_ascii_lowercase();
            let length = text.split("content-length: ").nth(1);
            let length = length
                .and_then(|rest| rest.lines().next()?.parse().ok())
                .unwrap_or(0);
            if received.len() >= head + 4 + length {
                return Some((head, head + 4 + length));
            }
        }
        if stream.read_buf(received).await.ok()? == 0 {
            return None;
        }
    }
}
