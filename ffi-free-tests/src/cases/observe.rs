//! What came of a case, under the names that `expect` uses.

use std::time::SystemTime;

use sanspay_core::partner::{
    ConfirmedEvent, EventKind, Record, RecordType, Resolution, Unresolved,
};
use sanspay_core::{AccessToken, ApiError, Error, Lifetime};
use serde_json::{Value, json};

/// What came of a case.
#[derive(Default)]
pub(super) struct Observed {
    error: Option<Error>,
    record: Option<Record>,
    records: Option<Vec<Record>>,
    event: Option<ConfirmedEvent>,
    token: Option<AccessToken>,
    lookup: Option<&'static str>,
    requests: Vec<String>,
}

impl Observed {
    pub(super) fn record(record: Record) -> Self {
        Self {
            record: Some(record),
            ..Self::default()
        }
    }

    pub(super) fn list(records: Vec<Record>, error: Option<Error>) -> Self {
        Self {
            records: Some(records),
            error,
            ..Self::default()
        }
    }

    pub(super) fn event(event: ConfirmedEvent) -> Self {
        Self {
            record: Some(event.record().clone()),
            event: Some(event),
            ..Self::default()
        }
    }

    pub(super) fn token(token: AccessToken) -> Self {
        Self {
            token: Some(token),
            ..Self::default()
        }
    }

    pub(super) fn lookup(resolution: &Resolution) -> Self {
        Self {
            lookup: Some(match resolution {
                Resolution::Found(_) => "found",
                Resolution::Absent => "absent",
                Resolution::Unknown(Unresolved::Differs(_)) => "conflict",
                Resolution::Unknown(_) => "unknown",
            }),
            ..Self::default()
        }
    }

    pub(super) fn error(error: Error) -> Self {
        Self {
            error: Some(error),
            ..Self::default()
        }
    }

    pub(super) fn with_requests(mut self, requests: Vec<String>) -> Self {
        self.requests = requests;
        self
    }

    /// What was observed under a name; `null` where there is nothing of it.
    pub(super) fn value(&self, name: &str) -> Value {
        match name {
            "result" => json!(if self.error.is_some() { "error" } else { "ok" }),
            "sends" => json!(self.requests.len()),
            "requests" => json!(self.requests),
            "second" => json!(self.requests.get(1)),
            "lookup" => json!(self.lookup),
            "records" => json!(self.records.as_ref().map(Vec::len)),
            "record_ids" => self.records.iter().flatten().map(id).collect(),
            "record" => self.record.as_ref().map_or(Value::Null, record),
            "record_id" | "event" | "agrees" => self.of_event(name),
            "authorization" | "lifetime_s" | "lives_until" => self.of_token(name),
            name => self.of_error(name),
        }
    }

    fn of_event(&self, name: &str) -> Value {
        let Some(event) = &self.event else {
            return Value::Null;
        };
        match name {
            "record_id" => json!(event.event().record_id().to_string()),
            "event" => json!(event.event().kind().map(EventKind::as_str)),
            _ => json!(event.agrees()),
        }
    }

    fn of_token(&self, name: &str) -> Value {
        let Some(token) = &self.token else {
            return Value::Null;
        };
        match (name, token.lifetime()) {
            ("authorization", _) => json!(token.authorization().to_str().ok()),
            ("lifetime_s", Lifetime::For(life)) => json!(life.as_secs()),
            ("lives_until", Lifetime::Until(end)) => {
                let since = end.duration_since(SystemTime::UNIX_EPOCH);
                json!(since.ok().map(|since| since.as_secs()))
            }
            _ => Value::Null,
        }
    }

    fn of_error(&self, name: &str) -> Value {
        let Some(error) = &self.error else {
            return Value::Null;
        };
        let api = error.api();
        match name {
            "kind" => json!(format!("{:?}", error.kind())),
            "outcome_unknown" => json!(error.outcome_unknown()),
            "transient" => json!(error.is_transient()),
            "retry_after_s" => json!(error.retry_after().map(|wait| wait.as_secs())),
            "display" => json!(error.to_string()),
            "api_code" => json!(api.and_then(ApiError::code)),
            "api_text" => json!(api.map(|api| api.texts().collect::<Vec<_>>().join("\n"))),
            "api_fields" => {
                json!(api.map(|api| api.fields().map(|(name, _)| name).collect::<Vec<_>>()))
            }
            name => panic!("the name {name} is unknown"),
        }
    }
}

fn id(record: &Record) -> Value {
    json!(record.id().to_string())
}

fn record(record: &Record) -> Value {
    let time = |time: Option<sanspay_core::Timestamp>| time.map(|time| time.to_string());
    json!({
        "id": id(record),
        "type": record.record_type().map(RecordType::as_str),
        "status": record.status().as_str(),
        "amount": record.amount().to_string(),
        "currency": record.currency().as_str(),
        "reference": record.reference(),
        "checkout_url": record.checkout_url(),
        "failure_reason": record.failure_reason(),
        "created_at": time(record.created_at()),
        "updated_at": time(record.updated_at()),
        "paid_at": time(record.paid_at()),
        "expires_at": time(record.expires_at()),
    })
}
