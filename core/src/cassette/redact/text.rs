//! Finds secrets and personal data in texts of no known structure.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use super::names::Class;

/// A part of a text, and the name of the field that it would be the value of.
pub(super) struct Finding {
    pub(super) range: Range<usize>,
    pub(super) name: String,
}

impl Finding {
    fn new(range: Range<usize>, name: impl Into<String>) -> Self {
        let name = name.into();
        Self { range, name }
    }
}

/// What gives itself away by its form: mail addresses, IP addresses, international telephone
/// numbers and JSON web tokens.
pub(super) fn patterns(text: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    emails(text, &mut found);
    let words = |is_part: fn(char) -> bool| runs(text, is_part);
    for (range, word) in words(|c| c.is_ascii_digit() || c == '.') {
        let address = word.trim_end_matches('.').parse::<Ipv4Addr>();
        if address.is_ok_and(|ip| !ip.is_loopback() && !ip.is_unspecified()) {
            found.push(Finding::new(
                range.start..range.start + word.trim_end_matches('.').len(),
                "ip",
            ));
        }
    }
    for (range, word) in words(|c| c.is_ascii_hexdigit() || matches!(c, ':' | '.')) {
        let colons = word.matches(':').count();
        let address = word.trim_end_matches('.').parse::<Ipv6Addr>();
        if colons > 1 && address.is_ok_and(|ip| !ip.is_loopback() && !ip.is_unspecified()) {
            found.push(Finding::new(range, "ip"));
        }
    }
    let is_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '=');
    for (range, word) in words(is_token) {
        if word.starts_with("eyJ") && word.matches('.').count() == 2 && word.len() > 20 {
            found.push(Finding::new(range, "access_token"));
        }
    }
    telephones(text, &mut found);
    found
}

/// The longest parts of such characters that do not touch other letters or digits.
fn runs(text: &str, is_part: fn(char) -> bool) -> Vec<(Range<usize>, &str)> {
    let mut runs = Vec::new();
    let mut rest = 0;
    while let Some(start) = text
        .get(rest..)
        .and_then(|t| t.find(is_part))
        .map(|at| rest + at)
    {
        let tail = text.get(start..).unwrap_or_default();
        let end = start + tail.find(|c| !is_part(c)).unwrap_or(tail.len());
        let before = text.get(..start).and_then(|t| t.chars().next_back());
        let after = text.get(end..).and_then(|t| t.chars().next());
        let touches = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        if !touches(before) && !touches(after) {
            runs.push((start..end, text.get(start..end).unwrap_or_default()));
        }
        rest = end;
    }
    runs
}

fn emails(text: &str, found: &mut Vec<Finding>) {
    let is_local = |c: char| c.is_alphanumeric() || "._%+-~!#$*^{}|".contains(c);
    let is_domain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-');
    for (at, _) in text.match_indices('@') {
        let (before, after) = (text.get(..at), text.get(at + 1..));
        let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
        let start = before.trim_end_matches(is_local).len();
        let domain = after.len() - after.trim_start_matches(is_domain).len();
        let domain = after
            .get(..domain)
            .unwrap_or_default()
            .trim_end_matches(['.', '-']);
        if start < at && domain.contains('.') {
            found.push(Finding::new(start..at + 1 + domain.len(), "email"));
        }
    }
}

fn telephones(text: &str, found: &mut Vec<Finding>) {
    for (at, _) in text.match_indices('+') {
        let after = text.get(at + 1..).unwrap_or_default();
        let is_part =
            |c: char| c.is_ascii_digit() || matches!(c, ' ' | '-' | '(' | ')' | '/' | '.');
        let length = after.find(|c| !is_part(c)).unwrap_or(after.len());
        let number = after.get(..length).unwrap_or_default();
        let number = number.trim_end_matches(|c: char| !c.is_ascii_digit());
        let digits = number.bytes().filter(u8::is_ascii_digit).count();
        if number.starts_with(|c: char| c.is_ascii_digit() || c == '(')
            && (8..=15).contains(&digits)
        {
            found.push(Finding::new(at..at + 1 + number.len(), "phone"));
        }
    }
}

/// The values of named fields in a text that only looks like JSON, a form, a header or a log
/// line: `"email": "…"`, `email=…`, `Email: …`. Whole objects about persons count as one value.
pub(super) fn named(text: &str, classify: impl Fn(&str) -> Class) -> Vec<Finding> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '[' | ']' | '.');
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text.get(at..).and_then(|t| t.find(is_name)).map(|n| at + n) {
        let tail = text.get(start..).unwrap_or_default();
        let end = start + tail.find(|c| !is_name(c)).unwrap_or(tail.len());
        at = end;
        let name = text.get(start..end).unwrap_or_default();
        let Some(value) = value_after(text, end, name) else {
            continue;
        };
        if value.is_empty() || classify(name) == Class::Plain {
            continue;
        }
        at = value.end;
        found.push(Finding::new(value, name));
    }
    found
}

/// Where the value of the name that ends here stands.
fn value_after(text: &str, name_end: usize, name: &str) -> Option<Range<usize>> {
    let rest = text.get(name_end..)?;
    let after_quote = rest
        .trim_start_matches('\\')
        .trim_start_matches(['"', '\'']);
    let separator = after_quote.trim_start();
    let sign = separator
        .chars()
        .next()
        .filter(|c| matches!(c, ':' | '='))?;
    if sign == '=' && name.eq_ignore_ascii_case("name") && is_in_tag(text, name_end) {
        return None;
    }
    let value = separator.get(1..)?.trim_start_matches([' ', '\t']);
    let start = text.len() - value.len();
    let escapes = value.len() - value.trim_start_matches('\\').len();
    let (slashes, inner) = value.split_at_checked(escapes)?;
    let length = match inner.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let (begin, depth) = (start + escapes + 1, slashes.len());
            return Some(begin..begin + quoted(inner.get(1..)?, quote, depth));
        }
        Some('{' | '[') => balanced(value),
        // A lone sign ends with the line or the pair; a text after a colon may have spaces.
        _ if sign == ':' => value
            .find(['&', ',', ';', '<', '>', '"', '\n', '\r', '}', ']'])
            .unwrap_or(value.len()),
        _ => value
            .find(|c: char| c.is_whitespace() || "&;,<>\"')]}".contains(c))
            .unwrap_or(value.len()),
    };
    Some(start..start + length)
}

/// Whether the place is inside of an HTML tag.
fn is_in_tag(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    before
        .rfind('<')
        .is_some_and(|open| before.rfind('>').is_none_or(|close| close < open))
}

/// The length up to the closing quote, or to the end where the text is cut off. A text inside of
/// JSON inside of a text has `depth` backslashes before its quotes.
fn quoted(text: &str, quote: char, depth: usize) -> usize {
    for (at, _) in text.match_indices(quote) {
        let before = text.get(..at).unwrap_or_default();
        let slashes = before.len() - before.trim_end_matches('\\').len();
        // What has more is a quote in the value, unless all of them are pairs before the end.
        if slashes % (2 * (depth + 1)) == depth {
            return at - depth;
        }
    }
    text.len()
}

/// The length of what the bracket at the beginning opens, or to the end where it is cut off.
fn balanced(text: &str) -> usize {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => in_text = !in_text,
            '{' | '[' if !in_text => depth += 1,
            '}' | ']' if !in_text => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + c.len_utf8();
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// The `value` attributes of HTML tags that have a `name`, with that name.
pub(super) fn fields_of_tags(text: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    for (open, _) in text.match_indices('<') {
        let tail = text.get(open..).unwrap_or_default();
        let Some(tag) = tail.find('>').and_then(|end| tail.get(..end)) else {
            continue;
        };
        let name = attribute(tag, "name").and_then(|range| tag.get(range));
        if let (Some(name), Some(value)) = (name, attribute(tag, "value")) {
            found.push(Finding::new(open + value.start..open + value.end, name));
        }
    }
    found
}

fn attribute(tag: &str, name: &str) -> Option<Range<usize>> {
    let lower = tag.to_ascii_lowercase();
    ['"', '\''].into_iter().find_map(|quote| {
        let begin = format!("{name}={quote}");
        let mut places = lower.match_indices(&begin);
        let (at, _) = places.find(|(at, _)| {
            let before = lower.get(..*at).and_then(|t| t.chars().next_back());
            before.is_some_and(char::is_whitespace)
        })?;
        let start = at + begin.len();
        let length = tag.get(start..)?.find(quote)?;
        Some(start..start + length)
    })
}

#[cfg(test)]
mod tests {
    use super::super::names::Within;
    use super::super::rules::Redaction;
    use super::*;

    fn class_of(name: &str) -> Class {
        Redaction::new().classify(name, Within::Nothing)
    }

    fn found<'a>(text: &'a str, findings: &[Finding]) -> Vec<&'a str> {
        findings.iter().map(|f| &text[f.range.clone()]).collect()
    }

    #[test]
    fn addresses_and_numbers_give_themselves_away() {
        let text = "from jané.d+x@mail.example.com. at 203.0.113.9, 2001:db8::1 or +49 (151) 234-5678 \
                    but not 127.0.0.1, 15:38:44, 10.00, a@b, 2027-01-15T08:00:00+00:00";
        let told = [
            "jané.d+x@mail.example.com",
            "203.0.113.9",
            "2001:db8::1",
            "+49 (151) 234-5678",
        ];
        assert_eq!(found(text, &patterns(text)), told);
        let jwt = "x eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.c2ln y";
        assert_eq!(
            found(jwt, &patterns(jwt)),
            ["eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.c2ln"]
        );
    }

    #[test]
    fn named_values_are_found_in_broken_texts() {
        for (text, value) in [
            (r#"{"access_token":"abc"#, "abc"),
            (r#"{"email" : "a\"b", "x""#, r#"a\"b"#),
            (r#"{\"phone\":\"123\",\"x"#, "123"),
            ("id=7&email=jane%40x&z", "jane%40x"),
            ("Authorization: Bearer abc def\nX", "Bearer abc def"),
            ("customer[last_name]=Doe", "Doe"),
            (
                r#"{"beneficiary":{"a":["}"],"b":1},"x"#,
                r#"{"a":["}"],"b":1}"#,
            ),
            ("phone=123", "123"),
        ] {
            assert_eq!(found(text, &named(text, class_of)), [value], "{text}");
        }
        for text in [
            "reference=order-1",
            "<meta name=\"viewport\">",
            "sign in",
            "name",
            "name=",
        ] {
            assert!(named(text, class_of).is_empty(), "{text}");
        }
    }

    #[test]
    fn fields_of_html_forms_are_found() {
        let html = r#"<input type="hidden" name="customer" value="{&quot;a&quot;:1}"><p><input value='x' name='sign'>"#;
        let fields = fields_of_tags(html);
        assert_eq!(found(html, &fields), ["{&quot;a&quot;:1}", "x"]);
        assert_eq!(fields[1].name, "sign");
    }
}
