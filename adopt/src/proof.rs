//! The proof of a profile: every saved answer of the collection is read through it, and every
//! request that we would send is laid beside the collection's.

use std::collections::BTreeSet;

use http::Response;
use sanspay_core::partner::{
    FetchToken, ListPayments, NewPayment, NewPayout, Record, ShowPayment, UnconfirmedEvent,
};
use sanspay_core::profile::{LeafValue, Profile};
use sanspay_core::{Api, BaseUrl, Credentials, Currency, Endpoint, Error, Wire};
use serde_json::{Value, json};

use crate::collection::{Answer, Body};
use crate::findings::Findings;
use crate::matching::Kind;
use crate::shape::nodes;

/// What became of one saved answer, or of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The request or the answer, such as `Charges / Show / 200 OK`.
    pub what: String,
    /// The typed values, or what differs between the requests; and why it could not be read.
    pub result: Result<String, String>,
}

/// Proves a profile by everything that is saved in the collection.
pub(crate) fn prove(findings: &Findings<'_>, profile: &Profile) -> Result<Vec<Proof>, Error> {
    let wire = Wire::from(profile.clone());
    let api = Api::new(BaseUrl::new("https://api.example.com")?).with_wire(wire);
    let mut proofs = Vec::new();
    for kind in Kind::ALL {
        for operation in findings.samples(kind) {
            if kind == Kind::Webhook {
                // As it was written: a number that was read is not always written again the same.
                let Body::Json(body) = &operation.body else {
                    continue;
                };
                let read = UnconfirmedEvent::parse(body.as_bytes(), api.wire());
                let told = read.map(|event| {
                    let kind = event
                        .kind()
                        .map_or("an event", |kind| kind.as_str())
                        .to_owned();
                    let record = event
                        .unconfirmed_record()
                        .map_or_else(String::new, record_line);
                    format!("{kind}: {record}")
                });
                proofs.push(proof(operation.name.clone(), told));
                continue;
            }
            for answer in operation
                .answers
                .iter()
                .filter(|answer| answer.status.is_success())
            {
                let what = format!("{} / {}", operation.name, answer.name);
                proofs.push(proof(what, read(kind, answer, &api)?));
            }
        }
        if let Some(proof) = beside(findings, kind, &api)? {
            proofs.push(proof);
        }
    }
    Ok(proofs)
}

fn proof(what: String, result: Result<String, Error>) -> Proof {
    Proof {
        what,
        result: result.map_err(|error| error.to_string()),
    }
}

/// The typed values of a saved answer.
fn read(kind: Kind, answer: &Answer, api: &Api) -> Result<Result<String, Error>, Error> {
    let body = answer.json.clone().unwrap_or_default();
    let mut response = Response::new(body.as_bytes());
    *response.status_mut() = answer.status;
    Ok(match kind {
        Kind::Token => {
            let fetch =
                FetchToken::new(Credentials::new("key-id-of-adopt", "key-secret-of-adopt")?);
            fetch.read(api, &response).map(|_| "a token".to_owned())
        }
        Kind::List => ListPayments::new().read(api, &response).map(|page| {
            let records: Vec<String> = page.items().iter().map(record_line).collect();
            let more = if page.has_next() { ", and more" } else { "" };
            format!("{} records{more}: {}", records.len(), records.join("; "))
        }),
        _ => {
            let id = record_id(&body, api).and_then(|id| id.parse().ok());
            match id {
                Some(id) => ShowPayment::new(id)
                    .read(api, &response)
                    .map(|r| record_line(&r)),
                None => Err(Error::new(
                    sanspay_core::ErrorKind::Unreadable,
                    "read answer",
                    "no id where the profile says, or one that is no UUID",
                )),
            }
        }
    })
}

/// The id where the profile says that it stands.
fn record_id(body: &str, api: &Api) -> Option<String> {
    let value: Value = serde_json::from_str(body).ok()?;
    let leaves = api.wire().profile.leaves();
    let LeafValue::Text(id) = leaves.get("record.id") else {
        return None;
    };
    let at = match leaves.get("record.at") {
        LeafValue::Text(at) => vec![at],
        LeafValue::Texts(at) => at,
        _ => Vec::new(),
    };
    let found = at
        .iter()
        .find_map(|at| value.pointer(&format!("{at}{id}"))?.as_str());
    found.map(str::to_owned)
}

fn record_line(record: &Record) -> String {
    let kind = record
        .record_type()
        .map_or("a record", |kind| kind.as_str());
    let (amount, currency, status) = (record.amount(), record.currency(), record.status());
    let quirks: Vec<&str> = record.quirks().collect();
    let odd = if quirks.is_empty() {
        String::new()
    } else {
        format!(", odd: {}", quirks.join(" "))
    };
    format!("{kind}, {amount} {currency}, {status}{odd}")
}

/// The places of our request beside those of the collection's.
fn beside(findings: &Findings<'_>, kind: Kind, api: &Api) -> Result<Option<Proof>, Error> {
    let Some(operation) = findings.operation(kind) else {
        return Ok(None);
    };
    let amount = "10.00"
        .parse()
        .map_err(|_| Error::new(sanspay_core::ErrorKind::Misuse, "prove", "no such amount"))?;
    let request = match kind {
        Kind::CreatePayment => NewPayment::new("order-1", amount, Currency::USD).request(api),
        Kind::RequestPayout => {
            let beneficiary = json!("a beneficiary");
            NewPayout::new("payout-1", amount, Currency::USD, &beneficiary).request(api)
        }
        _ => return Ok(None),
    };
    let what = format!("our request beside {}", operation.name);
    let told = request.map(|request| {
        let ours: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        let theirs = operation.sent();
        let (ours, theirs) = (leaf_places(&ours), leaf_places(&theirs));
        let told = |places: Vec<&String>| {
            let places: Vec<&str> = places.into_iter().map(String::as_str).collect();
            if places.is_empty() {
                "nothing".to_owned()
            } else {
                places.join(" ")
            }
        };
        format!(
            "only ours: {}; only theirs: {}",
            told(ours.difference(&theirs).collect()),
            told(theirs.difference(&ours).collect())
        )
    });
    Ok(Some(proof(what, told)))
}

fn leaf_places(value: &Value) -> BTreeSet<String> {
    let leaves = nodes(value)
        .into_iter()
        .filter(|node| !node.place.is_empty() && !node.value.is_object() && !node.value.is_array());
    leaves.map(|node| node.place).collect()
}
