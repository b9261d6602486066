//! TLS for the clients of sanspay: one configuration for both adapters, and words for what is
//! wrong when it fails.
//!
//! [`TlsConfig`] takes PEM or PKCS#12, checks all of it before the first connection, and holds a
//! [`rustls::ClientConfig`] that both adapters use as it is, so that they behave alike whatever
//! other crates of the application install. [`problem_of`] finds the [`TlsProblem`] in a client
//! library's error; [`Certificate`] shows what matters of a certificate; `doctor` (feature `doctor`)
//! decides what both adapters' `Doctor` looks at and says.
//!
//! # Features
//! - `encrypted-keys`: private keys with a password, `TlsConfigBuilder::key_password`.
//! - `pkcs12`: chain and key in one file with a password, `TlsConfigBuilder::pkcs12`.
//! - `system-roots`: the CAs of the operating system.
//! - `doctor`: the module `doctor`.
//! - `ring` and `graviola`: see the next section.
//!
//! # Cryptography
//! `ring` is the default. The feature `graviola` replaces it by one that needs no C compiler
//! (`default-features = false, features = ["graviola"]`); where both are on, `ring` is used. Any
//! other provider of rustls is given with [`TlsConfigBuilder::provider`], and a whole
//! configuration of your own with [`TlsConfig::from_rustls`]. Nothing is installed for the
//! process, and nothing that is installed has a say.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

mod builder;
mod certificate;
mod client;
mod config;
#[cfg(feature = "doctor")]
pub mod doctor;
mod pem;
#[cfg(feature = "pkcs12")]
mod pkcs12;
mod reason;
mod recognise;
mod source;

pub use builder::{TlsConfigBuilder, TlsVersion};
pub use certificate::Certificate;
pub use config::{TlsConfig, default_provider};
pub use recognise::problem_of;
pub use rustls;
#[doc(no_inline)]
pub use sanspay_core::{CertificateValidity, TlsProblem};
