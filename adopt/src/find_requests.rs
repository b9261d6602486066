//! Routes, what is sent, and headers.

use sanspay_core::profile::LeafValue;
use serde_json::Value;

use crate::collection::{Body, Operation};
use crate::findings::Findings;
use crate::matching::Kind;
use crate::question::Question;
use crate::shape::{find, is_scalar, is_variable, nodes};

/// What a token request may have to say beside the keys: the words of OAuth.
const GRANT: [&str; 3] = ["grant_type", "audience", "scope"];

impl Findings<'_> {
    pub(crate) fn requests(&mut self) {
        self.token_request();
        let optional = [
            "description",
            "customer",
            "return_url",
            "cancel_url",
            "expires_at",
            "metadata",
        ];
        self.created(
            Kind::CreatePayment,
            &["reference", "amount", "currency"],
            &optional,
        );
        let required = ["reference", "amount", "currency", "beneficiary"];
        self.created(Kind::RequestPayout, &required, &["description", "metadata"]);
        if let Some(show) = self.operation(Kind::Show) {
            let route = show.path.replacen("{}", "{uuid}", 1);
            self.note_text("show.route", route, &show.name);
        }
    }

    fn token_request(&mut self) {
        let Some(operation) = self.operation(Kind::Token) else {
            return;
        };
        let evidence = operation.name.clone();
        self.note_text("token.route", operation.path.clone(), &evidence);
        let form = if matches!(operation.body, Body::Form(_)) {
            "form"
        } else {
            "json"
        };
        self.note_text("token.body", form, &evidence);
        let sent = operation.sent();
        let mut known = Vec::new();
        for field in ["key_id", "key_secret"] {
            match find(&sent, field, is_scalar) {
                Some(place) => {
                    known.push(place.clone());
                    self.note_text(&format!("token.send.{field}"), place, &evidence);
                }
                None => self.ask(&format!("token.send.{field}"), operation),
            }
        }
        let constants: Vec<(String, String)> = GRANT
            .iter()
            .filter_map(|name| Some((format!("/{name}"), sent.get(*name)?)))
            .filter(|(_, value)| value.as_str().is_some_and(|text| !is_variable(text)))
            .map(|(place, value)| (place, value.to_string()))
            .collect();
        known.extend(constants.iter().map(|(place, _)| place.clone()));
        if !constants.is_empty() {
            self.note("token.constants", LeafValue::Table(constants), &evidence);
        }
        self.note_missing(Kind::Token, &sent, &known);
        self.token_answer(operation);
    }

    fn token_answer(&mut self, operation: &Operation) {
        for (evidence, value) in operation.successes() {
            let Some(token) = find(&value, "access_token", Value::is_string) else {
                continue;
            };
            let at = token
                .rsplit_once('/')
                .map_or("", |(parent, _)| parent)
                .to_owned();
            let inner = value.pointer(&at).unwrap_or(&Value::Null);
            self.note_text("token.at", at.clone(), &evidence);
            for field in ["access_token", "token_type", "expires_in"] {
                if let Some(place) = find(inner, field, is_scalar) {
                    self.note_text(&format!("token.answer.{field}"), place, &evidence);
                }
            }
            self.close("token.answer.", &evidence);
        }
    }

    fn created(&mut self, kind: Kind, required: &[&str], optional: &[&str]) {
        let Some(operation) = self.operation(kind) else {
            return;
        };
        let evidence = operation.name.clone();
        self.note_text(&format!("{kind}.route"), operation.path.clone(), &evidence);
        let sent = operation.sent();
        let mut known = Vec::new();
        for field in required.iter().chain(optional) {
            let path = format!("{kind}.send.{field}");
            let is_object = ["customer", "beneficiary", "metadata"].contains(field);
            match find(&sent, field, |value| is_object || is_scalar(value)) {
                // Inside of another field of ours it is a part of that one.
                Some(place) if !known.iter().any(|other: &String| is_around(other, &place)) => {
                    known.push(place.clone());
                    self.note_text(&path, place, &evidence);
                }
                _ if required.contains(field) => self.ask(&path, operation),
                _ => {}
            }
        }
        self.close(&format!("{kind}.send."), &evidence);
        self.note_missing(kind, &sent, &known);
        let header = operation.headers.iter().find(|header| {
            ["idempot", "once", "request-key"]
                .iter()
                .any(|word| header.contains(word))
        });
        if let Some(header) = header {
            self.note_text("headers.idempotency_key", header.clone(), &evidence);
        }
    }

    fn ask(&mut self, path: &str, operation: &Operation) {
        self.questions
            .push(Question::required(path, &operation.name));
    }

    /// Notes what is sent there and has no leaf of ours.
    fn note_missing(&mut self, kind: Kind, sent: &Value, known: &[String]) {
        let nodes = nodes(sent);
        let missing = nodes
            .iter()
            .filter(|node| !node.value.is_object() && !node.value.is_array())
            .filter(|node| !node.place.is_empty())
            .filter(|node| !known.iter().any(|place| is_around(place, &node.place)))
            .map(|node| node.place.clone());
        self.missing_here.entry(kind).or_default().extend(missing);
    }
}

/// Whether a place is the other one, or around it.
fn is_around(place: &str, other: &str) -> bool {
    other
        .strip_prefix(place)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
