//! What opens a checkout and what is refused.

use super::*;

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
fn each_way_to_get_the_signature_wrong_has_its_reason() {
    let reason = |sign: &str| {
        let mut pairs = once();
        set(&mut pairs, "sign", sign);
        let page = text(&Payer::new().open_query(&php_query(&pairs)));
        let rest = page.split("<code>sign</code> ").nth(1).unwrap().to_owned();
        rest.split("</li>").next().unwrap().to_owned()
    };
    let by_default_key = SigningKey::new("sandbox-default-key")
        .unwrap()
        .sign(&once());
    assert_eq!(reason(""), "is required");
    assert_eq!(reason("XYZ"), "is not 32 lower-case hexadecimal digits");
    assert_eq!(
        reason(by_default_key.as_str()),
        "was made with the installation's key and not with the app's"
    );
    assert_eq!(
        reason(&"0".repeat(32)),
        "is not the signature of the other parameters"
    );
}

#[test]
fn the_page_says_what_is_bought_and_the_plan_in_words() {
    let mut pairs = subscription();
    let product = json!({
        "name": "Tea club", "type": "PHYSICAL", "category": "FOOD",
        "list": [{"name": "A tin of tea", "description": "each <month>"}, {"description": "nameless"}],
    });
    set(&mut pairs, "product", &product.to_string());
    let page = text(&Payer::new().open(&pairs));
    for expected in [
        "USD 9.90 every month, first month free",
        "A tin of tea",
        "each &lt;month&gt;",
        ">Subscribe</button>",
    ] {
        assert!(page.contains(expected), "{expected}");
    }
    assert!(!page.contains("nameless") && !page.contains("ability\" value=\"checkout"));
}

#[test]
fn an_order_that_is_paid_says_so_and_shows_the_way_back() {
    let mut payer = Payer::new();
    let action = payer.action(&once());
    let target = payer.click(&action, "pay", "");
    let page = text(&payer.open(&once()));
    assert!(page.contains("This order is already paid"));
    assert!(page.contains(&format!("href=\"{}\"", target.replace('&', "&amp;"))));
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

/// The parameters as PHP's `parse_str` and `array_filter` leave them, to tell what was signed.
fn meaning(query: &str) -> Option<(String, String)> {
    let mut read = super::super::query::parse(query.as_bytes()).ok()?;
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
