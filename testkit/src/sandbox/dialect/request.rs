//! Requests, from the provider's form into the assumed one.

use std::collections::BTreeMap;

use http::{HeaderName, HeaderValue, Request, Uri, header};
use jsonptr::Pointer;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::leaves::{put, take};
use super::{Dialect, Route};

/// Where a request leads that this provider does not know.
pub(super) const NOWHERE: &str = "/not-a-route-of-this-provider";

impl Dialect {
    pub(super) fn request(
        &self,
        route: Option<Route>,
        request: &Request<Vec<u8>>,
    ) -> Request<Vec<u8>> {
        let mut read = request.clone();
        self.headers(&mut read);
        let path = request.uri().path();
        let (path, body) = match route {
            Some(Route::Token) => (self.assumed.token.clone(), self.token_in(request)),
            Some(Route::Create(leaves)) => {
                let payment = leaves == "create_payment";
                let wire = &self.assumed;
                let path = if payment {
                    &wire.payments
                } else {
                    &wire.payouts
                };
                (path.clone(), self.created_in(leaves, request.body()))
            }
            Some(Route::List) => (self.assumed.list.clone(), None),
            Some(Route::Show) => (self.shown(path), None),
            // A route of ours is none of theirs; what is no route of the API stays.
            None if super::route(&self.assumed, request).is_some() => (NOWHERE.into(), None),
            None => return read,
        };
        let query = match route {
            Some(Route::List) => self.query(request.uri().query().unwrap_or_default()),
            _ => request.uri().query().map(str::to_owned),
        };
        let target = match query {
            Some(query) => format!("{path}?{query}"),
            None => path,
        };
        if let Some(body) = body {
            *read.body_mut() = body;
            let json = HeaderValue::from_static("application/json");
            read.headers_mut().insert(header::CONTENT_TYPE, json);
        }
        let mut parts = request.uri().clone().into_parts();
        parts.path_and_query = target.parse().ok();
        if let Ok(uri) = Uri::from_parts(parts) {
            *read.uri_mut() = uri;
        }
        read
    }

    fn headers(&self, request: &mut Request<Vec<u8>>) {
        let headers = request.headers_mut();
        let known = [
            (
                &self.wire.idempotency_key_header,
                &self.assumed.idempotency_key_header,
            ),
            (
                &self.wire.request_id_header,
                &self.assumed.request_id_header,
            ),
        ];
        let taken: Vec<(HeaderName, Option<HeaderValue>)> = known
            .map(|(theirs, ours)| (ours.clone(), headers.remove(theirs)))
            .into();
        for (ours, value) in taken {
            headers.remove(&ours);
            if let Some(value) = value {
                headers.insert(ours, value);
            }
        }
    }

    fn shown(&self, path: &str) -> String {
        let (before, after) = self.wire.payment.split_once("{uuid}").unwrap_or_default();
        let id = path
            .strip_prefix(before)
            .and_then(|rest| rest.strip_suffix(after));
        self.assumed
            .payment
            .replace("{uuid}", id.unwrap_or_default())
    }

    /// The keys; as they came where that is not in the provider's form, which is refused.
    fn token_in(&self, request: &Request<Vec<u8>>) -> Option<Vec<u8>> {
        let is_form = self.said.text("token.body").as_deref() == Some("form");
        let declared = request.headers().get(header::CONTENT_TYPE)?.to_str().ok()?;
        let expected = if is_form {
            "application/x-www-form-urlencoded"
        } else {
            "application/json"
        };
        if !declared.starts_with(expected) {
            return None;
        }
        let mut sent = if is_form {
            let pairs = form_urlencoded::parse(request.body());
            let pairs = pairs.map(|(name, value)| (name.into_owned(), value.into()));
            Value::Object(pairs.collect())
        } else {
            serde_json::from_slice(request.body()).ok()?
        };
        self.constants("token.constants", &mut sent, is_form);
        let mut keys = Map::new();
        for field in ["key_id", "key_secret"] {
            let place = self.said.place(&format!("token.send.{field}"))?;
            if let Some(value) = take(&mut sent, &place) {
                keys.insert(field.to_owned(), value);
            }
        }
        leave(&mut keys, sent);
        Some(Value::Object(keys).to_string().into_bytes())
    }

    /// The body that creates a record; as it is where it is no JSON.
    fn created_in(&self, leaves: &str, body: &[u8]) -> Option<Vec<u8>> {
        let mut sent: Value = serde_json::from_slice(body).ok()?;
        let body = std::str::from_utf8(body).ok()?;
        self.constants(&format!("{leaves}.constants"), &mut sent, false);
        let place = |field| self.said.place(&format!("{leaves}.send.{field}"));
        let currency = place("currency")
            .and_then(|place| Some(sent.pointer(place.as_str())?.as_str()?.to_owned()));
        let mut read = Map::new();
        for field in [
            "reference",
            "amount",
            "currency",
            "description",
            "customer",
            "beneficiary",
            "return_url",
            "cancel_url",
            "expires_at",
            "metadata",
        ] {
            let Some(place) = place(field) else { continue };
            let Some(value) = take(&mut sent, &place) else {
                continue;
            };
            let value = match field {
                "amount" => {
                    let digits = raw_at(body, &place).unwrap_or_default();
                    let amount = self
                        .said
                        .amount_in(&digits, currency.as_deref().unwrap_or(""));
                    amount.map_or(value, Value::from)
                }
                "expires_at" => self.said.time_in(&value),
                _ => value,
            };
            read.insert(field.to_owned(), value);
        }
        leave(&mut read, sent);
        Some(Value::Object(read).to_string().into_bytes())
    }

    /// Takes the constants away; one that is not as the profile says stays, and is refused.
    fn constants(&self, leaf: &str, sent: &mut Value, as_texts: bool) {
        for (place, constant) in self.said.table(leaf) {
            let Ok(place) = Pointer::parse(&place) else {
                continue;
            };
            let constant: Value = serde_json::from_str(&constant).unwrap_or_default();
            let constant = match constant {
                Value::String(_) => constant,
                other if as_texts => other.to_string().into(),
                other => other,
            };
            if sent.pointer(place.as_str()) == Some(&constant) {
                take(sent, place);
            } else {
                put(sent, place, json!("is not the constant of this provider"));
            }
        }
    }

    fn query(&self, query: &str) -> Option<String> {
        let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
        if pairs.is_empty() {
            return None;
        }
        let is = |leaf: &str, name: &str| self.said.text(leaf).is_some_and(|known| known == name);
        let size = pairs.iter().find(|(name, _)| is("page.size", name));
        let size = size.map(|(_, value)| &**value);
        let mut read = form_urlencoded::Serializer::new(String::new());
        for (name, value) in &pairs {
            let filters = [
                "status",
                "type",
                "currency",
                "reference",
                "created_from",
                "created_to",
            ];
            let filter = filters
                .into_iter()
                .find(|filter| is(&format!("list.query.{filter}"), name));
            match filter {
                Some(filter) => {
                    read.append_pair(filter, &self.filter(filter, value));
                }
                None if is("page.size", name) => {
                    read.append_pair("per_page", value);
                }
                None => {
                    let page = self.page_asked(name, value, size);
                    match page {
                        Some(page) => read.append_pair("page", &page),
                        None => read.append_pair(&format!("unknown.{name}"), value),
                    };
                }
            }
        }
        Some(read.finish())
    }

    fn filter(&self, filter: &str, value: &str) -> String {
        let known: &[&str] = match filter {
            "status" => &["created", "paid", "failed", "expired"],
            "type" => &["payment", "payout"],
            "created_from" | "created_to" => {
                let time = self.said.time_in(&value.into());
                return time.as_str().unwrap_or(value).to_owned();
            }
            _ => return value.to_owned(),
        };
        match self.said.ours(filter, known, value) {
            Some(ours) => ours.to_owned(),
            None => format!("unknown.{value}"),
        }
    }
}

/// Leaves what no profile names where the sandbox finds it, under a name that it refuses.
fn leave(read: &mut Map<String, Value>, sent: Value) {
    if let Value::Object(rest) = sent {
        for (name, value) in rest {
            read.insert(format!("unknown.{name}"), value);
        }
    }
}

/// The JSON at a place as it was written, so that no digit is lost.
fn raw_at(json: &str, place: &Pointer) -> Option<String> {
    let mut json = json;
    for name in place.tokens() {
        let fields: BTreeMap<String, &RawValue> = serde_json::from_str(json).ok()?;
        json = fields.get(&*name.decoded())?.get();
    }
    Some(json.to_owned())
}
