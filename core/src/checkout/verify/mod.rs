//! Notification and browser return: from raw bytes to *signed*, and from there to *paid*.

mod answer;
#[cfg(test)]
mod cut_tests;
mod decode;
mod form;
#[cfg(test)]
mod form_tests;
mod matched;
mod order;
mod payment;
mod refusal;
#[cfg(test)]
mod search_tests;
#[cfg(test)]
mod server_tests;
mod signed;
mod status;
#[cfg(test)]
mod tests;
mod unknown;

use subtle::Choice;

pub use answer::{Answer, SUCCEED};
pub use matched::{DedupKey, Matched, NotPaid, Paid};
pub use order::Order;
pub use payment::{Payment, Recorded, Source};
pub use refusal::Refusal;
pub use signed::Signed;
pub use status::{Progress, Status};

use super::sign::{Signature, SigningKey};
use crate::error::{Error, Problems};
use form::{Form, NAMES, Room};

/// Checks notifications and browser returns against a list of keys.
///
/// Both are signed with a default key of the whole installation, which may differ from the app's
/// own (grade V), so the list is explicit. The browser's return is evidence of the notification's
/// rank, verified by the same rules and acted on; it may never come, or come twice. It has the
/// same fields and the same signature (grade V).
///
/// ```
/// use sanspay_core::checkout::{Refusal, SigningKey, Verifier};
/// // As `openssl rand -hex 20` prints a key. Keep yours out of the source.
/// let key = SigningKey::new("9f2c51d07be84a6630c1f5e2ab97d8443e6b01fc")?;
/// let verifier = Verifier::new([key])?;
/// assert_eq!(verifier.notification(b"status=PAID").unwrap_err(), Refusal::Missing("sign"));
/// # Ok::<(), sanspay_core::Error>(())
/// ```
///
/// # What a signature proves, and what it does not
///
/// Three holes of the provider's server are known (grade V: seen by running its public source).
/// The safe way out of all three is to confirm each payment by a query at the server before acting
/// on it, which whoever operates the installation can do. What follows is how far one gets by
/// signatures alone.
///
/// | hole | what a payer does | what stops it here |
/// |---|---|---|
/// | 1. values are joined unescaped | writes parameters into a product's name or description | only one way to cut the text is accepted |
/// | 2. some messages are signed without a status | writes the status into the order number | order numbers of 41 characters or more |
/// | 3. the server signs anything for anybody | asks `/api/auth/sign` for a signature | nothing here: block that route at the web server, or confirm by query |
///
/// Let `S` be the parameters that the server signed, `T` their text, and `M` those that a message
/// presents with the same signature. The payer chooses all of `S` that he posts to the gateway,
/// which checks no signature (grade V): app, channel, order number, amount, currency, product and
/// URLs. The server itself sets `trade_no`, `status` and `customer_id`.
///
/// 1. *Only one cut of `T` is accepted.* No accepted value holds an `&` later followed by `=`.
///    So, cutting `T` at every `&`, a piece with a `=` begins a parameter of `M` and a piece
///    without one goes on with the value before: `M` follows from `T`. This relies on nothing but
///    the way in which `T` is joined (grade D).
/// 2. *`M` has every parameter of `S`, and each begins at the same place.* A parameter of `S` is a
///    piece of `T` with a `=`. As names may not occur twice, all that `M` can have beyond `S` are
///    names that `S` lacks, and values of `M` are those of `S`, cut short before them. `T` is
///    sorted by name (grade D), so a name is cut out of the value that sorts right before it.
/// 3. *What `S` can lack.* The server leaves out what is NULL, and the signature leaves out what
///    is empty. It always sets `app_id` and `channel_id`, which it looks up, `total_amount`, a
///    `decimal(10,2)` column, and `trade_no` (grade V). It may lack `body`, `subject` and
///    `out_trade_no`, which the payer can leave empty; `currency`, which is stored empty when it
///    is neither USD nor CNY; `customer_id`; `status`, NULL for charges through Alipay Global;
///    and `subscription_id`, which it never writes.
/// 4. *What can be cut out of what.* Only three values are free text: `body`, `out_trade_no` and
///    `subject`. Behind `body` comes `channel_id`, which `S` has, so nothing can be cut out of a
///    body. Behind `out_trade_no` come `status` and `subject`; behind `subject` comes
///    `subscription_id`, and then `total_amount`, which `S` has. So a missing `currency`,
///    `customer_id` or `out_trade_no` cannot be made up, and a message that lacks one that is
///    required is refused.
/// 5. *A status can be cut out of the order number only,* with the second hole, and then
///    `&status=CHECKOUT_SUCCEED`, 24 characters, stands in a column of 64 (grade V) behind the
///    number that `M` presents, which so has 40 characters at most. Numbers of 41 and more are
///    the ones that are accepted by default. Statuses that do not say paid are shorter, so a
///    [`NotPaid`] of a number of 41 to 50 characters may be made up;
///    [`OrderNumber::for_id`](super::OrderNumber::for_id) makes 51 or more, behind which none fits.
///    A status that `S` has cannot be replaced, because the second one is a duplicate.
/// 6. *A subscription's id can be cut out of the subject.* It therefore decides nothing and is
///    shown nowhere. Nor does `customer_id` decide anything, although the server sets it: it is
///    the plan's id as often as the customer's (grade V). The subject, cut short or not, must be
///    the order's.
/// 7. *A name that is not known is refused, also where it is signed,* because steps 3 to 5 count
///    the names. One that is [allowed](Verifier::allowing) is ignored; where it sorts between
///    `channel_id` and `status`, a payer's text in it could hold a status, and the message counts
///    like one of a short number.
/// 8. *The order number proves nothing about the rest.* The payer may have chosen the amount, the
///    currency, the channel and the product under your number. What he paid is signed as such, so
///    comparing each with your own order is what protects, and only that yields a [`Paid`].
/// 9. *A signed checkout is no notification.* The payer sees its signature, and the key may be the
///    same; but its `request_time` and `product` begin pieces of `T`, and no message may have them.
/// 10. *Parameters that are not signed say nothing.* Empty and `"0"` values are left out of `T`,
///     so here they are as if absent, whoever added them.
/// 11. *The secret follows the last value without a separator,* so one key must not be the end of
///     another: [`Verifier::new`] refuses such a pair.
/// 12. *MD5 is broken for collisions.* Two different texts of letters and digits with one MD5 are
///     published. Such a pair does not help here: it is made for a known start, and equal states
///     would survive an appended secret, but both texts must also be ones that this server signs
///     and this verifier reads, with blocks of 64 bytes in fields that are shorter or
///     compared. That is a statement about today's attacks and no proof.
///
/// What would break steps 3 to 5 is a server that signs without `total_amount` or `channel_id`, or
/// one that stores longer order numbers. And all of it is void where the third hole is open: no
/// message can show that.
///
/// [`Signed`] therefore means no more than "the provider said this of *some* order". Whether it is
/// yours, at your price, through a channel of yours, only the comparison with the order in your
/// own records can tell.
#[derive(Debug, Clone)]
pub struct Verifier {
    keys: Vec<SigningKey>,
    /// Sorted.
    allowed: Vec<&'static str>,
}

impl Verifier {
    /// The greatest length of a message in bytes: 64 KiB.
    pub const MAX_LEN: usize = 64 * 1024;

    /// Accepts what any of `keys` signed.
    ///
    /// # Errors
    /// When there is no key, when one key is the end of another, and when one is weak or
    /// published, with which anybody can sign: see [`SigningKey::weakness`].
    pub fn new(keys: impl IntoIterator<Item = SigningKey>) -> Result<Self, Error> {
        Self::build(keys.into_iter().collect(), false)
    }

    /// Like [`new`](Verifier::new), and accepts weak and published keys: for a sandbox and for
    /// tests. In production anybody could then forge a notification of any order.
    ///
    /// # Errors
    /// Those of [`new`](Verifier::new) but the last.
    pub fn for_sandbox(keys: impl IntoIterator<Item = SigningKey>) -> Result<Self, Error> {
        Self::build(keys.into_iter().collect(), true)
    }

    fn build(keys: Vec<SigningKey>, sandbox: bool) -> Result<Self, Error> {
        let mut problems = Problems::new();
        problems.require(!keys.is_empty(), "keys", "must hold at least one key");
        let weakness = keys.iter().find_map(SigningKey::weakness);
        if let Some(weakness) = weakness.filter(|_| !sandbox) {
            let reason = format!("{weakness} (Verifier::for_sandbox takes any key)");
            problems.add("keys", reason);
        }
        let overlap = keys
            .iter()
            .any(|a| keys.iter().any(|b| a != b && a.ends_with(b)));
        problems.require(!overlap, "keys", "must not end with one another");
        problems.into_result("configure")?;
        Ok(Self {
            keys,
            allowed: Vec::new(),
        })
    }

    /// Also reads messages with these names, which a newer or changed server signs: they take
    /// part in the signed text and are ignored otherwise. A refused message tells its name in
    /// [`Refusal::log_reason`].
    ///
    /// Allow a name only after a look at what the server writes there. One that sorts between
    /// `channel_id` and `status`, such as `paid_at`, could hold a status where a payer can choose
    /// the text; messages that have it are accepted only for orders with
    /// [`Order::allow_extendable`].
    ///
    /// ```
    /// # use sanspay_core::checkout::{SigningKey, Verifier};
    /// let key = SigningKey::new("test secret")?;
    /// let verifier = Verifier::for_sandbox([key])?.allowing(["version"])?;
    /// # let _ = verifier;
    /// # Ok::<(), sanspay_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// When a name is known already, or is not made of up to 64 lower-case letters, digits and
    /// `_`, beginning with a letter.
    pub fn allowing(
        mut self,
        names: impl IntoIterator<Item = &'static str>,
    ) -> Result<Self, Error> {
        let mut problems = Problems::new();
        for name in names {
            problems.require(
                unknown::is_name(name),
                "allowed name",
                "must be up to 64 lower-case letters, digits and _, and begin with a letter",
            );
            let known = NAMES.contains(&name);
            problems.require(
                !known,
                "allowed name",
                "must not be one that is known already",
            );
            self.allowed.push(name);
        }
        problems.into_result("configure")?;
        self.allowed.sort_unstable();
        self.allowed.dedup();
        Ok(self)
    }

    /// Checks the raw body of a notification: form and signature, and nothing about an order.
    ///
    /// # Errors
    /// The first rule that the message breaks.
    pub fn notification(&self, body: &[u8]) -> Result<Signed, Refusal> {
        self.verify(body, Source::Notification)
    }

    /// Checks the raw query with which the browser came to `return_url`, with or without `?`.
    ///
    /// The browser's return is evidence of the notification's rank, verified by the same rules and
    /// acted on; it may never come, or come twice. For one-off payments through `PayPal` it is the
    /// only message there is (grade V).
    ///
    /// # Errors
    /// The first rule that the message breaks.
    pub fn browser_return(&self, query: &str) -> Result<Signed, Refusal> {
        let query = query.strip_prefix('?').unwrap_or(query);
        self.verify(query.as_bytes(), Source::BrowserReturn)
    }

    fn verify(&self, message: &[u8], source: Source) -> Result<Signed, Refusal> {
        if message.len() > Self::MAX_LEN {
            return Err(Refusal::TooLarge);
        }
        let mut room = Room::for_message(message);
        let form = Form::read(message, &mut room, &self.allowed);
        if form.as_ref().err() == Some(&Refusal::UnknownName) {
            return Err(unknown::refusal(
                message,
                &self.allowed,
                |text: &str, sign: &Signature| self.is_right(text, sign),
            ));
        }
        let form = form?;
        let sign = form.sign.ok_or(Refusal::Missing("sign"))?;
        let sign = Signature::from_received(sign).ok_or(Refusal::SignShape)?;
        if !self.is_right(form.text, &sign) {
            return Err(Refusal::WrongSignature);
        }
        if let Some(name) = form.ambiguous {
            return Err(Refusal::Ambiguous(name));
        }
        Signed::read(form, source)
    }

    /// Every key is tried, so that the time taken does not tell which one fits.
    fn is_right(&self, text: &str, sign: &Signature) -> bool {
        let right = self.keys.iter().fold(Choice::from(0), |right, key| {
            right | key.sign_text(text).same(sign)
        });
        right.into()
    }
}
