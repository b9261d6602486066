//! Products, plans and customers: created, updated and found by id (grade D).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::opening::Problems;

/// All things of one kind, each of one app.
#[derive(Clone, Default)]
pub(super) struct Resources(BTreeMap<u64, (String, Map<String, Value>)>);

/// A thing as an order will use it, not yet stored.
pub(super) struct Wanted {
    /// The id of an existing thing.
    id: Option<u64>,
    pub(super) thing: Map<String, Value>,
    /// Whether there was nothing but an id.
    bare: bool,
}

impl Wanted {
    /// Whether it was taken by its id, as it is.
    pub(super) fn is_bare(&self) -> bool {
        self.bare
    }

    /// Whether it has no id yet.
    pub(super) fn is_new(&self) -> bool {
        self.id.is_none()
    }
}

impl Resources {
    /// Reads one of the three forms: without an `id` the thing is new, with nothing but an `id`
    /// it is used as it is, and with more it is changed.
    pub(super) fn read(
        &self,
        app_id: &str,
        parameter: &'static str,
        text: &str,
        check: impl FnOnce(&Map<String, Value>) -> Result<(), &'static str>,
        problems: &mut Problems,
    ) -> Option<Wanted> {
        let wanted = self.find(app_id, text).and_then(|wanted| {
            check(&wanted.thing)?;
            Ok(wanted)
        });
        wanted
            .map_err(|reason| problems.add(parameter, reason))
            .ok()
    }

    fn find(&self, app_id: &str, text: &str) -> Result<Wanted, &'static str> {
        let mut given: Map<String, Value> =
            serde_json::from_str(text).map_err(|_| "is not a JSON object")?;
        let Some(id) = given.remove("id") else {
            return Ok(Wanted {
                id: None,
                thing: given,
                bare: false,
            });
        };
        let id = id.as_u64().or_else(|| id.as_str()?.parse().ok());
        let id = id.ok_or("has an id that is no number")?;
        let known = self.0.get(&id).filter(|(owner, _)| owner == app_id);
        let (_, known) = known.ok_or("has an id that the app does not know")?;
        let mut thing = known.clone();
        let bare = given.is_empty();
        thing.extend(given);
        Ok(Wanted {
            id: Some(id),
            thing,
            bare,
        })
    }

    /// Stores it, new or in its old place; yields its id.
    pub(super) fn put(&mut self, app_id: &str, wanted: Wanted) -> u64 {
        let id = wanted.id.unwrap_or_else(|| {
            self.0
                .last_key_value()
                .map_or(1, |(last, _)| last.saturating_add(1))
        });
        self.0.insert(id, (app_id.to_owned(), wanted.thing));
        id
    }
}

/// A member that is a text, or nothing.
pub(super) fn text<'a>(thing: &'a Map<String, Value>, name: &str) -> &'a str {
    thing.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// What the product is made of: name and description of each in its `list` (grade D).
pub(super) fn items(product: &Map<String, Value>) -> Vec<(String, String)> {
    let list = product.get("list").and_then(Value::as_array);
    let list = list.into_iter().flatten().filter_map(Value::as_object);
    list.map(|item| {
        (
            text(item, "name").to_owned(),
            text(item, "description").to_owned(),
        )
    })
    .filter(|(name, _)| !name.is_empty())
    .collect()
}

pub(super) fn check_product(product: &Map<String, Value>) -> Result<(), &'static str> {
    let length = text(product, "name").chars().count();
    let category = text(product, "category");
    if length == 0 {
        Err("has no name")
    } else if length > 254 {
        Err("has a name longer than 254 characters")
    } else if !["PHYSICAL", "DIGITAL", "SERVICE"].contains(&text(product, "type")) {
        Err("has a type other than PHYSICAL, DIGITAL and SERVICE")
    } else if category.is_empty()
        || !category
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    {
        Err("has no category such as SOFTWARE")
    } else {
        Ok(())
    }
}

pub(super) fn check_customer(customer: &Map<String, Value>) -> Result<(), &'static str> {
    let name = customer.get("name").and_then(Value::as_object);
    let full = name.is_some_and(|name| {
        !text(name, "first_name").is_empty() && !text(name, "last_name").is_empty()
    });
    if !full {
        return Err("has no first and last name");
    }
    match customer.get("email") {
        Some(email) if !email.as_str().is_some_and(|email| email.contains('@')) => {
            Err("has an email that is no address")
        }
        _ => Ok(()),
    }
}

pub(super) fn check_plan(plan: &Map<String, Value>) -> Result<(), &'static str> {
    if text(plan, "name").is_empty() {
        return Err("has no name");
    }
    let cycles = plan.get("billing_cycles").and_then(Value::as_array);
    let cycles = cycles.ok_or("has no billing_cycles")?;
    cycles.iter().try_for_each(check_cycle)?;
    price(plan).map(drop).ok_or("has no REGULAR billing cycle")
}

fn check_cycle(cycle: &Value) -> Result<(), &'static str> {
    let unit = cycle.pointer("/frequency/interval_unit");
    let unit = unit
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_ascii_lowercase();
    let count = cycle
        .pointer("/frequency/interval_count")
        .and_then(Value::as_u64);
    let number = |name: &str| cycle.get(name).is_some_and(Value::is_u64);
    let tenure = cycle.get("tenure_type").and_then(Value::as_str);
    if !["day", "week", "month", "year"].contains(&unit.as_str()) {
        Err("has an interval_unit other than day, week, month and year")
    } else if count.is_none_or(|count| count == 0) {
        Err("has no interval_count above zero")
    } else if !matches!(tenure, Some("REGULAR" | "TRIAL")) {
        Err("has a tenure_type other than REGULAR and TRIAL")
    } else if !number("sequence") || !number("total_cycles") {
        Err("has a sequence or total_cycles that is no number")
    } else if fixed_price(cycle).is_none() {
        Err("has no fixed_price in USD or CNY")
    } else {
        Ok(())
    }
}

pub(super) fn fixed_price(cycle: &Value) -> Option<(String, &str)> {
    let price = cycle.pointer("/pricing_scheme/fixed_price")?;
    let value = two_decimals(price.get("value")?.as_str()?)?;
    let currency = price.get("currency_code")?.as_str()?;
    ["USD", "CNY"]
        .contains(&currency)
        .then_some((value, currency))
}

/// What the plan costs once its trials are over.
pub(super) fn price(plan: &Map<String, Value>) -> Option<(String, &str)> {
    let cycles = plan.get("billing_cycles")?.as_array()?;
    fixed_price(
        cycles
            .iter()
            .find(|cycle: &&Value| cycle.get("tenure_type").is_some_and(|t| t == "REGULAR"))?,
    )
}

/// What the messages of a new subscription carry: the price of the first cycle, and nothing for a
/// trial, whatever its price (grade V).
pub(super) fn first_charge(plan: &Map<String, Value>) -> Option<(String, &str)> {
    let first = plan.get("billing_cycles")?.as_array()?.first()?;
    let (amount, currency) = fixed_price(first)?;
    let trial = first.get("tenure_type").is_some_and(|t| t == "TRIAL");
    Some((if trial { "0.00".to_owned() } else { amount }, currency))
}

/// A decimal of at most two places, written with both as a database column writes it (grade A).
pub(super) fn two_decimals(text: &str) -> Option<String> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str, most| {
        (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    };
    let leading_zero = whole.len() > 1 && whole.starts_with('0');
    let fine = digits(whole, 18) && digits(fraction, 2) && !leading_zero;
    fine.then(|| format!("{whole}.{fraction:0<2}"))
}
