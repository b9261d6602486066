//! A transport of one's own: a closure over hyper alone, one connection for each request.
//! `cargo run --example hyper_transport`
#![allow(clippy::print_stdout)]

use std::error::Error;

use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use sanspay_async::{Client, sandbox};
use sanspay_core::partner::NewPayment;
use sanspay_core::sandbox::SandboxConfig;
use sanspay_core::{Currency, Limits, NotSent, TransportError};
use tokio::net::TcpStream;

/// Made only before the request is given to a connection, which is the proof.
fn not_sent(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> TransportError {
    TransportError::not_sent(NotSent::proven(), source)
}

async fn send(mut request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, TransportError> {
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
    let limit = Limits::of(&request).body;

    // From here on the server may have seen the request.
    let request = request.map(|body| Full::new(Bytes::from(body)));
    let response = sender
        .send_request(request)
        .await
        .map_err(TransportError::maybe_sent)?;
    let (parts, body) = response.into_parts();
    let body = Limited::new(body, limit)
        .collect()
        .await
        .map_err(TransportError::maybe_sent)?;
    Ok(Response::from_parts(parts, body.to_bytes().to_vec()))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let provider = sandbox::serve(SandboxConfig::default(), sandbox::FREE_PORT).await?;
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
