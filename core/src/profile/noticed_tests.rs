//! Every leaf counts: whichever is changed alone, something that a client sends or reads changes.

use http::{Response, StatusCode};
use serde_json::json;

use super::*;
use crate::money::Currency;
use crate::partner::{
    FetchToken, ListPayments, NewPayment, NewPayout, RecordType, ShowPayment, Status,
    UnconfirmedEvent,
};
use crate::{Api, BaseUrl, Credentials, Endpoint, Wire};

const ID: &str = "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d";

/// Everything that a client with this profile sends, and all that it makes of what a provider of
/// the default and one of the other form answers.
fn observed(leaves: Leaves) -> String {
    let profile = Profile::new(leaves).unwrap_or_else(|error| panic!("{error}"));
    let api = Api::new(BaseUrl::new("https://h.example").unwrap()).with_wire(Wire::from(profile));
    let mut seen = format!("{:?}", api.wire().settle);
    sent(&api, &mut seen);
    received(&api, &mut seen);
    seen
}

fn sent(api: &Api, seen: &mut String) {
    let time = "2026-05-19T15:38:44Z".parse().unwrap();
    let isk = Currency::new("ISK").unwrap();
    let payment = NewPayment::new("r", "10.50".parse().unwrap(), Currency::USD)
        .description("d")
        .customer(&json!({"c": 1}))
        .return_url("https://s.example/r")
        .cancel_url("https://s.example/c")
        .expires_at(time)
        .metadata(&json!({"m": 1}));
    let payout = NewPayout::new("r", "10".parse().unwrap(), isk, &json!({"b": 1}))
        .description("d")
        .metadata(&json!({"m": 1}));
    let list = ListPayments::new()
        .record_type(RecordType::Payment)
        .currency(Currency::USD)
        .reference("r")
        .created_from(time)
        .created_to(time)
        .per_page(3);
    let requests = [
        FetchToken::new(Credentials::new("k", "s").unwrap()).request(api),
        payment.request(api),
        payout.request(api),
        ShowPayment::new(ID.parse().unwrap()).request(api),
        list.clone().page(2).request(api),
        list.clone().status(Status::Paid).request(api),
        list.clone().record_type(RecordType::Payout).request(api),
        crate::pager::Paged::at(&list, crate::pager::Cursor::After("m".into())).request(api),
    ];
    for status in [Status::Created, Status::Failed, Status::Expired] {
        seen.push_str(&format!(
            "{:?}",
            list.clone().status(status).request(api).is_ok()
        ));
    }
    for request in requests {
        match request {
            Ok(request) => seen.push_str(&format!(
                "{} {:?} {}\n",
                request.uri(),
                request.headers(),
                String::from_utf8_lossy(request.body())
            )),
            Err(error) => seen.push_str(&error.to_string()),
        }
    }
}

fn received(api: &Api, seen: &mut String) {
    let record = |status: &str, kind: &str| {
        json!({
            "id": ID, "type": kind, "status": status, "amount": "10", "currency": "ISK",
            "reference": "r", "checkout_url": "u", "failure_reason": "f", "metadata": {"m": 1},
            "created_at": "2026-05-19T15:38:44Z", "updated_at": "2026-05-19T15:38:45Z",
            "paid_at": "2026-05-19T15:38:46Z", "expires_at": "2026-05-19T15:38:47Z",
        })
    };
    let show = ShowPayment::new(ID.parse().unwrap());
    for (status, kind) in [
        ("created", "payment"),
        ("paid", "payout"),
        ("failed", "payment"),
        ("expired", "payment"),
    ] {
        let record = record(status, kind);
        for body in [
            record.clone(),
            json!({"data": record}),
            json!({"other": record}),
        ] {
            let read = show.read(api, &Response::new(body.to_string().as_bytes()));
            seen.push_str(&format!("{read:?}"));
            if let Ok(record) = read {
                let texts = (
                    record.reference(),
                    record.checkout_url(),
                    record.failure_reason(),
                );
                seen.push_str(&format!("{texts:?} {:?}", record.metadata().is_some()));
                let words = (
                    record.status().as_str(),
                    record.record_type().map(RecordType::as_str),
                );
                seen.push_str(&format!("{words:?}"));
            }
        }
    }
    let token = FetchToken::new(Credentials::new("k", "s").unwrap());
    for body in [
        json!({"access_token": "t", "token_type": "mac", "expires_in": 9}),
        json!({"data": {"access_token": "t", "token_type": "Bearer", "expires_in": 9}}),
        json!({"other": {"access_token": "t", "expires_in": 9}}),
    ] {
        let read = token.read(api, &Response::new(body.to_string().as_bytes()));
        let lifetime = read.map(|token| token.lifetime());
        seen.push_str(&format!("{lifetime:?}"));
    }
    let page = json!({
        "data": [record("paid", "payment")],
        "x": {"cursor": "c", "link": "/l?page=7", "more": true, "total": 5, "current": 1, "last": 9,
            "size": 4, "items": [{"in": record("paid", "payment")}]},
    });
    let read = ListPayments::new().read(api, &Response::new(page.to_string().as_bytes()));
    seen.push_str(&format!("{read:?}"));
    let mut refused =
        Response::new(&br#"{"x":{"message":"m","code":"c","errors":{"amount":["e"]}}}"#[..]);
    *refused.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    for (name, id) in [("x-request-id", "one"), ("x-another", "two")] {
        refused.headers_mut().insert(name, id.parse().unwrap());
    }
    let error = show.read(api, &refused).unwrap_err();
    seen.push_str(&format!(
        "{error} {:?} {:?}",
        error.api(),
        error.request_id()
    ));
    for event in [
        "payment.created",
        "payment.paid",
        "payment.failed",
        "payment.expired",
    ] {
        let posted = json!({
            "id": "e", "event": event, "created_at": "2026-05-19T15:38:44Z",
            "data": record("paid", "payment"),
        });
        let read = UnconfirmedEvent::parse(posted.to_string().as_bytes(), api.wire());
        let read = read.map(|event| format!("{event:?} {:?} {:?}", event.id(), event.kind()));
        seen.push_str(&format!("{read:?}"));
    }
}

/// Another value for a leaf, which makes a profile on its own.
fn other(leaf: &Leaf) -> LeafValue {
    let place = match leaf.path() {
        "page.next_cursor" => "/x/cursor",
        "page.next_link" => "/x/link",
        "page.more" => "/x/more",
        "page.total" => "/x/total",
        "page.current" => "/x/current",
        "page.last" => "/x/last",
        "page.per_page" => "/x/size",
        "page.items" => "/x/items",
        "list.item" => "/type",
        "error.message" => "/x/message",
        "error.code" => "/x/code",
        "error.errors" => "/x/errors",
        "record.at" | "token.at" => "/other",
        _ => "/another",
    };
    match leaf.kind() {
        LeafKind::Route => LeafValue::Text("/another/{uuid}".into()),
        LeafKind::Name | LeafKind::NameOrNo => LeafValue::Text("x-another".into()),
        LeafKind::Place | LeafKind::PlaceOrNo | LeafKind::Places => LeafValue::Text(place.into()),
        LeafKind::Words => LeafValue::Texts(vec!["another".into(), "third".into()]),
        LeafKind::Choice(known) => LeafValue::Text((*known.last().unwrap()).into()),
        LeafKind::Number if leaf.path() == "page.first" => LeafValue::Number(0),
        LeafKind::Number => LeafValue::Number(7),
        LeafKind::Decimals => LeafValue::Table(vec![("ISK".into(), "3".into())]),
        LeafKind::Constants => LeafValue::Table(vec![("/constant".into(), "1".into())]),
    }
}

#[test]
fn every_leaf_that_is_changed_alone_is_noticed() {
    let mut unnoticed = Vec::new();
    for leaf in LEAVES {
        let group = leaf.path().split('.').next().unwrap();
        // The words of one kind are said together, and amounts always.
        let mut base = Leaves::new();
        for said in LEAVES {
            let together = leaf.kind() == LeafKind::Words && said.path().starts_with(group);
            let money = ["money.form"].contains(&said.path());
            if (together || money) && said.path() != leaf.path() {
                base.set(said.path(), said.default_value()).unwrap();
            }
        }
        if leaf.path() == "money.decimals" {
            base = Leaves::new();
            base.set("money.form", LeafValue::Text("minor-integer".into()))
                .unwrap();
        }
        let mut changed = base.clone();
        changed.set(leaf.path(), other(leaf)).unwrap();
        let mut same = base;
        same.set(leaf.path(), leaf.default_value()).unwrap();
        if observed(changed) == observed(same) {
            unnoticed.push(leaf.path());
        }
    }
    assert_eq!(unnoticed, Vec::<&str>::new());
}
