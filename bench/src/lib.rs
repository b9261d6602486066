//! What the ratios and the comparison with peers share: inputs, floors, clock and table.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::float_arithmetic,
    clippy::print_stderr,
    clippy::missing_panics_doc
)]

pub mod checkout;
pub mod measure;
mod nested;
pub mod partner;
pub mod table;
