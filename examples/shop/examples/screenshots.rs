//! Takes the pictures of the README with headless Chromium:
//! `cargo run --manifest-path examples/shop/Cargo.toml --example screenshots`
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

#[path = "../tests/browser/driver.rs"]
mod driver;

use std::path::Path;

use sanspay_shop::{Config, Failure, Shop};
use serde_json::json;

const DOCS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs");

async fn take(browser: &driver::Browser, name: &str) -> Result<(), Failure> {
    let path = Path::new(DOCS).join(name);
    // As high as the page is, so that nothing is cut off.
    let height = browser
        .run("return document.documentElement.scrollHeight")
        .await;
    let width = browser
        .run("return document.documentElement.clientWidth")
        .await;
    let screen = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
    browser
        .devtools("Emulation.setDeviceMetricsOverride", screen)
        .await;
    std::fs::write(&path, browser.client.screenshot().await?)?;
    println!("{}", path.display());
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    std::fs::create_dir_all(DOCS)?;
    let browser = driver::Browser::start()
        .await
        .ok_or("there is no chromedriver")?;
    let shop = Shop::start(Config::default()).await?;
    browser.scheme("light").await;

    let size = |width: u32| json!({"width": width, "height": 400, "deviceScaleFactor": 1, "mobile": false});
    let window = |width| browser.devtools("Emulation.setDeviceMetricsOverride", size(width));
    window(1000).await;
    browser.open(shop.base_url()).await;
    take(&browser, "shop.png").await?;
    browser.click("Subscribe to Tea club").await;
    browser.shows("yzhan pay").await;
    window(440).await;
    take(&browser, "checkout.png").await?;
    browser.click("Subscribe").await;
    browser.shows("Subscribed").await;
    window(440).await;
    take(&browser, "order.png").await?;
    browser.open(shop.base_url()).await;
    browser.click("Buy Sencha").await;
    browser.shows("yzhan pay").await;
    let altered = browser
        .url()
        .await
        .replace("total_amount=18.50", "total_amount=0.01");
    browser.open(&altered).await;
    browser.shows("The signature is not right").await;
    window(440).await;
    take(&browser, "refusal.png").await?;
    browser.stop().await;
    Ok(())
}
