//! The hosted checkout and the partner page in a real browser, headless Chromium. On every page:
//! no console message, under 50 kB, one request, no secret, and nothing that axe-core finds.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr
)]

mod driver;
mod flows;
mod hostile;
mod partner;
mod payments;
mod refusals;
mod stage;
