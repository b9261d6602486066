//! An example shop over sanspay: it sells through the hosted checkout, shows the partner API, and
//! embeds the sandbox of both providers, so that all of it runs on one machine.
//!
//! Read it in this order: [`catalogue`] (what is sold), `orders` (from the button to the signed
//! URL), `messages` (what comes back, and what it takes to believe it), `partner` (payments,
//! payouts and webhooks), `store` (what survives a restart). The pages are in `pages`.
//!
//! Its checkout has all faults of the real server, the open signing route among them: whoever reaches
//! that one is believed. A shop that takes money has it blocked at the provider's web server, or
//! confirms each payment by query (`sanspay_core::checkout::query`).
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), sanspay_shop::Failure> {
//! let shop = sanspay_shop::Shop::start(sanspay_shop::Config::default()).await?;
//! println!("open {}", shop.base_url());
//! # Ok(())
//! # }
//! ```

pub mod catalogue;
mod checks;
mod file;
mod messages;
mod orders;
mod pages;
mod partner;
mod server;
mod store;

/// Anything that went wrong.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

pub use server::{Config, Shop};
