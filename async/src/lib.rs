//! The asynchronous client of sanspay: tokio, reqwest underneath, or any closure or tower service.
//!
//! Everything that decides lives in [`sanspay_core`]; this crate has the loop, the transports and
//! the stream of pages. It has the names of `sanspay-blocking`.
//!
//! ```
//! use std::sync::{Arc, Mutex};
//! use std::time::SystemTime;
//! use sanspay_async::Client;
//! use sanspay_core::Currency;
//! use sanspay_core::partner::{ListPayments, NewPayment};
//! use sanspay_core::sandbox::{Sandbox, SandboxConfig};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // The provider, in memory; leave `transport` out to speak to the real one.
//! let sandbox = Arc::new(Mutex::new(Sandbox::new(SandboxConfig::default())));
//! let client = Client::builder()
//!     .base_url("https://api.example.com")
//!     .credentials("sandbox-key-id", "sandbox-key-secret")
//!     .transport(move |request| {
//!         let sandbox = Arc::clone(&sandbox);
//!         async move {
//!             let mut sandbox = sandbox.lock().unwrap_or_else(|e| e.into_inner());
//!             Ok(sandbox.handle(&request, SystemTime::now()))
//!         }
//!     })
//!     .build()?;
//! client.call(NewPayment::new("order-1", "10.00".parse()?, Currency::USD)).await?;
//! let mut payments = client.pages(ListPayments::new());
//! while let Some(payment) = payments.next().await {
//!     assert_eq!(payment?.reference(), Some("order-1"));
//! }
//! # Ok(())
//! # }
//! ```

mod builder;
mod client;
mod clock;
mod pages;
#[cfg(feature = "sandbox")]
pub mod sandbox;
mod span;
mod transport;

pub use builder::ClientBuilder;
pub use client::Client;
pub use clock::Clock;
pub use pages::Pages;
#[cfg(feature = "reqwest")]
#[doc(no_inline)]
pub use sanspay_tls::{TlsConfig, TlsConfigBuilder, TlsVersion};
#[cfg(feature = "reqwest")]
pub use transport::reqwest::ReqwestTransport;
pub use transport::{Outcome, Sending};
