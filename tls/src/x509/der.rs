//! Takes DER apart (X.690): tag, length and content, one element after the other.

use std::fmt::Write;

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(super) const UTF8_STRING: u8 = 0x0c;
pub(super) const PRINTABLE_STRING: u8 = 0x13;
pub(super) const TELETEX_STRING: u8 = 0x14;
pub(super) const IA5_STRING: u8 = 0x16;
pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// One element.
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
    /// All of it, with tag and length.
    pub(super) der: &'a [u8],
}

/// What is left to read.
#[derive(Clone, Copy)]
pub(super) struct Der<'a>(pub(super) &'a [u8]);

impl<'a> Der<'a> {
    /// The next element, whatever it is; `None` if it is damaged or there is none.
    pub(super) fn any(&mut self) -> Option<Element<'a>> {
        let (&tag, rest) = self.0.split_first()?;
        // A number above 30 takes more bytes, and nothing in a certificate has one.
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (length, rest) = length(rest)?;
        let (content, rest) = rest.split_at_checked(length)?;
        let der = self.0.get(..self.0.len() - rest.len())?;
        self.0 = rest;
        Some(Element { tag, content, der })
    }

    /// The content of the next element, which has this tag.
    pub(super) fn read(&mut self, tag: u8) -> Option<&'a [u8]> {
        let element = self.any()?;
        (element.tag == tag).then_some(element.content)
    }

    /// What is in the next element, which has this tag.
    pub(super) fn inner(&mut self, tag: u8) -> Option<Self> {
        self.read(tag).map(Self)
    }

    /// Whether the next element has this tag.
    pub(super) fn is_next(&self, tag: u8) -> bool {
        self.0.first() == Some(&tag)
    }

    /// That nothing is left.
    pub(super) fn end(self) -> Option<()> {
        self.0.is_empty().then_some(())
    }

    /// Something made of each element that is left.
    pub(super) fn each<T>(mut self, read: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut all = Vec::new();
        while !self.0.is_empty() {
            all.push(read(&mut self)?);
        }
        Some(all)
    }
}

/// A length in its shortest form, the only one in DER (X.690, 10.1), and what follows it.
fn length(der: &[u8]) -> Option<(usize, &[u8])> {
    let (&first, rest) = der.split_first()?;
    if first < 0x80 {
        return Some((first.into(), rest));
    }
    let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
    if bytes.len() > 4 || matches!(bytes, [] | [0, ..] | [..=0x7f]) {
        return None;
    }
    let length = bytes
        .iter()
        .fold(0, |sum, byte| sum << 8 | u32::from(*byte));
    Some((length.try_into().ok()?, rest))
}

/// An object identifier's content as numbers with dots (X.690, 8.19), to be shown. Zeros in front
/// of a number get lost in it, so identifiers are compared by their content.
pub(super) fn dotted(oid: &[u8]) -> Option<String> {
    let mut text = String::new();
    // Wide enough for the UUID in which such a number may consist (X.667).
    let mut number = 0_u128;
    for byte in oid {
        number = number.checked_mul(128)? + u128::from(byte & 0x7f);
        if *byte >= 0x80 {
            continue;
        }
        if text.is_empty() {
            // The first two are written as one.
            let first = (number / 40).min(2);
            write!(text, "{first}.{}", number - first * 40).ok()?;
        } else {
            write!(text, ".{number}").ok()?;
        }
        number = 0;
    }
    oid.last().is_some_and(|last| *last < 0x80).then_some(text)
}
