//! What comparing two requests gives: what differs, and what stands for the placeholders.

use std::fmt;

use percent_encoding::percent_decode_str;

use super::json::Json;
use super::placeholder;
use super::redact::{Redaction, Redactor, is_listed};
use sanspay_core::escaped;

/// The most characters of a value that a difference shows.
const LONGEST_SHOWN: usize = 120;

/// What comparing a request with a recorded one gave.
#[derive(Default)]
pub(super) struct Comparison {
    pub(super) differences: Vec<Difference>,
    /// Placeholders and numbered ids with the texts that the request has in their places.
    pub(super) bound: Vec<(String, String)>,
}

/// One place in which a request is not as it was recorded.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) place: String,
    pub(super) recorded: Option<String>,
    pub(super) asked: Option<String>,
}

impl Comparison {
    /// Another route is further away than another value.
    pub(super) fn distance(&self) -> usize {
        let places = self
            .differences
            .iter()
            .map(|differs| differs.place.as_str());
        places
            .map(|place| match place {
                "path" => 100,
                "method" => 50,
                _ => 1,
            })
            .sum()
    }

    pub(super) fn differ(&mut self, place: &str, recorded: Option<String>, asked: Option<String>) {
        self.differences.push(Difference {
            place: place.to_owned(),
            recorded,
            asked,
        });
    }

    pub(super) fn text(&mut self, place: &str, name: &str, recorded: &str, asked: &str) {
        match bindings(recorded, asked) {
            Some(bound) => self.bound.extend(bound),
            None => self.option_differs(place, name, Some(recorded), Some(asked)),
        }
    }

    pub(super) fn option(
        &mut self,
        place: &str,
        name: &str,
        recorded: Option<&str>,
        asked: Option<&str>,
    ) {
        match (recorded, asked) {
            (None, None) => {}
            (Some(recorded), Some(asked)) => self.text(place, name, recorded, asked),
            _ => self.option_differs(place, name, recorded, asked),
        }
    }

    /// Paths, part by part, because each may be a placeholder.
    pub(super) fn paths(&mut self, place: &str, recorded: &str, asked: &str) {
        let (recorded_parts, asked_parts) = (recorded.split('/'), asked.split('/'));
        let is_as_long = recorded_parts.clone().count() == asked_parts.clone().count();
        let bound = recorded_parts.zip(asked_parts).map(|(recorded, asked)| {
            let decoded = percent_decode_str(asked).decode_utf8_lossy();
            bindings(recorded, &decoded).or_else(|| bindings(recorded, asked))
        });
        let bound: Option<Vec<_>> = bound.collect();
        if let Some(bound) = bound.filter(|_| is_as_long) {
            self.bound.extend(bound.into_iter().flatten());
        } else {
            let rules = Redaction::new();
            let asked = Redactor::new(&rules, 0).path(asked);
            self.differ(place, Some(recorded.to_owned()), Some(asked));
        }
    }

    /// Redacted, so that the difference shows no secret: what the recording shows only because
    /// its name was kept is shown of the request as well.
    fn option_differs(
        &mut self,
        place: &str,
        name: &str,
        recorded: Option<&str>,
        asked: Option<&str>,
    ) {
        let rules = Redaction::new();
        let redacted = |text: &str| Redactor::new(&rules, 0).value(name, text);
        let is_kept = recorded.is_some_and(|text| redacted(text) != text);
        let asked = asked.map(|asked| {
            if is_kept {
                asked.to_owned()
            } else {
                redacted(asked)
            }
        });
        self.differ(place, recorded.map(str::to_owned), asked);
    }
}

/// What the asked text has where the recorded one has placeholders and numbered ids; `None` where
/// it does not fit.
fn bindings(recorded: &str, asked: &str) -> Option<Vec<(String, String)>> {
    if recorded == asked {
        return Some(Vec::new());
    }
    let mut bound = Vec::new();
    let mut rest = asked;
    let mut done = 0;
    let mut open: Option<&str> = None;
    let places = placeholder::free_places(recorded);
    let ends = places
        .iter()
        .map(|place| place.start)
        .chain([recorded.len()]);
    let tokens = places.iter().map(Some).chain([None]);
    for (end, place) in ends.zip(tokens) {
        let literal = recorded.get(done..end)?;
        let at = match (open, place) {
            // The first literal is where the text begins, the last one where it ends.
            (None, None) => (literal == rest).then_some(0)?,
            (None, Some(_)) => rest.starts_with(literal).then_some(0)?,
            (Some(_), None) => rest
                .ends_with(literal)
                .then(|| rest.len() - literal.len())?,
            (Some(_), Some(_)) => rest.find(literal)?,
        };
        if let Some(token) = open {
            let value = rest.get(..at).filter(|value| stands_for(value, token))?;
            if value != token {
                bound.push((token.to_owned(), value.to_owned()));
            }
        }
        rest = rest.get(at + literal.len()..)?;
        done = place.map_or(done, |place| place.end);
        open = place.and_then(|place| recorded.get(place.clone()));
    }
    Some(bound)
}

/// Whether a value may stand where this token was recorded.
pub(super) fn stands_for(value: &str, token: &str) -> bool {
    let given_out = placeholder::free_places(value);
    let fits = !placeholder::is_numbered_id(token) || placeholder::uuid(value).is_some();
    !value.is_empty() && (value == token || given_out.is_empty()) && fits
}

/// A name of a request as an error may show it; one that the cassette has is no secret.
pub(super) fn shown_name(name: &str, is_recorded: bool) -> &str {
    if is_recorded || is_listed(name) || placeholder::is_free(name) {
        name
    } else {
        "<other>"
    }
}

pub(super) fn shown_json(name: &str, json: &Json) -> String {
    let rules = Redaction::new();
    Redactor::new(&rules, 0).json(name, json).compact()
}

impl Difference {
    /// The line about it, with long values cut.
    pub(super) fn shortened(&self) -> String {
        let short = |value: &Option<String>| {
            value
                .as_ref()
                .map(|value| match value.char_indices().nth(LONGEST_SHOWN) {
                    Some((end, _)) => format!("{}…", value.get(..end).unwrap_or_default()),
                    None => value.clone(),
                })
        };
        let shortened = Self {
            place: self.place.clone(),
            recorded: short(&self.recorded),
            asked: short(&self.asked),
        };
        shortened.to_string()
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.place)?;
        let line =
            |value: &Option<String>| value.as_deref().map(|value| escaped(value).to_string());
        match (line(&self.recorded), line(&self.asked)) {
            (Some(recorded), Some(asked)) => write!(f, "recorded `{recorded}`, asked `{asked}`"),
            (Some(recorded), None) => write!(f, "recorded `{recorded}`, not asked"),
            (None, Some(asked)) => write!(f, "not recorded, asked `{asked}`"),
            (None, None) => f.write_str("nothing"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_fit_anything_but_what_the_cassette_gave_out() {
        let fits = |recorded: &str, asked: &str| bindings(recorded, asked).is_some();
        assert!(fits("a <redacted:x:1> b <redacted:y:1>", "a 1 b 2"));
        assert!(!fits("a <redacted:x:1> b", "a  b") && !fits("a <redacted:x:1> b", "a 1 c"));
        assert!(
            fits("<redacted:x:1>", "<redacted:x:1>") && !fits("<redacted:x:1>", "<redacted:x:2>")
        );
        let (one, two) = (placeholder::numbered_id(1), placeholder::numbered_id(2));
        let id = "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d";
        assert!(fits(&format!("/p/{one}"), &format!("/p/{id}")));
        assert!(!fits(&one, &two) && !fits(&one, "order-1") && !fits("a", "b"));
        let bound = bindings("<redacted:x:1>-<redacted:x:2>", "a-b").unwrap();
        assert_eq!(bound[1], ("<redacted:x:2>".to_owned(), "b".to_owned()));
    }
}
