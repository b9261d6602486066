//! One tree for TOML and JSON: keys and values with the place at which they stand.

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value and where it stands: an offset in bytes.
pub(crate) struct Node {
    pub(crate) at: usize,
    pub(crate) is: Is,
}

pub(crate) enum Is {
    Bool(bool),
    Number(u64),
    Text(String),
    List(Vec<Node>),
    Table(Vec<(String, Node)>),
    /// A date, a fraction, a negative number: nothing that a profile holds.
    Other,
}

/// The tree of a TOML document, as far as it is one, and what is wrong with its syntax.
pub(crate) fn toml(text: &str) -> (Node, Vec<(usize, String)>) {
    let (table, errors) = DeTable::parse_recoverable(text);
    let errors = errors.iter().map(|error| {
        let at = error.span().map_or(0, |span| span.start);
        (at, error.message().to_owned())
    });
    let errors = errors.collect();
    let at = table.span().start;
    let is = Is::Table(entries(table.get_ref()));
    (Node { at, is }, errors)
}

fn entries(table: &DeTable<'_>) -> Vec<(String, Node)> {
    let entries = table.iter().map(|(key, value)| {
        let mut node = of_toml(value);
        // A leaf is where its key is; of a table, its keys have places of their own.
        node.at = key.span().start;
        (key.get_ref().to_string(), node)
    });
    let mut entries: Vec<_> = entries.collect();
    entries.sort_by_key(|(_, node)| node.at);
    entries
}

fn of_toml(value: &Spanned<DeValue<'_>>) -> Node {
    let is = match value.get_ref() {
        DeValue::String(text) => Is::Text(text.to_string()),
        DeValue::Integer(number) => {
            u64::from_str_radix(number.as_str(), number.radix()).map_or(Is::Other, Is::Number)
        }
        DeValue::Boolean(said) => Is::Bool(*said),
        DeValue::Array(items) => Is::List(items.iter().map(of_toml).collect()),
        DeValue::Table(table) => Is::Table(entries(table)),
        DeValue::Float(_) | DeValue::Datetime(_) => Is::Other,
    };
    let at = value.span().start;
    Node { at, is }
}

/// The tree of a JSON text. `serde_json` tells no places, so all of it stands at the beginning.
pub(crate) fn json(value: Value) -> Node {
    let is = match value {
        Value::Bool(said) => Is::Bool(said),
        Value::Number(number) => number.as_u64().map_or(Is::Other, Is::Number),
        Value::String(text) => Is::Text(text),
        Value::Array(items) => Is::List(items.into_iter().map(json).collect()),
        Value::Object(fields) => Is::Table(
            fields
                .into_iter()
                .map(|(name, value)| (name, json(value)))
                .collect(),
        ),
        Value::Null => Is::Other,
    };
    Node { at: 0, is }
}
