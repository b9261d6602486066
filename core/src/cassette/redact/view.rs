//! Texts under the encodings that a secret may hide in, with the way back to the original.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::ops::Range;

/// The encodings that stand inside of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Percent,
    /// Percent-encoding with `+` for a space.
    Form,
    Json,
    Html,
}

const SCHEMES: [Scheme; 4] = [Scheme::Percent, Scheme::Form, Scheme::Json, Scheme::Html];

impl Scheme {
    /// Whether an encoded character begins so.
    fn begins_with(self, c: char) -> bool {
        c == match self {
            Self::Percent => '%',
            Self::Form => return matches!(c, '+' | '%'),
            Self::Json => '\\',
            Self::Html => '&',
        }
    }
}

/// A text after decoding. Each byte knows the bytes of the original that it comes from.
pub(super) struct View {
    text: String,
    spans: Vec<(usize, usize)>,
}

/// The text itself and what it reads as after up to `depth` decodings in any order.
pub(super) fn views(text: &str, depth: usize) -> Vec<View> {
    let spans = (0..text.len()).map(|at| (at, at + 1)).collect();
    let mut views = vec![View {
        text: text.to_owned(),
        spans,
    }];
    let mut from = 0;
    for _ in 0..depth {
        let until = views.len();
        for index in from..until {
            let Some(view) = views.get(index) else { break };
            let steps = SCHEMES.iter().filter_map(|scheme| view.step(*scheme));
            let new: Vec<_> = steps.collect();
            for view in new {
                if !views.iter().any(|known| known.text == view.text) {
                    views.push(view);
                }
            }
        }
        from = until;
    }
    views
}

impl View {
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Where a part of the view stands in the original.
    pub(super) fn original(&self, part: &Range<usize>) -> Option<Range<usize>> {
        let first = self.spans.get(part.start)?;
        let last = self.spans.get(part.end.checked_sub(1)?)?;
        Some(first.0..last.1)
    }

    /// `None` where nothing is encoded so.
    fn step(&self, scheme: Scheme) -> Option<Self> {
        let text = &self.text;
        // Without a `+` a form is percent-encoded text like any other.
        let telling = |c| scheme.begins_with(c) && (scheme != Scheme::Form || c == '+');
        text.find(telling)?;
        let mut bytes = Vec::with_capacity(text.len());
        let mut spans = Vec::with_capacity(text.len());
        let mut at = 0;
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            let plain = rest.find(|c| scheme.begins_with(c)).unwrap_or(rest.len());
            bytes.extend_from_slice(rest.as_bytes().get(..plain)?);
            spans.extend_from_slice(self.spans.get(at..at + plain)?);
            at += plain;
            let encoded = rest.get(plain..).filter(|rest| !rest.is_empty());
            let Some(encoded) = encoded.map(str::as_bytes) else {
                break;
            };
            // What begins like an encoded character and is none stands for itself.
            let (decoded, length) = decode_one(scheme, encoded)
                .unwrap_or_else(|| (encoded.iter().take(1).copied().collect(), 1));
            let span = self.original(&(at..at + length))?;
            spans.resize(spans.len() + decoded.len(), (span.start, span.end));
            bytes.extend_from_slice(&decoded);
            at += length;
        }
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            // What decodes to no text keeps its valid parts, and a mark of the same length for
            // each other byte.
            Err(error) => {
                let chunks = error.as_bytes().utf8_chunks();
                let mark = |chunk: std::str::Utf8Chunk<'_>| {
                    chunk.valid().to_owned() + &"\0".repeat(chunk.invalid().len())
                };
                chunks.map(mark).collect()
            }
        };
        (text != self.text).then_some(Self { text, spans })
    }
}

/// The encoded character at the beginning: what it stands for, and its length.
fn decode_one(scheme: Scheme, text: &[u8]) -> Option<(Vec<u8>, usize)> {
    match (scheme, text.first()?) {
        (Scheme::Percent | Scheme::Form, b'%') => Some((vec![hex_byte(text.get(1..3)?)?], 3)),
        (Scheme::Form, b'+') => Some((vec![b' '], 1)),
        (Scheme::Json, b'\\') => decode_json(text),
        (Scheme::Html, b'&') => decode_html(text),
        _ => None,
    }
}

fn hex_byte(digits: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(digits).ok()?;
    let plain = digits.bytes().all(|b| b.is_ascii_hexdigit());
    plain.then(|| u8::from_str_radix(digits, 16).ok()).flatten()
}

fn decode_json(text: &[u8]) -> Option<(Vec<u8>, usize)> {
    let plain = match text.get(1)? {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 8,
        b'f' => 12,
        b'u' => return decode_json_unit(text),
        other if !other.is_ascii_alphanumeric() && other.is_ascii() => *other,
        _ => return None,
    };
    Some((vec![plain], 2))
}

fn decode_json_unit(text: &[u8]) -> Option<(Vec<u8>, usize)> {
    let unit = |text: &[u8]| {
        let digits = text.strip_prefix(b"\\u")?.get(..4)?;
        let (high, low) = (hex_byte(digits.get(..2)?)?, hex_byte(digits.get(2..)?)?);
        Some(u16::from_be_bytes([high, low]))
    };
    let first = unit(text)?;
    let (units, length) = match first {
        0xD800..=0xDBFF => (vec![first, unit(text.get(6..)?)?], 12),
        _ => (vec![first], 6),
    };
    let text = String::from_utf16(&units).ok()?;
    Some((text.into_bytes(), length))
}

fn decode_html(text: &[u8]) -> Option<(Vec<u8>, usize)> {
    let end = text.iter().take(12).position(|b| *b == b';')?;
    let name = std::str::from_utf8(text.get(1..end)?).ok()?;
    let decoded = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    };
    Some((decoded.to_string().into_bytes(), end + 1))
}

/// The text for a place inside of HTML.
pub(super) fn escape_html(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;")
}

/// What an HTML attribute reads as.
pub(super) fn unescape_html(text: &str) -> String {
    let spans = (0..text.len()).map(|at| (at, at + 1)).collect();
    let view = View {
        text: text.to_owned(),
        spans,
    };
    view.step(Scheme::Html)
        .map_or_else(|| text.to_owned(), |view| view.text)
}

/// The shortest text that base64 is looked for in.
const SHORTEST_BASE64: usize = 8;

/// The shortest decoded text that could be a secret.
const SHORTEST_TEXT: usize = 4;

/// What a value looks like inside of base64, of which only the characters count that do not
/// depend on what stands around it, and in hexadecimal digits.
pub(super) fn disguises(value: &str) -> Vec<String> {
    let bytes = value.as_bytes();
    let mut disguises = vec![hex::encode(bytes), hex::encode_upper(bytes)];
    for before in 0..3 {
        let padded = [&vec![0; before], bytes].concat();
        let first = (before * 8).div_ceil(6);
        let last = padded.len() * 8 / 6;
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let core = engine.encode(&padded);
            let core = core.get(first..last).unwrap_or_default().to_owned();
            if core.len() >= SHORTEST_BASE64 && !disguises.contains(&core) {
                disguises.push(core);
            }
        }
    }
    disguises
}

/// Everything in the text that decodes as base64 or hexadecimal digits.
pub(super) fn decoded_runs(text: &str) -> Vec<String> {
    let is_digit = |b: char| b.is_ascii_alphanumeric() || matches!(b, '+' | '/' | '-' | '_');
    let mut found = Vec::new();
    let runs = text.split(|c| !is_digit(c));
    for run in runs.filter(|run| run.len() >= SHORTEST_BASE64) {
        // A run may begin before the encoded part does.
        for part in (0..4).filter_map(|skipped| run.get(skipped..)) {
            // One character alone stands for no byte.
            let usable = part.len() - usize::from(part.len() % 4 == 1);
            let bytes = part.get(..usable).and_then(lenient_base64);
            found.extend(bytes.iter().flat_map(|bytes| texts(bytes)));
        }
        for part in (0..2).filter_map(|skipped| run.get(skipped..)) {
            found.extend(leading_hex(part).iter().flat_map(|bytes| texts(bytes)));
        }
    }
    found
}

/// Base64 in either alphabet, whatever its last bits.
fn lenient_base64(text: &str) -> Option<Vec<u8>> {
    use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(DecodePaddingMode::RequireNone),
    );
    LENIENT
        .decode(text.replace('-', "+").replace('_', "/"))
        .ok()
}

/// The bytes of the hexadecimal digits at the beginning.
fn leading_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.bytes().take_while(u8::is_ascii_hexdigit).count();
    hex::decode(text.get(..digits / 2 * 2)?).ok()
}

/// The parts of decoded bytes that are text: most of what happens to decode is none.
fn texts(bytes: &[u8]) -> impl Iterator<Item = String> {
    let valid = bytes.utf8_chunks().map(|chunk| chunk.valid());
    let long = valid.filter(|text| text.len() >= SHORTEST_TEXT);
    long.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readings(text: &str) -> Vec<String> {
        views(text, 2).iter().map(|v| v.text().to_owned()).collect()
    }

    #[test]
    fn every_encoding_and_two_of_them_are_undone() {
        for (encoded, plain) in [
            ("a%40b", "a@b"),
            ("a+b%2b", "a b+"),
            (r#"a\u0040\/\""#, "a@/\""),
            (r"\ud83d\ude00", "😀"),
            ("a&amp;&#64;&#x40;b", "a&@@b"),
            ("%5Cu0040", "@"),
            ("%2540", "@"),
        ] {
            let readings = readings(encoded);
            assert!(readings.iter().any(|text| text == plain), "{readings:?}");
        }
    }

    #[test]
    fn a_part_of_a_view_is_found_in_the_original() {
        let text = "x=%22a%2540b%22";
        let all = views(text, 2);
        let view = all.iter().find(|v| v.text() == "x=\"a@b\"").unwrap();
        let at = view.text().find("a@b").unwrap();
        assert_eq!(&text[view.original(&(at..at + 3)).unwrap()], "a%2540b");
    }

    #[test]
    fn a_value_is_recognised_in_base64_wherever_it_begins() {
        for before in ["", "a", "ab", "abc"] {
            let encoded = STANDARD_NO_PAD.encode(format!("{before}s3cr3t-value?>~z"));
            let found = disguises("s3cr3t-value?>~");
            assert!(found.iter().any(|core| encoded.contains(core)), "{before}");
            let runs = decoded_runs(&format!("=x{encoded}"));
            let is_found = |run: &String| run.contains("s3cr3t-value?>~");
            assert!(runs.iter().any(is_found), "{before}: {runs:?}");
        }
    }

    #[test]
    fn broken_encodings_are_left_alone() {
        for text in [
            "%",
            "%4",
            "%é",
            "\\",
            "\\u12",
            "\\ud800",
            "&",
            "&#;",
            "&#xffffffff;",
        ] {
            let _ = readings(text);
        }
    }
}
