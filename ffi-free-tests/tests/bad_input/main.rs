//! Bad answers to every operation, over the whole exchange: a typed error that says which
//! operation failed and what was wrong, and never a panic.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod random;

use http::{Method, StatusCode};
use sanspay_core::partner::ListPayments;
use sanspay_core::{Error, ErrorKind, RetryPolicy, Settings};
use sanspay_ffi_free_tests::{
    Call, Canned, Client, Driver, InMemory, MemoryClient, World, perform,
};
use sanspay_testkit::sandbox::SandboxConfig;
use serde_json::{Value, json};

const ID: &str = "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d";
const SHOWN: &str = "/partner/payments/6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d";
const MAX_BODY: usize = 4096;

/// What a good answer of an operation holds.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    Token,
    Record,
    List,
    Anything,
}

/// An operation, where it is answered, and what a good answer holds.
struct Operation {
    name: &'static str,
    path: &'static str,
    form: Form,
    call: Call,
}

impl Operation {
    /// A good answer to what the call asks for.
    fn good(&self) -> Value {
        let mut answer = good(self.form);
        let asked = match self.call {
            Call::Payment(_) => [
                ("type", "payment"),
                ("amount", "10.00"),
                ("currency", "USD"),
            ],
            Call::Payout(_) => [("type", "payout"), ("amount", "25.50"), ("currency", "EUR")],
            _ => return answer,
        };
        for (name, value) in asked {
            answer["data"][name] = value.into();
        }
        answer
    }
}

fn operations() -> Vec<Operation> {
    let operation = |name, path, form, call| Operation {
        name,
        path,
        form,
        call,
    };
    let (payments, payouts) = ("/partner/payments", "/partner/payouts");
    let event = json!({"event": "payment.paid", "data": record()}).to_string();
    let list = Call::List(ListPayments::new());
    let raw = Call::Raw(Method::GET, "/x", None);
    vec![
        operation(
            "fetch token",
            "/partner/auth/token",
            Form::Token,
            Call::Token,
        ),
        operation("create payment", payments, Form::Record, Call::Payment("r")),
        operation("request payout", payouts, Form::Record, Call::Payout("r")),
        operation("show payment", SHOWN, Form::Record, Call::Show(ID)),
        operation(
            "confirm event",
            SHOWN,
            Form::Record,
            Call::Confirm(event.into()),
        ),
        operation("list payments", payments, Form::List, list),
        operation("look up outcome", payments, Form::List, Call::LookUp("r")),
        operation("raw request", "/x", Form::Anything, raw),
    ]
}

fn record() -> Value {
    json!({"id": ID, "type": "payout", "status": "created", "amount": "1.00", "currency": "USD",
        "reference": "r", "created_at": "2026-05-19T15:38:44Z", "metadata": {"k": [1, "x"]}})
}

fn good(form: Form) -> Value {
    match form {
        Form::Token => json!({"access_token": "abc.def", "token_type": "Bearer", "expires_in": 60}),
        Form::Record => json!({"data": record()}),
        Form::List => json!({"data": [record()], "meta": {"current_page": 1, "last_page": "2"},
            "links": {"next": "?page=2"}}),
        Form::Anything => json!({"any": "thing"}),
    }
}

/// A merchant with a token in hand, whose answers we write.
struct Merchant {
    world: World,
    client: MemoryClient,
}

impl Merchant {
    fn new() -> Self {
        let mut settings = Settings::default();
        settings.max_body = MAX_BODY;
        settings.retry = RetryPolicy::never();
        let world = World::new(SandboxConfig::default());
        let client = InMemory.client(&world, settings).unwrap();
        client.call(ListPayments::new(), None).unwrap();
        Self { world, client }
    }

    fn answered(
        &self,
        operation: &Operation,
        status: StatusCode,
        body: &[u8],
    ) -> Result<String, Error> {
        self.world.forget_trace();
        let canned = Canned::new(operation.path, body).status(status);
        self.world
            .answer_with(canned.header("x-request-id", "req-7"));
        let result = perform(&self.world, &self.client, &operation.call);
        let requests = self.world.trace().events().len();
        assert_eq!(requests, 1, "{}: {}", operation.name, self.world.trace());
        result
    }

    /// The error of a bad success: typed, complete, and about this operation.
    fn refused(&self, operation: &Operation, body: &[u8]) -> Error {
        let shown = String::from_utf8_lossy(&body[..body.len().min(200)]);
        let error = match self.answered(operation, StatusCode::OK, body) {
            Err(error) => error,
            Ok(line) => panic!("{} took `{shown}`: {line}", operation.name),
        };
        assert_eq!(error.operation(), operation.name);
        assert_eq!(error.status(), Some(StatusCode::OK));
        assert_eq!(error.request_id(), Some("req-7"));
        let moves_money = ["create payment", "request payout"].contains(&operation.name);
        assert_eq!(error.outcome_unknown(), moves_money, "{}", operation.name);
        error
    }
}

fn assert_says(error: &Error, kind: ErrorKind, reason: &str) {
    assert_eq!(error.kind(), kind, "{error}");
    let text = error.to_string();
    let begin = format!("{}: the answer ", error.operation());
    assert!(text.starts_with(&begin), "{text}");
    assert!(text.contains(reason), "`{text}` does not say `{reason}`");
}

#[test]
fn good_answers_are_taken_by_every_operation() {
    let merchant = Merchant::new();
    for operation in operations() {
        let body = operation.good().to_string();
        let result = merchant.answered(&operation, StatusCode::OK, body.as_bytes());
        assert!(result.is_ok(), "{}: {result:?}", operation.name);
    }
}

#[test]
fn what_is_no_json_says_so_for_every_operation() {
    let merchant = Merchant::new();
    for operation in operations() {
        let whole = operation.good().to_string();
        let cut = &whole.as_bytes()[..whole.len() - 3];
        let invalid = b"{\"a\":\"\xc3\x28\"}";
        for (body, reason) in [
            (
                &b"<html><title>Welcome</title></html>"[..],
                "expected value",
            ),
            (b"null and void", "line 1, column "),
            (b"{\"a\":nope}", "expected ident"),
            (cut, "EOF while parsing"),
            (b"\xff\xfe", "expected value"),
            (invalid, "line 1, column "),
        ] {
            assert_says(
                &merchant.refused(&operation, body),
                ErrorKind::Unreadable,
                reason,
            );
        }
        let deep = "[".repeat(MAX_BODY);
        let error = merchant.refused(&operation, deep.as_bytes());
        assert_says(&error, ErrorKind::Unreadable, "is not understood");
    }
}

#[test]
fn an_empty_answer_says_so_for_every_operation_but_raw() {
    let merchant = Merchant::new();
    for operation in operations() {
        if operation.form == Form::Anything {
            continue;
        }
        let error = merchant.refused(&operation, b"");
        assert_says(&error, ErrorKind::Unreadable, "EOF while parsing");
    }
}

#[test]
fn an_oversized_answer_says_so_for_every_operation() {
    let merchant = Merchant::new();
    for operation in operations() {
        // Good, and too long all the same.
        let body = operation.good().to_string() + &" ".repeat(MAX_BODY);
        let error = merchant.refused(&operation, body.as_bytes());
        assert_says(&error, ErrorKind::TooLarge, "is longer than 4096 bytes");
    }
}

/// A record with one field of weight in the wrong form, and what the error says.
fn wrong_records() -> Vec<(Value, &'static str)> {
    let with = |name: &str, value: Value| {
        let mut record = record();
        record[name] = value;
        record
    };
    let without = |name: &str| {
        let mut record = record();
        record.as_object_mut().unwrap().remove(name);
        record
    };
    let huge = "9".repeat(400);
    vec![
        (without("id"), "missing field `id`"),
        (without("status"), "missing field `status`"),
        (without("amount"), "missing field `amount`"),
        (without("currency"), "missing field `currency`"),
        (with("id", json!(7)), "expected"),
        (with("id", json!("not a uuid")), "id"),
        (with("status", json!(["paid"])), "`status` as a text"),
        (with("amount", json!("-1.00")), "amount"),
        (with("amount", json!(-1)), "amount"),
        (with("amount", json!("1e3")), "amount"),
        (with("amount", json!(huge)), "amount"),
        (with("amount", json!(u64::MAX)), "amount"),
        (with("amount", json!([])), "amount"),
        (with("currency", json!(840)), "expected"),
    ]
}

#[test]
fn a_field_without_weight_in_any_form_is_taken_by_every_operation() {
    let merchant = Merchant::new();
    let names = ["type", "reference", "checkout_url", "created_at", "paid_at"];
    let odd = [
        json!(1),
        json!("yesterday"),
        json!(""),
        json!([]),
        json!({"a": 1}),
        json!(false),
    ];
    for operation in operations().iter().filter(|o| o.name != "look up outcome") {
        for (name, value) in names
            .iter()
            .flat_map(|name| odd.iter().map(move |value| (name, value)))
        {
            // Another type or reference is no odd form, and a reference of digits may be a number.
            let other_text = value == "yesterday" && ["type", "reference"].contains(name);
            if other_text || (value == 1 && *name == "reference") {
                continue;
            }
            let mut body = operation.good();
            match operation.form {
                Form::Record => body["data"][name] = value.clone(),
                Form::List => body["data"][0][name] = value.clone(),
                Form::Token | Form::Anything => continue,
            }
            let body = body.to_string();
            let result = merchant.answered(operation, StatusCode::OK, body.as_bytes());
            assert!(
                result.is_ok(),
                "{} {name}: {value}: {result:?}",
                operation.name
            );
        }
    }
}

#[test]
fn a_record_with_a_wrong_field_says_which_for_every_operation() {
    let merchant = Merchant::new();
    for operation in operations() {
        for (record, reason) in wrong_records() {
            let body = match operation.form {
                Form::Record => json!({"data": record}),
                Form::List => json!({"data": [record]}),
                Form::Token | Form::Anything => continue,
            };
            let error = merchant.refused(&operation, body.to_string().as_bytes());
            assert_says(&error, ErrorKind::Unreadable, reason);
        }
    }
}

#[test]
fn json_of_another_form_is_refused_by_every_operation_that_has_one() {
    let merchant = Merchant::new();
    for operation in operations() {
        let elsewhere = match operation.form {
            Form::Token => vec![
                record(),
                json!([good(Form::Token)]),
                json!({"access_token": 7}),
            ],
            Form::Record => vec![
                json!([record()]),
                good(Form::Token),
                json!({"data": [record()]}),
            ],
            Form::List => vec![
                good(Form::Token),
                good(Form::Record),
                json!({"data": {"a": []}}),
            ],
            Form::Anything => continue,
        };
        let scalars = [json!("text"), json!(1), json!(true), json!(null), json!({})];
        for body in elsewhere.into_iter().chain(scalars) {
            let error = merchant.refused(&operation, body.to_string().as_bytes());
            assert_says(&error, ErrorKind::Unreadable, "is not understood");
        }
    }
}

#[test]
fn a_token_answer_with_a_wrong_field_says_which() {
    let merchant = Merchant::new();
    let fetch = &operations()[0];
    for (body, reason) in [
        (
            json!({"token_type": "Bearer"}),
            "missing field `access_token`",
        ),
        (
            json!({"access_token": "a", "token_type": "mac"}),
            "`token_type` is not bearer",
        ),
        (json!({"access_token": ""}), "token is empty"),
        (
            json!({"access_token": "a b"}),
            "characters that no header may hold",
        ),
    ] {
        let error = merchant.refused(fetch, body.to_string().as_bytes());
        assert_eq!(error.kind(), ErrorKind::Unreadable);
        assert!(error.to_string().contains(reason), "{error}");
        assert_eq!(error.body(), Some(&b""[..]), "it may hold a token");
    }
    for life in [
        json!(0),
        json!(-5),
        json!(u64::MAX),
        json!(1e300),
        json!("3600"),
        json!("soon"),
        json!({}),
    ] {
        let body = json!({"access_token": "a", "expires_in": life}).to_string();
        let result = merchant.answered(fetch, StatusCode::OK, body.as_bytes());
        assert!(result.is_ok(), "{life}: {result:?}");
    }
}
