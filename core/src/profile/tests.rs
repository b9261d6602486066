//! Profiles: the default speaks as before, another one in everything else, and what is wrong with
//! one is said all at once.

mod once;
mod random;
mod typeless;
mod zephyr;

use http::{Request, Response};
use proptest::prelude::*;
use serde_json::{Value, json};

use zephyr::{api_of, body, fields, show, zephyr, zephyr_record};

use super::*;
use crate::money::Currency;
use crate::partner::{
    FetchToken, ListPayments, NewPayment, NewPayout, Record, RecordType, ShowPayment, Status,
    UnconfirmedEvent,
};
use crate::{Api, BaseUrl, Credentials, Endpoint, ErrorKind, Wire};

const ID: &str = "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d";

#[test]
fn every_default_is_one_that_a_profile_may_say() {
    for leaf in LEAVES {
        let mut leaves = Leaves::new();
        leaves
            .set(leaf.path(), leaf.default_value())
            .unwrap_or_else(|why| panic!("{} {why}", leaf.path()));
        assert_eq!(Leaf::of(leaf.path()), Some(leaf), "named once");
    }
    let mut all = Leaves::new();
    for leaf in LEAVES {
        all.set(leaf.path(), leaf.default_value()).unwrap();
    }
    let said = Profile::new(all).unwrap();
    let assumed = Profile::default();
    let without_leaves = |profile: &Profile| {
        let tables = profile.tables();
        format!(
            "{:?} {:?} {:?}",
            tables.record, tables.payment, tables.query
        )
    };
    assert_eq!(without_leaves(&said), without_leaves(&assumed));
}

#[test]
fn a_record_is_read_where_the_profile_says() {
    let api = api_of(zephyr());
    let record = show(&api, &zephyr_record()).unwrap();
    assert_eq!(record.id().to_string(), ID);
    assert!(record.status().is_paid());
    assert_eq!(record.record_type(), Some(&RecordType::Payment));
    assert_eq!(
        (record.amount().to_string(), record.currency()),
        ("10.50".into(), &Currency::USD)
    );
    assert_eq!(record.reference(), Some("order-1"));
    assert_eq!(record.checkout_url(), Some("https://pay.example/1"));
    assert_eq!(record.paid_at().unwrap().unix_seconds(), 1_800_000_060);
    let metadata = record.metadata().map(|json| json.get().to_owned());
    assert_eq!(metadata.as_deref(), Some(r#"{"cart":7}"#));
    // What is not known keeps its name, or its place; one of our names is at its place as well.
    let extras: Vec<_> = record.extras().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(extras, ["/id", "/money/fee", "/state/colour", "/status"]);
    assert_eq!(record.quirks().count(), 0);
}

#[test]
fn what_carries_weight_is_strict_and_the_rest_is_not() {
    let api = api_of(zephyr());
    let changed = |place: &str, value: Value| {
        let mut record = zephyr_record();
        *record.pointer_mut(place).unwrap() = value;
        show(&api, &record)
    };
    for (place, value) in [
        ("/uuid", json!("no id")),
        ("/state/name", json!(null)),
        ("/money/minor", json!(10.5)),
        ("/money/minor", json!("10.50")),
        ("/money/iso", json!(null)),
        (
            "/money",
            json!([{"minor": 1050, "iso": "USD"}, {"minor": 1, "iso": "USD"}]),
        ),
    ] {
        let error = changed(place, value).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unreadable, "{place}");
    }
    // Two links are not one, and a date is a number here: both are odd and kept.
    let two = changed("/links", json!([{"href": "a"}, {"href": "b"}])).unwrap();
    assert_eq!(two.checkout_url(), None);
    assert!(two.extra("/links").is_some());
    let date = changed("/times/settled", json!("2026-05-19")).unwrap();
    assert!(date.paid_at().is_none() && date.quirks().eq(["paid_at"]));
}

#[test]
fn a_word_of_ours_that_the_provider_does_not_say_is_never_paid() {
    let api = api_of(zephyr());
    let mut record = zephyr_record();
    *record.pointer_mut("/state/name").unwrap() = json!("paid");
    let read = show(&api, &record).unwrap();
    assert!(!read.status().is_paid() && !read.status().is_final());
    assert_eq!(read.status().as_str(), "?paid");
}

#[test]
fn requests_are_written_where_the_profile_says() {
    let api = api_of(zephyr());
    let payment = NewPayment::new("order-1", "10.50".parse().unwrap(), Currency::USD)
        .description("tea")
        .expires_at("2026-05-19T15:38:44Z".parse().unwrap());
    let request = payment.request(&api).unwrap();
    assert_eq!(request.uri().path(), "/v3/charges");
    assert_eq!(request.headers()["x-zephyr-once"], "payment-order-1");
    assert_eq!(
        body(&request),
        json!({
            "merchant": {"order": "order-1"}, "money": {"minor": 1050, "iso": "USD"},
            "statement": {"text": "tea"}, "times": {"deadline": 1_779_205_124},
            "capture": true, "version": 3,
        })
    );
    let isk = Currency::new("ISK").unwrap();
    let payout = NewPayout::new("p-1", "7.5".parse().unwrap(), isk, &json!({"iban": "DE"}));
    let sent = body(&payout.request(&api).unwrap());
    assert_eq!(
        sent["money"],
        json!({"minor": 750, "iso": "ISK"}),
        "two decimals here"
    );
    assert_eq!(sent["receiver"], json!({"iban": "DE"}));
    // What the provider takes no field for is refused, and not left out in silence.
    let cancels = payment
        .cancel_url("https://shop.example/back")
        .request(&api);
    assert_eq!(fields(&cancels.unwrap_err()), ["cancel_url"]);
}

#[test]
fn the_token_is_fetched_by_the_profile() {
    let api = api_of(zephyr());
    let fetch = FetchToken::new(Credentials::new("key&1", "s=cret").unwrap());
    let request = fetch.request(&api).unwrap();
    assert_eq!(request.uri().path(), "/oauth/token");
    assert_eq!(
        request.headers()["content-type"],
        "application/x-www-form-urlencoded"
    );
    let form = b"client_id=key%261&client_secret=s%3Dcret&grant_type=client_credentials";
    assert_eq!(request.body(), form);
    let answer = br#"{"auth":{"bearer":"abc.def","ttl":900}}"#;
    let token = fetch.read(&api, &Response::new(&answer[..])).unwrap();
    assert_eq!(
        token.lifetime(),
        crate::Lifetime::For(std::time::Duration::from_secs(900))
    );
}

#[test]
fn a_list_is_asked_for_and_read_by_the_profile() {
    let api = api_of(zephyr());
    let list = ListPayments::new()
        .status(Status::Paid)
        .record_type(RecordType::Payout)
        .reference("order-1")
        .created_from("2026-01-01T00:00:00Z".parse().unwrap())
        .per_page(5);
    let asked = list.request(&api).unwrap();
    assert_eq!(
        asked.uri().path_and_query().unwrap(),
        "/v3/transactions?state=SETTLED&kind=TRANSFER&order=order-1&since=1767225600&limit=5"
    );
    let entry = json!({"transaction": zephyr_record(), "score": 1});
    let page =
        json!({"result": {"entries": [entry], "cursor": "mark-2", "has_more": true, "count": 9}});
    let mut pager = crate::Pager::new(list);
    let first = pager.next().unwrap().unwrap();
    let read = first
        .read(&api, &Response::new(page.to_string().as_bytes()))
        .unwrap();
    assert_eq!((read.total(), read.has_next()), (Some(9), true));
    assert_eq!(pager.accept(read).unwrap().len(), 1);
    let second = pager.next().unwrap().unwrap().request(&api).unwrap();
    assert!(
        second
            .uri()
            .query()
            .unwrap()
            .ends_with("&after=mark-2&limit=5")
    );
    assert!(
        second.uri().query().unwrap().contains("state=SETTLED"),
        "our filters go along"
    );
}

#[test]
fn what_the_list_cannot_be_asked_for_is_refused() {
    let api = api_of(zephyr());
    let list = ListPayments::new()
        .status(Status::Failed)
        .currency(Currency::USD)
        .page(2);
    let error = list.request(&api).unwrap_err();
    assert_eq!(fields(&error), ["status", "currency", "page"]);
}

#[test]
fn errors_and_webhooks_are_read_by_the_profile() {
    let api = api_of(zephyr());
    let refused = r#"{"problem":{"title":"too small","kind":"amount_low","parts":[]}}"#;
    let mut answer = Response::new(refused.as_bytes());
    *answer.status_mut() = http::StatusCode::UNPROCESSABLE_ENTITY;
    let error = ShowPayment::new(ID.parse().unwrap())
        .read(&api, &answer)
        .unwrap_err();
    assert_eq!(error.api().unwrap().code(), Some("amount_low"));
    assert_eq!(error.api().unwrap().message(), Some("too small"));

    let posted = json!({
        "delivery": "evt-1", "topic": "charge.returned", "at": 1_800_000_000,
        "object": {"transaction": zephyr_record()},
    });
    let event = UnconfirmedEvent::parse(posted.to_string().as_bytes(), api.wire()).unwrap();
    assert_eq!(event.record_id().to_string(), ID);
    assert_eq!(event.id(), Some("evt-1"));
    assert_eq!(event.kind().unwrap().as_str(), "payment.failed");
    assert_eq!(
        event.unconfirmed_record().unwrap().amount().to_string(),
        "10.50"
    );
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let mut leaves = Leaves::new();
    let text = |text: &str| LeafValue::Text(text.into());
    for (path, value) in [
        ("record.amount", "/money"),
        ("record.currency", "/money/iso"),
        ("status.paid", "DONE"),
        ("status.failed", "DONE"),
        ("list.query.status", "page"),
        ("show.route", "/v3/one"),
    ] {
        leaves.set(path, text(value)).unwrap();
    }
    let error = Profile::new(leaves).unwrap_err();
    assert_eq!(
        fields(&error),
        [
            "money.form",
            "show.route",
            "status.created",
            "status.expired",
            "record.currency",
            "status.failed",
            "page.number",
        ]
    );
}

#[test]
fn a_page_is_one_object_and_goes_through_no_list() {
    let mut leaves = Leaves::new();
    for (path, place) in [
        ("money.form", "minor-integer"),
        ("page.items", "/0/rows"),
        ("page.total", "/0/count"),
    ] {
        leaves.set(path, LeafValue::Text(place.into())).unwrap();
    }
    let error = Profile::new(leaves).unwrap_err();
    assert_eq!(fields(&error), ["page.items", "page.total"]);
}

#[test]
fn a_leaf_takes_its_own_form_only() {
    let refused = |path: &str, value: LeafValue| Leaves::new().set(path, value).unwrap_err();
    let text = |text: &str| LeafValue::Text(text.into());
    assert_eq!(
        refused("record.state", text("/x")),
        Refused::Unknown(Some("record.status"))
    );
    assert_eq!(
        refused("nothing.like.it", text("/x")),
        Refused::Unknown(None)
    );
    for (path, value) in [
        ("record.id", LeafValue::No),
        ("record.id", text("uuid")),
        ("record.id", text("/a/b/c/d/e/f/g")),
        ("money.form", text("cents")),
        ("list.route", text("//evil.example/")),
        ("list.route", text("/a/../b")),
        ("status.paid", LeafValue::Texts(Vec::new())),
        ("headers.request_id", text("two words")),
        ("settle_seconds", text("60")),
        (
            "money.decimals",
            LeafValue::Table(vec![("isk".into(), "2".into())]),
        ),
        (
            "token.constants",
            LeafValue::Table(vec![("/a".into(), "{}".into())]),
        ),
    ] {
        assert!(matches!(refused(path, value), Refused::Form(_)), "{path}");
    }
    let mut twice = Leaves::new();
    twice.set("record.id", text("/a")).unwrap();
    assert_eq!(twice.set("record.id", text("/b")), Err(Refused::Twice));
}
