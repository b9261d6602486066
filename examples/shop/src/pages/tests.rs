//! Every page: escaped, light, and without anything to ask for.

#![allow(clippy::unwrap_used)]

use maud::Markup;
use proptest::prelude::*;
use sanspay_core::Amount;
use sanspay_core::checkout::{Source, Status};

use super::*;
use crate::catalogue::{Item, Offer};
use crate::store::{Event, Message, OrderRow, PaymentRow};

fn pages(text: &str, count: usize) -> Vec<Markup> {
    let item = Item {
        id: text.into(),
        name: text.into(),
        about: text.into(),
        parts: vec![(text.into(), text.into())],
        price: Amount::from_minor_units(1, 2).unwrap(),
        offer: Offer::Once,
    };
    let order = OrderRow {
        number: "1".into(),
        item: text.into(),
        subject: text.into(),
        amount_cents: 1,
        offer: Offer::Once,
        status: Status::Created,
        url: text.into(),
        signed_text: text.into(),
    };
    let message = Message {
        source: Source::Notification,
        raw: text.into(),
        failed_check: Some(2),
        result: "refused".into(),
        last: "refused again".into(),
        times: 1,
    };
    let payment = PaymentRow {
        trade_no: text.into(),
        returned: true,
        notified: true,
        again: 2,
    };
    let event = Event {
        record: text.into(),
        claim: text.into(),
        state: "unconfirmed".into(),
        found: text.into(),
    };
    let filter = crate::partner::Filter {
        reference: text.into(),
        ..Default::default()
    };
    let feed = vec![event; count.min(10)];
    vec![
        shop::page(&vec![item; count.min(6)]),
        order::page(&order, &vec![payment; count], &vec![message; count], true),
        partner::page(&filter, &[], None, &feed, Some(text)),
        notice(text, text),
    ]
}

fn marks(page: &Markup) -> Vec<usize> {
    let count = |mark: char| page.0.matches(mark).count();
    ['<', '>', '"'].into_iter().map(count).collect()
}

proptest! {
    #[test]
    fn nothing_that_others_wrote_becomes_markup(
        hostile in "x[<>&\"'a-z ={}/]{1,20}|<script>alert\\(1\\)</script>|\" onclick=\"x",
    ) {
        for (hostile, plain) in pages(&hostile, 2).iter().zip(&pages("Tea", 2)) {
            prop_assert_eq!(marks(hostile), marks(plain));
        }
    }
}

#[test]
fn no_page_weighs_50_kilobytes_whatever_it_shows() {
    for text in ["\"", "&", "茶", "x"] {
        for (index, page) in pages(&text.repeat(255), 40).iter().enumerate() {
            assert!(page.0.len() < 50_000, "page {index}: {}", page.0.len());
        }
    }
}

#[test]
fn pages_ask_for_nothing_but_themselves() {
    for page in pages("Tea", 1) {
        for asking in ["src=", "url(", "@import", "http:", "https:"] {
            assert!(!page.0.contains(asking), "{asking}");
        }
        assert_eq!(page.0.matches("<main>").count(), 1);
    }
}
