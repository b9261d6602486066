//! yzhan pay hosted checkout: a signed URL out, notification and browser return in.
//!
//! One signed `GET https://p.yzhan.co/checkout?…`, which the payer's browser opens (grade D,
//! the provider's "Checkout" document). What comes of it is told by a signed `POST` to your
//! `notify_url` and by a signed query on the browser's way back to your `return_url` (grade V).
//! The browser's return is evidence of the notification's rank, verified by the same rules and acted
//! on; it may never come, or come twice. Some payments are told by one of the two only, so act on
//! whichever comes first. There is no token and nothing to wait for, so there is no
//! [`Endpoint`](crate::Endpoint) here: a text is built, and texts are checked.
//! `docs/PROTOCOL.md` lists every fact with its grade, and what the real server does (Y1 to Y19).
//!
//! **Whoever operates the installation confirms by [`query`] first of all:** `client.confirm(&paid)`
//! asks its own records, which no signed text can change. Whoever does not still lets the [`doctor`]
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
//!   Matched ──▶ Paid | NotPaid
//!      │ where you operate the installation: client.confirm(&paid), before you act
//!      │ Paid::payment: first, the same again, perhaps a renewal, or a second payment
//!      ▼
//!   store it with its DedupKey ──▶ Answer: "succeed"
//! ```
//!
//! # The whole way
//! ```
//! use std::time::{Duration, SystemTime};
//! use sanspay_core::Currency;
//! use sanspay_core::checkout::{
//!     Answer, Checkout, Environment, Matched, Order, OrderNumber, Payment, Product, ProductType,
//!     Recorded, SigningKey, Status, TestMessage, Verifier,
//! };
//!
//! // 1. Send the payer's browser to the signed URL, or answer with `form_html()`. The order's
//! //    number is your own id, padded so that a payer cannot append a status to it.
//! let key = SigningKey::new("0c9d7be2f84a15663a0f5e2ab97d8443e6b01fc7")?; // the app's
//! let seed = 0x8d2f_71aa_0c94_e3b6; // 128 random bits
//! let number = OrderNumber::for_id("A-1", seed)?;
//! let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000); // your clock
//! let product = Product::new("Tea", ProductType::Physical, "FOOD_PRODUCTS");
//! let signed = Checkout::one_off("2021122412586601", Environment::Production, product)
//!     .order(&number, "10.00".parse()?, Currency::USD)
//!     .notify_url("https://shop.example.com/notify")
//!     .return_url("https://shop.example.com/thanks")
//!     .sign(&key, now)?;
//! assert!(signed.url().contains("&out_trade_no=A-1_"));
//!
//! // 2. The notification arrives; here a test signer stands in for the provider.
//! let order = Order::new("2021122412586601", &number, "10.00".parse()?, Currency::USD, "Tea")
//!     .channel("3", Currency::USD);
//! let installation_key = SigningKey::new("4b1fe07d92c3aa5861d0b7f6e3958c2d407a1b9e")?;
//! let body = TestMessage::paid(&order).form_body(&installation_key);
//!
//! // 3. Is it signed? Then look the order up in your own stored orders, and compare.
//! let verifier = Verifier::new([key, installation_key])?;
//! let handle = |body: &[u8]| {
//!     let signed = verifier.notification(body)?;
//!     assert_eq!(signed.out_trade_no(), number.as_str()); // the order to look up
//!     signed.matches(&order)
//! };
//! let result = handle(&body);
//! let Ok(Matched::Paid(paid)) = &result else { panic!("not paid") };
//!
//! // 4. What is new about it? Store it and its dedup key in one transaction.
//! assert_eq!(paid.payment(None), Payment::First);
//! assert_eq!(paid.dedup_key().status(), Status::CheckoutSucceed);
//!
//! // 5. Only then acknowledge it.
//! assert_eq!(Answer::to(&result).body(), "succeed");
//!
//! // The browser comes back with the same message: it is the same payment, not another one.
//! let returned = verifier.browser_return(std::str::from_utf8(&body)?)?.matches(&order)?;
//! let recorded = Recorded { trade_no: paid.trade_no(), notified: true };
//! let again = returned.paid().map(|paid| paid.payment(Some(recorded)));
//! assert_eq!(again, Some(Payment::Repeated));
//!
//! // A forged one is refused, and the answer does not tell why; your log does.
//! let forged = String::from_utf8(body)?.replace("10.00", "99.00");
//! let refused = handle(forged.as_bytes());
//! assert_eq!(Answer::to(&refused).body(), "refused");
//! assert_eq!(refused.unwrap_err().log_reason(), "sign was made with none of the keys");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What the signature leaves open
//!
//! The scheme and the provider's server have three holes; [`Verifier`] has the whole argument.
//!
//! - **Values are joined unescaped** (grade D), so one signed text can be cut into parameters in
//!   more than one way. What is signed here cannot be cut: JSON parameters are written with `&`
//!   and `=` as escapes, and `&` later followed by `=` is refused in plain values and in the
//!   product's name and description, which come back raw. What is accepted has only one cut.
//! - **Some messages are signed without a status** (grade V), so a payer can append one to a short
//!   order number. An [`OrderNumber`] has 41 to 64 characters and leaves no room for it; a shorter
//!   one is refused unless you say why it is safe ([`SafeBecause`]).
//! - **The server signs any text for anybody** where its route `/api/auth/sign` can be reached
//!   (grade V). Then no message proves anything: block the route, or confirm by query.
//!
//! Only the comparison with your own order says paid: app, number, amount, currency, channel and
//! product's name. Ids of subscriptions and customers decide nothing and are shown nowhere.
//!
//! The signature is MD5 with an appended secret. It is the provider's scheme (grade D); use TLS
//! for every URL, do not log signed URLs, and see [`SigningKey::weakness`] for what a key must be.

mod channel;
mod check;
mod customer;
pub mod doctor;
#[cfg(test)]
mod limit_tests;
mod number;
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
pub use number::{OrderNumber, SafeBecause};
pub use php::php_query;
pub use plan::{BillingCycle, FirstCharge, IntervalUnit, Plan};
pub use product::{Product, ProductType};
pub use request::Checkout;
pub use resource::Resource;
pub use sign::{Signature, SigningKey, signed_text};
pub use signed::SignedCheckout;
pub use testing::TestMessage;
pub use verify::{
    Answer, DedupKey, Matched, NotPaid, Order, Paid, Payment, Progress, Recorded, Refusal, SUCCEED,
    Signed, Source, Status, Verifier,
};
