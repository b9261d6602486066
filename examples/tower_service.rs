//! A tower service as the transport: hyper's pooled client below one's own limit and timeout.
//! `cargo run --example tower_service`
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::rt::TokioExecutor;
use sanspay_async::{Client, tower_transport};
use sanspay_core::Currency;
use sanspay_core::partner::NewPayment;
use sanspay_testkit::sandbox::SandboxConfig;
use sanspay_testkit::server;
use tower::ServiceBuilder;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let provider = server::serve(SandboxConfig::default(), server::FREE_PORT).await?;
    let service = ServiceBuilder::new()
        .concurrency_limit(8)
        .timeout(Duration::from_secs(5))
        .service(HyperClient::builder(TokioExecutor::new()).build_http::<Full<Bytes>>());
    let client = Client::builder()
        .base_url(provider.base_url())
        .credentials("sandbox-key-id", "sandbox-key-secret")
        .transport(tower_transport(service))
        .build()?;
    let payment = client
        .call(NewPayment::new("order-1", "10.00".parse()?, Currency::USD))
        .await?;
    println!("{} is {}", payment.id(), payment.status());
    Ok(())
}
