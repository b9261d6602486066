//! Order numbers that nobody can append a status to.

use std::fmt;

use md5::{Digest, Md5};

use super::check;
use crate::error::{Error, Problems};

/// An order number of 41 to 64 characters, which a payer cannot extend.
///
/// The provider's server signs the order number as the payer posts it, keeps 64 characters of it
/// (grade V), and signs some messages without a status (grade V). A payer who posts
/// `A-17&status=CHECKOUT_SUCCEED` as the number and lets the payment fail has then a signed text
/// that can also be read as "A-17 is paid". `&status=CHECKOUT_SUCCEED` takes 24 characters, so it
/// does not fit behind a number of 41 or more. Shorter statuses do, which say that an order is *not*
/// paid, such as `CLOSED`; behind a number of [`for_id`](OrderNumber::for_id) no status fits.
///
/// ```
/// use sanspay_core::checkout::OrderNumber;
/// let seed = 0x8d2f_71aa_0c94_e3b6; // 128 random bits, drawn anew for each order
/// let number = OrderNumber::for_id("A-17", seed)?;
/// assert!(number.as_str().starts_with("A-17_"));
/// assert_eq!(number.as_str().len(), 51);
/// assert_eq!(number.id(), Some("A-17"));
/// assert!(OrderNumber::new("A-17").is_err());
/// # Ok::<(), sanspay_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderNumber(String);

impl OrderNumber {
    /// The shortest length behind which no status fits that says paid: 41 characters.
    pub const MIN_LEN: usize = check::MAX_ORDER_NUMBER - APPENDED.len() + 1;

    /// The greatest length: 64 characters (grade V).
    pub const MAX_LEN: usize = check::MAX_ORDER_NUMBER;

    /// The greatest length of an id that [`for_id`](OrderNumber::for_id) pads: 47 characters.
    pub const MAX_ID_LEN: usize = Self::MAX_LEN - 1 - MIN_PAD;

    /// Takes a number that is long enough by itself, such as one that
    /// [`for_id`](OrderNumber::for_id) made and your database kept.
    ///
    /// # Errors
    /// When it is not 41 to 64 visible ASCII characters without `&` and `=`.
    pub fn new(number: impl Into<String>) -> Result<Self, Error> {
        let number = number.into();
        let mut problems = Problems::new();
        form(&mut problems, &number);
        length(&mut problems, &number);
        problems.into_result("make an order number")?;
        Ok(Self(number))
    }

    /// Pads your own id to a number of 51 to 64 characters, behind which no status fits: the id, `_`,
    /// and 16 or more hexadecimal digits that follow from `seed` and the id. [`id`](OrderNumber::id) gives the
    /// id back.
    ///
    /// The core draws no random numbers, so the seed is yours: draw 128 bits for each order (a
    /// UUID's `as_u128` will do) and store the number, not the seed.
    ///
    /// # Errors
    /// When the id is not 1 to 47 visible ASCII characters without `&` and `=`.
    pub fn for_id(id: &str, seed: u128) -> Result<Self, Error> {
        let mut problems = Problems::new();
        problems.require(
            check::is_order_number(id) && id.len() <= Self::MAX_ID_LEN,
            "id",
            "must be 1 to 47 visible ASCII characters without & and =",
        );
        problems.into_result("make an order number")?;
        let missing = PADDED.saturating_sub(id.len() + 1);
        let mut number = format!("{id}_");
        for block in 0..2u8 {
            let mut md5 = Md5::new();
            md5.update([block]);
            md5.update(seed.to_be_bytes());
            md5.update(id);
            number.push_str(&hex::encode(md5.finalize()));
        }
        number.truncate(id.len() + 1 + missing.max(MIN_PAD));
        Ok(Self(number))
    }

    /// The number as it goes over the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id that [`for_id`](OrderNumber::for_id) padded; `None` where the number was not made
    /// that way.
    pub fn id(&self) -> Option<&str> {
        let (id, pad) = self.0.rsplit_once('_')?;
        let padded = pad.len() >= MIN_PAD
            && pad
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        (padded && !id.is_empty()).then_some(id)
    }

    /// Whether a number is so short that a status can be appended to it.
    pub(super) fn is_extendable(number: &str) -> bool {
        number.len() < Self::MIN_LEN
    }
}

/// What a payer appends. The other status that says paid is longer.
const APPENDED: &str = "&status=CHECKOUT_SUCCEED";

/// The length of a padded number: behind it not even the shortest status fits, `&status=CLOSED`.
const PADDED: usize = check::MAX_ORDER_NUMBER - "&status=CLOSED".len() + 1;

/// 64 bits: as many orders as anybody has can be numbered without two numbers alike.
const MIN_PAD: usize = 16;

impl fmt::Display for OrderNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for OrderNumber {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<OrderNumber> for String {
    fn from(number: OrderNumber) -> Self {
        number.0
    }
}

impl From<&OrderNumber> for String {
    fn from(number: &OrderNumber) -> Self {
        number.0.clone()
    }
}

/// Why a number that a payer can extend, or a message that leaves room for a status, may still be
/// taken at its word. It is your statement about the installation; nothing here can check it.
///
/// See the second hole in [`Verifier`](super::Verifier)'s documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SafeBecause {
    /// None of the channels that the order allows signs a message without a status. Today's
    /// server does so for Alipay Global (grade V), whose channels must then not be on the list.
    EveryChannelSignsItsStatus,
    /// Every payment is confirmed by a query at the provider's server before anything is done.
    ConfirmedByQuery,
}

/// Notes what is wrong with the characters of a number that is signed.
pub(super) fn form(problems: &mut Problems, number: &str) {
    check::plain(problems, "out_trade_no", number);
    problems.require(
        check::is_order_number(number),
        "out_trade_no",
        "must be 1 to 64 visible ASCII characters without & and =",
    );
}

/// Notes that a number can be extended.
pub(super) fn length(problems: &mut Problems, number: &str) {
    problems.require(
        !OrderNumber::is_extendable(number),
        "out_trade_no",
        "must be at least 41 characters long, because a payer can append a status to a shorter \
         one (see OrderNumber::for_id)",
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_status_does_not_fit_behind_the_shortest_number() {
        let shortest = "x".repeat(OrderNumber::MIN_LEN);
        assert!(shortest.len() + APPENDED.len() > check::MAX_ORDER_NUMBER);
        assert_eq!(OrderNumber::MIN_LEN, 41);
        assert!(OrderNumber::new(shortest).is_ok());
        for wrong in [
            "x".repeat(40),
            "x".repeat(65),
            "é".repeat(41),
            "&=".repeat(30),
        ] {
            let error = OrderNumber::new(wrong).unwrap_err();
            assert!(error.problems().iter().all(|p| p.field() == "out_trade_no"));
        }
    }

    #[test]
    fn an_id_that_cannot_be_padded_is_refused() {
        for id in ["", "a b", "a&b", "a=b", "é", &"x".repeat(48)] {
            assert!(OrderNumber::for_id(id, 1).is_err(), "{id}");
        }
        assert_eq!(
            OrderNumber::for_id(&"x".repeat(47), 1)
                .unwrap()
                .as_str()
                .len(),
            64
        );
    }

    #[test]
    fn numbers_of_other_makers_have_no_id() {
        for number in [
            "x".repeat(41),
            format!("_{}", "a".repeat(40)),
            format!("A_{}", "g".repeat(40)),
        ] {
            assert_eq!(OrderNumber::new(number).unwrap().id(), None);
        }
    }

    proptest! {
        #[test]
        fn an_id_is_padded_and_read_back(id in "[!-%'-<>-~]{1,47}", seed: u128, other: u128) {
            let number = OrderNumber::for_id(&id, seed).unwrap();
            prop_assert_eq!(number.id(), Some(&*id));
            prop_assert_eq!(OrderNumber::new(number.as_str()).unwrap(), number.clone());
            prop_assert_eq!(OrderNumber::for_id(&id, other).unwrap() == number, seed == other);
        }
    }
}
