//! The asynchronous client of sanspay.

mod builder;
mod client;
mod pages;

mod span;
mod transport;

pub use builder::ClientBuilder;
pub use client::Client;
pub use pages::Pages;
