//! Confirmation by query: asks the installation's own records whether a payment is what a message
//! says (grade V throughout: seen in the provider's public server, in none of its documents).
//!
//! The checkout is software that merchants host themselves. Who operates the installation can log in
//! to its admin pages, and so look every payment up. **Where you can, do:** a signature proves that
//! the server signed a text, and a payer can have texts signed (see [`Verifier`]); the records say what
//! the server knows.
//!
//! [`Verifier`]: super::Verifier
//!
//! | operation | endpoint | route (see [`AdminWire`]) |
//! |---|---|---|
//! | log in | [`LogIn`] | `POST /api/auth/login` |
//! | list trades, the newest first | [`ListTrades`] | `GET /api/admin/trade` |
//! | show a trade by its id | [`ShowTrade`] | `GET /api/admin/trade/{id}` |
//! | find a trade by its number | [`TradeSearch`] | the list, page by page |
//! | compare it with what a message said | [`Confirmation`] | |
//!
//! A client with an operator does all of it: `client.find_trade(number)` and `client.confirm(&paid)`
//! in both adapters, over the same exchange as the partner API, with one token for all calls.
//!
//! ```
//! # #[cfg(feature = "sandbox")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Mutex;
//! use std::time::SystemTime;
//! use sanspay_blocking::Client;
//! use sanspay_core::Currency;
//! use sanspay_core::checkout::query::Confirmation;
//! use sanspay_core::checkout::{
//!     Checkout, Environment, Matched, Order, Product, ProductType, SigningKey, Verifier,
//! };
//! use sanspay_testkit::sandbox::{OPERATOR, Sandbox, SandboxConfig};
//!
//! // A payer pays an order at the sandbox, and the browser comes back with a signed message.
//! let product = Product::new("Tea", ProductType::Physical, "FOOD_PRODUCTS");
//! let number = "A-17-2f1c9b0e7d5a4c3b8e6f1a2b3c4d5e6f708192a3b4";
//! let signed = Checkout::one_off("sandbox-app", Environment::Sandbox, product)
//!     .order(number, "10.00".parse()?, Currency::USD)
//!     .notify_url("https://shop.example.com/notify")
//!     .return_url("https://shop.example.com/thanks")
//!     .sign(&SigningKey::new("sandbox-app-key")?, SystemTime::now())?;
//! let mut sandbox = Sandbox::new(SandboxConfig::default());
//! let opening = http::Request::get(signed.url()).body(Vec::new())?;
//! assert!(sandbox.handle(&opening, SystemTime::now()).status().is_success());
//! let back = sandbox.pay_order(number, SystemTime::now())?.unwrap_or_default();
//! let order = Order::new("sandbox-app", number, "10.00".parse()?, Currency::USD, "Tea")
//!     .channel("2", Currency::USD);
//! let verifier = Verifier::for_sandbox([SigningKey::new("sandbox-default-key")?])?;
//! let query = back.split_once('?').map_or("", |(_, query)| query);
//! let Matched::Paid(paid) = verifier.browser_return(query)?.matches(&order)? else {
//!     panic!("not paid")
//! };
//!
//! // Before the shop acts on it, it asks the installation.
//! let sandbox = Mutex::new(sandbox);
//! let client = Client::builder()
//!     .base_url("https://pay.shop.example")
//!     .operator(OPERATOR.0, OPERATOR.1)
//!     // The sandbox in memory; leave `transport` out to ask the real one.
//!     .transport(move |request| {
//!         let mut sandbox = sandbox.lock().unwrap_or_else(|e| e.into_inner());
//!         Ok(sandbox.handle(&request, SystemTime::now()))
//!     })
//!     .build()?;
//! match client.confirm(&paid)? {
//!     Confirmation::Confirmed(trade) => assert_eq!(trade.out_trade_no(), Some(number)),
//!     other => panic!("do not ship: {other}"),
//! }
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "sandbox"))]
//! # fn main() {}
//! ```
//!
//! # What it closes, and what it cannot see
//!
//! | hole | closed because |
//! |---|---|
//! | one text, cut in two ways | the trade has the order number that was posted, uncut |
//! | a message that is signed without a status | the same, and the trade has no status of a payment |
//! | the public signing route | a forged message names no trade, or one that says something else |
//!
//! **Neither currency nor channel is in the trade.** They are compared with your order in the message
//! alone. So with a signing route that is open, a payer who really paid your order's amount through a
//! sandbox channel, or in another currency, can forge a message that names yours. Block the route (the
//! [doctor](super::doctor) says how), and keep sandbox channels and currencies that you do not use out
//! of the installation; or look the payment up at the channel by `api_trade_no`
//! ([`Trade::field`]).
//!
//! **The records are worth what their keys are.** The key that signs the API's tokens, the salt of its
//! passwords and its first account are in the provider's public source. Where an operator kept them,
//! anybody can log in and change a trade: change all three, and let only your own addresses reach
//! `/api/admin/`.
//!
//! # What can go wrong
//!
//! - An error of [`TradeSearch`] says nothing about the payment: try again later.
//! - [`Confirmation::NotFound`] is said only after every trade that could be it was seen. A row that
//!   was deleted, or that moved because another was deleted while the list was read, is not there.
//! - The token has no expiry. It is fetched anew after 401 and after an hour.
//! - Name, password and token are secrets: whoever has them operates the installation. Use TLS.

mod answer;
mod confirmation;
mod list_trades;
mod log_in;
mod search;
#[cfg(test)]
mod tests;
mod trade;

pub use crate::wire::AdminWire;
pub use confirmation::{Confirmation, Difference};
pub use list_trades::{ListTrades, ShowTrade};
pub use log_in::{LogIn, Operator};
pub use search::TradeSearch;
pub use trade::Trade;
