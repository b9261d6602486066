//! Which request of a collection is which operation of ours: by method, by the shape of the path
//! and by what is sent. What is not clear is asked.

use std::fmt;

use http::Method;
use serde_json::Value;

use crate::collection::{Body, Collection, Operation};
use crate::shape::{find, is_scalar, plain};

/// How far the best candidate has to be ahead of the next one.
const AHEAD: i32 = 2;

/// An operation of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Keys for a token.
    Token,
    /// A payment is created.
    CreatePayment,
    /// A payout is requested.
    RequestPayout,
    /// One record is shown.
    Show,
    /// Records are listed.
    List,
    /// The body that the provider posts to the merchant.
    Webhook,
}

impl Kind {
    /// Every one, in the order in which a report tells them.
    pub const ALL: [Self; 6] = [
        Self::Token,
        Self::CreatePayment,
        Self::RequestPayout,
        Self::Show,
        Self::List,
        Self::Webhook,
    ];

    /// Its name, as in the profile.
    pub fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::CreatePayment => "create_payment",
            Self::RequestPayout => "request_payout",
            Self::Show => "show",
            Self::List => "list",
            Self::Webhook => "webhook",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What was found for an operation.
#[derive(Debug, Clone)]
pub(crate) enum Matched<'c> {
    /// This one, or these: webhooks are several samples of one thing.
    Clear(Vec<&'c Operation>),
    /// One of these: a person has to say which.
    Ask(Vec<&'c Operation>),
    /// None fits.
    Nothing,
}

/// The requests of the collection that are this operation; `chosen` names the one that a person
/// has chosen.
pub(crate) fn find_operation<'c>(
    collection: &'c Collection,
    kind: Kind,
    chosen: Option<&str>,
) -> Matched<'c> {
    let all = collection.operations();
    if let Some(name) = chosen {
        let chosen: Vec<_> = all
            .iter()
            .filter(|operation| operation.name == name)
            .collect();
        return if chosen.is_empty() {
            Matched::Nothing
        } else {
            Matched::Clear(chosen)
        };
    }
    if kind == Kind::Webhook {
        let samples: Vec<_> = all
            .iter()
            .filter(|operation| is_webhook(operation))
            .collect();
        return if samples.is_empty() {
            Matched::Nothing
        } else {
            Matched::Clear(samples)
        };
    }
    let created = matches!(kind, Kind::Show | Kind::List)
        .then(|| clear_path(collection))
        .flatten();
    let requests = all.iter().filter(|operation| !is_webhook(operation));
    let mut scored: Vec<(i32, &Operation)> = requests
        .map(|operation| (score(kind, operation, created.as_deref()), operation))
        .filter(|(score, _)| *score > 0)
        .collect();
    // The sort is stable: the first of several requests of one route stands for it.
    scored.sort_by_key(|(score, _)| -score);
    scored.dedup_by(|next, first| next.1.path == first.1.path && next.1.method == first.1.method);
    let Some((best, first)) = scored.first().copied() else {
        return Matched::Nothing;
    };
    let close: Vec<&Operation> = scored
        .iter()
        .take_while(|(score, _)| best - score < AHEAD)
        .map(|(_, operation)| *operation)
        .collect();
    if close.len() == 1 {
        Matched::Clear(vec![first])
    } else {
        Matched::Ask(close)
    }
}

/// The path under which payments are created, where that is clear.
fn clear_path(collection: &Collection) -> Option<String> {
    match find_operation(collection, Kind::CreatePayment, None) {
        Matched::Clear(found) => Some(found.first()?.path.clone()),
        _ => None,
    }
}

/// Whether a person wrote it down as what the provider posts.
fn is_webhook(operation: &Operation) -> bool {
    let name = plain(&operation.name);
    let is_named = ["webhook", "callback", "notification"]
        .iter()
        .any(|word| name.contains(word));
    is_named && matches!(operation.body, Body::Json(_))
}

const PAYMENT: [&str; 8] = [
    "payments",
    "payment",
    "charges",
    "charge",
    "orders",
    "payins",
    "transactions",
    "collections",
];
const PAYOUT: [&str; 7] = [
    "payouts",
    "payout",
    "transfers",
    "transfer",
    "withdrawals",
    "disbursements",
    "disburse",
];

fn score(kind: Kind, operation: &Operation, created: Option<&str>) -> i32 {
    let (is_get, is_post) = (
        operation.method == Method::GET,
        operation.method == Method::POST,
    );
    let sent = operation.sent();
    let sends = |field| find(&sent, field, is_scalar).is_some();
    let pays = sends("amount") && sends("currency");
    let last = last_name(&operation.path);
    let says = |words: &[&str]| i32::from(words.contains(&last.as_str()));
    match kind {
        Kind::Token if is_post => token_score(operation, &sent),
        Kind::CreatePayment if is_post && pays => {
            2 + 3 * says(&PAYMENT) - 4 * says(&PAYOUT) - varying(&operation.path)
        }
        Kind::RequestPayout if is_post && pays && says(&PAYOUT) == 1 => {
            5 - varying(&operation.path)
        }
        Kind::Show if is_get && operation.path.ends_with("/{}") => {
            let parent = operation.path.trim_end_matches("/{}");
            shared(parent, created) + 2 * says(&PAYMENT)
                - 2 * says(&PAYOUT)
                - varying(&operation.path)
        }
        Kind::List if is_get && !operation.path.ends_with("/{}") => {
            shared(&operation.path, created) + 2 * says(&PAYMENT)
                - 2 * says(&PAYOUT)
                - varying(&operation.path)
        }
        _ => 0,
    }
}

/// Show and list stand where payments are created, or are named for them.
fn shared(path: &str, created: Option<&str>) -> i32 {
    match created {
        Some(created) if created == path => 4,
        // Records of several kinds are often shown beside: `/v3/charges`, `/v3/transactions`.
        Some(created) => i32::from(parent(created) == parent(path)),
        None => 0,
    }
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

fn token_score(operation: &Operation, sent: &Value) -> i32 {
    let has = |field| i32::from(find(sent, field, is_scalar).is_some());
    let path = plain(&operation.path);
    let named = ["token", "oauth", "login", "session", "auth"];
    let named = i32::from(named.iter().any(|word| path.contains(word)));
    let keeps = operation.scripts.iter().any(|script| {
        let script = without_comments(script);
        script.contains("access_token") && script.contains(".set(")
    });
    let answers = operation
        .successes()
        .any(|(_, value)| find(&value, "access_token", is_scalar).is_some());
    let score = 2 * named + has("key_id") + 2 * has("key_secret") + 2 * i32::from(answers);
    if score < 3 {
        0
    } else {
        score + i32::from(keeps)
    }
}

/// A script without what is switched off in it.
pub(crate) fn without_comments(script: &str) -> String {
    let lines = script.lines().map(|line| match line.find("//") {
        Some(at) if !line.get(..at).unwrap_or_default().ends_with(':') => {
            line.get(..at).unwrap_or_default()
        }
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The last part of a path that does not vary.
fn last_name(path: &str) -> String {
    let fixed = path
        .rsplit('/')
        .find(|part| !part.is_empty() && *part != "{}");
    plain(fixed.unwrap_or_default())
}

/// How many parts vary before the last one: `/accounts/{}/payments` is somebody's own list.
fn varying(path: &str) -> i32 {
    let inner = path.trim_end_matches("/{}").matches("{}").count();
    i32::try_from(inner).unwrap_or(i32::MAX)
}
