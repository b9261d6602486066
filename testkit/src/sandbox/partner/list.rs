//! `GET /partner/payments`: filters, pages and links.

use std::collections::BTreeMap;
use std::time::SystemTime;

use http::{Request, StatusCode};
use serde_json::{Value, json};

use super::Partner;
use super::fields::{invalid, is_currency};
use super::record::Record;
use crate::sandbox::answer::{self, Answer, Refusal};
use crate::sandbox::clock::read_rfc3339;
use crate::sandbox::config::PageShape;

/// How many records a page has unless the request says so (grade A).
const DEFAULT_PER_PAGE: usize = 15;

/// The most records of a page (grade A).
const MOST_PER_PAGE: usize = 100;

const STATUSES: [&str; 4] = ["created", "paid", "failed", "expired"];
const TYPES: [&str; 2] = ["payment", "payout"];

/// The filters and the page of one request. Both bounds of time belong to the range (grade A).
struct Query {
    texts: BTreeMap<&'static str, String>,
    from: Option<SystemTime>,
    to: Option<SystemTime>,
    page: usize,
    per_page: usize,
}

impl Query {
    /// # Errors
    /// The 422 that lists what is wrong; a filter that there is none of is wrong too, because
    /// a list without it would look like the answer to another question.
    fn read(request: &Request<Vec<u8>>) -> Result<Self, Refusal> {
        let mut query = Self {
            texts: BTreeMap::new(),
            from: None,
            to: None,
            page: 1,
            per_page: DEFAULT_PER_PAGE,
        };
        let mut errors: BTreeMap<String, Vec<&'static str>> = BTreeMap::new();
        let pairs = request.uri().query().unwrap_or_default().as_bytes();
        for (name, value) in form_urlencoded::parse(pairs) {
            if let Err(message) = query.take(&name, &value) {
                errors.entry(name.into_owned()).or_default().push(message);
            }
        }
        invalid(&errors)?;
        Ok(query)
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), &'static str> {
        let mut text = |name: &'static str, fine: bool, wrong: &'static str| {
            if !fine {
                return Err(wrong);
            }
            self.texts.insert(name, value.to_owned());
            Ok(())
        };
        let time = || read_rfc3339(value).ok_or("The filter must be a date and time (RFC 3339).");
        match name {
            "status" => text(
                "status",
                STATUSES.contains(&value),
                "There is no such status.",
            ),
            "type" => text("type", TYPES.contains(&value), "There is no such type."),
            "currency" => text("currency", is_currency(value), "There is no such currency."),
            "reference" => text("reference", !value.is_empty(), "The filter is empty."),
            "created_from" => time().map(|time| self.from = Some(time)),
            "created_to" => time().map(|time| self.to = Some(time)),
            "page" => number(value, usize::MAX).map(|page| self.page = page),
            "per_page" => number(value, MOST_PER_PAGE).map(|count| self.per_page = count),
            _ => Err("There is no such filter."),
        }
    }

    fn fits(&self, record: &Record) -> bool {
        self.texts.iter().all(|(name, wanted)| {
            wanted
                == match *name {
                    "status" => record.status.as_str(),
                    "type" => record.kind.as_str(),
                    "currency" => &record.currency,
                    _ => &record.reference,
                }
        }) && self.from.is_none_or(|from| record.created_at >= from)
            && self.to.is_none_or(|to| record.created_at <= to)
    }
}

fn number(text: &str, most: usize) -> Result<usize, &'static str> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    let number = digits.then(|| text.parse().ok()).flatten();
    number
        .filter(|number| (1..=most).contains(number))
        .ok_or("The number is out of range.")
}

impl Partner {
    /// Lists records, the latest first (grade A).
    pub(super) fn list(&self, request: &Request<Vec<u8>>, public_url: &str) -> Answer {
        let query = Query::read(request)?;
        let found: Vec<&Record> = self
            .records
            .iter()
            .rev()
            .filter(|r| query.fits(r))
            .collect();
        let total = found.len();
        let last_page = total.div_ceil(query.per_page).max(1);
        let before = query.page.saturating_sub(1).saturating_mul(query.per_page);
        let data: Value = found
            .into_iter()
            .skip(before)
            .take(query.per_page)
            .map(Record::to_json)
            .collect();
        let meta = json!({
            "current_page": query.page,
            "last_page": last_page,
            "per_page": query.per_page,
            "total": total,
        });
        let next = (query.page < last_page).then(|| next_link(request, public_url, query.page));
        let links = json!({"next": next});
        let body = match self.config.page_shape {
            PageShape::Full => json!({"data": data, "meta": meta, "links": links}),
            PageShape::Meta => json!({"data": data, "meta": meta}),
            PageShape::Links => json!({"data": data, "links": links}),
            PageShape::Bare => data,
        };
        Ok(answer::json(StatusCode::OK, &body))
    }
}

/// The same list one page on, on the origin that the request itself went to where it says so.
fn next_link(request: &Request<Vec<u8>>, public_url: &str, page: usize) -> String {
    let uri = request.uri();
    let origin = match (uri.scheme_str(), uri.authority()) {
        (Some(scheme), Some(authority)) => format!("{scheme}://{authority}"),
        _ => public_url.to_owned(),
    };
    let pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs.filter(|(name, _)| name != "page"))
        .append_pair("page", &page.saturating_add(1).to_string())
        .finish();
    format!("{origin}{}?{query}", uri.path())
}
