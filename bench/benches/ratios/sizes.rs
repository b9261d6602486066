//! How large the public models are.

use std::mem::size_of;

use sanspay_core::Page;
use sanspay_core::checkout::{Matched, Order, Signed};
use sanspay_core::partner::{ConfirmedEvent, Record, UnconfirmedEvent};

use sanspay_bench::table::{Row, ratio};

/// The most bytes of a public model.
const MOST: f64 = 512.0;

/// One row for each model that is received, against the limit.
pub(crate) fn rows() -> Vec<Row> {
    let models = [
        ("Record", size_of::<Record>()),
        ("Page", size_of::<Page<Record>>()),
        ("UnconfirmedEvent", size_of::<UnconfirmedEvent>()),
        ("ConfirmedEvent", size_of::<ConfirmedEvent>()),
        ("Signed", size_of::<Signed>()),
        ("Matched", size_of::<Matched>()),
        ("Order", size_of::<Order>()),
    ];
    models
        .map(|(name, bytes): (&str, usize)| {
            let bytes = u32::try_from(bytes).map_or(f64::INFINITY, f64::from);
            Row::counted(
                format!("bytes of a {name}"),
                "512 bytes",
                ratio(1.0),
                MOST,
                bytes,
            )
            .exact()
        })
        .into()
}
