//! Certificates that are damaged.

use std::sync::LazyLock;

use proptest::prelude::*;
use rcgen::{ExtendedKeyUsagePurpose as Purpose, KeyUsagePurpose as Usage};

use crate::pieces::{element, issued};
use crate::reading::try_read;

static SOURCE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    issued(|params| {
        params.extended_key_usages = vec![Purpose::ClientAuth];
        params.key_usages = vec![Usage::DigitalSignature];
    })
});

proptest! {
    #[test]
    fn a_damaged_certificate_is_read_or_refused_without_a_panic(
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut der = SOURCE.clone();
        let place = place.index(der.len());
        der[place] = byte;
        try_read(&der);
        der.truncate(place);
        prop_assert_eq!(try_read(&der), None);
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(der in prop::collection::vec(any::<u8>(), 0..200)) {
        try_read(&der);
        try_read(&element(0x30, &[&der]));
    }
}
