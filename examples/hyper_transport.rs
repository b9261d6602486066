//! A transport of one's own: a closure over hyper alone, one connection for each request.
//! `cargo run --example hyper_transport`
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::time::{Instant, SystemTime};

use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use sanspay_async::Client;
use sanspay_core::partner::NewPayment;
use sanspay_core::{Currency, Limits, NotSent, TransportError};
use sanspay_testkit::sandbox::SandboxConfig;
use sanspay_testkit::server;
use tokio::net::TcpStream;

/// Made only before the request is given to a connection, which is the proof.
fn not_sent(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> TransportError {
    TransportError::not_sent(NotSent::proven(), source)
}

/// By two clocks: the one stands still while the machine sleeps, the other one jumps.
fn is_too_late(began: (Instant, SystemTime), limits: &Limits) -> bool {
    let (monotonic, wall) = began;
    limits.send_within.is_some_and(|left| {
        monotonic.elapsed() >= left || wall.elapsed().is_ok_and(|passed| passed >= left)
    })
}

pub(crate) async fn send(
    mut request: Request<Vec<u8>>,
) -> Result<Response<Vec<u8>>, TransportError> {
    let (limits, began) = (Limits::of(&request), (Instant::now(), SystemTime::now()));
    let authority = request.uri().authority().cloned();
    let authority = authority.ok_or_else(|| not_sent("no host"))?;
    let stream = TcpStream::connect(authority.as_str())
        .await
        .map_err(not_sent)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(not_sent)?;
    tokio::spawn(connection);

    // HTTP/1.1 wants the path in the first line and the host in a header.
    let host = http::HeaderValue::from_str(authority.as_str()).map_err(not_sent)?;
    request.headers_mut().insert(http::header::HOST, host);
    let target = request
        .uri()
        .path_and_query()
        .map_or("/", |target| target.as_str());
    *request.uri_mut() = target.parse().map_err(not_sent)?;
    if is_too_late(began, &limits) {
        return Err(not_sent("the time by which it had to be sent has passed"));
    }

    // From here on the server may have seen the request.
    let request = request.map(|body| Full::new(Bytes::from(body)));
    let response = sender
        .send_request(request)
        .await
        .map_err(TransportError::maybe_sent)?;
    let (parts, mut body) = response.into_parts();
    let mut received = Vec::new();
    // One byte over the limit is enough for the core to notice.
    while received.len() <= limits.body
        && let Some(frame) = body.frame().await
    {
        let frame = frame.map_err(TransportError::maybe_sent)?;
        if let Ok(data) = frame.into_data() {
            received.extend_from_slice(&data);
        }
    }
    Ok(Response::from_parts(parts, received))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let provider = server::serve(SandboxConfig::default(), server::FREE_PORT).await?;
    let client = Client::builder()
        .base_url(provider.base_url())
        .credentials("sandbox-key-id", "sandbox-key-secret")
        .transport(send)
        .build()?;
    let payment = client
        .call(NewPayment::new("order-1", "10.00".parse()?, Currency::USD))
        .await?;
    println!("{} is {}", payment.id(), payment.status());
    Ok(())
}
