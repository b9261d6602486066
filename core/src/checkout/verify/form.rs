//! From raw bytes to the known parameters, strictly.

use percent_encoding::percent_decode;

use super::refusal::Refusal;
use crate::checkout::check::has_control;
use crate::checkout::php::is_falsy;

/// Every name that a notification or return may have (grade V), in the server's order.
pub(super) const NAMES: [&str; 12] = [
    "app_id",
    "channel_id",
    "trade_no",
    "out_trade_no",
    "total_amount",
    "currency",
    "subject",
    "body",
    "status",
    "subscription_id",
    "customer_id",
    "sign",
];

/// The parameters of a message by their known names, each at most once; none is empty or `"0"`,
/// because those are not signed and count as absent.
pub(super) struct Form(Vec<(&'static str, String)>);

impl Form {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        let mut seen = Vec::new();
        let mut form = Vec::new();
        for pair in bytes.split(|b| *b == b'&') {
            let (name, value) = split_pair(pair).ok_or(Refusal::Malformed)?;
            let (name, value) = (decode(name)?, decode(value)?);
            let name = known(&name)?;
            if seen.contains(&name) {
                return Err(Refusal::Duplicate(name));
            }
            seen.push(name);
            if !is_falsy(&value) {
                form.push((name, value));
            }
        }
        Ok(Self(form))
    }

    /// Takes a parameter out.
    pub(super) fn take(&mut self, name: &'static str) -> Option<String> {
        let place = self.0.iter().position(|(known, _)| *known == name)?;
        Some(self.0.swap_remove(place).1)
    }

    /// Takes a required parameter out.
    pub(super) fn require(&mut self, name: &'static str) -> Result<String, Refusal> {
        self.take(name).ok_or(Refusal::Missing(name))
    }

    /// What is left.
    pub(super) fn pairs(&self) -> &[(&'static str, String)] {
        &self.0
    }
}

fn split_pair(pair: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut halves = pair.splitn(2, |b| *b == b'=');
    Some((halves.next()?, halves.next()?))
}

fn known(name: &str) -> Result<&'static str, Refusal> {
    let found = NAMES.into_iter().find(|known| *known == name);
    found.ok_or(if name.contains(['[', ']']) {
        Refusal::ArrayName
    } else {
        Refusal::UnknownName
    })
}

/// `+` is a space, and every `%` must begin a byte; a lenient reader and a strict one must not
/// see different values.
fn decode(text: &[u8]) -> Result<String, Refusal> {
    let whole = |escape: &[u8]| {
        escape
            .iter()
            .take(2)
            .filter(|b| b.is_ascii_hexdigit())
            .count()
            == 2
    };
    if !text.split(|b| *b == b'%').skip(1).all(whole) {
        return Err(Refusal::Malformed);
    }
    let spaced: Vec<u8> = text
        .iter()
        .map(|b| if *b == b'+' { b' ' } else { *b })
        .collect();
    let bytes = percent_decode(&spaced).collect();
    let decoded = String::from_utf8(bytes).map_err(|_| Refusal::NotUtf8)?;
    if has_control(&decoded) {
        return Err(Refusal::ControlCharacter);
    }
    Ok(decoded)
}
