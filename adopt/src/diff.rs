//! What changed between two publications of a collection.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use crate::collection::{Collection, Operation};
use crate::shape::nodes;

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// Whether it is new; else it is gone.
    pub added: bool,
    /// The request: method and path.
    pub request: String,
    /// What of it: `request`, or a place or parameter that is sent or answered.
    pub what: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.added { '+' } else { '-' };
        write!(f, "{sign} {}: {}", self.request, self.what)
    }
}

/// Every change from one publication to the next, by the shape of requests and answers: values do
/// not count.
///
/// ```
/// use sanspay_adopt::{Collection, diff};
/// let at = |path: &str| {
///     Collection::read(&format!(r#"{{"info": {{}}, "item": [{{"name": "a", "request": "h/{path}"}}]}}"#))
/// };
/// let changes = diff(&at("v1/payments?status=x")?, &at("v1/payments?state=x")?);
/// let lines: Vec<String> = changes.iter().map(ToString::to_string).collect();
/// assert_eq!(lines, ["- GET /v1/payments: sends ?status", "+ GET /v1/payments: sends ?state"]);
/// # Ok::<(), sanspay_adopt::NotRead>(())
/// ```
pub fn diff(before: &Collection, after: &Collection) -> Vec<Change> {
    let (before, after) = (shapes(before), shapes(after));
    let mut changes = Vec::new();
    let requests: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for request in requests {
        let empty = BTreeSet::new();
        let (old, new) = (before.get(request), after.get(request));
        let change = |added, what: &str| Change {
            added,
            request: request.clone(),
            what: what.to_owned(),
        };
        match (old, new) {
            (None, Some(_)) => changes.push(change(true, "request")),
            (Some(_), None) => changes.push(change(false, "request")),
            _ => {
                let (old, new) = (old.unwrap_or(&empty), new.unwrap_or(&empty));
                changes.extend(old.difference(new).map(|what| change(false, what)));
                changes.extend(new.difference(old).map(|what| change(true, what)));
            }
        }
    }
    changes
}

/// By method and path, everything that is sent and answered.
fn shapes(collection: &Collection) -> BTreeMap<String, BTreeSet<String>> {
    let mut shapes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for operation in collection.operations() {
        let request = format!("{} {}", operation.method, operation.path);
        shapes.entry(request).or_default().extend(shape(operation));
    }
    shapes
}

fn shape(operation: &Operation) -> Vec<String> {
    let query = operation
        .query
        .iter()
        .map(|(name, _)| format!("sends ?{name}"));
    let mut shape: Vec<String> = query.collect();
    shape.extend(places(&operation.sent(), "sends"));
    for answer in &operation.answers {
        let json = answer.json.as_deref().unwrap_or_default();
        let value = serde_json::from_str(json).unwrap_or_default();
        shape.extend(places(
            &value,
            &format!("answers {}", answer.status.as_u16()),
        ));
    }
    shape
}

fn places(value: &Value, how: &str) -> Vec<String> {
    let nodes = nodes(value)
        .into_iter()
        .filter(|node| !node.place.is_empty());
    nodes.map(|node| format!("{how} {}", node.place)).collect()
}
