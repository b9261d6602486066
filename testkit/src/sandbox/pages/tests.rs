//! Every page: escaped, light, complete, and the same for everybody.

use proptest::prelude::*;

use super::*;

fn text(response: &Response<Vec<u8>>) -> String {
    String::from_utf8(response.body().clone()).unwrap()
}

fn pay_page(hostile: &str, items: usize) -> String {
    let item = (hostile.to_owned(), hostile.to_owned());
    text(&payment(&Payment {
        provider: Provider::YzhanPay,
        title: "Pay",
        prices: vec!["USD 10.00".into()],
        product: hostile,
        description: hostile,
        items: &vec![item; items],
        facts: vec![("Order", hostile.to_owned())],
        action: "/checkout/1".into(),
        channels: vec![(hostile, hostile)],
        buttons: vec![Button::new("pay", hostile).choice("checkout")],
    }))
}

fn refused_page(hostile: &str) -> String {
    text(&refusal(&Refusal {
        provider: Provider::YzhanPay,
        status: StatusCode::BAD_REQUEST,
        problems: &[("sign", "is wrong")],
        signed_text: Some(hostile),
        back: Some(hostile),
    }))
}

/// What a reader of HTML makes structure of. Attributes stand in double quotes.
fn marks(page: &str) -> Vec<usize> {
    let count = |mark: char| page.matches(mark).count();
    ['<', '>', '"'].into_iter().map(count).collect()
}

proptest! {
    #[test]
    fn nothing_that_others_wrote_becomes_markup(
        hostile in "[<>&\"'a-z ={}/\u{0}-\u{1f}é]{1,20}|<script>alert\\(1\\)</script>|\" onclick=\"x",
    ) {
        prop_assert_eq!(marks(&pay_page(&hostile, 3)), marks(&pay_page("Tea", 3)));
        prop_assert_eq!(marks(&refused_page(&hostile)), marks(&refused_page("Tea")));
    }

    #[test]
    fn no_page_weighs_50_kilobytes_whatever_it_shows(length in 0usize..20_000, items in 0usize..200) {
        let channel = "'".repeat(length.min(255));
        let long = "'".repeat(length);
        let page = text(&payment(&Payment {
            provider: Provider::YzhanPay,
            title: "Pay",
            prices: vec!["USD 10.00".into()],
            product: &long,
            description: &long,
            items: &vec![(long.clone(), long.clone()); items],
            facts: vec![("Order", long.clone())],
            action: "/checkout/1".into(),
            channels: vec![(&channel, &channel)],
            buttons: vec![Button::new("pay", "Pay")],
        }));
        prop_assert!(page.len() < 50_000, "{}", page.len());
        prop_assert!(refused_page(&long[..length.min(255)]).len() < 50_000);
    }
}

#[test]
fn a_page_asks_for_nothing_else_and_runs_no_script() {
    for page in [
        pay_page("Tea", 1),
        refused_page("Tea"),
        text(&message(Provider::Qiaopay, "a", "b")),
    ] {
        for asking in ["src=", "url(", "@import", "<script", "http:", "https:"] {
            assert!(!page.contains(asking), "{asking}");
        }
        assert!(page.contains("rel=\"icon\" href=\"data:,\""));
        for landmark in ["<header>", "<main>", "<footer>", "<h1>", "lang=\"en\""] {
            assert_eq!(page.matches(landmark).count(), 1, "{landmark}");
        }
    }
}

#[test]
fn a_page_may_do_nothing_but_show_itself() {
    let page = message(Provider::Qiaopay, "a", "b");
    let header = |name: &str| page.headers()[name].to_str().unwrap().to_owned();
    assert!(header("content-security-policy").starts_with("default-src 'none'; "));
    assert_eq!(header("referrer-policy"), "no-referrer");
    assert_eq!(header("cache-control"), "no-store");
}

#[test]
fn each_refusal_has_a_heading_of_its_own() {
    let heading = |status, problems: &[Problem]| {
        let page = text(&refusal(&Refusal {
            provider: Provider::YzhanPay,
            status,
            problems,
            signed_text: None,
            back: None,
        }));
        let rest = page.split("<h1>").nth(1).unwrap().to_owned();
        rest.split('<').next().unwrap().to_owned()
    };
    let bad = StatusCode::BAD_REQUEST;
    let headings = [
        heading(
            bad,
            &[("sign", "is not the signature of the other parameters")],
        ),
        heading(
            bad,
            &[("total_amount", "is not a decimal from 0.01 to 999999999")],
        ),
        heading(bad, &[("product", REQUIRED), ("currency", REQUIRED)]),
        heading(bad, &[("out_trade_no", PAID)]),
        heading(bad, &[("app_id", "is not known")]),
        heading(bad, &[("currency", "is neither USD nor CNY")]),
        heading(StatusCode::NOT_FOUND, &[]),
        heading(StatusCode::METHOD_NOT_ALLOWED, &[]),
    ];
    let distinct: std::collections::BTreeSet<_> = headings.iter().collect();
    assert_eq!(distinct.len(), headings.len(), "{headings:?}");
}

#[test]
fn long_texts_are_cut_between_characters_and_controls_are_replaced() {
    assert_eq!(shown("茶茶茶", 2), "茶茶…");
    assert_eq!(shown("茶茶", 2), "茶茶");
    assert_eq!(shown("a\0\tb", 9), "a\u{fffd}\tb");
}
