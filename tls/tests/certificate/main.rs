//! What `Certificate` reads of DER, whole and damaged.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic)]

mod damage;
mod names;
mod pieces;
mod reading;
mod times;
mod usages;

use pieces::{Pieces, element};
use reading::{read, try_read};
use sanspay_tls::Certificate;

#[test]
fn the_version_is_1_unless_it_says_otherwise() {
    for (version, expected) in [(vec![], 1), (vec![0], 1), (vec![1], 2), (vec![2], 3)] {
        let version = match version[..] {
            [] => version,
            _ => element(0xa0, &[&element(2, &[&version])]),
        };
        assert_eq!(
            Pieces::with(|pieces| pieces.version = version).read().0,
            expected
        );
    }
    for version in [&[3][..], &[0x80], &[0, 2], &[]] {
        let version = element(0xa0, &[&element(2, &[version])]);
        let der = Pieces::with(|pieces| pieces.version = version).der();
        assert_eq!(try_read(&der), None);
    }
}

#[test]
fn the_identifiers_of_version_2_are_passed_over() {
    let tail = [element(0x81, &[&[0, 1]]), element(0x82, &[&[0, 1]])].concat();
    assert_eq!(
        Pieces::with(|pieces| pieces.tail = tail).read().2,
        "CN=partner-1"
    );
}

#[test]
fn the_certificates_of_the_fixtures_are_read() {
    for (pem, subject, version) in [
        (include_str!("../../fixtures/rsa.pem"), "CN=rsa", 3),
        (include_str!("../../fixtures/ec.pem"), "CN=ec", 3),
        (include_str!("../../fixtures/v1.pem"), "CN=v1", 1),
    ] {
        for certificate in Certificate::from_pem(pem.as_bytes()).unwrap() {
            let read = read(certificate.der());
            assert_eq!((read.0, read.2.as_str()), (version, subject));
        }
    }
}

#[test]
fn what_is_no_certificate_is_refused() {
    let good = Pieces::new().der();
    let behind = [&good[..], &[0]].concat();
    let (header, content) = good.split_at(2);
    assert_eq!(header, [0x30, 127]);
    let long_length = [&[0x30, 0x81, 127], content].concat();
    let endless = [&[0x30, 0x80][..], content, &[0, 0]].concat();
    let too_long = [&[0x30, 0x88], &[0xff; 8][..], content].concat();
    let high_tag = element(0x3f, &[content]);
    for der in [
        &[][..],
        b"no DER",
        &behind,
        &good[..good.len() - 1],
        &long_length,
        &endless,
        &too_long,
        &high_tag,
    ] {
        assert_eq!(try_read(der), None, "{der:x?}");
    }
}
