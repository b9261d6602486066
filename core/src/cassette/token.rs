//! Placeholders and numbered ids: what stands in a cassette for what was taken out.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

const BEGIN: &str = "<redacted:";

/// The form of every id that was replaced; the number follows in twelve digits.
const ID_PREFIX: &str = "00000000-0000-4000-8000-";

/// `<redacted:label:number>`. One with an expiry reads as a JSON web token with that `exp`, so
/// that a client still learns how long the token lives.
pub(super) fn placeholder(label: &str, number: usize, expiry: Option<i64>) -> String {
    match expiry {
        None => format!("{BEGIN}{label}:{number}>"),
        Some(exp) => {
            let claims = URL_SAFE_NO_PAD.encode(format!(r#"{{"exp":{exp}}}"#));
            format!("{BEGIN}{label}:{number}.{claims}.>")
        }
    }
}

/// A field's name as a placeholder has it.
pub(super) fn label(name: &str) -> String {
    let plain = |c: char| match c {
        'a'..='z' | '0'..='9' => Some(c),
        'A'..='Z' => Some(c.to_ascii_lowercase()),
        '-' | '_' | ' ' => Some('_'),
        _ => None,
    };
    let label: String = name.chars().filter_map(plain).take(32).collect();
    if label.is_empty() {
        "field".into()
    } else {
        label
    }
}

/// The length of the placeholder at the beginning.
fn placeholder_length(text: &str) -> Option<usize> {
    let rest = text.strip_prefix(BEGIN)?;
    let inner = rest.get(..rest.find('>')?)?;
    let (label, number) = inner.split_once(':')?;
    let number = match number.split_once('.') {
        None => number,
        Some((number, claims)) => {
            let claims = claims.strip_suffix('.')?;
            let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
            (claims.len() <= 64 && claims.bytes().all(plain)).then_some(number)?
        }
    };
    let in_label = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_');
    let fits = (1..=32).contains(&label.len())
        && label.bytes().all(in_label)
        && (1..=9).contains(&number.len())
        && number.bytes().all(|b| b.is_ascii_digit());
    fits.then_some(BEGIN.len() + inner.len() + 1)
}

/// Whether the text is a placeholder and nothing else.
pub(super) fn is_placeholder(text: &str) -> bool {
    placeholder_length(text) == Some(text.len())
}

/// Where placeholders stand.
pub(super) fn ranges(text: &str) -> Vec<Range<usize>> {
    let places = text.match_indices(BEGIN);
    let range = |(at, _): (usize, &str)| {
        let length = placeholder_length(text.get(at..)?)?;
        Some(at..at + length)
    };
    places.filter_map(range).collect()
}

/// Where UUIDs stand.
pub(super) fn uuids(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(part) = bytes.get(at..at + 36) {
        let shape = |(place, b): (usize, &u8)| match place {
            8 | 13 | 18 | 23 => *b == b'-',
            _ => b.is_ascii_hexdigit(),
        };
        let touches = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        if part.iter().enumerate().all(shape) && !touches(before) && !touches(bytes.get(at + 36)) {
            found.push(at..at + 36);
            at += 36;
        } else {
            at += 1;
        }
    }
    found
}

pub(super) fn numbered_id(number: usize) -> String {
    format!("{ID_PREFIX}{number:012}")
}

pub(super) fn is_numbered_id(id: &str) -> bool {
    id.starts_with(ID_PREFIX)
}

/// Where placeholders and numbered ids stand, in order: what a replay accepts anything for.
pub(super) fn free_places(text: &str) -> Vec<Range<usize>> {
    let mut places = ranges(text);
    let ids = uuids(text).into_iter();
    places.extend(ids.filter(|id| text.get(id.clone()).is_some_and(is_numbered_id)));
    places.sort_by_key(|range| range.start);
    places
}

/// Puts texts in the place of parts. Of parts that overlap all is replaced, by the text of the
/// longest.
pub(super) fn replace(text: &str, mut parts: Vec<(Range<usize>, String)>) -> String {
    parts.sort_by_key(|(range, _)| (range.start, usize::MAX - range.end));
    let mut merged: Vec<(Range<usize>, usize, String)> = Vec::new();
    for (range, new) in parts {
        let length = range.len();
        match merged
            .last_mut()
            .filter(|(last, ..)| range.start < last.end)
        {
            Some((last, longest, text)) => {
                last.end = last.end.max(range.end);
                if length > *longest {
                    (*longest, *text) = (length, new);
                }
            }
            None => merged.push((range, length, new)),
        }
    }
    let mut replaced = String::with_capacity(text.len());
    let mut done = 0;
    for (range, _, new) in merged {
        replaced.push_str(text.get(done..range.start).unwrap_or_default());
        replaced.push_str(&new);
        done = range.end;
    }
    replaced.push_str(text.get(done..).unwrap_or_default());
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_recognised_and_nothing_else_is() {
        let with_expiry = placeholder("access_token", 1, Some(1_800_003_600));
        assert_eq!(with_expiry.split('.').count(), 3);
        for text in ["<redacted:email:1>", &with_expiry] {
            assert!(is_placeholder(text), "{text}");
            let found = ranges(&format!("a {text}>"));
            assert!(
                found.len() == 1 && found[0] == (2..2 + text.len()),
                "{text}"
            );
        }
        for text in [
            "<redacted:Jane Doe:1>",
            "<redacted:a:>",
            "<redacted::1>",
            "<redacted:a:1",
            "<redacted:a:1.x>",
        ] {
            assert!(!is_placeholder(text), "{text}");
        }
        assert_eq!(label("X-Forwarded For é"), "x_forwarded_for_");
    }

    #[test]
    fn overlapping_parts_are_replaced_as_one() {
        let parts = vec![(4..6, "C".into()), (1..3, "A".into()), (2..5, "B".into())];
        assert_eq!(replace("0123456", parts), "0B6");
    }

    #[test]
    fn ids_are_found_where_they_stand_alone() {
        let id = "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d";
        assert_eq!(uuids(&format!("é/{id}?")).first(), Some(&(3..39)));
        assert!(uuids(&format!("a{id}")).is_empty());
        assert!(is_numbered_id(&numbered_id(7)) && uuids(&numbered_id(7)).len() == 1);
    }
}
