//! Distinguished names as text (RFC 4514).

use super::der::{
    Der, Element, IA5_STRING, OBJECT_IDENTIFIER, PRINTABLE_STRING, SEQUENCE, SET, TELETEX_STRING,
    UTF8_STRING, dotted,
};

/// The next element, which is a name, such as `CN=partner-1,O=Example`: the last part first (RFC
/// 4514, 2.1).
pub(super) fn name(der: &mut Der<'_>) -> Option<String> {
    let parts = der.inner(SEQUENCE)?.each(part)?;
    Some(parts.into_iter().rev().collect::<Vec<_>>().join(","))
}

/// A part of a name, in most of them one attribute.
fn part(der: &mut Der<'_>) -> Option<String> {
    let mut attributes = der.inner(SET)?.each(Der::any)?;
    // As DER demands it of a SET OF (X.690, 11.6); not all who issue certificates care.
    attributes.sort_unstable_by_key(|attribute| attribute.der);
    let texts = attributes.iter().map(|attribute| {
        let mut inner = Der(attribute.der).inner(SEQUENCE)?;
        let oid = inner.read(OBJECT_IDENTIFIER)?;
        let dots = dotted(oid)?;
        let value = inner.any()?;
        inner.end()?;
        let keyword = keyword(&dots).filter(|_| is_shortest(oid));
        Some(match (keyword, text(&value)) {
            (Some(keyword), Some(text)) => format!("{keyword}={}", escaped(text)),
            _ => format!("{dots}=#{}", hex::encode(value.der)),
        })
    });
    Some(texts.collect::<Option<Vec<_>>>()?.join("+"))
}

/// Whether no number of an object identifier begins with a zero, which would be another identifier.
fn is_shortest(oid: &[u8]) -> bool {
    let begins_with_zero = |two: &[u8]| matches!(two, [..0x80, 0x80]);
    !oid.starts_with(&[0x80]) && !oid.windows(2).any(begins_with_zero)
}

/// The short names of RFC 4519 and PKCS#9, in capitals as most tools write them.
fn keyword(oid: &str) -> Option<&'static str> {
    Some(match oid {
        "0.9.2342.19200300.100.1.1" => "UID",
        "0.9.2342.19200300.100.1.3" => "MAIL",
        "0.9.2342.19200300.100.1.25" => "DC",
        "1.2.840.113549.1.9.1" => "EMAIL",
        "2.5.4.3" => "CN",
        "2.5.4.4" => "SN",
        "2.5.4.5" => "SERIALNUMBER",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.9" => "STREET",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "2.5.4.12" => "TITLE",
        "2.5.4.13" => "DESCRIPTION",
        "2.5.4.15" => "BUSINESSCATEGORY",
        "2.5.4.16" => "POSTALADDRESS",
        "2.5.4.17" => "POSTALCODE",
        "2.5.4.18" => "POSTOFFICEBOX",
        "2.5.4.20" => "TELEPHONENUMBER",
        "2.5.4.41" => "NAME",
        "2.5.4.42" => "GN",
        "2.5.4.43" => "INITIALS",
        "2.5.4.44" => "GENERATIONQUALIFIER",
        "2.5.4.46" => "DNQUALIFIER",
        "2.5.4.51" => "HOUSEIDENTIFIER",
        "2.5.4.65" => "PSEUDONYM",
        _ => return None,
    })
}

/// The value of an attribute; `None` if it is no text, or in one of the encodings of old.
fn text<'a>(value: &Element<'a>) -> Option<&'a str> {
    let text = str::from_utf8(value.content).ok()?;
    let fits = match value.tag {
        UTF8_STRING => true,
        PRINTABLE_STRING => text.chars().all(is_printable),
        // Beyond ASCII nobody agrees on what the bytes of Teletex mean.
        IA5_STRING | TELETEX_STRING => text.is_ascii(),
        _ => false,
    };
    fits.then_some(text)
}

/// Whether a `PrintableString` may hold it (X.680, 41.4).
fn is_printable(char: char) -> bool {
    char.is_ascii_alphanumeric() || " '()+,-./:=?".contains(char)
}

/// RFC 4514, 2.4; control characters as well, since the text ends up in logs.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    let last = text.chars().count().saturating_sub(1);
    for (place, char) in text.chars().enumerate() {
        match char {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => out.extend(['\\', char]),
            '#' if place == 0 => out.push_str("\\#"),
            ' ' if place == 0 || place == last => out.push_str("\\ "),
            char if char.is_ascii_control() => {
                out.push('\\');
                out.push_str(&hex::encode([char as u8]));
            }
            char => out.push(char),
        }
    }
    out
}
