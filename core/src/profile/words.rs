//! The provider's words for values of ours.

use std::borrow::Cow;

use crate::json::text_of;

/// The provider's words with ours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Words(Vec<(Box<str>, &'static str)>);

impl Words {
    /// Adds a word; `false` where it is there already, for whatever it means.
    pub(super) fn add(&mut self, theirs: &str, ours: &'static str) -> bool {
        if self.0.iter().any(|(known, _)| **known == *theirs) {
            return false;
        }
        self.0.push((theirs.into(), ours));
        true
    }

    /// Our word for what a provider wrote. A word that is not listed is kept as it is, and marked
    /// with `?` where it would pass for one of ours: `paid` is nothing that the provider says.
    pub(crate) fn ours<'a>(&self, theirs: &'a str) -> Cow<'a, str> {
        match self.0.iter().find(|(known, _)| **known == *theirs) {
            Some((_, ours)) => Cow::Borrowed(ours),
            None if self.0.iter().any(|(_, ours)| *ours == theirs) => {
                Cow::Owned(format!("?{theirs}"))
            }
            None => Cow::Borrowed(theirs),
        }
    }

    /// The same for a JSON value: a text, or a listed number or boolean.
    pub(crate) fn read<'a>(&self, json: &'a str) -> Option<Cow<'a, str>> {
        match text_of(json) {
            Some(Cow::Borrowed(text)) => Some(self.ours(text)),
            Some(Cow::Owned(text)) => Some(Cow::Owned(self.ours(&text).into_owned())),
            None if self.0.iter().any(|(known, _)| **known == *json) => Some(self.ours(json)),
            None => None,
        }
    }

    /// The provider's word for ours; `None` where it has several, one of which would not do for
    /// all. What is no word of ours is theirs already.
    pub(crate) fn theirs<'a>(&'a self, ours: &'a str) -> Option<&'a str> {
        let mut words = self.0.iter().filter(|(_, known)| *known == ours);
        match (words.next(), words.next()) {
            (Some((theirs, _)), None) => Some(theirs),
            (Some(_), Some(_)) => None,
            (None, _) => Some(ours.strip_prefix('?').unwrap_or(ours)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> Words {
        let mut words = Words::default();
        assert!(words.add("SETTLED", "paid"));
        assert!(words.add("3", "failed") && words.add("4", "failed"));
        assert!(!words.add("SETTLED", "failed"), "one word means one thing");
        words
    }

    #[test]
    fn a_word_of_ours_that_is_not_listed_is_never_paid() {
        assert_eq!(words().ours("SETTLED"), "paid");
        assert_eq!(words().ours("paid"), "?paid");
        assert_eq!(words().ours("settled"), "settled");
        assert_eq!(
            words().theirs("?paid"),
            Some("paid"),
            "it goes back as it came"
        );
    }

    #[test]
    fn numbers_are_words_where_they_are_listed() {
        assert_eq!(words().read("3").as_deref(), Some("failed"));
        assert_eq!(words().read("\"3\"").as_deref(), Some("failed"));
        assert_eq!(words().read("5"), None);
        assert_eq!(words().read("null"), None);
    }

    #[test]
    fn a_status_of_several_words_is_not_sent() {
        assert_eq!(words().theirs("failed"), None);
        assert_eq!(words().theirs("paid"), Some("SETTLED"));
        assert_eq!(words().theirs("on hold"), Some("on hold"));
    }
}
