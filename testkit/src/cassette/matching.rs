//! Whether a request is the one that was recorded, and what differs if it is not.

use std::collections::{BTreeMap, BTreeSet};

use super::comparison::{Comparison, shown_json, shown_name, stands_for};
use super::json::Json;
use super::link::{self, Link};
use super::message::{Body, Pair, RecordedRequest};
use super::redact::is_listed;
use super::{placeholder, signature};
use sanspay_core::checkout::Signature;

/// What of a request has to be as it was recorded. By default method, path, query and body, and
/// the order of the requests.
///
/// JSON is compared by content, forms and queries without regard to the order of their names.
/// A placeholder or numbered id fits anything that is not empty, except what the cassette itself
/// gave out: that has to come back as it was. Placeholders of names fit the names that are not
/// known, in alphabetical order. Where a cassette has a signature, any signature fits, and of a
/// body that was not written only that there was one is compared.
///
/// ```
/// use sanspay_testkit::cassette::Matching;
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

    /// Lets a parameter or JSON field have any value, or be absent, such as a point in time. Its
    /// name has to be in the cassette: see [`Redaction::keep_name`](super::Redaction::keep_name).
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
            let (recorded, asked) = (recorded.method.as_str(), asked.method.as_str());
            comparison.differ("method", Some(recorded.into()), Some(asked.into()));
        }
        comparison.paths("path", &recorded.path, &asked.path);
        if !self.query_ignored {
            self.pairs("query", &recorded.query, &asked.query, &mut comparison);
        }
        for name in &self.headers {
            let of = |request: &RecordedRequest| request.headers.0.get(name).cloned();
            let place = format!("header {name}");
            let (recorded, asked) = (of(recorded), of(asked));
            comparison.option(&place, name, recorded.as_deref(), asked.as_deref());
        }
        if !self.body_ignored {
            self.bodies(recorded.body.as_ref(), asked.body.as_ref(), &mut comparison);
        }
        comparison
    }

    fn bodies(&self, recorded: Option<&Body>, asked: Option<&Body>, to: &mut Comparison) {
        match (recorded, asked) {
            (None, None) | (Some(Body::Hidden(_)), Some(Body::Hidden(_))) => {}
            (Some(Body::Json(recorded)), Some(Body::Json(asked))) => {
                self.json("body ", "", recorded, asked, to);
            }
            (Some(Body::Form(recorded)), Some(Body::Form(asked))) => {
                self.pairs("form", recorded, asked, to);
            }
            (Some(Body::Text(recorded)), Some(Body::Text(asked))) if recorded == asked => {}
            _ => to.differ(
                "body",
                Some(form(recorded).into()),
                Some(form(asked).into()),
            ),
        }
    }

    /// Values of the same name are compared in their order.
    fn pairs(&self, place: &str, recorded: &[Pair], asked: &[Pair], to: &mut Comparison) {
        let is_signed = signature::is_of_cassette(recorded);
        let names = |pairs: &[Pair]| pairs.iter().map(|pair| pair.0.clone()).collect::<Vec<_>>();
        let mut values: BTreeMap<String, (Vec<&str>, Vec<&str>)> = BTreeMap::new();
        let renamed = Renamed::new(&names(recorded), &names(asked), &self.ignored, to);
        for Pair(name, value) in recorded {
            values.entry(name.clone()).or_default().0.push(value);
        }
        for Pair(name, value) in asked {
            let name = renamed.recorded(name);
            values.entry(name.to_owned()).or_default().1.push(value);
        }
        values.retain(|name, _| !self.ignored.contains(name));
        for (name, (recorded, asked)) in values {
            let place = format!("{place} {}", shown_name(&name, !recorded.is_empty()));
            if is_signed
                && name == signature::NAME
                && let [sign] = *asked
                && Signature::from_received(sign).is_some()
            {
                continue;
            }
            for index in 0..recorded.len().max(asked.len()) {
                match (recorded.get(index), asked.get(index)) {
                    (Some(recorded), Some(asked)) => {
                        self.text(&place, &name, recorded, asked, to);
                    }
                    (recorded, asked) => {
                        to.option(&place, &name, recorded.copied(), asked.copied());
                    }
                }
            }
        }
    }

    fn json(&self, place: &str, name: &str, recorded: &Json, asked: &Json, to: &mut Comparison) {
        match (recorded, asked) {
            (Json::Object(recorded), Json::Object(asked)) => {
                self.objects(place, recorded, asked, to);
            }
            (Json::Array(recorded), Json::Array(asked)) => {
                for index in 0..recorded.len().max(asked.len()) {
                    let place = format!("{place}/{index}");
                    self.member(&place, name, recorded.get(index), asked.get(index), to);
                }
            }
            (Json::Text(recorded), Json::Text(asked)) => {
                self.text(place, name, recorded, asked, to);
            }
            // A number is hidden behind a text.
            (Json::Text(recorded), Json::Number(asked)) if placeholder::is_free(recorded) => {
                to.text(place, name, recorded, asked);
            }
            _ if recorded == asked => {}
            _ => to.differ(
                place,
                Some(recorded.compact()),
                Some(shown_json(name, asked)),
            ),
        }
    }

    fn objects(
        &self,
        place: &str,
        recorded: &[(String, Json)],
        asked: &[(String, Json)],
        to: &mut Comparison,
    ) {
        let names = |members: &[(String, Json)]| -> Vec<String> {
            members.iter().map(|(name, _)| name.clone()).collect()
        };
        let renamed = Renamed::new(&names(recorded), &names(asked), &self.ignored, to);
        let mut members: BTreeMap<&str, (Option<&Json>, Option<&Json>)> = BTreeMap::new();
        for (name, value) in recorded {
            members.entry(name).or_default().0.get_or_insert(value);
        }
        for (name, value) in asked {
            let name = renamed.recorded(name);
            members.entry(name).or_default().1.get_or_insert(value);
        }
        members.retain(|name, _| !self.ignored.contains(*name));
        for (name, (recorded, asked)) in members {
            let shown = shown_name(name, recorded.is_some())
                .replace('~', "~0")
                .replace('/', "~1");
            self.member(&format!("{place}/{shown}"), name, recorded, asked, to);
        }
    }

    fn member(
        &self,
        place: &str,
        name: &str,
        recorded: Option<&Json>,
        asked: Option<&Json>,
        to: &mut Comparison,
    ) {
        match (recorded, asked) {
            (Some(recorded), Some(asked)) => self.json(place, name, recorded, asked, to),
            (recorded, asked) => to.differ(
                place,
                recorded.map(Json::compact),
                asked.map(|asked| shown_json(name, asked)),
            ),
        }
    }

    /// Texts, which may hold JSON.
    fn text(&self, place: &str, name: &str, recorded: &str, asked: &str, to: &mut Comparison) {
        let nested = Json::parse_structure(recorded).zip(Json::parse_structure(asked));
        if let Some((recorded, asked)) = nested {
            return self.json(place, name, &recorded, &asked.sorted(), to);
        }
        match Link::read_recorded(recorded).zip(Link::read(asked)) {
            Some((recorded, asked)) => self.links(place, &recorded, &asked, to),
            None => to.text(place, name, recorded, asked),
        }
    }

    fn links(&self, place: &str, recorded: &Link, asked: &Link, to: &mut Comparison) {
        if link::is_hidden_origin(&recorded.origin) && !asked.origin.is_empty() {
            to.bound
                .push((recorded.origin.clone(), asked.origin.clone()));
        } else if recorded.origin != asked.origin {
            let asked = Some("another origin".to_owned());
            to.differ(place, Some(recorded.origin.clone()), asked);
        }
        to.paths(place, &recorded.path, &asked.path);
        let query = |link: &Link| link.query.clone().unwrap_or_default();
        self.pairs(place, &query(recorded), &query(asked), to);
    }
}

/// Which placeholder of a name stands for which name of the request.
struct Renamed(BTreeMap<String, String>);

impl Renamed {
    fn new(
        recorded: &[String],
        asked: &[String],
        ignored: &BTreeSet<String>,
        to: &mut Comparison,
    ) -> Self {
        let known: BTreeSet<_> = recorded.iter().collect();
        let mut free: Vec<_> = recorded
            .iter()
            .filter(|n| placeholder::is_free(n))
            .collect();
        let as_it_is: BTreeSet<_> = asked.iter().collect();
        free.retain(|name| !as_it_is.contains(name));
        free.dedup();
        let mut unknown: Vec<_> = asked
            .iter()
            .filter(|name| !known.contains(name) && !ignored.contains(*name) && !is_listed(name))
            .collect();
        unknown.dedup();
        let pairs = unknown.into_iter().zip(free);
        let renamed: BTreeMap<_, _> = pairs
            .filter(|(asked, free)| stands_for(asked, free))
            .map(|(asked, free)| (asked.clone(), free.clone()))
            .collect();
        let bound = renamed
            .iter()
            .map(|(asked, free)| (free.clone(), asked.clone()));
        to.bound.extend(bound);
        Self(renamed)
    }

    /// The recorded name for a name of the request.
    fn recorded<'a>(&'a self, asked: &'a str) -> &'a str {
        self.0.get(asked).map_or(asked, |free| free)
    }
}

fn form(body: Option<&Body>) -> &'static str {
    match body {
        None => "empty",
        Some(Body::Json(_)) => "JSON",
        Some(Body::Form(_)) => "a form",
        Some(Body::Text(_)) => "a known text",
        Some(Body::Hidden(_)) => "something else",
    }
}
