//! Takes secrets and personal data out of what is recorded, in the moment of writing.

mod known;
mod names;
mod rules;
mod text;
mod view;

pub use rules::Redaction;

use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::percent_decode_str;

use self::known::{Known, Reach};
use self::names::{Class, Within};
use self::text::Finding;
use super::json::Json;
use super::message::{Body, Headers, Mixed, Pair, RecordedRequest, RecordedResponse};
use super::token;
use super::{moment, origin};
use crate::checkout::{Signature, SigningKey};

/// A cookie's value of this length or more is none that every visitor gets.
const COOKIE_LENGTH: usize = 6;

/// How many encodings inside of each other are undone while writing, and while checking.
const DEPTH: usize = 2;

/// Redacts the messages of one cassette. Going through all messages twice gives the final form:
/// the first time it learns what has to be hidden, also where it stands without a name.
pub(super) struct Redactor<'a> {
    rules: &'a Redaction,
    /// Seconds by which points in time are moved.
    shift: i64,
    known: Known,
    ids: BTreeMap<String, usize>,
    origins: BTreeSet<String>,
}

impl<'a> Redactor<'a> {
    pub(super) fn new(rules: &'a Redaction, shift: i64) -> Self {
        Self {
            rules,
            shift,
            known: Known::new(rules.secrets()),
            ids: BTreeMap::new(),
            origins: BTreeSet::new(),
        }
    }

    /// Notes the origin that requests go to, which no cassette keeps.
    pub(super) fn origin(&mut self, origin: Option<String>) {
        self.origins.extend(origin);
    }

    pub(super) fn request(&mut self, request: &RecordedRequest) -> RecordedRequest {
        RecordedRequest {
            method: request.method.clone(),
            path: self.path(&request.path),
            query: self.pairs(&request.query),
            headers: self.headers(&request.headers),
            body: request.body.as_ref().map(|body| self.body(body)),
        }
    }

    pub(super) fn response(&mut self, response: &RecordedResponse) -> RecordedResponse {
        RecordedResponse {
            status: response.status,
            headers: self.headers(&response.headers),
            body: response.body.as_ref().map(|body| self.body(body)),
        }
    }

    fn path(&mut self, path: &str) -> String {
        let segments = path.split('/').map(|segment| {
            let decoded = percent_decode_str(segment).decode_utf8_lossy();
            let redacted = self.value(&decoded);
            if redacted == decoded {
                segment.to_owned()
            } else {
                redacted
            }
        });
        segments.collect::<Vec<_>>().join("/")
    }

    fn headers(&mut self, headers: &Headers) -> Headers {
        let mut kept = Headers::default();
        for (name, text) in &headers.0 {
            let redacted = match name.as_str() {
                "retry-after" => moment::http_date(text, self.shift),
                "cookie" | "set-cookie" => {
                    self.cookies(text);
                    continue;
                }
                "x-request-id" => self.hide("request_id", text, Reach::Person),
                _ => self.leaf(name, Within::Nothing, text),
            };
            if self.rules.keeps_header(name) {
                // A header holds no line break, wherever the text came from.
                let line = redacted.replace(|c: char| c.is_ascii_control(), " ");
                kept.0.insert(name.clone(), line);
            }
        }
        kept
    }

    /// Learns the values, which are not kept.
    fn cookies(&mut self, text: &str) {
        for cookie in text.split([';', ',']) {
            let value = cookie.split_once('=').map_or("", |(_, value)| value.trim());
            if value.len() >= COOKIE_LENGTH {
                self.hide("cookie", value, Reach::Secret);
            }
        }
    }

    fn body(&mut self, body: &Body) -> Body {
        match body {
            Body::Json(json) => Body::Json(self.json(json, "", Within::Nothing)),
            Body::Form(pairs) => Body::Form(self.pairs(pairs)),
            Body::Text(text) => Body::Text(self.value(text)),
            Body::Bytes(Mixed(bytes)) => {
                let mut redacted = Vec::new();
                for chunk in bytes.utf8_chunks() {
                    redacted.extend_from_slice(self.value(chunk.valid()).as_bytes());
                    redacted.extend_from_slice(chunk.invalid());
                }
                Body::Bytes(Mixed(redacted))
            }
        }
    }

    /// A query or form. The signature of one that was signed with a known key is made anew.
    fn pairs(&mut self, pairs: &[Pair]) -> Vec<Pair> {
        let genuine = self.is_genuine(pairs);
        let redact = |Pair(name, value): &Pair| match Signature::from_received(value) {
            Some(_) if name == "sign" && !genuine => Pair(name.clone(), self.wrong_sign(value)),
            _ => Pair(self.free(name), self.leaf(name, Within::Nothing, value)),
        };
        let mut redacted: Vec<_> = pairs.iter().map(redact).collect();
        if genuine {
            let rest: Vec<_> = unsigned(&redacted).collect();
            let sign = Redaction::test_key().sign(&rest);
            let text = sign.as_str().to_owned();
            for pair in redacted.iter_mut().filter(|pair| pair.0 == "sign") {
                pair.1.clone_from(&text);
            }
        }
        redacted.sort_by(|a, b| a.0.cmp(&b.0));
        redacted
    }

    /// What has the form of a signature and is none: equal ones stay equal, and all stay wrong.
    fn wrong_sign(&mut self, sign: &str) -> String {
        let placeholder = self.hide("sign", sign, Reach::Secret);
        let digits = placeholder.chars().filter(char::is_ascii_digit);
        format!("{:0>32}", digits.collect::<String>())
    }

    fn is_genuine(&self, pairs: &[Pair]) -> bool {
        let mut signs = pairs.iter().filter(|pair| pair.0 == "sign");
        let (Some(Pair(_, sign)), None) = (signs.next(), signs.next()) else {
            return false;
        };
        let rest: Vec<_> = unsigned(pairs).collect();
        let made_by = |key: &SigningKey| key.sign(&rest).as_str() == sign;
        self.rules.signing_keys().any(made_by)
    }

    fn json(&mut self, json: &Json, name: &str, within: Within) -> Json {
        match json {
            Json::Object(members) => {
                let inside = self.rules.enter(name, within);
                let redact =
                    |(key, value): &(String, Json)| (self.free(key), self.json(value, key, inside));
                let mut members: Vec<_> = members.iter().map(redact).collect();
                members.sort_by(|a, b| a.0.cmp(&b.0));
                Json::Object(members)
            }
            Json::Array(items) => {
                let items = items.iter().map(|item| self.json(item, name, within));
                Json::Array(items.collect())
            }
            Json::Text(text) => Json::Text(self.leaf(name, within, text)),
            Json::Number(digits) => {
                let redacted = match self.rules.classify(name, within) {
                    Class::Plain => self.known.alone(digits).map(str::to_owned),
                    _ => Some(self.leaf(name, within, digits)),
                };
                redacted.map_or_else(|| json.clone(), Json::Text)
            }
            Json::Null | Json::Bool(_) => json.clone(),
        }
    }

    /// The value of a field.
    fn leaf(&mut self, name: &str, within: Within, text: &str) -> String {
        if text.trim().is_empty() || token::is_placeholder(text) {
            return text.to_owned();
        }
        match self.rules.classify(name, within) {
            Class::Plain => self.value_within(name, within, text),
            Class::Secret => self.secret(name, text),
            Class::Personal => self.person(name, within, text, Reach::Person),
            Class::Belonging => self.person(name, within, text, Reach::Field),
        }
    }

    fn secret(&mut self, name: &str, text: &str) -> String {
        let scheme = ["Bearer ", "Basic ", "bearer ", "basic "];
        let begun = scheme.into_iter().find(|scheme| text.starts_with(scheme));
        let scheme = begun.unwrap_or_default();
        let rest = text.get(scheme.len()..).unwrap_or_default().trim();
        if rest.is_empty() {
            return text.to_owned();
        }
        let label = if scheme.is_empty() {
            name
        } else {
            "access_token"
        };
        let hidden = if token::is_placeholder(rest) {
            rest.to_owned()
        } else {
            self.hide(label, rest, Reach::Secret)
        };
        format!("{scheme}{hidden}")
    }

    /// A value of or about a person, which may be a structure in a text.
    fn person(&mut self, name: &str, within: Within, text: &str, reach: Reach) -> String {
        match Json::parse_structure(text) {
            Some(json) => self.json(&json, name, within).compact(),
            None => self.hide(name, text, reach),
        }
    }

    /// A value that no name gives away.
    fn value(&mut self, text: &str) -> String {
        self.value_within("", Within::Nothing, text)
    }

    fn value_within(&mut self, name: &str, within: Within, text: &str) -> String {
        if let Some(json) = Json::parse_structure(text) {
            let redacted = self.json(&json, name, within);
            // An unchanged text keeps its white space.
            return if redacted == json {
                text.to_owned()
            } else {
                redacted.compact()
            };
        }
        if let Some(moved) = moment::rfc3339(text, self.shift) {
            return moved;
        }
        match self.known.alone(text) {
            Some(placeholder) => placeholder.to_owned(),
            None => self.free(text),
        }
    }

    /// Any text.
    fn free(&mut self, text: &str) -> String {
        let tags = text::fields_of_tags(text);
        let text = self.replace_fields(text, tags, view::unescape_html, view::escape_html);
        let named = text::named(&text, |name| self.rules.classify(name, Within::Nothing));
        let decode = |text: &str| {
            let decoded = percent_decode_str(text).decode_utf8_lossy();
            decoded.into_owned()
        };
        let text = self.replace_fields(&text, named, decode, str::to_owned);
        let text = origin::hide(&text, &self.origins);
        let text = self.scrub(&text);
        self.number_ids(&text)
    }

    fn replace_fields(
        &mut self,
        text: &str,
        fields: Vec<Finding>,
        decode: fn(&str) -> String,
        encode: fn(&str) -> String,
    ) -> String {
        let mut replaced = Vec::new();
        for field in fields {
            let raw = text.get(field.range.clone()).unwrap_or_default();
            let decoded = decode(raw);
            let redacted = self.leaf(&field.name, Within::Nothing, &decoded);
            if redacted != decoded {
                self.known.note_readings(raw, &redacted);
                replaced.push((field.range, encode(&redacted)));
            }
        }
        token::replace(text, replaced)
    }

    /// Hides what is known, and what gives itself away, in every encoding.
    fn scrub(&mut self, text: &str) -> String {
        let mut replaced = Vec::new();
        for view in view::views(text, DEPTH) {
            for finding in text::patterns(view.text()) {
                let value = view.text().get(finding.range.clone()).unwrap_or_default();
                let placeholder = self.hide(&finding.name, value, Reach::Person);
                replaced.extend(view.original(&finding.range).map(|r| (r, placeholder)));
            }
            replaced.extend(self.known.find_in(&view));
        }
        let kept = token::ranges(text);
        let apart = |range: &std::ops::Range<usize>| {
            kept.iter()
                .all(|k| range.end <= k.start || k.end <= range.start)
        };
        replaced.retain(|(range, _)| apart(range));
        token::replace(text, replaced)
    }

    fn hide(&mut self, name: &str, value: &str, reach: Reach) -> String {
        self.known.hide(name, value, reach, self.shift)
    }

    /// The label of a secret that is still found in the text, in whatever form.
    pub(super) fn leak(&self, text: &str) -> Option<&str> {
        self.known.leak(text)
    }

    fn number_ids(&mut self, text: &str) -> String {
        let mut replaced = Vec::new();
        for range in token::uuids(text) {
            let id = text
                .get(range.clone())
                .unwrap_or_default()
                .to_ascii_lowercase();
            if !token::is_numbered_id(&id) {
                let next = self.ids.len() + 1;
                let number = *self.ids.entry(id).or_insert(next);
                replaced.push((range, token::numbered_id(number)));
            }
        }
        token::replace(text, replaced)
    }
}

fn unsigned(pairs: &[Pair]) -> impl Iterator<Item = (&str, &str)> {
    let rest = pairs.iter().filter(|pair| pair.0 != "sign");
    rest.map(|Pair(name, value)| (name.as_str(), value.as_str()))
}
