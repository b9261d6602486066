//! yzhan pay hosted checkout: a signed URL out, notification and browser return in.
//!
//! One signed `GET https://p.yzhan.co/checkout?…`, which the payer's browser opens (grade D,
//! the provider's "Checkout" document). What comes of it is told by a signed `POST` to your
//! `notify_url` and by a signed query on the browser's way back to your `return_url` (grade V).
//! There is no token and nothing to wait for: a text is built, and texts are checked.
//!
//! **Whoever operates the installation confirms by [`query`] first of all:** `client.confirm(&paid)`
//! asks its own books, which no signed text can change. Whoever does not still lets the [`doctor`]
//! look whether messages of the installation prove anything.
//!
//! ```text
//!  Checkout ──sign──▶ SignedCheckout ──url / form──▶ payer's browser ──▶ provider
//!                                                                           │
//!  raw bytes ◀──────────────── notification (POST), return (query) ◀────────┘
//!      │ Verifier: shape, signature, only one way to read it
//!      ▼
//!   Signed          the provider said this, of *some* order
//!      │ matches(&Order): yours, at your price, through your channel
//!      ▼
//!   Matched ──▶ Paid | NotPaid ──▶ store with its DedupKey ──▶ Answer: "succeed"
//!                │ where you operate the installation: client.confirm(&paid), before you act
//! ```
//!
//! # The whole way
//! ```
//! use std::time::{Duration, SystemTime};
//! use sanspay_core::Currency;
//! use sanspay_core::checkout::{
//!     Answer, Checkout, Environment, Matched, Order, Product, ProductType, Progress, SigningKey,
//!     Status, TestMessage, Verifier,
//! };
//!
//! // 1. Send the payer's browser to the signed URL, or answer with `form_html()`.
//! let key = SigningKey::new("the app's secret_key")?;
//! let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000); // your clock
//! let product = Product::new("Tea", ProductType::Physical, "FOOD_PRODUCTS");
//! let signed = Checkout::one_off("2021122412586601", Environment::Production, product)
//!     .order("A-1", "10.00".parse()?, Currency::USD)
//!     .notify_url("https://shop.example.com/notify")
//!     .return_url("https://shop.example.com/thanks")
//!     .sign(&key, now)?;
//! assert!(signed.url().contains("&out_trade_no=A-1&total_amount=10.00&currency=USD&"));
//!
//! // 2. The notification arrives; here a test signer stands in for the provider.
//! let order = Order::new("2021122412586601", "A-1", "10.00".parse()?, Currency::USD, "Tea")
//!     .channel("3", Currency::USD);
//! let installation_key = SigningKey::new("the installation's secret_key")?;
//! let body = TestMessage::paid(&order).form_body(&installation_key);
//!
//! // 3. Is it signed? Then look the order up in your own books, and compare.
//! let verifier = Verifier::new([key, installation_key])?;
//! let handle = |body: &[u8]| {
//!     let signed = verifier.notification(body)?;
//!     assert_eq!(signed.out_trade_no(), "A-1"); // the order to look up
//!     signed.matches(&order)
//! };
//! let result = handle(&body);
//! let Ok(Matched::Paid(paid)) = &result else { panic!("not paid") };
//!
//! // 4. Act once: store the status and the dedup key in one transaction.
//! assert_eq!(Status::Created.progress(paid.status()), Progress::Advance);
//! assert_eq!(paid.dedup_key().status(), Status::CheckoutSucceed);
//!
//! // 5. Only then acknowledge it.
//! assert_eq!(Answer::to(&result).body(), "succeed");
//!
//! // A forged one is refused, and the answer does not tell why; your log does.
//! let forged = String::from_utf8(body)?.replace("A-1", "A-2");
//! let refused = handle(forged.as_bytes());
//! assert_eq!(Answer::to(&refused).body(), "refused");
//! assert_eq!(refused.unwrap_err().log_reason(), "sign was made with none of the keys");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What the signature leaves open
//!
//! Values are joined unescaped (grade D), so that one signed text can be cut into parameters in
//! more than one way. A payer who controls a product's description can have the text of somebody
//! else's paid order signed without paying. Three things close this, and each is needed:
//!
//! - **What is signed here cannot be cut:** JSON parameters are written with `&` and `=` as
//!   escapes, and `&` later followed by `=` is refused in plain values and in the product's name
//!   and description, which come back raw.
//! - **What is accepted has only one cut:** known names, each at most once, strict forms, and no
//!   value that holds an `&` later followed by `=`.
//! - **Only the comparison with your own order says paid:** app, number, amount, currency,
//!   channel and product's name.
//!
//! Parameters added or left out where the signature does not look (`""` and `"0"`) count as
//! absent. A `subscription_id` can be cut out of a subject, so it counts only where the order may
//! be a subscription and the status is one of a subscription. [`Verifier`] has the whole argument.
//!
//! The signature is MD5 with an appended secret. It is the provider's scheme (grade D); use TLS
//! for every URL, and do not log signed URLs.

mod channel;
mod check;
mod customer;
pub mod doctor;
mod php;
mod plan;
mod product;
pub mod query;
mod request;
mod resource;
mod sign;
mod signed;
mod testing;
#[cfg(test)]
mod tests;
mod verify;

pub use channel::{Ability, Environment};
pub use customer::Customer;
pub use php::php_query;
pub use plan::{BillingCycle, IntervalUnit, Plan};
pub use product::{Product, ProductType};
pub use request::Checkout;
pub use resource::Resource;
pub use sign::{Signature, SigningKey, signed_text};
pub use signed::SignedCheckout;
pub use testing::TestMessage;
pub use verify::{
    Answer, DedupKey, Matched, NotPaid, Order, Paid, Progress, Refusal, SUCCEED, Signed, Status,
    Verifier,
};
