//! Answers and webhooks, from the assumed form into the provider's.

use http::{Response, StatusCode};
use sanspay_core::profile::{LEAVES, LeafKind};
use serde_json::{Map, Value, json};

use super::leaves::put;
use super::{Dialect, Route, forms};

/// The fields of a record that are times.
const TIMES: [&str; 4] = ["created_at", "updated_at", "paid_at", "expires_at"];

impl Dialect {
    /// An answer of the assumed form in the provider's.
    pub(super) fn answer(&self, route: Route, response: Response<Vec<u8>>) -> Response<Vec<u8>> {
        self.rewritten(response, |status, json| match route {
            _ if !status.is_success() => self.error(json),
            Route::Token => self.token(json),
            Route::Create(_) | Route::Show => self.enveloped(json),
            Route::List if status == StatusCode::OK => self.page(json),
            Route::List => json,
        })
    }

    /// The answer where nothing is.
    pub(super) fn refusal(&self, response: Response<Vec<u8>>) -> Response<Vec<u8>> {
        self.rewritten(response, |_, json| self.error(json))
    }

    /// A body that is no JSON stays as it is.
    fn rewritten(
        &self,
        mut response: Response<Vec<u8>>,
        spelled: impl FnOnce(StatusCode, Value) -> Value,
    ) -> Response<Vec<u8>> {
        if let Some(id) = response.headers_mut().remove("x-request-id") {
            let name = self.wire.request_id_header.clone();
            response.headers_mut().insert(name, id);
        }
        if let Ok(json) = serde_json::from_slice(response.body()) {
            let json = spelled(response.status(), json);
            *response.body_mut() = forms::write(&json);
        }
        response
    }

    fn token(&self, answer: Value) -> Value {
        let mut token = bare(answer);
        let mut said = Value::Null;
        for field in ["access_token", "token_type", "expires_in"] {
            let place = self.said.place(&format!("token.answer.{field}"));
            let value = token.as_object_mut().and_then(|token| token.remove(field));
            if let (Some(place), Some(value)) = (place, value) {
                put(&mut said, &place, value);
            }
        }
        let mut answer = Value::Null;
        put(&mut answer, &self.said.last_place("token.at"), said);
        answer
    }

    /// One record where the profile says that it stands.
    fn enveloped(&self, answer: Value) -> Value {
        let record = bare(answer);
        let mut answer = Value::Null;
        let said = self.record(record);
        put(&mut answer, &self.said.last_place("record.at"), said);
        answer
    }

    /// The fields of a record at their places. What is no record stays as it is.
    pub(super) fn record(&self, record: Value) -> Value {
        let Value::Object(mut fields) = record else {
            return record;
        };
        let choice = fields.get("id").and_then(Value::as_str);
        let choice = choice.map_or(0, |id| id.bytes().map(usize::from).sum());
        let currency = fields.get("currency").and_then(Value::as_str);
        let currency = currency.unwrap_or_default().to_owned();
        let mut said = json!({});
        let leaves = LEAVES.iter().filter(|leaf| leaf.kind() != LeafKind::Places);
        for field in leaves.filter_map(|leaf| leaf.path().strip_prefix("record.")) {
            let Some(value) = fields.remove(field) else {
                continue;
            };
            let Some(place) = self.said.place(&format!("record.{field}")) else {
                continue;
            };
            let value = match (field, &value) {
                ("amount", amount) => self.said.amount_out(amount, &currency),
                ("status" | "type", Value::String(word)) => {
                    self.said.theirs(field, word, choice).into()
                }
                (field, time) if TIMES.contains(&field) => self.said.time_out(time),
                _ => value,
            };
            put(&mut said, &place, value);
        }
        keep(&mut said, fields);
        said
    }

    fn error(&self, answer: Value) -> Value {
        let Value::Object(mut fields) = answer else {
            return answer;
        };
        let mut said = json!({});
        for field in ["message", "code", "errors"] {
            let place = self.said.place(&format!("error.{field}"));
            if let (Some(place), Some(value)) = (place, fields.get(field).cloned()) {
                fields.remove(field);
                put(&mut said, &place, value);
            }
        }
        keep(&mut said, fields);
        said
    }

    /// The body of a webhook.
    pub(super) fn webhook(&self, body: &[u8]) -> Vec<u8> {
        let Ok(Value::Object(mut event)) = serde_json::from_slice(body) else {
            return body.to_vec();
        };
        let mut said = json!({});
        if let Some(place) = self.said.place("webhook.id") {
            put(&mut said, &place, event.remove("id").unwrap_or_default());
        }
        let word = event.remove("event").or_else(|| event.remove("type"));
        if let (Some(Value::String(word)), Some(place)) = (word, self.said.place("webhook.event")) {
            let theirs = self
                .said
                .theirs("event", &word.replace('.', "_"), word.len());
            put(&mut said, &place, theirs.into());
        }
        if let Some(place) = self.said.place("webhook.created_at") {
            let time = event.remove("created_at").unwrap_or_default();
            put(&mut said, &place, self.said.time_out(&time));
        }
        if let Some(place) = self.said.place("webhook.record") {
            let record = self.record(event.remove("data").unwrap_or_default());
            put(&mut said, &place, record);
        }
        forms::write(&said)
    }
}

/// An object that may be wrapped in `data`.
fn bare(mut answer: Value) -> Value {
    match answer.get_mut("data") {
        Some(data) if data.is_object() => data.take(),
        _ => answer,
    }
}

/// Keeps unknown fields where they do not stand in the way.
pub(super) fn keep(said: &mut Value, others: Map<String, Value>) {
    if let Value::Object(said) = said {
        for (name, value) in others {
            said.entry(name).or_insert(value);
        }
    }
}
