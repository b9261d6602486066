//! What stands where in a JSON body, and which names mean which field.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

/// The most levels that are looked at: a profile has no longer places.
const DEPTH: usize = 6;

/// The names that payment APIs use for a field of ours, best first. A name is compared without
/// case and without marks between its words.
const NAMES: &[(&str, &[&str])] = &[
    (
        "id",
        &[
            "id",
            "uuid",
            "paymentid",
            "transactionid",
            "payoutid",
            "transferid",
            "pspreference",
        ],
    ),
    (
        "type",
        &["type", "kind", "what", "direction", "transactiontype"],
    ),
    (
        "status",
        &[
            "status",
            "state",
            "statuscode",
            "resultcode",
            "paymentstatus",
        ],
    ),
    (
        "amount",
        &[
            "amount",
            "minor",
            "total",
            "totalamount",
            "sum",
            "price",
            "value",
        ],
    ),
    ("currency", &["currency", "iso", "currencycode", "unit"]),
    (
        "reference",
        &[
            "reference",
            "order",
            "orderid",
            "merchantreference",
            "externalid",
            "yourref",
            "ordernumber",
            "merchantorderid",
            "customertransactionid",
        ],
    ),
    (
        "checkout_url",
        &[
            "checkouturl",
            "paymenturl",
            "payurl",
            "redirecturl",
            "href",
            "approvalurl",
        ],
    ),
    (
        "failure_reason",
        &[
            "failurereason",
            "why",
            "reason",
            "declinereason",
            "errormessage",
        ],
    ),
    ("metadata", &["metadata", "custom", "extra", "data"]),
    (
        "created_at",
        &[
            "createdat",
            "created",
            "createtime",
            "creationtime",
            "createdon",
        ],
    ),
    (
        "updated_at",
        &[
            "updatedat",
            "updated",
            "changed",
            "updatetime",
            "modifiedat",
        ],
    ),
    (
        "paid_at",
        &[
            "paidat",
            "paid",
            "settled",
            "settledat",
            "completedat",
            "capturedat",
        ],
    ),
    (
        "expires_at",
        &[
            "expiresat",
            "expires",
            "deadline",
            "expirationtime",
            "validuntil",
        ],
    ),
    (
        "description",
        &["description", "statement", "text", "note", "narrative"],
    ),
    ("customer", &["customer", "payer", "buyer", "client"]),
    (
        "beneficiary",
        &[
            "beneficiary",
            "receiver",
            "recipient",
            "payee",
            "bankaccount",
            "to",
        ],
    ),
    (
        "return_url",
        &["returnurl", "back", "successurl", "redirecturl"],
    ),
    ("cancel_url", &["cancelurl", "abort", "failureurl"]),
    (
        "key_id",
        &["keyid", "clientid", "apikey", "username", "login"],
    ),
    (
        "key_secret",
        &[
            "keysecret",
            "clientsecret",
            "apisecret",
            "password",
            "secret",
        ],
    ),
    ("access_token", &["accesstoken", "token", "bearer", "jwt"]),
    ("token_type", &["tokentype", "type"]),
    ("expires_in", &["expiresin", "ttl", "expires", "lifetime"]),
    (
        "message",
        &[
            "message",
            "title",
            "errormessage",
            "description",
            "errordescription",
        ],
    ),
    ("code", &["code", "kind", "errorcode", "error"]),
    (
        "errors",
        &["errors", "parts", "fields", "details", "violations"],
    ),
    (
        "event",
        &["event", "topic", "eventtype", "eventname", "type"],
    ),
    (
        "created_from",
        &["createdfrom", "since", "from", "startdate", "createdafter"],
    ),
    (
        "created_to",
        &["createdto", "until", "to", "enddate", "createdbefore"],
    ),
    ("number", &["page", "pagenumber", "p"]),
    ("cursor", &["cursor", "after", "startingafter", "pagetoken"]),
    ("offset", &["offset", "skip", "start"]),
    ("size", &["perpage", "limit", "pagesize", "take", "count"]),
    (
        "next_cursor",
        &["nextcursor", "cursor", "nexttoken", "nextpagetoken"],
    ),
    ("next_link", &["nextlink", "nextpageurl", "next"]),
    ("more", &["hasmore", "more", "hasnext"]),
    ("total", &["total", "count", "totalcount", "totalelements"]),
    ("current", &["currentpage", "pagenumber", "page"]),
    ("last", &["lastpage", "totalpages", "pages"]),
    ("per_page", &["perpage", "pagesize", "limit"]),
];

fn names(field: &str) -> &'static [&'static str] {
    let known = NAMES.iter().find(|(known, _)| *known == field);
    known.map_or(&[], |(_, names)| names)
}

/// The name as it is compared.
pub(crate) fn plain(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.collect::<String>().to_ascii_lowercase()
}

/// How well a name fits a field: less is better.
pub(crate) fn fit(field: &str, name: &str) -> Option<usize> {
    let name = plain(name);
    names(field).iter().position(|known| *known == name)
}

/// One value of a body.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node<'v> {
    /// Its JSON Pointer.
    pub(crate) place: String,
    /// The last name in it.
    pub(crate) name: String,
    pub(crate) depth: usize,
    pub(crate) value: &'v Value,
}

/// Everything below a value, itself first. Of a list the first item stands for all; its index is
/// part of the place.
pub(crate) fn nodes(value: &Value) -> Vec<Node<'_>> {
    let mut nodes = Vec::new();
    gather(value, String::new(), String::new(), 0, &mut nodes);
    nodes
}

fn gather<'v>(
    value: &'v Value,
    place: String,
    name: String,
    depth: usize,
    nodes: &mut Vec<Node<'v>>,
) {
    let inner: Vec<(String, &Value)> = match value {
        _ if depth >= DEPTH => Vec::new(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.clone(), value))
            .collect(),
        Value::Array(items) => items
            .first()
            .map(|item| ("0".to_owned(), item))
            .into_iter()
            .collect(),
        _ => Vec::new(),
    };
    let around = (place.clone(), name.clone());
    nodes.push(Node {
        place,
        name,
        depth,
        value,
    });
    for (inner_name, inner_value) in inner {
        let escaped = inner_name.replace('~', "~0").replace('/', "~1");
        let place = format!("{}/{escaped}", around.0);
        // An index is no name: `/links/0` is called links.
        let name = if inner_name == "0" {
            around.1.clone()
        } else {
            inner_name
        };
        gather(inner_value, place, name, depth + 1, nodes);
    }
}

/// The place below `value` that is the field: the best name counts, then the least depth. Where a
/// field is an object such as `status: {code}`, its own inner value is taken.
pub(crate) fn find(value: &Value, field: &str, wanted: impl Fn(&Value) -> bool) -> Option<String> {
    let nodes = nodes(value);
    let fitting = nodes
        .iter()
        .filter(|node| !node.place.is_empty() && wanted(node.value));
    let scored = fitting.filter_map(|node| {
        let direct = fit(field, &node.name).map(|fit| fit * 2);
        // `state.name`, `money.value`: the object has the name, and the inner one says nothing.
        let around = node.place.rsplit('/').nth(1).unwrap_or_default();
        let inner = ["name", "code", "value", "id"].contains(&plain(&node.name).as_str());
        let indirect = fit(field, around).filter(|_| inner).map(|fit| fit * 2 + 1);
        let best = direct.into_iter().chain(indirect).min()?;
        Some((best, node.depth, node.place.clone()))
    });
    scored.min().map(|(_, _, place)| place)
}

/// The JSON at a place as it was written, so that no digit is lost.
pub(crate) fn raw_at(json: &str, place: &str) -> Option<String> {
    let mut json = json;
    for name in place.split('/').skip(1) {
        let name = name.replace("~1", "/").replace("~0", "~");
        json = if let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(json) {
            items.get(name.parse::<usize>().ok()?)?.get()
        } else {
            let fields: BTreeMap<String, &RawValue> = serde_json::from_str(json).ok()?;
            fields.get(&name)?.get()
        };
    }
    Some(json.to_owned())
}

/// Whether a value is one word or number, as ids, words and amounts are.
pub(crate) fn is_scalar(value: &Value) -> bool {
    value.is_string() || value.is_number()
}

/// Whether a text is a variable that a person has to fill in.
pub(crate) fn is_variable(text: &str) -> bool {
    text.contains("{{") || (text.starts_with('<') && text.ends_with('>'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn digits_are_told_as_they_were_written() {
        let json = r#"{"a/b": [{"amount": 10.00}]}"#;
        assert_eq!(raw_at(json, "/a~1b/0/amount").as_deref(), Some("10.00"));
        assert_eq!(raw_at(json, "/a~1b/1/amount"), None);
    }

    #[test]
    fn fields_are_found_by_their_usual_names() {
        let body = json!({
            "uuid": "u", "state": {"name": "SETTLED", "why": null},
            "money": {"minor": 1050, "iso": "USD"}, "merchant": {"order": "o"},
            "links": [{"href": "https://x"}],
        });
        for (field, place) in [
            ("id", "/uuid"),
            ("status", "/state/name"),
            ("amount", "/money/minor"),
            ("currency", "/money/iso"),
            ("reference", "/merchant/order"),
            ("checkout_url", "/links/0/href"),
        ] {
            assert_eq!(
                find(&body, field, is_scalar).as_deref(),
                Some(place),
                "{field}"
            );
        }
        assert_eq!(find(&body, "beneficiary", is_scalar), None);
    }
}
