use super::slots::has_weight;
use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

fn full() -> Value {
    json!({
        "id": "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d", "type": "payout", "status": "failed",
        "amount": "10.50", "currency": "EUR", "reference": "ref-SECRET",
        "checkout_url": "https://pay.example/SECRET", "failure_reason": "SECRET",
        "metadata": {"name": "SECRET"}, "created_at": "2026-05-19T15:38:44Z",
        "updated_at": "2026-05-19T15:38:45Z", "paid_at": null,
        "expires_at": "2026-05-20T15:38:44+02:00", "note": "SECRET",
    })
}

/// A record that is not wrapped, as the default spells it.
fn parsed(json: &str) -> Result<Record, serde_json::Error> {
    let profile = crate::profile::Profile::default();
    Record::read(Object::read(json)?, profile.tables())
}

fn with(name: &str, value: Value) -> Result<Record, serde_json::Error> {
    let mut fields = full();
    fields[name] = value;
    parsed(&fields.to_string())
}

fn with_amount(text: &str) -> Result<Record, serde_json::Error> {
    let json = full().to_string().replace("\"10.50\"", text);
    parsed(&json)
}

#[test]
fn every_field_is_read() {
    let record = parsed(&full().to_string()).unwrap();
    assert_eq!(
        record.id().to_string(),
        "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d"
    );
    assert_eq!(record.record_type(), Some(&RecordType::Payout));
    assert_eq!(record.status(), &Status::Failed);
    assert_eq!(record.amount().to_string(), "10.50");
    assert_eq!(record.currency(), &Currency::EUR);
    assert_eq!(record.reference(), Some("ref-SECRET"));
    assert_eq!(record.checkout_url(), Some("https://pay.example/SECRET"));
    assert_eq!(record.failure_reason(), Some("SECRET"));
    assert_eq!(record.metadata().unwrap().get(), r#"{"name":"SECRET"}"#);
    let times = [
        record.created_at(),
        record.updated_at(),
        record.paid_at(),
        record.expires_at(),
    ]
    .map(|time| time.map(|time| time.to_string()));
    let expected = [
        Some("2026-05-19T15:38:44Z"),
        Some("2026-05-19T15:38:45Z"),
        None,
        Some("2026-05-20T13:38:44Z"),
    ];
    assert_eq!(times, expected.map(|time| time.map(str::to_owned)));
    assert_eq!(
        record.extra_as::<String>("note").unwrap().unwrap(),
        "SECRET"
    );
    assert!(record.extra_as::<String>("absent").unwrap().is_none());
    let error = record.extra_as::<u32>("note").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreadable);
    assert!(!format!("{error} {error:?}").contains("SECRET"));
}

#[test]
fn debug_holds_no_customer_data() {
    let record = parsed(&full().to_string()).unwrap();
    let text = format!("{record:?}");
    assert!(
        text.contains("6f2b7c1e") && text.contains("Failed"),
        "{text}"
    );
    assert!(!text.contains("SECRET"), "{text}");
    let odd = with("currency", json!("jane SECRET")).unwrap();
    assert!(!format!("{odd:?}").contains("SECRET"));
}

#[test]
fn four_fields_are_required_and_null_is_no_value_for_them() {
    for name in ["id", "status", "amount", "currency"] {
        let mut fields = full();
        fields.as_object_mut().unwrap().remove(name);
        let error = parsed(&fields.to_string()).unwrap_err();
        assert!(
            error
                .to_string()
                .contains(&format!("missing field `{name}`")),
            "{error}"
        );
        assert!(with(name, Value::Null).is_err(), "{name}");
    }
    for name in full().as_object().unwrap().keys() {
        let required = ["id", "status", "amount", "currency"].contains(&&**name);
        assert_eq!(with(name, Value::Null).is_err(), required, "{name}");
    }
}

const WEIGHTY: [&str; 4] = ["id", "status", "amount", "currency"];

#[test]
fn a_field_that_is_there_twice_is_an_error_where_it_has_weight() {
    let known = full().to_string();
    for (name, value) in full()
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| *name != "note")
    {
        let twice = known.replacen('{', &format!("{{\"{name}\":{value},"), 1);
        let record = parsed(&twice);
        if WEIGHTY.contains(&&**name) {
            let error = record.unwrap_err();
            assert!(
                error.to_string().contains("duplicate field"),
                "{name}: {error}"
            );
            continue;
        }
        let record = record.unwrap();
        assert_eq!(record.quirks().collect::<Vec<_>>(), [&**name]);
        let kept = record.extras().filter(|(kept, _)| kept == name);
        assert_eq!(kept.count(), 2, "{name}");
    }
    let twice = known.replacen('{', "{\"note\":1,", 1);
    let record = parsed(&twice).unwrap();
    assert_eq!(
        record.extras().map(|(_, v)| v.get()).collect::<Vec<_>>(),
        ["1", "\"SECRET\""]
    );
    assert_eq!(record.quirks().count(), 0);
}

/// Whether a field of a record is there as typed.
fn has(record: &Record, name: &str) -> bool {
    match name {
        "type" => record.record_type().is_some(),
        "reference" => record.reference().is_some(),
        "checkout_url" => record.checkout_url().is_some(),
        "failure_reason" => record.failure_reason().is_some(),
        "created_at" => record.created_at().is_some(),
        "updated_at" => record.updated_at().is_some(),
        "paid_at" => record.paid_at().is_some(),
        "expires_at" => record.expires_at().is_some(),
        name => panic!("{name}"),
    }
}

#[test]
fn an_odd_form_costs_the_field_and_nothing_else() {
    let odd = [
        "\"\"",
        "\" \"",
        "7",
        "0",
        "false",
        "true",
        "[]",
        "{}",
        "[1]",
        r#""x\ud83d""#,
    ];
    let dates = [
        "\"2026-05-19 15:38:44\"",
        "\"2026-05-19T15:38:44\"",
        "\"2026-05-19\"",
        "\"0000-00-00 00:00:00\"",
        "\"0001-01-01T00:00:00Z\"",
        "\"-0001-11-30T00:00:00.000000Z\"",
        "\"1970-01-01T00:00:00Z\"",
        "\"Tue, 19 May 2026 15:38:44 GMT\"",
        "1779205124",
        "\"1779205124000\"",
    ];
    let light = FIELDS.into_iter().filter(|name| !has_weight(name));
    for name in light.filter(|name| *name != "metadata") {
        let dates = dates.iter().filter(|_| name.ends_with("_at"));
        // A reference of digits may come as a number.
        let odd = odd
            .iter()
            .filter(|json| name != "reference" || **json != "7");
        for json in odd.chain(dates) {
            let mut fields = full();
            fields[name] = json!("PLACE");
            let text = fields.to_string().replace("\"PLACE\"", json);
            let record = parsed(&text).unwrap();
            assert!(!has(&record, name), "{name} {json}");
            assert_eq!(record.quirks().collect::<Vec<_>>(), [name], "{json}");
            assert_eq!(record.extra(name).unwrap().get(), *json);
            assert_eq!(
                (record.amount().to_string(), record.status()),
                ("10.50".into(), &Status::Failed)
            );
            assert!(!format!("{record:?}").contains("SECRET"));
        }
    }
}

#[test]
fn a_space_may_stand_for_the_t_where_the_offset_is_there() {
    let record = with("updated_at", json!("2026-05-19 17:38:44+02:00")).unwrap();
    assert_eq!(
        record.updated_at().unwrap().to_string(),
        "2026-05-19T15:38:44Z"
    );
}

#[test]
fn names_of_unknown_fields_cost_nothing_either() {
    let json = full().to_string().replacen('{', r#"{"\ud83d":1,"#, 1);
    let record = parsed(&json).unwrap();
    assert_eq!(record.extras().count(), 2);
}

#[test]
fn amounts_are_exact_in_both_forms_and_never_floats() {
    for (text, amount) in [
        ("\"0.10\"", "0.10"),
        ("0.10", "0.10"),
        ("12345678901234.5678", "12345678901234.5678"),
        ("\"1\\u0030\"", "10"),
    ] {
        assert_eq!(with_amount(text).unwrap().amount().to_string(), amount);
    }
    for text in [
        "1e2",
        "-1",
        "\"-1\"",
        "\"1e2\"",
        "true",
        "{}",
        "[1]",
        "\"\"",
        "1234567890123456789",
        "1.0E+2",
    ] {
        let error = with_amount(text).unwrap_err();
        assert!(
            crate::json::describe_json_error(&error).contains("`amount` as a decimal"),
            "{text}: {error}"
        );
    }
}

#[test]
fn unknown_texts_are_kept_and_wrong_types_of_weight_are_errors() {
    let record = with("status", json!("on_hold")).unwrap();
    assert_eq!(record.status(), &Status::Other("on_hold".into()));
    assert!(!record.status().is_paid());
    assert_eq!(
        with("type", json!("refund"))
            .unwrap()
            .record_type()
            .unwrap()
            .as_str(),
        "refund"
    );
    assert_eq!(
        with("currency", json!("usdt")).unwrap().currency().as_str(),
        "usdt"
    );
    assert_eq!(
        with("currency", json!("usd")).unwrap().currency(),
        &Currency::USD
    );
    for name in ["id", "status", "currency"] {
        assert!(with(name, json!(7)).is_err(), "{name}");
    }
    for text in ["[]", "null", "7", "\"x\""] {
        assert!(parsed(text).is_err(), "{text}");
    }
}

#[test]
fn the_model_is_small() {
    assert!(size_of::<Record>() <= 512, "{}", size_of::<Record>());
}

proptest! {
    #[test]
    fn unknown_fields_come_back_byte_for_byte(
        names in prop::collection::btree_set("x[a-z_]{0,10}", 0..6),
        number in "-?[1-9][0-9]{0,30}(\\.[0-9]{1,9})?([eE][+-]?[0-9]{1,4})?",
    ) {
        let mut json = full().to_string();
        for name in &names {
            json = json.replacen('{', &format!("{{\"{name}\":{number},"), 1);
        }
        let record = parsed(&json).unwrap();
        for name in &names {
            prop_assert_eq!(record.extra(name).unwrap().get(), &number);
        }
        prop_assert_eq!(record.extras().count(), names.len() + 1);
    }

    #[test]
    fn a_cut_or_altered_record_never_panics(cut in 0usize..600, byte: u8, at in 0usize..600) {
        let mut json = full().to_string().into_bytes();
        let whole = json.len();
        json.truncate(cut);
        prop_assert_eq!(Record::parse(&json, &crate::Wire::default()).is_ok(), cut >= whole);
        if let Some(b) = json.get_mut(at) {
            *b = byte;
            let _ = Record::parse(&json, &crate::Wire::default());
        }
    }
}

#[test]
fn an_error_in_a_value_says_which_it_is() {
    let text = full().to_string().replace("6f2b7c1e-6a0e", "bad");
    let error = parsed(&text).unwrap_err();
    assert_eq!(
        crate::json::describe_json_error(&error),
        "expected `id` as a UUID"
    );
    let error = serde_json::from_str::<RecordId>("7").unwrap_err();
    let expected = "invalid type: integer `7`, expected `id` as a UUID at line 1 column 1";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_record_is_read_the_same_from_a_text_and_from_bytes() {
    let mut fields = full();
    for (name, value) in [
        ("a \"quoted\"\nname", json!("é\u{1f600}")),
        ("nested", json!({"a": [1, {"b": null}]})),
        ("", json!("")),
        ("long", json!("x".repeat(1000))),
    ] {
        fields[name] = value;
    }
    // An amount as a number, and one written with escapes.
    for amount in ["10.50", "\"10.50\"", "\"\\u0031\\u0030.50\""] {
        let text = fields.to_string().replace("\"10.50\"", amount);
        let in_text = parsed(&text).unwrap();
        let from_bytes = Record::parse(text.as_bytes(), &crate::Wire::default()).unwrap();
        let shown = |record: &Record| {
            let extras = record
                .extras()
                .map(|(name, json)| (name.to_owned(), json.get().to_owned()));
            let metadata = record.metadata().map(|json| json.get().to_owned());
            (format!("{record:?}"), extras.collect::<Vec<_>>(), metadata)
        };
        assert_eq!(shown(&in_text), shown(&from_bytes));
        assert_eq!(in_text.extras().count(), 5);
        assert_eq!(in_text.extra("").unwrap().get(), "\"\"");
        let quoted = in_text.extra("a \"quoted\"\nname").unwrap();
        assert_eq!(quoted.get(), "\"é\u{1f600}\"");
        assert_eq!(
            in_text.extra("nested").unwrap().get(),
            r#"{"a":[1,{"b":null}]}"#
        );
    }
}
