//! The example shop with the sandbox of both providers, until Ctrl-C.
//! `cargo run --example shop -- [--port PORT] [--database FILE] [--host NAME]…`
//!
//! Without a file the orders are gone at the end.
#![allow(clippy::print_stdout)]

use std::env;
use std::net::{Ipv4Addr, SocketAddr};

use sanspay_shop::{Config, Failure, Shop};

const USAGE: &str = "usage: shop [--port PORT] [--database FILE] [--host NAME]…";

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut config = Config {
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, 8090)),
        ..Config::default()
    };
    let mut arguments = env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or(USAGE)?;
        match name.as_str() {
            "--port" => config.address.set_port(value.parse()?),
            "--database" => config.database = Some(value.into()),
            "--host" => config.hosts.push(value),
            _ => return Err(USAGE.into()),
        }
    }
    match &config.database {
        Some(file) => println!("orders     {}", file.display()),
        None => println!("orders     in memory; keep them with --database FILE"),
    }
    let shop = Shop::start(config).await?;
    println!("providers  {}", shop.provider().base_url());
    println!("shop       {}", shop.base_url());
    println!("\nOpen the shop, buy something, pay. Ctrl-C stops it.");
    tokio::signal::ctrl_c().await?;
    println!("\nstopped");
    Ok(())
}
