//! Splits PEM (RFC 7468) into its sections, also where a tool or an editor has bent its form.
//!
//! No section is skipped in silence: a marker without its partner is an error.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

use crate::reason::Reason;

const ANEW: &str = "give the file in PEM as it was issued";

const DAMAGED: Reason = Reason::new("is damaged PEM", ANEW);

const MARKER: Reason = Reason::new(
    "is damaged PEM, in which a BEGIN marker has no END marker of the same kind, or the reverse",
    ANEW,
);

const PKCS12: Reason = Reason::new(
    "is PKCS#12 and not PEM",
    "give it and its password with `pkcs12` (feature `pkcs12`), or convert it with \
        `openssl pkcs12 -in FILE -nodes -out NEW` and give the new file as chain and as key",
);

const DER: Reason = Reason::new(
    "is DER and not PEM",
    "convert it with `openssl x509 -inform DER -in FILE -out NEW`, or a key with \
        `openssl pkey -inform DER -in FILE -out NEW`",
);

/// What stands between a BEGIN marker and its END marker.
pub(super) struct Section {
    pub(super) label: String,
    body: Zeroizing<String>,
}

impl Section {
    /// Whether a header marks it as encrypted (RFC 1421, 4.6.1.1).
    pub(super) fn is_encrypted_by_header(&self) -> bool {
        self.body.contains(':') && self.body.contains("ENCRYPTED")
    }

    /// The content, decoded.
    pub(super) fn der(&self) -> Result<Zeroizing<Vec<u8>>, Reason> {
        let mut base64 = Zeroizing::new(String::with_capacity(self.body.len()));
        base64.extend(self.body.chars().filter(|char| !char.is_whitespace()));
        match BASE64_STANDARD.decode(base64.as_bytes()) {
            Ok(der) if !der.is_empty() => Ok(Zeroizing::new(der)),
            _ => Err(DAMAGED),
        }
    }
}

/// Whether the bytes are PKCS#12 by their beginning: a sequence whose first element is the
/// version 3, as `file(1)` recognises it.
pub(crate) fn is_pkcs12(bytes: &[u8]) -> bool {
    let start = bytes.get(..bytes.len().min(16)).unwrap_or_default();
    start.first() == Some(&0x30) && start.windows(4).any(|four| four == [2, 1, 3, 0x30])
}

/// Every section in order; a reason reads on after the field's name.
pub(super) fn sections(pem: &[u8]) -> Result<Vec<Section>, Reason> {
    let text = text(pem)?;
    let mut found = Vec::new();
    // The label of the section that is open, and its body once that was seen.
    let mut open: Option<(String, Option<&str>)> = None;
    for piece in pieces(&text) {
        open = match (open, Marker::read(piece)) {
            (None, Some(Marker::Begin(label))) => Some((label, None)),
            (None, None) if has_broken_marker(piece) => return Err(MARKER),
            (None, None) => None,
            (Some((label, None)), None) => Some((label, Some(piece))),
            (Some((label, Some(body))), Some(Marker::End(end))) if label == end => {
                let body = Zeroizing::new(body.to_owned());
                found.push(Section { label, body });
                None
            }
            _ => return Err(MARKER),
        };
    }
    match open {
        Some(_) => Err(MARKER),
        None => Ok(found),
    }
}

enum Marker {
    Begin(String),
    End(String),
}

impl Marker {
    /// The marker in a text that stood between dashes.
    fn read(piece: &str) -> Option<Self> {
        let piece = piece.trim_matches(' ');
        if piece.contains('\n') {
            return None;
        }
        let (word, label) = piece.split_once(' ')?;
        let label = label.to_ascii_uppercase();
        match word.to_ascii_uppercase().as_str() {
            "BEGIN" => Some(Self::Begin(label)),
            "END" => Some(Self::End(label)),
            _ => None,
        }
    }
}

/// What stands between runs of five dashes or more. Two markers on one line, which even may share
/// their dashes, are so two pieces as well.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let (piece, behind) = match rest?.split_once("-----") {
            Some((piece, behind)) => (piece, Some(behind.trim_start_matches('-'))),
            None => (rest?, None),
        };
        rest = behind;
        Some(piece)
    })
}

/// Whether a marker with too few dashes, or with dashes of another kind, stands outside of all
/// sections.
fn has_broken_marker(text: &str) -> bool {
    text.lines().any(|line| {
        let has_dash = line.contains(['-', '\u{2010}', '\u{2013}', '\u{2014}', '\u{2212}']);
        let words = line.trim_matches(|char: char| !char.is_ascii_alphanumeric());
        let is_marker = words.starts_with("BEGIN ") || words.starts_with("END ");
        let is_ours = words.ends_with("CERTIFICATE") || words.ends_with("PRIVATE KEY");
        has_dash && is_marker && is_ours
    })
}

/// The text without byte order marks, and with every line break as one sign.
fn text(pem: &[u8]) -> Result<Zeroizing<String>, Reason> {
    if is_pkcs12(pem) {
        return Err(PKCS12);
    }
    if pem.first() == Some(&0x30) && pem.get(1).is_some_and(|byte| *byte >= 0x80) {
        return Err(DER);
    }
    let decoded = decoded(pem)?;
    let mut text = Zeroizing::new(String::with_capacity(decoded.len()));
    let mut chars = decoded.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\u{feff}' => {}
            '\r' => text.push('\n'),
            // A variable of one line holds its line breaks as `\n`, sometimes escaped twice; no
            // base64 has a backslash.
            '\\' => {
                if chars.next_if(|next| matches!(next, 'n' | 'r')).is_some() {
                    text.push('\n');
                }
            }
            char => text.push(char),
        }
    }
    Ok(text)
}

/// The text in UTF-8, or in UTF-16 as editors on Windows save it.
fn decoded(pem: &[u8]) -> Result<Zeroizing<String>, Reason> {
    let read: fn([u8; 2]) -> u16 = match pem {
        [0xff, 0xfe, ..] | [_, 0, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] | [0, _, ..] => u16::from_be_bytes,
        // Text between the sections may be in any encoding.
        _ => return Ok(Zeroizing::new(String::from_utf8_lossy(pem).into_owned())),
    };
    let (pairs, rest) = pem.as_chunks::<2>();
    let units = pairs.iter().map(|pair| read(*pair));
    let mut text = Zeroizing::new(String::with_capacity(pem.len()));
    for char in char::decode_utf16(units) {
        text.push(char.map_err(|_| DAMAGED)?);
    }
    if rest.is_empty() {
        Ok(text)
    } else {
        Err(DAMAGED)
    }
}
