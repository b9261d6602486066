//! The suite: what every way to drive the core has to do, written once.

// Tables read best in one piece.
#![allow(clippy::too_many_lines)]

mod deadlines;
mod lost;
mod operations;
mod paging;
mod retries;
mod shapes;
mod tokens;

use crate::scenario::Scenario;

const TOKEN: &str = "/partner/auth/token";
const PAYMENTS: &str = "/partner/payments";
const PAYOUTS: &str = "/partner/payouts";

/// All scenarios.
pub fn all() -> Vec<Scenario> {
    [
        operations::all(),
        retries::all(),
        tokens::all(),
        paging::all(),
        lost::all(),
        shapes::all(),
        deadlines::all(),
    ]
    .concat()
}
