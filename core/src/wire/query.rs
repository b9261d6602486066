//! Percent-encoding: the queries of both providers, and what stands in a path or a header.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What PHP's `http_build_query` encodes: everything but ASCII letters, digits, `-`, `_` and `.`.
/// Not the set of HTML forms, which keeps `*`. A space becomes `+`.
const PHP: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// A query while it is written, perhaps behind a page or a path, encoded as PHP does.
pub(crate) struct Query {
    text: String,
    /// What goes before the next pair.
    separator: Option<char>,
}

impl Query {
    pub(crate) fn new(page: Option<&str>) -> Self {
        Self {
            text: page.map_or_else(String::new, str::to_owned),
            separator: page.map(|page| if page.contains('?') { '&' } else { '?' }),
        }
    }

    /// An empty one with room for so many bytes.
    pub(crate) fn with_capacity(room: usize) -> Self {
        Self {
            text: String::with_capacity(room),
            separator: None,
        }
    }

    pub(crate) fn pair(&mut self, name: &str, value: &str) {
        self.text.extend(self.separator.replace('&'));
        self.encode(name);
        self.text.push('=');
        self.encode(value);
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }

    fn encode(&mut self, text: &str) {
        for (place, word) in text.split(' ').enumerate() {
            if place > 0 {
                self.text.push('+');
            }
            self.text.extend(utf8_percent_encode(word, PHP));
        }
    }
}

/// The value of the first pair of that name in a query, decoded as a form is; `None` where it is
/// no UTF-8.
pub(crate) fn value(query: &str, name: &str) -> Option<String> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, encoded) = pairs.find(|(known, _)| *known == name)?;
    let spaced = encoded.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8().ok()?;
    Some(decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_first_value_of_a_name_counts_and_half_an_escape_is_none() {
        assert_eq!(value("a=1&page=2&page=3", "page").as_deref(), Some("2"));
        assert_eq!(value("a=1&page", "page"), None);
        assert_eq!(value("page=%f", "page").as_deref(), Some("%f"));
        assert_eq!(value("page=%zz", "page").as_deref(), Some("%zz"));
        assert_eq!(value("page=%ff", "page"), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(text in "\\PC{0,20}", other in "\\PC{0,9}") {
            let mut query = Query::new(None);
            query.pair("x", &other);
            query.pair("cursor", &text);
            prop_assert_eq!(value(&query.finish(), "cursor"), Some(text));
        }

        #[test]
        fn only_the_star_differs_from_a_form(pairs in prop::collection::vec(("\\PC{0,9}|[ -~]{0,9}", "\\PC{0,20}|[ -~]{0,20}"), 0..4)) {
            let mut query = Query::new(None);
            for (name, value) in &pairs {
                query.pair(name, value);
            }
            let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
            prop_assert_eq!(query.finish(), form.replace('*', "%2A"));
        }
    }
}
