//! Writes what is listed and a placeholder for everything else.

mod headers;
mod kept_values;
mod known_secrets;
mod rules;
mod spelling;

pub(super) use self::kept_values::known_text;
pub(super) use self::known_secrets::is_found;
pub use self::rules::Redaction;
pub(super) use self::rules::is_listed;
pub(super) use self::spelling::fingerprint;

use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::percent_decode_str;

use self::kept_values::Form;
use super::json::Json;
use super::link::{self, Link};
use super::message::{Body, Pair, RecordedRequest, RecordedResponse};
use super::{placeholder, signature, time_shift};
use sanspay_core::checkout::Signature;

/// How many texts of JSON inside of each other are read; what is deeper is one value.
const DEPTH: usize = 4;

/// What the placeholders of values, names and parts of paths are called where no name is known.
const VALUE: &str = "value";
const FIELD: &str = "field";
const SEGMENT: &str = "segment";
const SECRET: &str = "secret";

/// Redacts the messages of one cassette, in their order.
pub(super) struct Redactor<'a> {
    rules: &'a Redaction,
    /// Seconds by which points in time are moved.
    shift: i64,
    origins: BTreeSet<String>,
    /// What stands for a value, an id or a foreign origin.
    placeholders: BTreeMap<String, String>,
    /// How many placeholders each label has.
    counts: BTreeMap<String, usize>,
    /// How many texts of JSON the present value is in.
    depth: usize,
}

impl<'a> Redactor<'a> {
    pub(super) fn new(rules: &'a Redaction, shift: i64) -> Self {
        Self {
            rules,
            shift,
            origins: BTreeSet::new(),
            placeholders: BTreeMap::new(),
            counts: BTreeMap::new(),
            depth: 0,
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

    pub(super) fn path(&mut self, path: &str) -> String {
        let mut redacted = String::with_capacity(path.len());
        for (index, segment) in path.split('/').enumerate() {
            if index > 0 {
                redacted.push('/');
            }
            let decoded = percent_decode_str(segment).decode_utf8_lossy();
            redacted.push_str(&match self.stands_as_it_is(&decoded) {
                Some(kept) => kept,
                None if self.is_segment(&decoded) => decoded.into_owned(),
                None => self.hide(SEGMENT, &decoded),
            });
        }
        redacted
    }

    fn is_segment(&self, segment: &str) -> bool {
        kept_values::is_segment(segment) || self.rules.spelled().segments.contains(segment)
    }

    fn body(&mut self, body: &Body) -> Body {
        match body {
            Body::Json(json) => Body::Json(self.json("", json)),
            Body::Form(pairs) => Body::Form(self.pairs(pairs)),
            // Nothing else was read of it.
            Body::Text(_) | Body::Hidden(_) => body.clone(),
        }
    }

    /// A query or form. The signature of one that was signed with a known key is made anew.
    fn pairs(&mut self, pairs: &[Pair]) -> Vec<Pair> {
        let is_genuine = signature::is_made_by(self.rules.signing_keys(), pairs);
        let redacted = pairs.iter().map(|Pair(name, value)| {
            let value = match Signature::from_received(value) {
                Some(_) if name == signature::NAME => self.wrong_sign(value),
                _ => self.value(name, value),
            };
            Pair(self.name(name), value)
        });
        let mut redacted: Vec<_> = redacted.collect();
        if is_genuine {
            signature::sign_anew(&mut redacted);
        }
        // The rest keeps its order, by which a replay knows which is which.
        redacted.sort_by_key(|Pair(name, _)| placeholder::is_free(name));
        redacted
    }

    /// What has the form of a signature and is none: equal ones stay equal, and all stay wrong.
    fn wrong_sign(&mut self, sign: &str) -> String {
        let placeholder = self.hide(signature::NAME, sign);
        let digits = placeholder.chars().filter(char::is_ascii_digit);
        format!("{:0>32}", digits.collect::<String>())
    }

    pub(super) fn json(&mut self, name: &str, json: &Json) -> Json {
        match json {
            Json::Object(members) => {
                let members = members
                    .iter()
                    .map(|(name, value)| (self.name(name), self.json(name, value)));
                let mut members: Vec<_> = members.collect();
                // The rest keeps its order, by which a replay knows which is which.
                members.sort_by_key(|(name, _)| placeholder::is_free(name));
                Json::Object(members)
            }
            Json::Array(items) => {
                Json::Array(items.iter().map(|item| self.json(name, item)).collect())
            }
            Json::Text(text) => Json::Text(self.value(name, text)),
            Json::Number(digits) => {
                let redacted = self.value(name, digits);
                if redacted == *digits {
                    json.clone()
                } else {
                    Json::Text(redacted)
                }
            }
            Json::Null | Json::Bool(_) => json.clone(),
        }
    }

    /// The name of a field.
    fn name(&mut self, name: &str) -> String {
        if self.rules.knows(name) {
            return name.to_owned();
        }
        self.stands_as_it_is(name)
            .unwrap_or_else(|| self.hide(FIELD, name))
    }

    /// The value of a field.
    pub(super) fn value(&mut self, name: &str, text: &str) -> String {
        note_work(text.len());
        if let Some(kept) = self.stands_as_it_is(text) {
            return kept;
        }
        if let Some(json) = self.nested(text) {
            self.depth += 1;
            let redacted = self.json(name, &json).compact();
            self.depth -= 1;
            return redacted;
        }
        self.kept(name, text)
            .unwrap_or_else(|| self.hide(name, text))
    }

    /// What needs no name to be written: nothing at all, an id, or a placeholder of our own.
    fn stands_as_it_is(&mut self, text: &str) -> Option<String> {
        let is_id = placeholder::is_numbered_id(text) || placeholder::is_plain_id(text);
        if text.is_empty() || is_id || self.is_own(text) {
            return Some(text.to_owned());
        }
        let id = placeholder::uuid(text)?.to_string();
        Some(self.numbered("uuid", id, placeholder::numbered_id))
    }

    /// Whether a placeholder may be one that a cassette gave out: not every word is a label.
    fn is_own(&self, text: &str) -> bool {
        placeholder::label_of(text).is_some_and(|label| {
            [VALUE, FIELD, SEGMENT, SECRET].contains(&label) || self.rules.knows(label)
        })
    }

    fn nested(&self, text: &str) -> Option<Json> {
        let json = (self.depth < DEPTH).then(|| Json::parse_structure(text))??;
        Some(json.sorted())
    }

    /// What is written of a value; `None` where it is hidden.
    fn kept(&mut self, name: &str, text: &str) -> Option<String> {
        let form = self.rules.form(name);
        let is_word = form.is_of_words() && self.rules.spelled().words.contains(text);
        let kept = if self.rules.keeps(name) || form.fits(text) || is_word {
            Some(text.to_owned())
        } else {
            match form {
                Form::Time => time_shift::date_time(text, self.shift),
                Form::UnixTime => time_shift::unix_time(text, self.shift),
                Form::Link => self.link(text),
                _ => None,
            }
        };
        kept.filter(|_| !is_found(self.rules.secrets(), text))
    }

    fn link(&mut self, text: &str) -> Option<String> {
        let mut link = Link::read(text)?;
        if self.origins.contains(&link.origin) {
            link::ORIGIN.clone_into(&mut link.origin);
        } else if let Some((scheme, _)) = link.origin.split_once("://") {
            let scheme = scheme.to_owned();
            // Apart from values that are the same text.
            let key = format!("origin of {}", link.origin);
            link.origin = self.numbered("origin", key, |number| {
                link::foreign_origin(&scheme, number)
            });
        }
        link.path = self.path(&link.path);
        link.query = link.query.map(|query| self.pairs(&query));
        Some(link.redacted())
    }

    /// The placeholder of a value, the same for each value that is equal.
    fn hide(&mut self, name: &str, value: &str) -> String {
        let is_told = self.rules.secrets().iter().any(|s| s.expose() == value);
        let label = match name {
            _ if is_told => SECRET.to_owned(),
            FIELD | SEGMENT => name.to_owned(),
            _ if self.rules.knows(name) => placeholder::label(rules::last_part(name)),
            _ => VALUE.to_owned(),
        };
        let expiry = match self.rules.form(name) {
            Form::Token => time_shift::expiry(value, self.shift),
            Form::PlainId if !is_told => {
                // Apart from the same value in a field where any placeholder fits.
                let key = format!("id {value}");
                return self.numbered("plain id", key, placeholder::plain_id);
            }
            _ => None,
        };
        self.numbered(&label, value.to_owned(), |number| {
            placeholder::placeholder(&label, number, expiry)
        })
    }

    fn numbered(&mut self, label: &str, value: String, write: impl Fn(usize) -> String) -> String {
        let count = self.counts.entry(label.to_owned()).or_default();
        let placeholder = self.placeholders.entry(value).or_insert_with(|| {
            *count += 1;
            write(*count)
        });
        placeholder.clone()
    }
}

/// Counts the bytes that were looked at, for the test that their number grows as the messages do.
#[cfg(test)]
fn note_work(bytes: usize) {
    WORK.with(|work| work.set(work.get() + bytes));
}

#[cfg(not(test))]
const fn note_work(_: usize) {}

#[cfg(test)]
thread_local! {
    pub(in super::super) static WORK: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}
