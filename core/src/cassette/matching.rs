//! Whether a request is the one that was recorded, and what differs if it is not.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::json::Json;
use super::message::{Body, Pair, RecordedRequest};
use super::token;
use crate::printable::Escaped;

/// The most characters of a value that a difference shows.
const LONGEST_SHOWN: usize = 120;

/// What of a request has to be as it was recorded. By default method, path, query and body, and
/// the order of the requests.
///
/// JSON is compared by content, forms and queries without regard to the order of their names.
/// A placeholder or numbered id fits anything that is not empty, except what the cassette itself
/// gave out: that has to come back as it was.
///
/// ```
/// use sanspay_core::cassette::Matching;
/// let matching = Matching::new().ignore("expires_at").header("idempotency-key").in_any_order();
/// # let _ = matching;
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[must_use]
pub struct Matching {
    ignored: BTreeSet<String>,
    headers: BTreeSet<String>,
    query_ignored: bool,
    body_ignored: bool,
    any_order: bool,
}

impl Matching {
    /// The default rule.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets a parameter or JSON field have any value, or be absent, such as a point in time.
    pub fn ignore(mut self, name: impl Into<String>) -> Self {
        self.ignored.insert(name.into());
        self
    }

    /// Compares a header as well.
    pub fn header(mut self, name: &str) -> Self {
        self.headers.insert(name.to_ascii_lowercase());
        self
    }

    /// Lets the query be anything.
    pub fn ignore_query(mut self) -> Self {
        self.query_ignored = true;
        self
    }

    /// Lets the body be anything.
    pub fn ignore_body(mut self) -> Self {
        self.body_ignored = true;
        self
    }

    /// Answers each request with the first unused recording that fits, whatever the order.
    pub fn in_any_order(mut self) -> Self {
        self.any_order = true;
        self
    }

    pub(super) fn is_in_any_order(&self) -> bool {
        self.any_order
    }

    /// What differs, and what stands for the placeholders of the recording.
    pub(super) fn compare(
        &self,
        recorded: &RecordedRequest,
        asked: &RecordedRequest,
    ) -> Comparison {
        let mut comparison = Comparison::default();
        if recorded.method != asked.method {
            comparison.differ("method", recorded.method.as_str(), asked.method.as_str());
        }
        comparison.text("path", &recorded.path, &asked.path);
        if !self.query_ignored {
            self.pairs("query", &recorded.query, &asked.query, &mut comparison);
        }
        for name in &self.headers {
            let of = |request: &RecordedRequest| request.headers.0.get(name).cloned();
            let place = format!("header {name}");
            comparison.option(&place, of(recorded).as_deref(), of(asked).as_deref());
        }
        if !self.body_ignored {
            self.bodies(recorded.body.as_ref(), asked.body.as_ref(), &mut comparison);
        }
        comparison
    }

    fn bodies(&self, recorded: Option<&Body>, asked: Option<&Body>, to: &mut Comparison) {
        match (recorded, asked) {
            (None, None) => {}
            (Some(Body::Json(recorded)), Some(Body::Json(asked))) => {
                self.json("body ", recorded, asked, to);
            }
            (Some(Body::Form(recorded)), Some(Body::Form(asked))) => {
                self.pairs("form", recorded, asked, to);
            }
            (Some(Body::Text(recorded)), Some(Body::Text(asked))) => {
                to.text("body", recorded, asked);
            }
            (Some(Body::Bytes(recorded)), Some(Body::Bytes(asked))) if recorded == asked => {}
            _ => to.differ("body", form(recorded), form(asked)),
        }
    }

    /// Values of the same name are compared in their order.
    fn pairs(&self, place: &str, recorded: &[Pair], asked: &[Pair], to: &mut Comparison) {
        let mut names: BTreeMap<&str, (Vec<&str>, Vec<&str>)> = BTreeMap::new();
        for Pair(name, value) in recorded {
            names.entry(name).or_default().0.push(value);
        }
        for Pair(name, value) in asked {
            names.entry(name).or_default().1.push(value);
        }
        names.retain(|name, _| !self.ignored.contains(*name));
        for (name, (recorded, asked)) in names {
            let place = format!("{place} {name}");
            for index in 0..recorded.len().max(asked.len()) {
                let (recorded, asked) = (recorded.get(index), asked.get(index));
                to.option(&place, recorded.copied(), asked.copied());
            }
        }
    }

    fn json(&self, place: &str, recorded: &Json, asked: &Json, to: &mut Comparison) {
        match (recorded, asked) {
            (Json::Object(recorded), Json::Object(asked)) => {
                let all = recorded.iter().chain(asked).map(|(name, _)| name);
                let names: BTreeSet<_> = all.filter(|name| !self.ignored.contains(*name)).collect();
                for name in names {
                    let of = |members: &'_ [(String, Json)]| {
                        let member = members.iter().find(|(known, _)| known == name);
                        member.map(|(_, value)| value.clone())
                    };
                    let place = format!("{place}/{}", name.replace('~', "~0").replace('/', "~1"));
                    self.member(&place, of(recorded).as_ref(), of(asked).as_ref(), to);
                }
            }
            (Json::Array(recorded), Json::Array(asked)) => {
                for index in 0..recorded.len().max(asked.len()) {
                    let place = format!("{place}/{index}");
                    self.member(&place, recorded.get(index), asked.get(index), to);
                }
            }
            (Json::Text(recorded), Json::Text(asked)) => {
                let nested = Json::parse_structure(recorded).zip(Json::parse_structure(asked));
                match nested {
                    Some((recorded, asked)) => self.json(place, &recorded, &asked, to),
                    None => to.text(place, recorded, asked),
                }
            }
            // A number is hidden behind a text.
            (Json::Text(recorded), Json::Number(asked)) if token::is_placeholder(recorded) => {
                to.text(place, recorded, asked);
            }
            _ if recorded == asked => {}
            _ => to.differ(place, &recorded.compact(), &asked.compact()),
        }
    }

    fn member(
        &self,
        place: &str,
        recorded: Option<&Json>,
        asked: Option<&Json>,
        to: &mut Comparison,
    ) {
        match (recorded, asked) {
            (Some(recorded), Some(asked)) => self.json(place, recorded, asked, to),
            (recorded, asked) => {
                let text = |json: Option<&Json>| json.map(Json::compact);
                to.option(place, text(recorded).as_deref(), text(asked).as_deref());
            }
        }
    }
}

fn form(body: Option<&Body>) -> &'static str {
    match body {
        None => "empty",
        Some(Body::Json(_)) => "JSON",
        Some(Body::Form(_)) => "a form",
        Some(Body::Text(_)) => "a text",
        Some(Body::Bytes(_)) => "bytes",
    }
}

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
        let weight = |d: &Difference| match d.place.as_str() {
            "path" => 100,
            "method" => 50,
            _ => 1,
        };
        self.differences.iter().map(weight).sum()
    }

    fn differ(&mut self, place: &str, recorded: &str, asked: &str) {
        self.differences.push(Difference {
            place: place.to_owned(),
            recorded: Some(recorded.to_owned()),
            asked: Some(asked.to_owned()),
        });
    }

    fn text(&mut self, place: &str, recorded: &str, asked: &str) {
        match bindings(recorded, asked) {
            Some(bound) => self.bound.extend(bound),
            None => self.differ(place, recorded, asked),
        }
    }

    fn option(&mut self, place: &str, recorded: Option<&str>, asked: Option<&str>) {
        match (recorded, asked) {
            (None, None) => {}
            (Some(recorded), Some(asked)) => self.text(place, recorded, asked),
            _ => self.differences.push(Difference {
                place: place.to_owned(),
                recorded: recorded.map(str::to_owned),
                asked: asked.map(str::to_owned),
            }),
        }
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
    let places = token::free_places(recorded);
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
fn stands_for(value: &str, token: &str) -> bool {
    let given_out = token::free_places(value);
    let is_id = token::is_numbered_id(token);
    let fits = !is_id
        || token::uuids(value)
            .first()
            .is_some_and(|id| id.len() == value.len());
    !value.is_empty() && (value == token || given_out.is_empty()) && fits
}

impl Difference {
    /// The place alone, where the values must not be shown.
    pub(super) fn without_values(&self) -> Self {
        let hidden = |value: &Option<String>| value.as_ref().map(|_| "…".to_owned());
        Self {
            place: self.place.clone(),
            recorded: hidden(&self.recorded),
            asked: hidden(&self.asked),
        }
    }

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
            |value: &Option<String>| value.as_deref().map(|value| Escaped(value).to_string());
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
        let (one, two) = (token::numbered_id(1), token::numbered_id(2));
        let id = "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d";
        assert!(fits(&format!("/p/{one}"), &format!("/p/{id}")));
        assert!(!fits(&one, &two) && !fits(&one, "order-1") && !fits("a", "b"));
        let bound = bindings("<redacted:x:1>-<redacted:x:2>", "a-b").unwrap();
        assert_eq!(bound[1], ("<redacted:x:2>".to_owned(), "b".to_owned()));
    }
}
