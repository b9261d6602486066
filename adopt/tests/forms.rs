//! The forms in which collections come, the traps in them, and both vendors' documents.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use sanspay_adopt::{Adoption, Answers, Body, CheckoutSample, Collection, Kind, NotRead, diff};
use sanspay_core::checkout::SigningKey;
use sanspay_core::profile::Leaves;
use serde_json::{Value, json};

/// The partner API's published description, as the vendor serves it.
const METADATA: &str = include_str!("data/qiaopay.metadata.json");
/// The checkout's published documentation, as the vendor serves it.
const PUBLISHED: &str = include_str!("data/yzhan.published.json");

fn collection(items: &Value) -> Collection {
    let text = json!({"info": {"name": "made by hand"}, "item": items}).to_string();
    Collection::read(&text).unwrap()
}

fn create(name: &str, path: &str) -> Value {
    let body = r#"{"order": "{{order}}", "amount": {{amount}}, "currency": "USD"}"#;
    json!({"name": name, "request": {
        "method": "POST", "url": format!("{{{{host}}}}{path}"), "body": {"mode": "raw", "raw": body},
    }})
}

fn get(name: &str, path: &str) -> Value {
    json!({"name": name, "request": {"method": "GET", "url": format!("https://h.example{path}")}})
}

/// What a collection never says.
fn answered() -> Answers {
    let words = r#"{ created = "NEW", paid = "PAID", failed = "BAD", expired = "OLD" }"#;
    Answers::from_toml(&format!(
        "money = {{ form = \"decimal-string\" }}\nstatus = {words}"
    ))
    .unwrap()
}

fn asked(collection: &Collection) -> Vec<String> {
    let adoption = Adoption::new(collection, Answers::new());
    adoption
        .questions()
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn the_same_request_is_read_from_every_form() {
    let query =
        json!([{"key": "state", "value": "x"}, {"key": "off", "value": "1", "disabled": true}]);
    let v21 = json!({"method": "GET", "url": {
        "raw": "{{host}}/v1/payments/:id?state=x", "host": ["{{host}}"],
        "path": ["v1", "payments", ":id"], "query": query,
    }});
    let v20 = json!({"method": "GET", "url": "https://h.example/v1/payments/{{id}}?state=x"});
    let published = json!({"method": "GET", "url": "https://h.example/v1/payments/7?state=x",
        "urlObject": {"path": ["v1", "payments", "7"], "query": query}});
    for request in [
        v21,
        v20,
        published,
        json!("{{host}}/v1/payments/{id}?state=x"),
    ] {
        let plain = json!({"info": {"name": "c"}, "item": [{"name": "Show", "request": request}]});
        for text in [plain.to_string(), json!({"collection": plain}).to_string()] {
            let collection = Collection::read(&text).unwrap();
            let operation = &collection.operations()[0];
            assert_eq!(
                (operation.method.as_str(), operation.path.as_str()),
                ("GET", "/v1/payments/{}")
            );
            assert_eq!(operation.query, [("state".to_owned(), "x".to_owned())]);
        }
    }
}

#[test]
fn what_is_no_collection_is_told_and_the_metadata_says_where_it_is() {
    let why = |text: &str| Collection::read(text).unwrap_err().to_string();
    assert_eq!(
        why("not json"),
        "this is no Postman collection: it is no JSON"
    );
    assert_eq!(why("{}"), "this is no Postman collection: it has no `info`");
    let url = "https://docs.acquiring.zvxlab.com/api/collections/54839483/2sBXqRkxD7\
               ?segregateAuth=true&versionTag=latest";
    let metadata = NotRead::Metadata {
        collection_url: url.to_owned(),
    };
    assert_eq!(Collection::read(METADATA).unwrap_err(), metadata);
    assert!(metadata.to_string().contains(url));
}

#[test]
fn the_checkouts_document_is_recognised_and_its_signature_does_not_follow() {
    let collection = Collection::read(PUBLISHED).unwrap();
    let key = SigningKey::new(SigningKey::PUBLIC_SAMPLE).unwrap();
    let sample = CheckoutSample::of(&collection, &key).unwrap();
    assert_eq!((sample.known.len(), sample.unknown.len()), (13, 0));
    assert!(!sample.is_consistent());
    assert_eq!(
        sample.printed.unwrap().as_str(),
        "56b7c590b414f03e33fade6df14d02e7"
    );
    assert_eq!(sample.follows.as_str(), "73c5446f7b1206136f309f55ba2e6707");
    assert_eq!(collection.published(), Some("2022-03-14T17:10:42.000Z"));
}

#[test]
fn two_requests_that_could_be_it_are_asked_about() {
    let both = collection(&json!([
        create("Charge", "/v1/payments"),
        create("Order", "/v1/orders")
    ]));
    assert_eq!(
        asked(&both)[0],
        "operations.create_payment: which of these requests is create_payment? (seen: Charge, Order)"
    );
    let answers = Answers::new().operation_is(Kind::CreatePayment, "Order");
    let report = Adoption::new(&both, answers)
        .report(&Leaves::new())
        .to_string();
    assert!(
        report.contains("create_payment: Order, POST /v1/orders"),
        "{report}"
    );
}

#[test]
fn several_requests_of_one_route_are_one() {
    let one = collection(&json!([
        create("Charge in dollars", "/v1/payments"),
        create("Charge in euros", "/v1/payments"),
        get("Show", "/v1/payments/{{id}}"),
        get("Somebody's", "/v1/accounts/{{id}}/payments"),
        get("All", "/v1/payments"),
    ]));
    let names: Vec<String> = asked(&one);
    assert!(
        names.iter().all(|name| !name.starts_with("operations.")),
        "{names:?}"
    );
    let report = Adoption::new(&one, Answers::new())
        .report(&Leaves::new())
        .to_string();
    assert!(
        report.contains("show: Show, GET /v1/payments/{}"),
        "{report}"
    );
    assert!(report.contains("list: All, GET /v1/payments"), "{report}");
}

#[test]
fn an_api_without_payments_is_not_taken_for_one() {
    let other = collection(&json!([
        get("Cats", "/v1/cats"), get("Cat", "/v1/cats/{{id}}"),
        {"name": "Feed", "request": {"method": "POST", "url": "h/v1/cats/feed",
            "body": {"mode": "raw", "raw": "{\"food\": \"fish\"}"}}},
    ]));
    let report = Adoption::new(&other, Answers::new()).report(&Leaves::new());
    assert_eq!(
        report.to_string().matches("not in this collection").count(),
        6,
        "{report}"
    );
    assert!(report.lines().is_empty());
}

#[test]
fn a_second_sample_that_says_something_else_is_a_contradiction() {
    let answer = |name: &str, id: &str| {
        let mut body = json!({"state": "NEW", "amount": "10.00", "currency": "USD"});
        body[id] = json!("6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d");
        json!({"name": name, "code": 200, "body": body.to_string()})
    };
    let mut show = get("Show", "/v1/payments/{{id}}");
    show["response"] = json!([answer("OK", "uuid"), answer("Older", "id")]);
    let both = collection(&json!([create("Create", "/v1/payments"), show]));
    let report = Adoption::new(&both, Answers::new()).report(&Leaves::new());
    let text = report.to_string();
    assert!(report.differs());
    assert!(text.contains("contradictory  record.id"), "{text}");
    assert!(text.contains("Show / OK; \"/id\" (Show / Older)"), "{text}");
}

#[test]
fn of_several_links_none_is_taken() {
    let body = json!({"id": "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d", "status": "NEW",
        "amount": "1", "currency": "USD", "links": [{"href": "self"}, {"href": "pay"}]});
    let mut show = get("Show", "/v1/payments/{{id}}");
    show["response"] = json!([{"name": "OK", "code": 200, "body": body.to_string()}]);
    let both = collection(&json!([create("Create", "/v1/payments"), show]));
    let profile = Adoption::new(&both, answered()).profile("links").unwrap();
    assert!(profile.contains("checkout_url = false"), "{profile}");
}

#[test]
fn a_body_with_holes_comments_and_commas_is_read() {
    let body = "{\n  \"amount\": {{amount}}, // in cents\n  \"currency\": \"{{currency}}\",\n}";
    let item = json!({"name": "Create", "request": {"method": "POST", "url": "h/v1/payments",
        "body": {"mode": "raw", "raw": body}}});
    let collection = collection(&json!([item]));
    let json = r#"{"amount":"{{amount}}","currency":"{{currency}}"}"#;
    assert!(collection.operations()[0].body == Body::Json(json.to_owned()));
}

/// Keys and tokens stand in collections; whatever the reader tells has none of them.
#[test]
fn no_value_of_a_collection_is_told() {
    let token = json!({"name": "Token", "request": {"method": "POST", "url": "h/oauth/token",
        "body": {"mode": "urlencoded", "urlencoded": [
            {"key": "client_id", "value": "PlantedKeyId"},
            {"key": "client_secret", "value": "PlantedKeySecret"}]},
        "header": [{"key": "Authorization", "value": "Bearer PlantedToken"}]},
        "response": [{"name": "OK", "code": 200, "body": "{\"access_token\": \"PlantedToken\"}"}]});
    let collection = collection(&json!([token]));
    let adoption = Adoption::new(&collection, answered());
    let told = format!(
        "{collection:?} {} {}",
        adoption.report(&Leaves::new()),
        adoption.profile("planted").unwrap()
    );
    assert!(
        told.contains("/oauth/token") && !told.contains("Planted"),
        "{told}"
    );
}

#[test]
fn a_later_publication_is_compared_by_its_shape() {
    let show = |field: &str| {
        let mut show = get("Show", "/v1/payments/{{id}}");
        let body = json!({"id": 1, field: "x"}).to_string();
        show["response"] = json!([{"name": "OK", "code": 200, "body": body}]);
        show
    };
    let before = collection(&json!([show("state"), get("Old", "/v1/old")]));
    let after = collection(&json!([show("status"), create("New", "/v1/payments")]));
    let lines: Vec<String> = diff(&before, &after)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        lines,
        [
            "- GET /v1/old: request",
            "- GET /v1/payments/{}: answers 200 /state",
            "+ GET /v1/payments/{}: answers 200 /status",
            "+ POST /v1/payments: request",
        ]
    );
    assert!(diff(&before, &before).is_empty());
}

/// An answer that is wrapped otherwise than another one is no contradiction.
#[test]
fn answers_may_be_wrapped_differently() {
    let record = json!({"id": "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d", "status": "NEW",
        "amount": "10.00", "currency": "USD"});
    let mut show = get("Show", "/v1/payments/{{id}}");
    show["response"] = json!([{"name": "OK", "code": 200, "body": record.to_string()}]);
    let mut create = create("Create", "/v1/payments");
    let wrapped = json!({"data": record}).to_string();
    create["response"] = json!([{"name": "Created", "code": 201, "body": wrapped}]);
    let both = collection(&json!([create, show]));
    let adoption = Adoption::new(&both, answered());
    let profile = adoption.profile("both").unwrap();
    assert!(profile.contains(r#"at = ["/data", ""]"#), "{profile}");
    let profile = sanspay_profile::from_toml(&profile).unwrap();
    let proofs = adoption.prove(profile.profile()).unwrap();
    assert!(
        proofs.iter().all(|proof| proof.result.is_ok()),
        "{proofs:?}"
    );
}

#[test]
fn what_the_examples_contradict_is_asked_until_it_is_answered() {
    let answer = |name: &str, amount: &str| {
        let mut body = json!({"id": "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d", "state": "NEW",
            "currency": "USD"});
        body[amount] = json!(1000);
        json!({"name": name, "code": 200, "body": body.to_string()})
    };
    let mut show = get("Show", "/v1/payments/{{id}}");
    show["response"] = json!([answer("OK", "amount"), answer("Older", "total")]);
    let both = collection(&json!([create("Create", "/v1/payments"), show]));
    let refused = Adoption::new(&both, answered()).profile("two").unwrap_err();
    let text = refused.to_string();
    assert!(
        text.contains("record.amount: the examples say different things"),
        "{text}"
    );
    assert!(text.contains(r#""/total" in Show / Older"#), "{text}");
    let place = sanspay_core::profile::LeafValue::Text("/amount".into());
    let answers = answered().leaf_is("record.amount", place);
    assert!(Adoption::new(&both, answers).profile("two").is_ok());
}
