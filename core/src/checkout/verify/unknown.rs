//! A message with a name that is not known: was the name signed by the provider?

use super::decode::Text;
use super::form::{NAMES, pairs, utf8};
use super::refusal::Refusal;
use crate::checkout::check::has_control;
use crate::checkout::php::is_falsy;
use crate::checkout::sign::{Signature, signed_text};

/// More parameters than any server will ever send: beyond them nothing is sorted and signed for a
/// sender of nonsense.
const MOST: usize = 64;

/// Why a message with a name that is neither known nor `allowed` is refused. `is_right` compares
/// the signature of a text.
pub(super) fn refusal(
    message: &[u8],
    allowed: &[&'static str],
    is_right: impl FnOnce(&str, &Signature) -> bool,
) -> Refusal {
    signed_name(message, allowed, is_right).map_or(Refusal::UnknownName, |name| {
        Refusal::UnknownSignedName(printable(name))
    })
}

/// The first name that is not known and takes part in a right signature.
fn signed_name(
    message: &[u8],
    allowed: &[&'static str],
    is_right: impl FnOnce(&str, &Signature) -> bool,
) -> Option<String> {
    let mut sign = None;
    let mut read: Vec<(String, String)> = Vec::new();
    for pair in pairs(message) {
        let (name, value) = pair.ok()?;
        let (name, value) = (decoded(name)?, decoded(value)?);
        if read.len() == MOST || read.iter().any(|(known, _)| *known == name) {
            return None;
        }
        if name == "sign" {
            sign = Signature::from_received(&value);
        } else if !is_falsy(&value) {
            read.push((name, value));
        }
    }
    let (unknown, _) = read
        .iter()
        .find(|(name, _)| !NAMES.contains(&name.as_str()) && !allowed.contains(&name.as_str()))?;
    let unknown = unknown.clone();
    is_right(&signed_text(&read), &sign?).then_some(unknown)
}

fn decoded(raw: &[u8]) -> Option<String> {
    let mut room = vec![0; raw.len()];
    let mut text = Text::new(&mut room);
    text.decode(raw).ok()?;
    let text = utf8(text.finish()).ok()?;
    (!has_control(text)).then(|| text.to_owned())
}

/// A name may have been cut out of a text, so only what looks like a name is shown.
fn printable(name: String) -> Box<str> {
    if is_name(&name) {
        name.into()
    } else {
        "".into()
    }
}

/// Whether it is a name as a server would give it, and one that PHP sorts by its bytes.
pub(super) fn is_name(name: &str) -> bool {
    let first = name.bytes().next();
    first.is_some_and(|b| b.is_ascii_lowercase())
        && name.len() <= 64
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}
