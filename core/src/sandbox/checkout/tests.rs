//! What the checkout provider does, told by a merchant and a payer.

use http::{Method, Request, Response, header};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::testing::{Merchant, config, seconds, status};
use super::super::{ActionError, OrderStatus};
use crate::checkout::{SigningKey, php_query, signed_text};

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
    fn new() -> Self {
        Self(Merchant::new(config()))
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
        let read = |body: &Vec<u8>| form_urlencoded::parse(body).into_owned().collect();
        self.0
            .receive()
            .iter()
            .map(|d| read(d.request.body()))
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
    let item = |part: &str| part.split("</code>").next().unwrap().to_owned();
    page.split("<li><code>").skip(1).map(item).collect()
}

#[test]
fn a_payment_is_notified_and_returned_with_the_same_signed_fields() {
    let mut payer = Payer::new();
    let action = payer.action(&once());
    let target = payer.click(&action, "pay", "channel_id=2&ability=checkout");
    let [notification] = &payer.notified()[..] else {
        panic!("not exactly one notification")
    };
    assert_eq!(
        names(notification),
        [
            "app_id",
            "channel_id",
            "trade_no",
            "out_trade_no",
            "total_amount",
            "currency",
            "subject",
            "body",
            "status",
            "sign"
        ]
    );
    assert_eq!(get(notification, "status"), "CHECKOUT_SUCCEED");
    assert_eq!(get(notification, "total_amount"), "10.00");
    assert_eq!(get(notification, "subject"), "Tea & <cake>");
    let query = target.strip_prefix("https://shop.example/return?").unwrap();
    assert_eq!(query, php_query(notification));
    assert!(query.contains("subject=Tea+%26+%3Ccake%3E"));
    let key = SigningKey::new("sandbox-default-key").unwrap();
    let unsigned: Pairs = notification
        .iter()
        .filter(|(n, _)| n != "sign")
        .cloned()
        .collect();
    assert_eq!(key.sign(&unsigned).as_str(), get(notification, "sign"));
}

#[test]
fn without_a_default_key_the_apps_own_key_signs() {
    let mut config = config();
    config.checkout.default_key = None;
    let mut payer = Payer(Merchant::new(config));
    payer.action(&once());
    payer.0.sandbox.pay_order("order-1", payer.0.now).unwrap();
    let mut notification = payer.notified().remove(0);
    let (_, sign) = notification.pop().unwrap();
    assert_eq!(
        SigningKey::new("sandbox-app-key")
            .unwrap()
            .sign(&notification)
            .as_str(),
        sign
    );
}

#[test]
fn paying_twice_takes_one_payment() {
    let mut payer = Payer::new();
    let action = payer.action(&once());
    let first = payer.click(&action, "pay", "");
    assert_eq!(payer.click(&action, "pay", ""), first);
    assert_eq!(
        payer.click(&action, "fail", ""),
        first,
        "and it cannot be un-paid"
    );
    assert_eq!(payer.notified().len(), 1);
    assert_eq!(refused(&payer.open(&once())), ["out_trade_no"]);
    assert_eq!(
        payer.0.sandbox.order_status("order-1"),
        Some(OrderStatus::CheckoutSucceed)
    );
    assert_eq!(
        payer.0.sandbox.fail_order("order-1", payer.0.now),
        Err(ActionError::Ended)
    );
}

#[test]
fn a_declined_payment_is_told_and_can_be_tried_again() {
    let mut payer = Payer::new();
    let action = payer.action(&once());
    assert!(
        payer
            .click(&action, "fail", "")
            .contains("status=CHECKOUT_FAIL")
    );
    assert_eq!(
        payer.action(&once()),
        action,
        "the same order is opened again"
    );
    assert!(
        payer
            .click(&action, "pay", "")
            .contains("status=CHECKOUT_SUCCEED")
    );
    let told: Vec<String> = payer
        .notified()
        .iter()
        .map(|n| get(n, "status").to_owned())
        .collect();
    assert_eq!(told, ["CHECKOUT_FAIL", "CHECKOUT_SUCCEED"]);
}

#[test]
fn cancelling_is_unsigned_navigation_and_tells_the_merchant_nothing() {
    let mut payer = Payer::new();
    let action = payer.action(&once());
    assert_eq!(
        payer.click(&action, "cancel", ""),
        "https://shop.example/cancel"
    );
    assert!(payer.notified().is_empty());
    assert_eq!(
        payer.0.sandbox.order_status("order-1"),
        Some(OrderStatus::Created)
    );
}

#[test]
fn a_payer_may_pay_through_a_channel_of_another_environment() {
    let mut payer = Payer::new();
    let action = payer.action(&once());
    assert!(
        payer
            .click(&action, "fail", "channel_id=1")
            .contains("&channel_id=1&")
    );
    assert!(
        payer
            .click(&action, "pay", "channel_id=99")
            .contains("&channel_id=1&")
    );
}

#[test]
fn a_subscription_costs_its_plan_and_names_subscription_and_customer() {
    let mut payer = Payer::new();
    let action = payer.action(&subscription());
    let _ = payer.click(&action, "pay", "");
    let notification = payer.notified().remove(0);
    assert_eq!(get(&notification, "status"), "SUBSCRIPTION_CHARGE_SUCCEED");
    assert_eq!(get(&notification, "total_amount"), "9.90");
    assert_eq!(get(&notification, "customer_id"), "1");
    assert!(get(&notification, "subscription_id").starts_with("I-"));
    assert_eq!(get(&notification, "channel_id"), "1");
}

#[test]
fn without_an_ability_the_payer_chooses_among_what_was_given() {
    let mut pairs = subscription();
    set(&mut pairs, "channel", r#"{"env":"sandbox","ability":""}"#);
    let mut payer = Payer::new();
    let action = payer.action(&pairs);
    let target = payer.click(&action, "pay", "ability=subscribe");
    assert!(target.contains("status=SUBSCRIPTION_CHARGE_SUCCEED"));
    let mut payer = Payer::new();
    let action = payer.action(&pairs);
    let target = payer.click(&action, "pay", "ability=checkout");
    assert!(target.contains("status=CHECKOUT_SUCCEED") && !target.contains("customer_id"));
    let mut only_once = once();
    set(
        &mut only_once,
        "channel",
        r#"{"env":"sandbox","ability":""}"#,
    );
    set(&mut only_once, "out_trade_no", "order-2");
    let action = payer.action(&only_once);
    assert!(
        payer
            .click(&action, "pay", "ability=subscribe")
            .contains("CHECKOUT_SUCCEED")
    );
}

#[test]
fn required_parameters_follow_the_ability() {
    let mut payer = Payer::new();
    let mut lacking = once();
    lacking
        .retain(|(name, _)| !["out_trade_no", "total_amount", "product"].contains(&name.as_str()));
    set(&mut lacking, "currency", "");
    assert_eq!(
        refused(&payer.open(&lacking)),
        ["out_trade_no", "total_amount", "currency", "product"]
    );
    let mut lacking = subscription();
    lacking.retain(|(name, _)| !["plan", "customer", "out_trade_no"].contains(&name.as_str()));
    assert_eq!(refused(&payer.open(&lacking)), ["plan", "customer"]);
    let bare = pairs(&[("app_id", "sandbox-app")]);
    assert_eq!(
        refused(&payer.open(&bare)),
        [
            "request_time",
            "notify_url",
            "return_url",
            "channel",
            "out_trade_no",
            "total_amount",
            "currency",
            "product"
        ]
    );
}

#[test]
fn wrong_values_are_refused_by_name() {
    let long = "x".repeat(256);
    let long_url = format!("https://h.example/{long}");
    let long_name = json!({"name": long, "type": "DIGITAL", "category": "SOFTWARE"}).to_string();
    for (name, value) in [
        ("request_time", "yesterday"),
        ("notify_url", "/notify"),
        ("return_url", &long_url),
        ("cancel_url", "mailto:x@h.example"),
        ("channel", r#"{"env":"test","ability":"checkout"}"#),
        ("out_trade_no", &long[..65]),
        ("total_amount", "0.00"),
        ("total_amount", "0.001"),
        ("total_amount", "999999999.01"),
        ("total_amount", "1e3"),
        ("total_amount", "-1"),
        ("currency", "EUR"),
        ("product", "[]"),
        ("product", r#"{"id":99}"#),
        (
            "product",
            r#"{"name":"x","type":"OTHER","category":"FOOD"}"#,
        ),
        ("product", &long_name),
        ("plan", "{}"),
        ("customer", r#"{"name":{"first_name":"Jane"}}"#),
    ] {
        let mut pairs = once();
        set(&mut pairs, name, value);
        assert_eq!(
            refused(&Payer::new().open(&pairs)),
            [name],
            "{name}={value}"
        );
    }
    let mut highest = once();
    set(&mut highest, "total_amount", "999999999");
    assert_eq!(Payer::new().open(&highest).status(), 200);
}

#[test]
fn products_are_created_changed_and_used_again_by_their_id() {
    let mut payer = Payer::new();
    let mut subject = |number: &str, product: &str| {
        let mut pairs = once();
        set(&mut pairs, "out_trade_no", number);
        set(&mut pairs, "product", product);
        let action = payer.action(&pairs);
        payer.click(&action, "pay", "");
        let notification = payer.notified().remove(0);
        format!(
            "{} {}",
            get(&notification, "subject"),
            get(&notification, "body")
        )
    };
    assert_eq!(subject("a", &product().to_string()), "Tea & <cake> warm");
    assert_eq!(subject("b", r#"{"id":1,"name":"Coffee"}"#), "Coffee warm");
    assert_eq!(subject("c", r#"{"id":"1"}"#), "Coffee warm");
}

#[test]
fn an_unknown_app_an_array_and_a_missing_signature_are_refused() {
    let mut payer = Payer::new();
    let mut other = once();
    set(&mut other, "app_id", "another");
    assert_eq!(refused(&payer.open(&other)), ["app_id"]);
    assert_eq!(refused(&payer.open_query(&php_query(&once()))), ["sign"]);
    let query = format!("{}&product%5B%5D=x", signed_query(&once()));
    assert_eq!(refused(&payer.open_query(&query)), ["query"]);
}

#[test]
fn the_page_is_escaped_and_says_why_a_signature_is_refused() {
    let mut payer = Payer::new();
    let page = text(&payer.open(&once()));
    assert!(page.contains("Tea &amp; &lt;cake&gt;") && page.contains("USD 10.00"));
    let query = signed_query(&once()).replace("order-1", "order-2");
    let page = text(&payer.open_query(&query));
    assert!(page.contains("out_trade_no=order-2&amp;product={&quot;category&quot;"));
    assert!(!page.contains("sandbox-app-key"));
}

#[test]
fn wrong_methods_and_unknown_orders_are_told_apart() {
    let mut payer = Payer::new();
    for (method, path, expected) in [
        (Method::POST, "/checkout", 405),
        (Method::GET, "/checkout/1/pay", 405),
        (Method::POST, "/checkout/1/pay", 404),
        (Method::POST, "/checkout/1/steal", 404),
        (Method::GET, "/checkouts", 404),
    ] {
        let answer = payer.0.send(&payer.0.request(method, path));
        assert_eq!(answer.status().as_u16(), expected, "{path}");
    }
}

#[test]
fn a_notification_is_tried_eleven_times_without_a_pause_unless_it_is_answered_succeed() {
    let mut payer = Payer::new();
    payer.action(&once());
    payer.0.sandbox.pay_order("order-1", payer.0.now).unwrap();
    let mut tried = 0;
    while payer.0.sandbox.pending_deliveries() > 0 {
        for delivery in payer.0.sandbox.due(payer.0.now) {
            tried += 1;
            assert_eq!(delivery.timeout, seconds(5));
            let answer = status(200, "success");
            payer
                .0
                .sandbox
                .delivered(delivery.id, payer.0.now, Some(&answer));
        }
    }
    assert_eq!((tried, payer.0.sandbox.given_up_deliveries()), (11, 1));
}

#[test]
fn an_answer_after_five_seconds_is_too_late() {
    let mut payer = Payer::new();
    payer.action(&once());
    payer.0.sandbox.pay_order("order-1", payer.0.now).unwrap();
    let first = payer.0.sandbox.due(payer.0.now);
    let late = payer.0.now + seconds(6);
    payer
        .0
        .sandbox
        .delivered(first[0].id, late, Some(&status(200, "succeed")));
    let second = payer.0.sandbox.due(late);
    assert_eq!(second[0].id.attempt(), 2);
    payer
        .0
        .sandbox
        .delivered(second[0].id, late, Some(&status(200, "succeed")));
    assert_eq!(payer.0.sandbox.pending_deliveries(), 0);
}

#[test]
fn the_staff_can_send_a_status_that_goes_back() {
    let mut payer = Payer::new();
    payer.action(&once());
    let now = payer.0.now;
    payer.0.sandbox.pay_order("order-1", now).unwrap();
    payer
        .0
        .sandbox
        .set_order_status("order-1", OrderStatus::Created, now)
        .unwrap();
    let told: Vec<String> = payer
        .notified()
        .iter()
        .map(|n| get(n, "status").to_owned())
        .collect();
    assert_eq!(told, ["CHECKOUT_SUCCEED", "CREATED"]);
    let nobody = payer.0.sandbox.pay_order("nobody", now);
    assert_eq!(nobody, Err(ActionError::NotFound));
}

#[test]
fn signing_keys_and_orders_do_not_show_in_debug() {
    let mut payer = Payer::new();
    payer.action(&subscription());
    payer.0.sandbox.pay_order("order-1", payer.0.now).unwrap();
    let due = payer.0.sandbox.due(payer.0.now);
    let sign = String::from_utf8_lossy(due[0].request.body());
    let sign = sign.rsplit('=').next().unwrap();
    let shown = format!("{:?} {:?} {due:?}", payer.0.sandbox, config());
    for secret in [
        "sandbox-app-key",
        "sandbox-default-key",
        "Jane",
        "order-1",
        sign,
    ] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

/// The parameters as PHP's `parse_str` and `array_filter` leave them, to tell what was signed.
fn meaning(query: &str) -> Option<(String, String)> {
    let mut read = super::query::parse(query.as_bytes()).ok()?;
    let sign = read.remove("sign")?;
    Some((signed_text(&read.into_iter().collect::<Pairs>()), sign))
}

/// Whether a browser could ask for it at all.
fn is_target(query: &str) -> bool {
    format!("/checkout?{query}").parse::<http::Uri>().is_ok()
}

proptest! {
    #[test]
    fn one_altered_byte_is_refused_unless_it_says_the_same(place in any::<prop::sample::Index>(), byte in 0x21u8..0x7f) {
        let query = signed_query(&once());
        let mut altered = query.clone().into_bytes();
        let place = place.index(altered.len());
        altered[place] = byte;
        let altered = String::from_utf8(altered).unwrap();
        prop_assume!(byte != b'#' && is_target(&altered));
        let answer = Payer::new().open_query(&altered);
        prop_assert_eq!(answer.status() == 200, meaning(&altered) == meaning(&query));
    }

    #[test]
    fn no_query_whatever_panics_or_opens_a_checkout(query in "([a-z_=&%+.\\[\\]0-9{}:,]|%22|app_id=sandbox-app|sign=){0,60}") {
        prop_assert_eq!(Payer::new().open_query(&query).status(), 400);
    }
}
