//! What a certificate may be used for.

use rcgen::{CustomExtension, ExtendedKeyUsagePurpose as Purpose, KeyUsagePurpose as Usage};

use crate::pieces::{element, extension, issued, oid, with_extensions};
use crate::reading::read;

#[test]
fn the_purposes_and_usages_decide_who_may_use_it() {
    let purposes: [&[Purpose]; 5] = [
        &[],
        &[Purpose::ClientAuth],
        &[Purpose::Any],
        &[Purpose::ServerAuth],
        &[Purpose::ServerAuth, Purpose::ClientAuth],
    ];
    let usages: [&[Usage]; 4] = [
        &[],
        &[Usage::DigitalSignature],
        &[Usage::KeyCertSign],
        &[Usage::DigitalSignature, Usage::DecipherOnly],
    ];
    for (p, purposes) in purposes.iter().enumerate() {
        for (u, usages) in usages.iter().enumerate() {
            for ca in [false, true] {
                let der = issued(|params| {
                    params.extended_key_usages = purposes.to_vec();
                    params.key_usages = usages.to_vec();
                    if ca {
                        let any = rcgen::BasicConstraints::Unconstrained;
                        params.is_ca = rcgen::IsCa::Ca(any);
                    }
                    let unknown = vec![1, 3, 6, 1, 4, 1, 32473, 2];
                    let mut unknown = CustomExtension::from_oid_content(&unknown, vec![5, 0]);
                    unknown.set_criticality(true);
                    params.custom_extensions = vec![unknown];
                });
                assert_eq!(read(&der).4, p != 3 && u != 2, "{purposes:?} {usages:?}");
            }
        }
    }
}

#[test]
fn an_extension_that_is_damaged_or_there_twice_allows_nothing() {
    const KEY_USAGE: &str = "2.5.29.15";
    const PURPOSES: &str = "2.5.29.37";
    let client = oid("1.3.6.1.5.5.7.3.2");
    let good = element(0x30, &[&client]);
    let with_a_zero = [&[6, 9], &client[2..9], &[0x80, 2]].concat();
    let usage = |value: &[u8]| extension(KEY_USAGE, &[], value);
    let purposes = |value: &[u8]| extension(PURPOSES, &[], value);

    for allowed in [
        vec![],
        vec![usage(&[3, 2, 7, 0x80])],
        vec![usage(&[3, 3, 0, 0x80, 0x80]), purposes(&good)],
        vec![extension(PURPOSES, &[1, 1, 0xff], &good)],
        vec![extension(PURPOSES, &[1, 1, 0], &good)],
    ] {
        assert!(with_extensions(&allowed).4, "{allowed:x?}");
    }
    for refused in [
        vec![purposes(&good), purposes(&good)],
        vec![purposes(&[])],
        vec![purposes(&[0x30, 0])],
        vec![purposes(&client)],
        vec![purposes(&[&good[..], &[0]].concat())],
        vec![purposes(&element(0x30, &[&client, &[6, 1, 0x80]]))],
        vec![purposes(&element(0x30, &[&client, &[5, 0]]))],
        // Another identifier, although its numbers are the same.
        vec![purposes(&element(0x30, &[&with_a_zero]))],
        vec![usage(&[3, 2, 7, 0x80]), usage(&[3, 2, 7, 0x80])],
        vec![usage(&[3, 0])],
        vec![usage(&[3, 1, 0])],
        vec![usage(&[3, 2, 8, 0x80])],
        vec![usage(&[3, 2, 0, 0x7f])],
        vec![usage(&[3, 4, 0, 0x80, 0, 0])],
        vec![usage(&[3, 2, 7, 0x80, 0])],
        vec![usage(&[4, 2, 7, 0x80])],
    ] {
        assert!(!with_extensions(&refused).4, "{refused:x?}");
    }
}
