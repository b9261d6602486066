//! Placeholders and numbered ids: what stands in a cassette for what was taken out.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

const BEGIN: &str = "<redacted:";

/// The form of every id that was replaced; the number follows in six digits.
const ID_PREFIX: &str = "00000000-0000-4000-8000-000000";

/// How a placeholder begins that stands alone and has no brackets.
const PLAIN_ID: &str = "redacted-";

/// The digits of a numbered id.
const ID_DIGITS: usize = 6;

/// `<redacted:label:number>`. One with an expiry reads as a JSON web token with that `exp`, so
/// that a client still learns how long the token lives.
pub(super) fn placeholder(label: &str, number: usize, expiry: Option<i64>) -> String {
    match expiry {
        None => format!("{BEGIN}{label}:{number}>"),
        Some(exp) => format!("{BEGIN}{label}:{number}.{}.>", claims(exp)),
    }
}

fn claims(exp: i64) -> String {
    URL_SAFE_NO_PAD.encode(format!(r#"{{"exp":{exp}}}"#))
}

/// The expiry in claims that [`claims`] wrote, and in no others.
fn expiry_of(encoded: &str) -> Option<i64> {
    let decoded = String::from_utf8(URL_SAFE_NO_PAD.decode(encoded).ok()?).ok()?;
    let exp = decoded.strip_prefix(r#"{"exp":"#)?.strip_suffix('}')?;
    exp.parse().ok().filter(|exp| claims(*exp) == encoded)
}

/// A field's name as a placeholder has it.
pub(super) fn label(name: &str) -> String {
    let plain = name.chars().filter_map(|c| match c {
        'a'..='z' | '0'..='9' => Some(c),
        'A'..='Z' => Some(c.to_ascii_lowercase()),
        '-' | '_' | ' ' => Some('_'),
        _ => None,
    });
    let label: String = plain.take(32).collect();
    if label.is_empty() {
        "value".into()
    } else {
        label
    }
}

/// Label and length of the placeholder at the beginning.
fn read(text: &str) -> Option<(&str, usize)> {
    let rest = text.strip_prefix(BEGIN)?;
    let inner = rest.get(..rest.find('>')?)?;
    let (label, number) = inner.split_once(':')?;
    let number = match number.split_once('.') {
        None => number,
        Some((number, claims)) => {
            expiry_of(claims.strip_suffix('.')?)?;
            number
        }
    };
    let fits = (1..=32).contains(&label.len())
        && label
            .bytes()
            .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'))
        && (1..=6).contains(&number.len())
        && number.bytes().all(|b| b.is_ascii_digit());
    fits.then_some((label, BEGIN.len() + inner.len() + 1))
}

/// The label of a text that is a placeholder and nothing else.
pub(super) fn label_of(text: &str) -> Option<&str> {
    let (label, length) = read(text)?;
    (length == text.len()).then_some(label)
}

/// Whether the text is a placeholder and nothing else.
pub(super) fn is_placeholder(text: &str) -> bool {
    label_of(text).is_some()
}

/// The UUID, where the text is one in the usual form.
pub(super) fn uuid(text: &str) -> Option<Uuid> {
    (text.len() == 36)
        .then(|| Uuid::try_parse(text).ok())
        .flatten()
}

pub(super) fn numbered_id(number: usize) -> String {
    format!("{ID_PREFIX}{number:0ID_DIGITS$}")
}

pub(super) fn is_numbered_id(id: &str) -> bool {
    id.strip_prefix(ID_PREFIX).is_some_and(|digits| {
        digits.len() == ID_DIGITS && digits.bytes().all(|b| b.is_ascii_digit())
    })
}

/// A placeholder that is an id of the hosted checkout by its form.
pub(super) fn plain_id(number: usize) -> String {
    format!("{PLAIN_ID}{number}")
}

pub(super) fn is_plain_id(text: &str) -> bool {
    text.strip_prefix(PLAIN_ID).is_some_and(|digits| {
        (1..=ID_DIGITS).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
    })
}

/// Whether the text is a placeholder or a numbered id and nothing else.
pub(super) fn is_free(text: &str) -> bool {
    is_placeholder(text) || is_numbered_id(text) || is_plain_id(text)
}

/// Where placeholders and numbered ids stand, in order: what a replay accepts anything for.
pub(super) fn free_places(text: &str) -> Vec<Range<usize>> {
    if is_plain_id(text) {
        return std::iter::once(0..text.len()).collect();
    }
    let placeholders = text.match_indices(BEGIN).filter_map(|(at, _)| {
        let (_, length) = read(text.get(at..)?)?;
        Some(at..at + length)
    });
    let ids = text.match_indices(ID_PREFIX).filter_map(|(at, _)| {
        let range = at..at + ID_PREFIX.len() + ID_DIGITS;
        is_numbered_id(text.get(range.clone())?).then_some(range)
    });
    let mut places: Vec<_> = placeholders.chain(ids).collect();
    places.sort_by_key(|range| range.start);
    places
}

/// Puts texts in the place of placeholders and numbered ids; `None` leaves one as it is.
pub(super) fn fill<'a>(text: &str, value: impl Fn(&str) -> Option<&'a str>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut done = 0;
    for place in free_places(text) {
        let (Some(before), Some(free)) = (text.get(done..place.start), text.get(place.clone()))
        else {
            continue;
        };
        filled.push_str(before);
        filled.push_str(value(free).unwrap_or(free));
        done = place.end;
    }
    filled.push_str(text.get(done..).unwrap_or_default());
    filled
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
            let found = free_places(&format!("a {text}>"));
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
            "<redacted:a:1.SmFuZQ.>",
            "<redacted:a:4111111111111111>",
        ] {
            assert!(!is_placeholder(text), "{text}");
        }
        assert_eq!(label("X-Forwarded For é"), "x_forwarded_for_");
    }

    #[test]
    fn ids_are_found_and_no_other_uuid_counts_as_numbered() {
        let id = "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d";
        assert!(uuid(id).is_some() && !is_numbered_id(id));
        assert!(uuid(&id.replace('-', "")).is_none() && uuid(&format!("a{id}")).is_none());
        assert!(is_numbered_id(&numbered_id(7)) && uuid(&numbered_id(7)).is_some());
        let text = format!("é/{}?", numbered_id(7));
        assert_eq!(free_places(&text).first(), Some(&(3..39)));
    }

    #[test]
    fn what_is_known_is_filled_in_and_the_rest_stays() {
        let text = "a <redacted:x:1> b <redacted:y:1>";
        let filled = fill(text, |free| (free == "<redacted:x:1>").then_some("é"));
        assert_eq!(filled, "a é b <redacted:y:1>");
    }
}
