//! When a certificate is valid.

use std::time::SystemTime;

use sanspay_core::Timestamp;

use crate::pieces::{GENERALIZED, Pieces, UTC, issued};
use crate::reading::{LAST_SECOND, read, try_read};

pub(crate) fn at(text: &str) -> SystemTime {
    text.parse::<Timestamp>().unwrap().into()
}

#[test]
fn a_time_is_read_in_both_forms_to_the_second() {
    let now = SystemTime::now();
    for end in [at("2049-12-31T23:59:59Z"), at("2050-01-01T00:00:00Z")] {
        let der = issued(|params| {
            params.not_before = now.into();
            params.not_after = end.into();
        });
        let last = end + LAST_SECOND;
        assert_eq!(read(&der).1.not_after, last);
    }
    let ends = [
        ((UTC, "700101000000Z"), at("1970-01-01T00:00:00Z")),
        ((UTC, "991231235959Z"), at("1999-12-31T23:59:59Z")),
        ((UTC, "000229010203Z"), at("2000-02-29T01:02:03Z")),
        ((UTC, "491231235959Z"), at("2049-12-31T23:59:59Z")),
        ((GENERALIZED, "20260102030405Z"), at("2026-01-02T03:04:05Z")),
        ((GENERALIZED, "99991231235959Z"), at("9999-12-31T23:59:59Z")),
    ];
    for (not_after, expected) in ends {
        let read = Pieces::with(|pieces| pieces.not_after = not_after).read();
        let last = expected + LAST_SECOND;
        assert_eq!(read.1.not_after, last, "{not_after:?}");
    }
}

#[test]
fn a_time_that_certificates_must_not_have_is_refused() {
    for not_after in [
        (UTC, "4912312359Z"),
        (UTC, "491231235959"),
        (UTC, "491231235959+0000"),
        (UTC, "20491231235959Z"),
        (UTC, "490229000000Z"),
        (UTC, "491301000000Z"),
        (UTC, "491231240000Z"),
        (UTC, "161231235960Z"),
        (UTC, "+91231235959Z"),
        (UTC, "4912312359é"),
        (UTC, ""),
        (GENERALIZED, "491231235959Z"),
        (GENERALIZED, "20491231235959.5Z"),
        (0x0c, "491231235959Z"),
    ] {
        let der = Pieces::with(|pieces| pieces.not_after = not_after).der();
        assert_eq!(try_read(&der), None, "{not_after:?}");
    }
}
