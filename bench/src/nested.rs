//! A record of a provider that nests its fields, and the plain types to read it into: the floor of
//! the rows about another profile.
#![allow(dead_code)]

use serde::Deserialize;

/// A record as that provider writes it, with or without fields that the SDK does not know.
pub(crate) fn nested_record(id: &str, unknown: bool) -> String {
    let extra = if unknown {
        r#","merchant_id":"m_4711","fee":{"amount":35,"currency":"USD"},"risk":{"score":3,"rules":["velocity","bin"]},"channel":"card""#
    } else {
        ""
    };
    format!(
        r#"{{"uuid":"{id}","kind":"CHARGE","state":{{"name":"SETTLED","why":null}},"money":{{"minor":12990,"iso":"USD"}},"merchant":{{"order":"order-2026-0004711","data":{{"cart":"c-81","lines":3}}}},"links":[{{"href":"https://pay.example.com/c/{id}"}}],"times":{{"created":1779205124,"changed":1779205267,"settled":1779205267,"deadline":1779206924}}{extra}}}"#
    )
}

/// A page, read into plain types.
#[derive(Deserialize)]
pub(crate) struct NestedPage {
    result: NestedEntries,
}

#[derive(Deserialize)]
struct NestedEntries {
    entries: Vec<NestedTransaction>,
    count: u64,
    has_more: bool,
    cursor: Option<String>,
}

/// One record in its envelope.
#[derive(Deserialize)]
pub(crate) struct NestedAnswer {
    result: NestedTransaction,
}

#[derive(Deserialize)]
struct NestedTransaction {
    transaction: NestedRecord,
}

#[derive(Deserialize)]
struct NestedRecord {
    uuid: String,
    kind: Option<String>,
    state: State,
    money: Money,
    merchant: Merchant,
    links: Vec<Link>,
    times: Times,
}

#[derive(Deserialize)]
struct State {
    name: String,
    why: Option<String>,
}

#[derive(Deserialize)]
struct Money {
    minor: u64,
    iso: String,
}

#[derive(Deserialize)]
struct Merchant {
    order: Option<String>,
    data: Option<Data>,
}

#[derive(Deserialize)]
struct Data {
    cart: String,
    lines: u32,
}

#[derive(Deserialize)]
struct Link {
    href: String,
}

#[derive(Deserialize)]
struct Times {
    created: Option<u64>,
    changed: Option<u64>,
    settled: Option<u64>,
    deadline: Option<u64>,
}
