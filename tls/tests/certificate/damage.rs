//! Certificates that are damaged.

use std::sync::LazyLock;

use proptest::prelude::*;
use rcgen::{ExtendedKeyUsagePurpose as Purpose, KeyUsagePurpose as Usage};

use crate::names::are_known;
use crate::pieces::{GENERALIZED, Pieces, element, extension, issued, name, oid, part};
use crate::reading::{ours, purposes_are_read, theirs};

/// A byte changed, put in or taken out, or the end cut off.
#[derive(Debug, Clone)]
enum Damage {
    Change(u8),
    Insert(u8),
    Remove,
    Cut,
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        6 => any::<u8>().prop_map(Damage::Change),
        2 => any::<u8>().prop_map(Damage::Insert),
        1 => Just(Damage::Remove),
        1 => Just(Damage::Cut),
    ]
}

/// Certificates with everything in them that is read.
static SOURCES: LazyLock<[Vec<u8>; 3]> = LazyLock::new(|| {
    let from_rcgen = issued(|params| {
        params.extended_key_usages = vec![Purpose::ClientAuth];
        params.key_usages = vec![Usage::DigitalSignature];
    });
    let purposes = element(
        0x30,
        &[&oid("1.3.6.1.5.5.7.3.1"), &oid("1.3.6.1.5.5.7.3.2")],
    );
    let extensions = [
        extension("2.5.29.37", &[], &purposes),
        extension("2.5.29.15", &[1, 1, 0xff], &[3, 2, 7, 0x80]),
    ];
    let extensions = element(0xa3, &[&element(0x30, &[&extensions.concat()])]);
    let by_hand = Pieces::with(|pieces| {
        let (a, b) = ("a, ö ".as_bytes(), &b"b"[..]);
        pieces.subject = name(&[
            part(&[("0.9.2342.19200300.100.1.25", 0x16, b"example")]),
            part(&[("2.5.4.3", 0x0c, a), ("2.5.4.10", 0x13, b)]),
        ]);
        pieces.not_after = (GENERALIZED, "20500101000000Z");
        pieces.tail = [element(0x81, &[&[0, 1]]), extensions].concat();
    });
    [from_rcgen, by_hand.der(), Pieces::new().der()]
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    /// What x509-cert reads is read, and alike.
    #[test]
    fn a_damaged_certificate_is_read_as_x509_cert_reads_it(
        source in 0_usize..3,
        damages in prop::collection::vec((any::<prop::sample::Index>(), damage()), 1..3),
    ) {
        let mut der = SOURCES[source].clone();
        for (place, damage) in damages {
            let place = place.index(der.len());
            match damage {
                Damage::Change(byte) => der[place] = byte,
                Damage::Insert(byte) => der.insert(place, byte),
                Damage::Remove => drop(der.remove(place)),
                Damage::Cut => der.truncate(place.max(1)),
            }
        }
        let ours = ours(&der);
        if let Some(theirs) = theirs(&der) {
            let mut ours = ours.unwrap();
            if !are_known(&der) {
                (ours.2, ours.3) = (theirs.2.clone(), theirs.3.clone());
            }
            if !purposes_are_read(&der) {
                ours.4 = theirs.4;
            }
            prop_assert_eq!(ours, theirs);
        }
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(der in prop::collection::vec(any::<u8>(), 0..200)) {
        ours(&der);
        ours(&element(0x30, &[&der]));
    }
}
