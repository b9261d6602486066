//! What other crates of the application install has no say, and any provider of cryptography will
//! do. It is a program of its own, because a provider is installed once for a whole process.
#![allow(clippy::unwrap_used, clippy::panic)]

use sanspay_core::partner::NewPayment;
use sanspay_core::{Currency, ErrorKind};
use sanspay_e2e::{Adapter, AnyClient, Front, Setup, fronts};
use sanspay_testkit::pki::Pki;

fn payment() -> NewPayment {
    NewPayment::new("order-1", "10.00".parse().unwrap(), Currency::USD)
}

#[test]
fn a_useless_provider_that_somebody_installed_changes_nothing() {
    let mut useless = rustls_graviola::default_provider();
    useless.cipher_suites.clear();
    useless.kx_groups.clear();
    useless.install_default().unwrap();
    let pki = Pki::new();
    for kind in fronts() {
        for adapter in Adapter::BOTH {
            let front = Front::start(kind, &Setup::new(&pki));
            let client = AnyClient::new(adapter, &front.base_url(), pki.tls(&pki.client));
            client.call(payment()).unwrap();
            // A client without any configuration of TLS takes no notice either.
            let client = sanspay_blocking::Client::builder()
                .base_url(front.base_url())
                .credentials("id", "secret")
                .build()
                .unwrap();
            assert_eq!(client.call(payment()).unwrap_err().kind(), ErrorKind::Tls);
        }
    }
}

#[test]
fn a_provider_without_c_does_the_same() {
    let pki = Pki::new();
    for kind in fronts() {
        for adapter in Adapter::BOTH {
            let front = Front::start(kind, &Setup::new(&pki));
            let (chain, key) = (pki.client.chain.clone(), pki.client.key.clone());
            let builder = pki.trusting().client_certificate(chain, key);
            let tls = builder
                .provider(rustls_graviola::default_provider())
                .build();
            let client = AnyClient::new(adapter, &front.base_url(), tls.unwrap());
            client.call(payment()).unwrap();
        }
    }
}
