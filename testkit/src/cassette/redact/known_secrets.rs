//! Finds the secrets that the user told, in whatever usual form.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::percent_decode_str;

use super::note_work;
use sanspay_core::Secret;

/// How many encodings of text inside of each other are undone.
const TEXT_DEPTH: usize = 4;

/// How many encodings of bytes inside of each other are undone, with those of text in between.
const BYTES_DEPTH: usize = 3;

/// The shortest run of characters that is read as base64 or hexadecimal digits.
const SHORTEST_RUN: usize = 4;

/// Base64 without regard to padding and last bits.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// Whether one of the secrets stands in the text: as it is, percent-encoded, or escaped for JSON
/// or HTML, up to four times; or so in base64, hexadecimal digits or UTF-16, up to three times.
///
/// The time taken grows with the length of the text, whatever stands in it.
pub(in super::super) fn is_found(secrets: &[Secret], text: &str) -> bool {
    if secrets.is_empty() {
        return false;
    }
    let secrets: Vec<_> = secrets
        .iter()
        .map(|secret| (secret.expose(), plain(secret.expose())))
        .collect();
    let mut texts = vec![text.to_owned()];
    for depth in 0..=BYTES_DEPTH {
        let mut inner = Vec::new();
        for text in &texts {
            let readings = readings(text);
            let plain = readings
                .last()
                .map_or_else(String::new, |last| spaced(last));
            if secrets.iter().any(|(secret, its_plain): &(&str, String)| {
                let is_read = readings.iter().any(|reading| reading.contains(secret));
                is_read || (!its_plain.trim().is_empty() && plain.contains(its_plain))
            }) {
                return true;
            }
            if depth < BYTES_DEPTH {
                inner.extend(readings.iter().map(|reading| decoded_bytes(reading)));
            }
        }
        texts = inner;
    }
    false
}

/// The text after every encoding of text is undone.
fn plain(text: &str) -> String {
    readings(text)
        .last()
        .map_or_else(String::new, |last| spaced(last))
}

/// In forms a space is written as `+`.
fn spaced(text: &str) -> String {
    text.replace('+', " ")
}

/// The text itself, and what it reads as after each round of decoding.
fn readings(text: &str) -> Vec<String> {
    let mut readings = vec![text.to_owned()];
    for _ in 0..TEXT_DEPTH {
        let Some(last) = readings.last() else { break };
        note_work(last.len());
        let percent = percent_decode_str(last).decode_utf8_lossy();
        let html = html_escape::decode_html_entities(&percent);
        // UTF-16 that was taken for text has a NUL at every letter.
        let read = unescape_json(&html).replace('\0', "");
        if read == *last {
            break;
        }
        readings.push(read);
    }
    readings
}

/// Without the backslashes of JSON; what is no escape of its stays as it is.
fn unescape_json(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut units: Vec<u16> = Vec::new();
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        if !before.is_empty() {
            flush(&mut units, &mut plain);
            plain.push_str(before);
        }
        let mut chars = escape.chars().skip(1);
        let code = escape
            .get(2..6)
            .and_then(|digits| u16::from_str_radix(digits, 16).ok());
        rest = match (chars.next(), code) {
            (Some('u'), Some(code)) => {
                units.push(code);
                escape.get(6..).unwrap_or_default()
            }
            (Some(c), _) => {
                flush(&mut units, &mut plain);
                plain.push(match c {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    other => other,
                });
                escape.get(1 + c.len_utf8()..).unwrap_or_default()
            }
            (None, _) => "",
        };
    }
    flush(&mut units, &mut plain);
    plain.push_str(rest);
    Cow::Owned(plain)
}

fn flush(units: &mut Vec<u16>, into: &mut String) {
    into.push_str(&String::from_utf16_lossy(units));
    units.clear();
}

/// What the text reads as where it is base64 or hexadecimal digits, wherever they begin.
fn decoded_bytes(text: &str) -> String {
    let mut found = Vec::new();
    let url_safe = text.replace('-', "+").replace('_', "/");
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/');
    let mut decode_base64 = |run: &str| {
        for start in 0..4 {
            let run = run.get(start..).unwrap_or_default();
            // One character at the end is no byte.
            let end = run.len() - usize::from(run.len() % 4 == 1);
            found.push(BASE64.decode(run.get(..end).unwrap_or_default()));
        }
    };
    for run in runs(&url_safe, is_base64) {
        decode_base64(run);
    }
    // Lines of 64 or 76 characters, as in a PEM or a mail.
    let unbroken: String = url_safe.split_whitespace().collect();
    if unbroken.len() < url_safe.len() {
        for run in runs(&unbroken, is_base64) {
            decode_base64(run);
        }
    }
    let mut found: Vec<Vec<u8>> = found.into_iter().flatten().collect();
    let digits: String = text
        .chars()
        .filter(|c| !matches!(c, ':' | '-' | '_' | ',') && !c.is_whitespace())
        .collect();
    for run in runs(&digits.replace("0x", "").replace("\\x", ""), |c| {
        c.is_ascii_hexdigit()
    }) {
        for start in 0..2 {
            let run = run.get(start..).unwrap_or_default();
            let even = run.get(..run.len() / 2 * 2).unwrap_or_default();
            found.extend(hex::decode(even));
        }
    }
    note_work(found.iter().map(Vec::len).sum());
    let texts = found.iter().flat_map(|bytes| texts(bytes));
    texts.collect::<Vec<_>>().join("\n")
}

fn runs(text: &str, is_part: impl Fn(char) -> bool) -> impl Iterator<Item = &str> {
    text.split(move |c| !is_part(c))
        .filter(|run| run.len() >= SHORTEST_RUN)
}

/// Bytes as UTF-8, and as UTF-16 in either order.
fn texts(bytes: &[u8]) -> [String; 3] {
    let utf16 = |start: usize| {
        let (pairs, _) = bytes.get(start..).unwrap_or_default().as_chunks::<2>();
        let units: Vec<u16> = pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
        String::from_utf16_lossy(&units)
    };
    // What is little-endian from the second byte on is big-endian from the first.
    let swapped: Vec<u16> = bytes
        .as_chunks::<2>()
        .0
        .iter()
        .map(|pair| u16::from_be_bytes(*pair))
        .collect();
    [
        String::from_utf8_lossy(bytes).into_owned(),
        utf16(0),
        String::from_utf16_lossy(&swapped),
    ]
}
