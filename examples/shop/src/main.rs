//! The example shop with the sandbox of both providers, until Ctrl-C.
//!
//! Without a file the orders are gone at the end.
#![allow(clippy::print_stdout)]

use std::net::{Ipv4Addr, SocketAddr};

use lexopt::{Arg, Parser, ValueExt};
use sanspay_shop::{Config, Failure, Shop};

const USAGE: &str = "usage: sanspay-shop [--port PORT] [--database FILE] [--host NAME]…";

/// `None` where the usage is asked for.
fn read_arguments() -> Result<Option<Config>, lexopt::Error> {
    let mut config = Config {
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, 8090)),
        ..Config::default()
    };
    let mut arguments = Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("port") => config.address.set_port(arguments.value()?.parse()?),
            Arg::Long("database") => config.database = Some(arguments.value()?.into()),
            Arg::Long("host") => config.hosts.push(arguments.value()?.string()?),
            Arg::Long("help") => return Ok(None),
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(Some(config))
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let Some(config) = read_arguments()? else {
        println!("{USAGE}");
        return Ok(());
    };
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
