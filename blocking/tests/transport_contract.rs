//! The transport of this crate keeps the contract.
#![cfg(feature = "ureq")]
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use sanspay_blocking::{TlsConfig, Transport, UreqTransport};
use sanspay_testkit::{BrokenRules, check_transport};

#[test]
fn ureq_keeps_it() -> Result<(), BrokenRules> {
    let tls = TlsConfig::builder().build().unwrap();
    let transport = UreqTransport::with_connect_timeout(Duration::from_secs(5), tls);
    check_transport(|request| transport.send(request))
}
