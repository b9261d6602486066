//! What the checkout provider does, told by a merchant and a payer.

use http::{Method, Request, Response, header};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::testing::{Merchant, config, seconds, status};
use super::super::{ActionError, OrderStatus};
use sanspay_core::checkout::{SigningKey, php_query, signed_text};

type Pairs = Vec<(String, String)>;

fn pairs(pairs: &[(&str, &str)]) -> Pairs {
    pairs
        .iter()
        .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
        .collect()
}

fn product() -> Value {
    json!({"name": "Tea & <cake>", "description": "warm", "type": "PHYSICAL", "category": "FOOD"})
}

fn once() -> Pairs {
    let product = product().to_string();
    pairs(&[
        ("app_id", "sandbox-app"),
        ("request_time", "2027-01-15 08:00:00"),
        ("notify_url", "https://shop.example/notify"),
        ("return_url", "https://shop.example/return"),
        ("cancel_url", "https://shop.example/cancel"),
        ("product", &product),
        ("channel", r#"{"env":"sandbox","ability":"checkout"}"#),
        ("out_trade_no", "order-1"),
        ("total_amount", "10"),
        ("currency", "USD"),
    ])
}

fn subscription() -> Pairs {
    let cycle = |tenure: &str, value: &str| {
        json!({
            "frequency": {"interval_unit": "month", "interval_count": 1},
            "pricing_scheme": {"fixed_price": {"value": value, "currency_code": "USD"}},
            "tenure_type": tenure, "sequence": 1, "total_cycles": 0,
        })
    };
    let plan = json!({"name": "Tea club", "billing_cycles": [cycle("TRIAL", "0"), cycle("REGULAR", "9.9")]});
    let customer =
        json!({"name": {"first_name": "Jane", "last_name": "Doe"}, "email": "jane@example.com"});
    let mut pairs = once();
    set(
        &mut pairs,
        "channel",
        r#"{"env":"production","ability":"subscribe"}"#,
    );
    set(&mut pairs, "plan", &plan.to_string());
    set(&mut pairs, "customer", &customer.to_string());
    pairs
}

fn set(pairs: &mut Pairs, name: &str, value: &str) {
    pairs.retain(|(n, _)| n != name);
    pairs.push((name.into(), value.into()));
}

fn signed_query(pairs: &Pairs) -> String {
    let key = SigningKey::new("sandbox-app-key").unwrap();
    let mut pairs = pairs.clone();
    pairs.push(("sign".into(), key.sign(&pairs).as_str().into()));
    php_query(&pairs)
}

struct Payer(Merchant);

impl Payer {
    /// At a provider as its document has it.
    fn new() -> Self {
        let mut ideal = config();
        ideal.checkout.faults.clear();
        Self(Merchant::new(ideal))
    }

    fn open(&mut self, pairs: &Pairs) -> Response<Vec<u8>> {
        self.open_query(&signed_query(pairs))
    }

    fn open_query(&mut self, query: &str) -> Response<Vec<u8>> {
        let request = Request::get(format!("/checkout?{query}"))
            .body(Vec::new())
            .unwrap();
        self.0.send(&request)
    }

    /// Opens the checkout and says where its buttons lead.
    fn action(&mut self, pairs: &Pairs) -> String {
        let answer = self.open(pairs);
        assert_eq!(answer.status(), 200, "{}", text(&answer));
        let page = text(&answer);
        let action = page.split("formaction=\"").nth(1).unwrap();
        let action = action.split('"').next().unwrap();
        action.rsplit_once('/').unwrap().0.to_owned()
    }

    fn click(&mut self, action: &str, verb: &str, form: &str) -> String {
        let request = Request::post(format!("{action}/{verb}"));
        let answer = self
            .0
            .send(&request.body(form.as_bytes().to_vec()).unwrap());
        assert_eq!(answer.status(), 302, "{}", text(&answer));
        answer.headers()[header::LOCATION]
            .to_str()
            .unwrap()
            .to_owned()
    }

    fn notified(&mut self) -> Vec<Pairs> {
        self.0
            .receive()
            .iter()
            .map(|d| {
                form_urlencoded::parse(d.request.body())
                    .into_owned()
                    .collect()
            })
            .collect()
    }
}

fn text(answer: &Response<Vec<u8>>) -> String {
    String::from_utf8(answer.body().clone()).unwrap()
}

fn names(pairs: &Pairs) -> Vec<&str> {
    pairs.iter().map(|(name, _)| name.as_str()).collect()
}

fn get<'a>(pairs: &'a Pairs, name: &str) -> &'a str {
    pairs.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)
}

/// The parameters that the refusal names.
fn refused(answer: &Response<Vec<u8>>) -> Vec<String> {
    assert_eq!(answer.status(), 400, "{}", text(answer));
    let page = text(answer);
    page.split("<li><code>")
        .skip(1)
        .map(|part: &str| part.split("</code>").next().unwrap().to_owned())
        .collect()
}

mod admin;
mod faults;
mod opening;
mod paying;
