//! Reads and checks the parameters with which a merchant sends a payer.

use std::collections::BTreeMap;

use http::Uri;
use serde_json::{Map, Value};

use super::faults::{CheckoutFault, cut};
use super::order::Ability;
use super::resources::{Wanted, check_customer, check_plan, check_product, two_decimals};
use super::{Checkout, query};
use crate::sandbox::clock::is_date_time;
use crate::sandbox::pages::{Problem, REQUIRED};
use sanspay_core::checkout::signed_text;

/// What is wrong with the parameters, each with its name.
#[derive(Default)]
pub(super) struct Problems(Vec<Problem>);

impl Problems {
    pub(super) fn add(&mut self, parameter: &'static str, reason: &'static str) {
        self.0.push((parameter, reason));
    }

    fn one(parameter: &'static str, reason: &'static str) -> Self {
        Self(vec![(parameter, reason)])
    }
}

/// Why a checkout does not open.
#[derive(Default)]
pub(super) struct Refused {
    pub(super) problems: Vec<Problem>,
    /// The text that was signed on this side, where the signatures differ.
    pub(super) signed_text: Option<String>,
    /// Where the payer's shop is, where the parameters can be trusted.
    pub(super) back: Option<String>,
}

impl From<Problems> for Refused {
    fn from(problems: Problems) -> Self {
        Self {
            problems: problems.0,
            ..Self::default()
        }
    }
}

/// A checked request for a checkout.
pub(super) struct Opening {
    pub(super) app_id: String,
    pub(super) out_trade_no: Option<String>,
    pub(super) money: Option<(String, String)>,
    pub(super) abilities: Vec<Ability>,
    pub(super) production: bool,
    pub(super) notify_url: Uri,
    pub(super) return_url: Option<String>,
    pub(super) cancel_url: Option<String>,
    pub(super) product: Wanted,
    pub(super) plan: Option<Wanted>,
    pub(super) customer: Option<Wanted>,
}

/// The parameters and what is wrong with them so far.
struct Reader {
    /// Whether values are cut in silence where they are too long.
    cuts: bool,
    parameters: BTreeMap<String, String>,
    problems: Problems,
}

impl Reader {
    /// A parameter with a value; an empty one counts as left out.
    fn get(&self, name: &str) -> Option<&str> {
        let value = self.parameters.get(name).map(String::as_str);
        value.filter(|value| !value.is_empty())
    }

    fn require(&mut self, name: &'static str) -> String {
        let value = self.get(name).map(str::to_owned);
        value.unwrap_or_else(|| {
            self.problems.add(name, REQUIRED);
            String::new()
        })
    }

    fn check(&mut self, name: &'static str, fine: bool, reason: &'static str) {
        if !fine && self.get(name).is_some() {
            self.problems.add(name, reason);
        }
    }

    /// Cuts a value to what its column holds (grade V), or says that it is too long.
    fn limit(&mut self, name: &'static str, most: usize, reason: &'static str) {
        let long = self.get(name).filter(|value| value.chars().count() > most);
        let Some(kept) = long.map(|value| cut(value, most)) else {
            return;
        };
        if self.cuts {
            self.parameters.insert(name.to_owned(), kept);
        } else {
            self.problems.add(name, reason);
        }
    }

    /// A URL of at most 255 characters (grade V). One with a `?` is taken as it is, and its
    /// query is broken later, as the real server does.
    fn url(&mut self, name: &'static str) {
        let value = self.get(name).unwrap_or_default();
        let uri = value.parse::<Uri>().ok();
        let absolute = uri.is_some_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")));
        self.check(name, absolute, "is no absolute http or https URL");
        self.limit(name, 255, "is longer than 255 characters");
    }
}

impl Checkout {
    /// Reads the query of `GET /checkout`, or what is posted to the gateway: app first, then the
    /// signature where it is `checked`, then all the rest.
    pub(super) fn read(&self, raw_query: &str, checked: bool) -> Result<Opening, Refused> {
        let parameters = query::parse(raw_query.as_bytes())
            .map_err(|_| Problems::one("query", "holds an array, and no parameter is one"))?;
        let mut reader = Reader {
            cuts: self.has(CheckoutFault::CutValues),
            parameters,
            problems: Problems::default(),
        };
        let app_id = reader.require("app_id");
        if checked {
            self.verify(&app_id, &reader.parameters)?;
        }
        let _ = reader.require("request_time");
        let time = reader.get("request_time").unwrap_or_default();
        let dated = self.has(CheckoutFault::UncheckedTime) || is_date_time(time);
        let form = "is not of the form 2021-12-15 02:38:44";
        reader.check("request_time", dated, form);
        for url in ["notify_url", "return_url", "cancel_url"] {
            reader.url(url);
        }
        let notify_url = reader.require("notify_url").parse().unwrap_or_default();
        let return_url = reader.get("return_url").map(str::to_owned);
        let (production, abilities) = channel(&mut reader);
        let money = money(&mut reader);
        let out_trade_no = reader.get("out_trade_no").map(str::to_owned);
        let product = self.product(&mut reader, &app_id);
        let plan = reader.get("plan").map(str::to_owned).and_then(|text| {
            let problems = &mut reader.problems;
            self.plans
                .read(&app_id, "plan", &text, check_plan, problems)
        });
        let customer = reader.get("customer").map(str::to_owned).and_then(|text| {
            let problems = &mut reader.problems;
            // The real server stores none, so it knows none by its id either.
            if self.has(CheckoutFault::BrokenIds) {
                return None;
            }
            self.customers
                .read(&app_id, "customer", &text, check_customer, problems)
        });
        let cancel_url = reader.get("cancel_url").map(str::to_owned);
        match product {
            Some(product) if reader.problems.0.is_empty() => Ok(Opening {
                app_id,
                out_trade_no,
                money,
                abilities,
                production,
                notify_url,
                return_url,
                cancel_url,
                product,
                plan,
                customer,
            }),
            _ => Err(reader.problems.into()),
        }
    }

    fn product(&self, reader: &mut Reader, app_id: &str) -> Option<Wanted> {
        let product = reader.require("product");
        let problems = &mut reader.problems;
        let is_there = !product.is_empty();
        is_there.then(|| {
            self.products
                .read(app_id, "product", &product, check_product, problems)
        })?
    }

    /// PHP's `AuthSign` (grade D) over every parameter but `sign` itself, known or not.
    fn verify(&self, app_id: &str, parameters: &BTreeMap<String, String>) -> Result<(), Refused> {
        let app = self.config.apps.iter().find(|app| app.app_id == app_id);
        let app = app.ok_or_else(|| Problems::one("app_id", "is not known"))?;
        let signed: Vec<(&String, &String)> = parameters
            .iter()
            .filter(|(name, _)| *name != "sign")
            .collect();
        let given = parameters.get("sign").map_or("", String::as_str);
        if app.key.sign(&signed).as_str() == given {
            return Ok(());
        }
        Err(Refused {
            signed_text: Some(signed_text(&signed)),
            ..Problems::one("sign", self.wrong(given, &signed)).into()
        })
    }

    /// What is wrong with a signature: the mistakes that are often made have words of their own.
    fn wrong(&self, given: &str, signed: &[(&String, &String)]) -> &'static str {
        let default_key = self.config.default_key.as_ref();
        if given.is_empty() {
            REQUIRED
        } else if given.len() != 32
            || !given
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        {
            "is not 32 lower-case hexadecimal digits"
        } else if default_key.is_some_and(|key| key.sign(signed).as_str() == given) {
            "was made with the installation's key and not with the app's"
        } else {
            "is not the signature of the other parameters"
        }
    }
}

/// The environment, and what the payer may do.
fn channel(reader: &mut Reader) -> (bool, Vec<Ability>) {
    let text = reader.require("channel");
    let channel: Map<String, Value> = serde_json::from_str(&text).unwrap_or_default();
    let member = |name: &str| channel.get(name).and_then(Value::as_str);
    let env = member("env");
    let known = matches!(env, Some("production" | "sandbox"));
    reader.check(
        "channel",
        known,
        "has an env other than production and sandbox",
    );
    let given = |names: &[&str]| names.iter().all(|name| reader.get(name).is_some());
    let abilities = match member("ability").unwrap_or_default() {
        "checkout" => vec![Ability::Checkout],
        "subscribe" => vec![Ability::Subscribe],
        "" => {
            // The payer chooses among what the parameters allow.
            let once = given(&["out_trade_no", "total_amount", "currency"]);
            let often = given(&["plan", "customer"]);
            let mut abilities = Vec::new();
            if once || !often {
                abilities.push(Ability::Checkout);
            }
            if often {
                abilities.push(Ability::Subscribe);
            }
            abilities
        }
        _ => {
            let reason = "has an ability other than checkout and subscribe";
            reader.problems.add("channel", reason);
            Vec::new()
        }
    };
    let required: &[&'static str] = match abilities.first() {
        Some(Ability::Checkout) => &["out_trade_no", "total_amount", "currency"],
        Some(Ability::Subscribe) => &["plan", "customer"],
        None => &[],
    };
    for name in required {
        let _ = reader.require(name);
    }
    (env == Some("production"), abilities)
}

/// Amount and currency, where they are given.
fn money(reader: &mut Reader) -> Option<(String, String)> {
    reader.limit("out_trade_no", 64, "is longer than 64 characters");
    let mut amount = reader.get("total_amount").and_then(two_decimals);
    let cents = amount
        .as_ref()
        .and_then(|a| a.replace('.', "").parse::<u64>().ok());
    // The column is decimal(10,2), and the documented maximum is 999999999.
    if reader.cuts && cents > Some(9_999_999_999) {
        amount = Some("99999999.99".to_owned());
    }
    let most = if reader.cuts {
        u64::MAX
    } else {
        99_999_999_900
    };
    let in_range = cents.is_some_and(|cents| (1..=most).contains(&cents));
    reader.check(
        "total_amount",
        in_range,
        "is not a decimal from 0.01 to 999999999",
    );
    let mut currency = reader.get("currency").map(str::to_owned);
    let known = matches!(currency.as_deref(), Some("USD" | "CNY"));
    if reader.cuts && !known {
        currency = currency.map(|_| String::new());
    }
    let cuts = reader.cuts;
    reader.check("currency", known || cuts, "is neither USD nor CNY");
    amount.zip(currency)
}
