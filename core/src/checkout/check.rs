//! What texts must look like, the same when they are signed and when they come back.

use std::borrow::Cow;

use http::Uri;

use super::php;
use crate::error::Problems;
use crate::money::{Amount, Currency};

/// The greatest length of an order number (grade V).
pub(super) const MAX_ORDER_NUMBER: usize = 64;

/// The greatest length of a product's name in characters (grade V); as a `subject` it has 255.
pub(super) const MAX_PRODUCT_NAME: usize = 254;

/// Whether the value holds an `&` that is later followed by `=`, so that a part of it can be cut
/// off and passed for a parameter of its own.
pub(super) fn is_ambiguous(value: &[u8]) -> bool {
    let mut bytes = value.iter();
    bytes.any(|b| *b == b'&') && bytes.any(|b| *b == b'=')
}

/// Whether the text holds a control character, such as a line break.
///
/// By its bytes, and those of ASCII without an early end, so that the compiler can take 16 at a
/// time: character by character, a notification took a quarter longer to verify.
pub(super) fn has_control(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes
        .iter()
        .fold(0, |any, byte| any | u8::from(byte.is_ascii_control()))
        != 0
        // The others are U+0080 to U+009F.
        || memchr::memchr_iter(0xc2, bytes)
            .any(|at| matches!(bytes.get(at + 1), Some(0x80..=0x9f)))
}

/// An id that the provider gave: ASCII letters, digits, `-`, `_` and `.`.
pub(super) fn is_id(text: &str, max: usize) -> bool {
    !text.is_empty()
        && text.len() <= max
        && text
            .bytes()
            .all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' | b'.'))
}

/// `app_id`: an id of at most 16 characters (grade V).
pub(super) fn is_app_id(text: &str) -> bool {
    is_id(text, 16)
}

/// An order number: visible ASCII but `&` and `=`, at most 64 characters.
pub(super) fn is_order_number(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= MAX_ORDER_NUMBER
        && text
            .bytes()
            .all(|b| b.is_ascii_graphic() && b != b'&' && b != b'=')
}

/// The upper-case words of the JSON parameters, such as `ACTIVE`.
pub(super) fn is_upper_word(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// An absolute `http(s)` URL of visible ASCII.
pub(super) fn is_url(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
        && text.parse().is_ok_and(|uri: Uri| {
            matches!(uri.scheme_str(), Some("http" | "https"))
                && uri.host().is_some_and(|host| !host.is_empty())
        })
}

/// Notes what is wrong with a text that is signed as it is.
pub(super) fn plain(problems: &mut Problems, field: &'static str, text: &str) {
    problems.require(
        !php::is_falsy(text),
        field,
        "must not be empty or 0, because the signature leaves such values out",
    );
    problems.require(
        !has_control(text),
        field,
        "must not hold control characters such as line breaks",
    );
    problems.require(
        !is_ambiguous(text.as_bytes()),
        field,
        "must not hold & later followed by =, because the signature could then be used for \
         other parameters",
    );
}

/// Notes what is wrong with a URL parameter (grade V: at most 255 characters).
pub(super) fn url(problems: &mut Problems, field: &'static str, text: &str) {
    plain(problems, field, text);
    problems.require(
        is_url(text),
        field,
        "must be an absolute http or https URL in ASCII",
    );
    length(problems, field, text, 255);
}

/// Notes a text that is longer than its column at the provider's server (grade V).
pub(super) fn length(
    problems: &mut Problems,
    field: impl Into<Cow<'static, str>>,
    text: &str,
    max: usize,
) {
    if text.chars().count() > max {
        problems.add(
            field,
            format!(
                "must be at most {max} characters long, because the provider's server cuts off \
                 the rest"
            ),
        );
    }
}

/// The greatest amount, in cents: the column of the provider's server is `decimal(10,2)`, and a
/// greater amount is stored as this one in silence (grade V). The document allows 999999999.
pub(super) const MAX_CENTS: u64 = 9_999_999_999;

/// Notes what is wrong with an amount (grade D from 0.01, grade V to 99999999.99).
pub(super) fn amount(
    problems: &mut Problems,
    field: impl Into<Cow<'static, str>>,
    amount: Amount,
    may_be_zero: bool,
) {
    let field = field.into();
    match amount.minor_units(2) {
        None if amount.decimals() > 2 => problems.add(field, "must have at most 2 decimals"),
        Some(0) if may_be_zero => {}
        Some(1..=MAX_CENTS) => {}
        Some(0) => problems.add(field, "must be at least 0.01"),
        _ => problems.add(
            field,
            "must be at most 99999999.99, because the provider's server stores a greater amount \
             as that one",
        ),
    }
}

/// Notes a currency that the provider does not take (grade D).
pub(super) fn currency(
    problems: &mut Problems,
    field: impl Into<Cow<'static, str>>,
    currency: &Currency,
) {
    let fine = [Currency::USD, Currency::CNY].contains(currency);
    problems.require(fine, field, "must be USD or CNY");
}

/// The amount with two decimals, the form that goes over the wire; unchanged where that would
/// not be exact, which [`amount`] notes as a problem.
pub(super) fn two_decimals(amount: Amount) -> Amount {
    let exact = amount.minor_units(2);
    exact
        .and_then(|cents| Amount::from_minor_units(cents, 2).ok())
        .unwrap_or(amount)
}
