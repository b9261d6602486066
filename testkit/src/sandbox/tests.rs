//! What holds for the sandbox as a whole.

use http::{Method, StatusCode};
use proptest::prelude::*;
use serde_json::{Value, json};

use sanspay_core::checkout::{SigningKey, php_query};

use super::testing::{Merchant, body, config, seconds, status};
use super::{DuplicateReferences, Fault, FaultRule, RecordKind, Reply, Sandbox};

fn fault(text: &str) -> FaultRule {
    FaultRule::new(text.parse::<Fault>().unwrap())
}

fn merchant() -> Merchant {
    let mut config = config();
    config.partner.duplicate_references = DuplicateReferences::Accept;
    Merchant::new(config)
}

#[test]
fn each_fault_executes_the_request_or_not_and_answers_as_it_says() {
    for (text, executed, reply) in [
        ("not-connected", 0, "NotConnected"),
        ("lost-request", 0, "Lost"),
        ("lost-answer", 1, "Lost"),
        ("broken-off", 1, "BrokenOff(201)"),
        ("truncated", 1, "Answer(201)"),
        ("502 html", 0, "Answer(502)"),
        ("504 html executed", 1, "Answer(504)"),
        ("401", 0, "Answer(401)"),
        ("latency=1500", 1, "Answer(201)"),
    ] {
        let mut merchant = merchant();
        merchant.sandbox.add_fault(fault(text).method(Method::POST));
        let request = merchant.post("/partner/payments", &Merchant::payment("a"));
        let outcome = merchant.sandbox.exchange(&request, merchant.now);
        assert_eq!(format!("{:?}", outcome.reply), reply, "{text}");
        assert_eq!(
            merchant.sandbox.executions(RecordKind::Payment, "a"),
            executed,
            "{text}"
        );
        assert_eq!(
            outcome.delay.as_millis() == 1500,
            text.starts_with("latency")
        );
        let after = merchant.sandbox.exchange(&request, merchant.now);
        assert_eq!(
            format!("{:?}", after.reply),
            "Answer(201)",
            "{text} is over"
        );
    }
}

#[test]
fn a_truncated_answer_is_no_json_any_more() {
    let mut merchant = merchant();
    merchant.sandbox.add_fault(fault("truncated"));
    let outcome = merchant
        .sandbox
        .exchange(&merchant.get_request(), merchant.now);
    let Reply::Answer(answer) = outcome.reply else {
        panic!("{outcome:?}")
    };
    assert!(!answer.body().is_empty());
    assert!(serde_json::from_slice::<Value>(answer.body()).is_err());
}

#[test]
fn faulted_requests_are_seen_where_they_reached_the_provider() {
    let mut merchant = merchant();
    for text in [
        "not-connected",
        "lost-request",
        "lost-answer",
        "503",
        "504 html executed",
    ] {
        merchant.sandbox.add_fault(fault(text));
    }
    for _ in 0..5 {
        let _ = merchant
            .sandbox
            .exchange(&merchant.get_request(), merchant.now);
    }
    let statuses: Vec<u16> = merchant
        .sandbox
        .seen()
        .map(|seen| seen.status.as_u16())
        .collect();
    assert_eq!(
        statuses,
        [200, 200, 503, 200],
        "the token, and three of five"
    );
}

#[test]
fn the_header_faults_its_own_request_and_a_misspelt_one_is_told() {
    let mut merchant = merchant();
    let mut request = merchant.get_request();
    request
        .headers_mut()
        .insert("x-sandbox-fault", "503 html".parse().unwrap());
    assert_eq!(
        merchant.sandbox.handle(&request, merchant.now).status(),
        200
    );
    let outcome = merchant.sandbox.exchange(&request, merchant.now);
    assert_eq!(format!("{:?}", outcome.reply), "Answer(503)");
    request
        .headers_mut()
        .insert("x-sandbox-fault", "lost-anser".parse().unwrap());
    let outcome = merchant.sandbox.exchange(&request, merchant.now);
    assert_eq!(format!("{:?}", outcome.reply), "Answer(400)");
}

#[test]
fn control_routes_are_for_a_client_on_a_socket() {
    let mut merchant = merchant();
    merchant.pay_in("a/1");
    merchant.pay_in("b");
    merchant.pay_in("c");
    for (method, path, json, expected) in [
        (Method::POST, "records/a%2F1/pay", json!(null), 204),
        (Method::POST, "records/a%2F1/fail", json!(null), 409),
        (Method::POST, "records/b/fail", json!(null), 204),
        (Method::POST, "records/c/expire", json!(null), 204),
        (Method::POST, "records/d/pay", json!(null), 404),
        (
            Method::POST,
            "webhooks",
            json!({"copies": 3, "delay_ms": 5}),
            204,
        ),
        (Method::POST, "webhooks", json!({"copies": -1}), 422),
        (
            Method::POST,
            "faults",
            json!({"fault": "503", "method": "PUT", "times": 2}),
            204,
        ),
        (
            Method::POST,
            "faults",
            json!([{"fault": "lost-answer", "path": "/x*", "skip": 1}]),
            204,
        ),
        (
            Method::POST,
            "faults",
            json!([{"fault": "503"}, {"fault": "x"}]),
            422,
        ),
        (
            Method::POST,
            "faults",
            json!({"fault": "503", "colour": "red"}),
            422,
        ),
        (Method::POST, "deliveries/hold", json!(null), 204),
        (Method::GET, "deliveries/hold", json!(null), 405),
        (Method::GET, "faults", json!(null), 405),
        (Method::GET, "nothing", json!(null), 404),
        (Method::GET, "requests", json!(null), 200),
    ] {
        let mut request = merchant.post(&format!("/sandbox/{path}"), &json);
        *request.method_mut() = method;
        let answer = merchant.send(&request);
        assert_eq!(answer.status().as_u16(), expected, "{path}");
    }
    assert_eq!(merchant.sandbox.webhooks().copies, 3);
    let now = merchant.now;
    assert!(merchant.sandbox.due(now).is_empty(), "everything is held");
    merchant.send(&merchant.post("/sandbox/deliveries/release", &json!(null)));
    assert!(!merchant.sandbox.due(now).is_empty());
    assert_eq!(merchant.sandbox.faults_left(), 2);
    let cleared = merchant.send(&merchant.request(Method::DELETE, "/sandbox/faults"));
    assert_eq!(
        (cleared.status(), merchant.sandbox.faults_left()),
        (StatusCode::NO_CONTENT, 0)
    );
    merchant.send(&merchant.post("/sandbox/tokens/revoke", &json!(null)));
    assert_eq!(merchant.get("/partner/payments").status(), 401);
    let requests = body(&merchant.get("/sandbox/requests"));
    assert_eq!(
        requests.as_array().unwrap().len(),
        5,
        "control requests are not among them"
    );
    assert_eq!(
        requests[4],
        json!({"method": "GET", "path": "/partner/payments", "status": 401})
    );
}

#[test]
fn without_control_its_routes_do_not_exist() {
    let mut config = config();
    config.control = false;
    let mut merchant = Merchant::new(config);
    let answer = merchant.send(&merchant.post("/sandbox/tokens/revoke", &json!(null)));
    assert_eq!(answer.status(), 404);
    assert_eq!(merchant.get("/partner/payments").status(), 200);
}

#[test]
fn the_ledger_keeps_no_more_than_it_is_told_to() {
    let mut config = config();
    config.seen_limit = 2;
    let mut merchant = Merchant::new(config);
    for path in ["/a", "/b", "/c"] {
        merchant.get(path);
    }
    let paths: Vec<&str> = merchant
        .sandbox
        .seen()
        .map(|seen| seen.path.as_str())
        .collect();
    assert_eq!(paths, ["/b", "/c"]);
}

/// One step of a story that can be told twice.
#[derive(Debug, Clone)]
enum Step {
    Payment(u8),
    Payout(u8),
    Pay(u8),
    List,
    Wait(u64),
    Deliver(bool),
    Fault(usize),
    Revoke,
    Open(u8),
    PayOrder(u8),
}

const FAULTS: [&str; 4] = [
    "lost-answer",
    "503 retry-after=3",
    "truncated",
    "latency=10",
];

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0u8..4).prop_map(Step::Payment),
        (0u8..4).prop_map(Step::Payout),
        (0u8..4).prop_map(Step::Pay),
        Just(Step::List),
        (0u64..5000).prop_map(Step::Wait),
        any::<bool>().prop_map(Step::Deliver),
        (0..FAULTS.len()).prop_map(Step::Fault),
        Just(Step::Revoke),
        (0u8..4).prop_map(Step::Open),
        (0u8..4).prop_map(Step::PayOrder),
    ]
}

fn checkout_url(number: &str) -> String {
    let product = r#"{"name":"Tea","type":"DIGITAL","category":"SOFTWARE"}"#;
    let mut pairs = vec![
        ("app_id", "sandbox-app"),
        ("request_time", "2027-01-15 08:00:00"),
        ("notify_url", "https://shop.example/notify"),
        ("return_url", "https://shop.example/return"),
        ("product", product),
        ("channel", r#"{"env":"sandbox","ability":"checkout"}"#),
        ("out_trade_no", number),
        ("total_amount", "10.00"),
        ("currency", "USD"),
    ];
    let sign = SigningKey::new("sandbox-app-key").unwrap().sign(&pairs);
    pairs.push(("sign", sign.as_str()));
    format!("/checkout?{}", php_query(&pairs))
}

/// Everything that the sandbox says in the course of the story.
fn tell(steps: &[Step]) -> Vec<String> {
    let mut merchant = merchant();
    let mut said = vec![merchant.token.clone()];
    for step in steps {
        let reference = |n: &u8| n.to_string();
        let request = match step {
            Step::Payment(n) => {
                let payment = Merchant::payment(&reference(n));
                Some(merchant.post("/partner/payments", &payment))
            }
            Step::Payout(n) => {
                let payout = Merchant::payout(&reference(n));
                Some(merchant.post("/partner/payouts", &payout))
            }
            Step::Open(n) => {
                let url = checkout_url(&reference(n));
                Some(merchant.request(Method::GET, &url))
            }
            Step::List => Some(merchant.get_request()),
            _ => None,
        };
        if let Some(request) = request {
            let outcome = merchant.sandbox.exchange(&request, merchant.now);
            if let Reply::Answer(answer) = &outcome.reply {
                said.push(format!("{answer:?}"));
            }
            said.push(format!("{outcome:?}"));
        }
        match step {
            Step::Pay(n) => {
                let result = merchant.sandbox.pay(&reference(n), merchant.now);
                said.push(format!("{result:?}"));
            }
            Step::PayOrder(n) => {
                let result = merchant.sandbox.pay_order(&reference(n), merchant.now);
                said.push(format!("{result:?}"));
            }
            Step::Wait(n) => merchant.now += seconds(*n),
            Step::Deliver(received) => {
                for delivery in merchant.sandbox.due(merchant.now) {
                    said.push(format!("{:?} {:?}", delivery.id, delivery.request));
                    let answer = status(if *received { 200 } else { 500 }, "");
                    merchant
                        .sandbox
                        .delivered(delivery.id, merchant.now, Some(&answer));
                }
            }
            Step::Fault(n) => merchant.sandbox.add_fault(fault(FAULTS[*n])),
            Step::Revoke => merchant.sandbox.revoke_tokens(),
            _ => {}
        }
        said.push(format!("{:?}", merchant.sandbox.next_due()));
    }
    said
}

proptest! {
    #[test]
    fn the_same_inputs_get_the_same_outputs(steps in proptest::collection::vec(step(), 0..40)) {
        prop_assert_eq!(tell(&steps), tell(&steps));
    }

    #[test]
    fn a_story_with_orders_holds_them(number in 0u8..4) {
        let said = tell(&[Step::Open(number), Step::PayOrder(number), Step::Deliver(true)]);
        prop_assert!(said.iter().any(|line| line.contains("status=CHECKOUT_SUCCEED")));
    }

    #[test]
    fn another_seed_gives_other_ids(seed in 1u64..) {
        let token = |seed| {
            let mut config = config();
            config.seed = seed;
            Merchant::new(config).token
        };
        prop_assert_ne!(token(0), token(seed));
    }
}

#[test]
fn a_sandbox_can_be_sent_to_another_thread() {
    fn sendable<T: Send + Sync + 'static>() {}
    sendable::<Sandbox>();
}
