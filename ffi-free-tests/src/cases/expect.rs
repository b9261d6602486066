//! Compares what came of a case with what is expected.

use serde_json::Value;

use super::observe::Observed;

/// What differs from `expect`, which is an object or a list of which one must hold.
pub(super) fn differences(expect: &Value, observed: &Observed) -> Option<String> {
    let ways = match expect {
        Value::Array(ways) => ways.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut found = Vec::new();
    for way in ways {
        let differences = differences_of_one(way, observed);
        if differences.is_empty() {
            return None;
        }
        found.push(differences.join("; "));
    }
    Some(found.join("\n  or "))
}

fn differences_of_one(expect: &Value, observed: &Observed) -> Vec<String> {
    let mut differences = Vec::new();
    let fields = expect.as_object().expect("what is expected is an object");
    for (name, expected) in fields {
        let actual = observed.value(name);
        let fits = match &**name {
            "second" => second_fits(expected, &actual),
            "record" => record_fits(expected, &actual),
            _ => fits(expected, &actual),
        };
        if !fits {
            let said = observed.value("display");
            differences.push(format!("{name} is {actual} and not {expected} ({said})"));
        }
    }
    differences
}

/// A value, or `any`, `contains`, `lacks` and `each`.
fn fits(expected: &Value, actual: &Value) -> bool {
    let Some(rules) = expected.as_object() else {
        return expected == actual;
    };
    rules.iter().all(|(rule, expected)| match &**rule {
        "any" => items(expected).iter().any(|one| fits(one, actual)),
        "contains" => contains(actual, expected),
        "lacks" => !actual.is_null() && !contains(actual, expected),
        "each" => items(actual).iter().all(|one| fits(expected, one)),
        rule => panic!("the rule {rule} is unknown"),
    })
}

fn items(list: &Value) -> &[Value] {
    list.as_array().expect("a list")
}

fn contains(actual: &Value, part: &Value) -> bool {
    match actual {
        Value::Array(items) => items.contains(part),
        Value::String(text) => text.contains(part.as_str().expect("a text")),
        _ => false,
    }
}

fn record_fits(expected: &Value, actual: &Value) -> bool {
    let fields = expected.as_object().expect("the fields of a record");
    actual.is_object()
        && fields
            .iter()
            .all(|(name, value)| fits(value, &actual[name]))
}

/// The second request: its URI without the query, and pairs that the query must have.
fn second_fits(expected: &Value, actual: &Value) -> bool {
    let Some((_, uri)) = actual.as_str().and_then(|line| line.split_once(' ')) else {
        return false;
    };
    let (at, query) = uri.split_once('?').unwrap_or((uri, ""));
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    let needed = expected["query"].as_object().expect("the pairs of a query");
    expected["at"] == at
        && needed.iter().all(|(name, value)| {
            let value = value.as_str().expect("a text");
            pairs
                .iter()
                .any(|(known, has)| known == name && has == value)
        })
}
