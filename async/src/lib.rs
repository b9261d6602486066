//! The asynchronous client of sanspay.

mod builder;
mod client;
mod pages;

#[cfg(feature = "sandbox")]
pub mod sandbox;
mod span;
mod transport;

pub use builder::ClientBuilder;
pub use client::Client;
pub use pages::Pages;
