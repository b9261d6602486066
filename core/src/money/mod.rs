//! Exact money: decimal amounts and currencies, never a float and never a silent rounding.

mod amount;
mod currency;

pub use amount::{Amount, AmountError};
pub use currency::{Currency, CurrencyError};
