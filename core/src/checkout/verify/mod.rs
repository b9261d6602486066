//! Notification and browser return: from raw bytes to *signed*, and from there to *paid*.

mod answer;
#[cfg(test)]
mod cut_tests;
mod decode;
mod form;
#[cfg(test)]
mod form_tests;
mod order;
mod refusal;
mod status;
#[cfg(test)]
mod tests;

use std::fmt;

use subtle::Choice;

pub use answer::{Answer, SUCCEED};
pub(super) use order::ExpectedCustomer;
pub use order::{DedupKey, Matched, NotPaid, Order, Paid};
pub use refusal::Refusal;
pub use status::{Progress, Status};

use super::check;
use super::sign::{Signature, SigningKey};
use crate::error::{Error, Problems};
use crate::money::{Amount, Currency};
use form::{Form, Name, Places, Room};

/// Checks notifications and browser returns against a list of keys.
///
/// Both are signed with a default key of the whole installation, which may differ from the app's
/// own (grade V), so the list is explicit.
///
/// ```
/// use sanspay_core::checkout::{Refusal, SigningKey, Verifier};
/// let verifier = Verifier::new([SigningKey::new("installation secret")?])?;
/// assert_eq!(verifier.notification(b"status=PAID").unwrap_err(), Refusal::Missing("sign"));
/// # Ok::<(), sanspay_core::Error>(())
/// ```
///
/// # What a signature proves, and what it does not
///
/// Values are joined unescaped before they are signed (grade D), so one signed text `T` can be
/// cut into parameters in more than one way. Somebody who may choose a product's name or
/// description, or who has a key with which checkouts are signed, can have the provider sign a
/// text that, cut differently, speaks of another order. Let `S` be the parameters that the
/// provider signed and `M` those that a message presents with the same signature.
///
/// 1. *Only one cut of `T` is accepted.* No accepted value holds an `&` later followed by `=`.
///    So, cutting `T` at every `&`, a piece with a `=` begins a parameter of `M` and a piece
///    without one goes on with the value before: `M` follows from `T`.
/// 2. *`M` has every parameter of `S`, and each begins at the same place.* A parameter of `S` is a
///    piece of `T` with a `=`. As names may not occur twice, all that `M` can have beyond `S` are
///    known names that `S` lacks, and values of `M` are those of `S`, cut short before them.
/// 3. *`S` lacks little.* The provider always sets what is required here (grade V); of the known
///    names only `body`, `subscription_id` and `customer_id` may be absent. `T` is sorted by name,
///    so an inserted `body` would be cut out of `app_id`, `customer_id` out of `currency` and
///    `subscription_id` out of `subject`. The provider itself checks the first two; the third is
///    free text.
/// 4. *So `M` is `S`, but for a `subject` that may have been cut short and a `subscription_id`
///    that may have been cut out of it.* The subject is compared with the order. The id counts
///    only where the order may be a subscription **and** the status is one of a subscription,
///    with which `S` has an id of its own, so that a second one is a duplicate.
/// 5. *A signed checkout is no notification.* The payer sees its signature, and the key may be the
///    same; but its `request_time` and `product` begin pieces of `T`, and no message may have them.
/// 6. *Parameters that are not signed say nothing.* Empty and `"0"` values are left out of `T`, so
///    here they are as if absent, whoever added them.
/// 7. *The secret follows the last value without a separator,* so one key must not be the end of
///    another: [`Verifier::new`] refuses such a pair.
/// 8. *MD5 collides,* but the known collisions take blocks of arbitrary bytes; valid UTF-8 without
///    control characters, in both messages, leaves them no room that is known today.
///
/// What would break this is a message that the provider signs without `total_amount`, which sorts
/// right behind `subject`; by what is known of its server (grade V) there is none.
///
/// [`Signed`] therefore means no more than "the provider said this of *some* order". Whether it is
/// yours, at your price, through a channel of yours, only the comparison with the order in your
/// own books can tell, and only that yields a [`Paid`].
#[derive(Debug, Clone)]
pub struct Verifier {
    keys: Vec<SigningKey>,
}

impl Verifier {
    /// The greatest length of a message in bytes: 64 KiB.
    pub const MAX_LEN: usize = 64 * 1024;

    /// Accepts what any of `keys` signed.
    ///
    /// # Errors
    /// When there is no key, when one key is the end of another, and when one is
    /// [`SigningKey::PUBLIC_SAMPLE`], with which anybody can sign.
    pub fn new(keys: impl IntoIterator<Item = SigningKey>) -> Result<Self, Error> {
        Self::build(keys.into_iter().collect(), false)
    }

    /// Like [`new`](Verifier::new), and accepts the public sample key: for a sandbox. In
    /// production anybody could then forge a notification of any order.
    ///
    /// # Errors
    /// Those of [`new`](Verifier::new) but the last.
    pub fn accepting_public_sample(
        keys: impl IntoIterator<Item = SigningKey>,
    ) -> Result<Self, Error> {
        Self::build(keys.into_iter().collect(), true)
    }

    fn build(keys: Vec<SigningKey>, accept_sample: bool) -> Result<Self, Error> {
        let mut problems = Problems::new();
        problems.require(!keys.is_empty(), "keys", "must hold at least one key");
        problems.require(
            accept_sample || !keys.iter().any(SigningKey::is_public_sample),
            "keys",
            "must not hold the key that the provider's document publishes \
             (see Verifier::accepting_public_sample)",
        );
        let overlap = keys
            .iter()
            .any(|a| keys.iter().any(|b| a != b && a.ends_with(b)));
        problems.require(!overlap, "keys", "must not end with one another");
        problems.into_result("configure")?;
        Ok(Self { keys })
    }

    /// Checks the raw body of a notification: form and signature, and nothing about an order.
    ///
    /// # Errors
    /// The first rule that the message breaks.
    pub fn notification(&self, body: &[u8]) -> Result<Signed, Refusal> {
        self.verify(body)
    }

    /// Checks the raw query with which the browser came to `return_url`, with or without `?`.
    ///
    /// # Errors
    /// The first rule that the message breaks.
    pub fn browser_return(&self, query: &str) -> Result<Signed, Refusal> {
        self.verify(query.strip_prefix('?').unwrap_or(query).as_bytes())
    }

    fn verify(&self, message: &[u8]) -> Result<Signed, Refusal> {
        if message.len() > Self::MAX_LEN {
            return Err(Refusal::TooLarge);
        }
        let mut room = Room::for_message(message);
        let form = Form::read(message, &mut room)?;
        let sign = form.sign.ok_or(Refusal::Missing("sign"))?;
        let sign = Signature::from_received(sign).ok_or(Refusal::SignShape)?;
        // Every key is tried, so that the time taken does not tell which one fits.
        let right = self.keys.iter().fold(Choice::from(0), |right, key| {
            right | key.sign_text(form.text).same(&sign)
        });
        if !bool::from(right) {
            return Err(Refusal::WrongSignature);
        }
        if let Some(name) = form.ambiguous {
            return Err(Refusal::Ambiguous(name));
        }
        Signed::read(form)
    }
}

/// What the provider signed about *some* order. It is not evidence that yours is paid: look the
/// order up by [`out_trade_no`](Signed::out_trade_no) and compare, with [`Signed::matches`].
///
/// `Debug` shows order number, trade number and status only.
#[derive(Clone, PartialEq, Eq)]
pub struct Signed {
    /// The signed text, which all values are parts of: one allocation.
    text: Box<str>,
    places: Places,
    total_amount: Amount,
    currency: Currency,
    status: Status,
}

impl Signed {
    fn read(form: Form<'_>) -> Result<Self, Refusal> {
        let Form { text, places, .. } = form;
        let value = |name: Name| {
            let value = places.value(name, text);
            value.ok_or(Refusal::Missing(name.as_str()))
        };
        let shape = |name: Name| Refusal::Shape(name.as_str());
        let shaped = |name: Name, fine: fn(&str) -> bool| {
            let fine = fine(value(name)?);
            fine.then_some(()).ok_or(shape(name))
        };
        shaped(Name::AppId, check::is_app_id)?;
        shaped(Name::ChannelId, is_provider_id)?;
        shaped(Name::TradeNo, is_provider_id)?;
        shaped(Name::OutTradeNo, check::is_order_number)?;
        let total_amount = value(Name::TotalAmount)?;
        let currency = value(Name::Currency)?;
        let status = value(Name::Status)?;
        value(Name::Subject)?;
        for id in [Name::SubscriptionId, Name::CustomerId] {
            if places.value(id, text).is_some() {
                shaped(id, is_provider_id)?;
            }
        }
        Ok(Self {
            total_amount: total_amount.parse().map_err(|_| shape(Name::TotalAmount))?,
            currency: Currency::new(currency).map_err(|_| shape(Name::Currency))?,
            status: Status::from_text(status).ok_or(shape(Name::Status))?,
            text: text.into(),
            places,
        })
    }

    /// The value of a parameter, where it was signed.
    fn value(&self, name: Name) -> Option<&str> {
        self.places.value(name, &self.text)
    }

    /// The value of a parameter without which there is no `Signed`.
    fn required(&self, name: Name) -> &str {
        self.value(name).unwrap_or_default()
    }

    // Neither is public: they count only where the order expects them.
    fn subscription_id(&self) -> Option<&str> {
        self.value(Name::SubscriptionId)
    }

    fn customer_id(&self) -> Option<&str> {
        self.value(Name::CustomerId)
    }

    /// Your number of the order to look up.
    pub fn out_trade_no(&self) -> &str {
        self.required(Name::OutTradeNo)
    }

    /// The app that the order is said to belong to.
    pub fn app_id(&self) -> &str {
        self.required(Name::AppId)
    }

    /// The channel that is said to have been used.
    pub fn channel_id(&self) -> &str {
        self.required(Name::ChannelId)
    }

    /// The provider's number.
    pub fn trade_no(&self) -> &str {
        self.required(Name::TradeNo)
    }

    /// The amount that is said to have been asked for.
    pub fn total_amount(&self) -> Amount {
        self.total_amount
    }

    /// Its currency.
    pub fn currency(&self) -> &Currency {
        &self.currency
    }

    /// The product's name.
    pub fn subject(&self) -> &str {
        self.required(Name::Subject)
    }

    /// The product's description, where there is one.
    pub fn body(&self) -> Option<&str> {
        self.value(Name::Body)
    }

    /// The status that is claimed, of whichever order this is.
    pub fn claimed_status(&self) -> Status {
        self.status
    }

    /// Compares the message with the order in your own books.
    ///
    /// # Errors
    /// The first thing that is not the order's. Do not act on the message and do not acknowledge
    /// it.
    pub fn matches(&self, order: &Order) -> Result<Matched, Refusal> {
        order.compare(self)
    }
}

impl fmt::Debug for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signed")
            .field("out_trade_no", &self.out_trade_no())
            .field("trade_no", &self.trade_no())
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// An id that the provider made (grade A for the length).
fn is_provider_id(text: &str) -> bool {
    check::is_id(text, 64)
}
