//! The example shop with the sandbox of both providers, until Ctrl-C.
//! `cargo run --example shop -- [--port PORT] [--database FILE]`
#![allow(clippy::print_stdout)]

use std::env;
use std::net::{Ipv4Addr, SocketAddr};

use sanspay_shop::{Config, Failure, Shop};

const USAGE: &str = "usage: shop [--port PORT] [--database FILE]";

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut port = 8090;
    let mut database = env::temp_dir().join("sanspay-shop.sqlite3");
    let mut arguments = env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or(USAGE)?;
        match name.as_str() {
            "--port" => port = value.parse()?,
            "--database" => database = value.into(),
            _ => return Err(USAGE.into()),
        }
    }
    println!("orders     {}", database.display());
    let config = Config {
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        database: Some(database),
        ..Config::default()
    };
    let shop = Shop::start(config).await?;
    println!("providers  {}", shop.provider().base_url());
    println!("shop       {}", shop.base_url());
    println!("\nOpen the shop, buy something, pay. Ctrl-C stops it; the orders stay.");
    tokio::signal::ctrl_c().await?;
    println!("\nstopped");
    Ok(())
}
