//! The blocking client of sanspay.

mod builder;
mod client;
mod pages;
mod span;
#[cfg(feature = "ureq")]
mod transport;

pub use builder::ClientBuilder;
pub use client::Client;
pub use pages::Pages;
