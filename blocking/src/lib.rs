//! The blocking client of sanspay: a thread per call, ureq underneath, or any closure.
//!
//! Everything that decides lives in [`sanspay_core`]; this crate has the loop, the transport and
//! the iterator over pages.
//!
//! ```
//! use std::sync::Mutex;
//! use std::time::SystemTime;
//! use sanspay_blocking::Client;
//! use sanspay_core::Currency;
//! use sanspay_core::partner::{ListPayments, NewPayment};
//! use sanspay_testkit::sandbox::{Sandbox, SandboxConfig};
//!
//! // The provider, in memory; leave `transport` out to speak to the real one.
//! let sandbox = Mutex::new(Sandbox::new(SandboxConfig::default()));
//! let client = Client::builder()
//!     .base_url("https://api.example.com")
//!     .credentials("sandbox-key-id", "sandbox-key-secret")
//!     .transport(move |request| {
//!         let mut sandbox = sandbox.lock().unwrap_or_else(|e| e.into_inner());
//!         Ok(sandbox.handle(&request, SystemTime::now()))
//!     })
//!     .build()?;
//! client.call(NewPayment::new("order-1", "10.00".parse()?, Currency::USD))?;
//! for payment in client.pages(ListPayments::new()) {
//!     assert_eq!(payment?.reference(), Some("order-1"));
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Logs
//!
//! No span and no error of this SDK holds a secret. But at level `trace` of the `log` crate ureq
//! dumps every byte that it sends and receives, keys and tokens among them (target `ureq_proto`),
//! and writes whole URLs (target `ureq`); at `debug` it leaves both out. Never let `trace` of
//! these two through: for example `RUST_LOG=trace,ureq=debug,ureq_proto=debug`.
//!
//! # Spans
//!
//! With feature `tracing` each call is a span `sanspay.call` at level info, with these fields and no
//! secret: `operation`, `attempts`, `token_requests`, `status`, `request_id`, `elapsed_ms`, `outcome` and
//! `error`. The outcome is `ok`, `unknown` (it may have been executed: look it up) or `failed` (calling
//! again is safe). A call that panics and may have been executed is a warning as well.
//!
//! # Recorded fixtures
//!
//! With `sanspay-testkit`: record a run of your own code once, commit the file, replay it for
//! ever. Only what is listed is written, such as statuses, amounts and times; placeholders stand
//! for the rest. See `sanspay_testkit::cassette::Redaction` for what that guarantees.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::SystemTime;
//! use sanspay_blocking::Client;
//! use sanspay_testkit::cassette::{Recorder, Redaction, Replay};
//! use sanspay_core::{Currency, Error, partner::NewPayment};
//! use sanspay_testkit::world::World;
//!
//! fn charge(client: &Client, order: &str) -> Result<String, Error> {
//!     let payment = NewPayment::new(order, "10.00".parse().unwrap(), Currency::USD);
//!     Ok(client.call(payment)?.checkout_url().unwrap_or_default().to_owned())
//! }
//!
//! let recorder = Recorder::new("charge", Redaction::new());
//! let builder = Client::builder().base_url("https://api.example.com");
//! let builder = builder.credentials("sandbox-key-id", "sandbox-key-secret");
//! // The sandbox in memory; to record the real one, wrap what sends to it.
//! let sandbox = World::new(Default::default()).transport();
//! let recorded = recorder.wrap(SystemTime::now, sandbox);
//! charge(&builder.transport(recorded).build()?, "order-1")?;
//! let text = recorder.to_json()?; // std::fs::write("charge.json", &text)
//!
//! let replay = Replay::from_json("charge.json", &text)?; // include_str!("charge.json")
//! let builder = Client::builder().base_url("https://api.example.com").credentials("any", "key");
//! let url = charge(&builder.transport(replay.transport()).build()?, "order-1")?;
//! assert!(url.ends_with("/pay/00000000-0000-4000-8000-000000000001"));
//! replay.assert_all_used();
//! # Ok(())
//! # }
//! ```

mod builder;
mod checkout_doctor;
mod client;
mod clock;
#[cfg(feature = "ureq")]
mod doctor;
mod durable;
mod pages;
mod token_store;
mod transport;

pub use builder::ClientBuilder;
pub use checkout_doctor::examine_checkout;
pub use client::Client;
#[cfg(feature = "ureq")]
pub use doctor::examine;
pub use durable::Durable;
pub use pages::Pages;
#[cfg(feature = "ureq")]
#[doc(no_inline)]
pub use sanspay_tls::doctor::{Check, Diagnosis, Doctor, Verdict};
#[cfg(feature = "ureq")]
#[doc(no_inline)]
pub use sanspay_tls::{TlsConfig, TlsConfigBuilder, TlsVersion};
#[cfg(feature = "ureq")]
pub use transport::ureq::UreqTransport;
pub use transport::{Outcome, Transport};
