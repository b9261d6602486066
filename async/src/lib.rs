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
//! use sanspay_testkit::sandbox::{Sandbox, SandboxConfig};
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
//!
//! # Spans
//!
//! With feature `tracing` each call is a span `sanspay.call` at level info, with these fields and no
//! secret: `operation`, `attempts`, `token_requests`, `status`, `request_id`, `elapsed_ms`, `outcome` and
//! `error`. The outcome is `ok`, `unknown` (it may have been executed: look it up) or `failed` (calling
//! again is safe). A call that is dropped before its end and may have been executed is a warning as well.
//!
//! # Recorded fixtures
//!
//! With `sanspay-testkit`: record a run of your own code once, commit the file, replay it for
//! ever. Only what is listed is written, such as statuses, amounts and times; placeholders stand
//! for the rest. See `sanspay_testkit::cassette::Redaction` for what that guarantees.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::SystemTime;
//! use sanspay_async::Client;
//! use sanspay_testkit::cassette::{Recorder, Redaction, Replay};
//! use sanspay_core::{Currency, Error, partner::NewPayment};
//! use sanspay_testkit::world::World;
//!
//! async fn charge(client: &Client, order: &str) -> Result<String, Error> {
//!     let payment = NewPayment::new(order, "10.00".parse().unwrap(), Currency::USD);
//!     Ok(client.call(payment).await?.checkout_url().unwrap_or_default().to_owned())
//! }
//!
//! let recorder = Recorder::new("charge", Redaction::new());
//! let builder = Client::builder().base_url("https://api.example.com");
//! let builder = builder.credentials("sandbox-key-id", "sandbox-key-secret");
//! // The sandbox in memory; to record the real one, wrap what sends to it.
//! let sandbox = World::new(Default::default()).async_transport();
//! let recorded = recorder.wrap_async(SystemTime::now, sandbox);
//! charge(&builder.transport(recorded).build()?, "order-1").await?;
//! let text = recorder.to_json()?; // std::fs::write("charge.json", &text)
//!
//! let replay = Replay::from_json("charge.json", &text)?; // include_str!("charge.json")
//! let builder = Client::builder().base_url("https://api.example.com").credentials("any", "key");
//! let url = charge(&builder.transport(replay.async_transport()).build()?, "order-1").await?;
//! assert!(url.ends_with("/pay/00000000-0000-4000-8000-000000000001"));
//! replay.assert_all_used();
//! # Ok(())
//! # }
//! ```

mod builder;
mod checkout_doctor;
mod client;
mod clock;
#[cfg(feature = "reqwest")]
mod doctor;
mod durable;
mod pages;
mod spawned;
mod token_store;
mod transport;

pub use builder::ClientBuilder;
pub use checkout_doctor::examine_checkout;
pub use client::Client;
#[cfg(feature = "reqwest")]
pub use doctor::examine;
pub use durable::Durable;
pub use pages::Pages;
#[cfg(feature = "reqwest")]
#[doc(no_inline)]
pub use sanspay_tls::doctor::{Check, Diagnosis, Doctor, Verdict};
#[cfg(feature = "reqwest")]
#[doc(no_inline)]
pub use sanspay_tls::{TlsConfig, TlsConfigBuilder, TlsVersion};
pub use spawned::Spawned;
#[cfg(feature = "reqwest")]
pub use transport::reqwest::ReqwestTransport;
#[cfg(feature = "tower")]
pub use transport::tower::tower_transport;
pub use transport::{Outcome, Sending, Transport};
