//! What the provider's lists show and how it answers oddly, and how far the merchants trust it.

use std::time::Duration;

use http::{HeaderValue, Method, Request, Response, StatusCode};
use sanspay_testkit::sandbox::{PageShape, RecordKind};
use serde_json::{Map, Value, json};

use super::chance::Chance;
use super::engine::Simulation;

/// Why a merchant may take what is not listed for absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Trust {
    /// The provider said so, and the merchants declare it.
    #[default]
    Declared,
    /// The list has shown a record of the same kind that was made.
    Evidence,
    /// For no reason: what is not listed stays unknown.
    Nothing,
}

/// How the lists of a run behave, permanently.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Lists {
    pub(super) trust: Trust,
    /// The merchants store what proves that a list shows their records.
    pub(super) keeps_evidence: bool,
    /// The longest time until a record is listed. The merchants may trust lists up to
    /// `Wire::settle`, 60 s, of which a request is on its way for 30 s at most, and their clocks
    /// may differ by a few.
    lag: Duration,
    /// This kind of record is never listed.
    lacks: Option<RecordKind>,
    /// Whether every page says something that nobody understands.
    odd: bool,
    shape: Shape,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Shape {
    #[default]
    Full,
    Meta,
    Links,
    Bare,
}

impl Lists {
    pub(super) fn draw(chance: &mut Chance) -> Self {
        let trusts = [
            (4, Trust::Declared),
            (3, Trust::Evidence),
            (3, Trust::Nothing),
        ];
        let trust = chance.weighted(&trusts, Trust::Declared);
        let kinds = [RecordKind::Payment, RecordKind::Payout];
        let lacks = kinds.get(chance.below(6)).copied();
        let longest = chance.pick(&[0, 2_000, 10_000], 0);
        let odd = chance.per_mille(300);
        let unbounded = chance.pick(&[10_000, 600_000, 24 * 3_600_000], 0);
        let shapes = [Shape::Full, Shape::Meta, Shape::Links, Shape::Bare];
        let shape = chance.pick(&shapes, Shape::Full);
        let unknown = trust == Trust::Nothing;
        Self {
            trust,
            keeps_evidence: chance.per_mille(500),
            lag: Duration::from_millis(if unknown { unbounded } else { longest }),
            lacks: lacks.filter(|_| trust != Trust::Declared),
            odd: odd && unknown,
            shape,
        }
    }

    pub(super) fn page_shape(&self) -> PageShape {
        match self.shape {
            Shape::Full => PageShape::Full,
            Shape::Meta => PageShape::Meta,
            Shape::Links => PageShape::Links,
            Shape::Bare => PageShape::Bare,
        }
    }

    /// Whether the list ever shows records of this kind.
    pub(super) fn shows(&self, kind: RecordKind) -> bool {
        self.lacks != Some(kind)
    }
}

/// A record that the provider made for a request of ours.
pub(super) struct Made {
    pub(super) at: Duration,
    pub(super) id: String,
}

impl Simulation {
    /// Whether the list shows the record by now.
    pub(super) fn is_listed(&self, kind: RecordKind, reference: &str) -> bool {
        let lists = &self.plan.lists;
        let made = self.truth.made.get(&(kind, reference.to_owned()));
        let mut chance = Chance::new(self.case.seed, &format!("lag of {reference}"));
        let longest = u64::try_from(lists.lag.as_millis()).unwrap_or(u64::MAX);
        let lag = chance.between(0, longest);
        lists.shows(kind) && made.is_none_or(|made| self.now >= made.at + lag)
    }

    /// Takes out of a list what it does not show yet, or ever.
    pub(super) fn hide_unlisted(&self, request: &Request<Vec<u8>>, answer: &mut Response<Vec<u8>>) {
        if !is_list(request) || !answer.status().is_success() {
            return;
        }
        let Ok(mut page) = serde_json::from_slice::<Value>(answer.body()) else {
            return;
        };
        let Some(entries) = entries(&mut page) else {
            return;
        };
        let before = entries.len();
        entries.retain(|entry| {
            let text = |name| entry.get(name).and_then(Value::as_str);
            let kind = match text("type") {
                Some("payout") => RecordKind::Payout,
                _ => RecordKind::Payment,
            };
            self.is_listed(kind, text("reference").unwrap_or_default())
        });
        let hidden = before - entries.len();
        if let Some(total) = page.pointer_mut("/meta/total") {
            *total = json!(
                total
                    .as_u64()
                    .unwrap_or_default()
                    .saturating_sub(hidden as u64)
            );
        }
        if self.plan.lists.odd {
            page = with_odd_field(page, "paging", json!({"more": 1}));
        }
        *answer.body_mut() = page.to_string().into_bytes();
    }
}

/// Whether it asks for a list.
pub(super) fn is_list(request: &Request<Vec<u8>>) -> bool {
    request.method() == Method::GET && request.uri().path() == "/partner/payments"
}

fn entries(page: &mut Value) -> Option<&mut Vec<Value>> {
    match page {
        Value::Array(entries) => Some(entries),
        other => other.get_mut("data")?.as_array_mut(),
    }
}

/// The page with one more field, in the form that has fields.
fn with_odd_field(page: Value, name: &str, value: Value) -> Value {
    let mut fields = match page {
        Value::Object(fields) => fields,
        entries => Map::from_iter([("data".to_owned(), entries)]),
    };
    fields.insert(name.to_owned(), value);
    Value::Object(fields)
}

/// Puts what the page lists on another one, which it names in a way that nobody understands.
pub(super) fn page_oddly(answer: &mut Response<Vec<u8>>, chance: &mut Chance) {
    let Ok(mut page) = serde_json::from_slice::<Value>(answer.body()) else {
        return;
    };
    if let Some(entries) = entries(&mut page) {
        entries.clear();
    }
    let next = "https://api.example.com/partner/payments?page=2";
    let (name, value) = match chance.below(8) {
        0 => ("has_more", json!(true)),
        1 => ("next_cursor", json!("b3BhcXVl")),
        2 => ("total", json!(1)),
        3 => ("next_page_url", json!(next)),
        4 => ("message", json!("the list is unavailable")),
        5 => {
            let total = HeaderValue::from_static("1");
            answer.headers_mut().insert("x-total-count", total);
            ("meta", json!({}))
        }
        6 => {
            *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
            ("meta", json!({}))
        }
        _ => ("paging", json!({"more": 1})),
    };
    let meta = page.get_mut("meta").and_then(Value::as_object_mut);
    match meta.filter(|_| name != "message" && chance.per_mille(300)) {
        Some(meta) => drop(meta.insert(name.to_owned(), value)),
        None => page = with_odd_field(page, name, value),
    }
    *answer.body_mut() = page.to_string().into_bytes();
}

/// Changes one thing in every record of an answer; `false` where there is none.
///
/// A record that is asked for by its id keeps its type: with another one a payout under an order's
/// reference would be the order's payment in everything, and no client could know.
pub(super) fn twist(
    request: &Request<Vec<u8>>,
    answer: &mut Response<Vec<u8>>,
    chance: &mut Chance,
) -> bool {
    let Ok(mut body) = serde_json::from_slice::<Value>(answer.body()) else {
        return false;
    };
    let records: Vec<&mut Value> = match &mut body {
        Value::Array(entries) => entries.iter_mut().collect(),
        Value::Object(fields) if !fields.contains_key("data") => vec![&mut body],
        Value::Object(fields) => match fields.get_mut("data") {
            Some(Value::Array(entries)) => entries.iter_mut().collect(),
            Some(record) => vec![record],
            None => Vec::new(),
        },
        _ => Vec::new(),
    };
    let by_id = request.method() == Method::GET && !is_list(request);
    let other = chance.below(if by_id { 3 } else { 4 });
    let mut twisted = false;
    for record in records.into_iter().filter_map(Value::as_object_mut) {
        if !answer.status().is_success() || !record.contains_key("amount") {
            continue;
        }
        twisted = true;
        let (name, value) = match other {
            0 => ("amount", json!("1000.00")),
            1 => ("currency", json!("KWD")),
            2 => ("reference", json!("somebody-else-7")),
            _ if record.get("type") == Some(&json!("payout")) => ("type", json!("payment")),
            _ => ("type", json!("payout")),
        };
        record.insert(name.to_owned(), value);
    }
    *answer.body_mut() = body.to_string().into_bytes();
    twisted
}
