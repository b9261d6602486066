//! Random profiles: whatever the places, the same is read.

use super::*;

/// One place of one to three names, none of which another field has.
fn places(count: usize) -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec((0usize..3, "[a-z]{1,5}"), count).prop_map(|drawn| {
        let place = |(number, (depth, word)): (usize, (usize, String))| {
            let parents = ["", "/A", "/A/B", "/C", "/C/B"];
            let parents = parents[(2 * (number % 2) + depth).min(4)];
            format!("{parents}/{word}{number}")
        };
        drawn.into_iter().enumerate().map(place).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// A provider of any profile, played by writing the record at its places, is read as the
    /// default reads its own.
    #[test]
    fn a_record_of_any_profile_says_the_same(
        places in places(5),
        form in 0usize..4,
        units in 1u64..1_000_000_000,
        word in "[A-Z]{3,9}",
    ) {
        let form = ["decimal-string", "decimal-number", "minor-integer", "minor-string"][form];
        let mut leaves = Leaves::new();
        leaves.set("money.form", LeafValue::Text(form.into())).unwrap();
        let names = ["record.id", "record.status", "record.amount", "record.currency", "record.reference"];
        for (name, place) in names.iter().zip(&places) {
            leaves.set(name, LeafValue::Text(place.clone())).unwrap();
        }
        for (name, suffix) in [("created", "1"), ("paid", ""), ("failed", "2"), ("expired", "3")] {
            let word = LeafValue::Text(format!("{word}{suffix}"));
            leaves.set(&format!("status.{name}"), word).unwrap();
        }
        let api = api_of(leaves);
        let amount = crate::Amount::from_minor_units(units, 2).unwrap();
        let tables = api.wire().profile.tables();
        let sent = tables.money.write(amount, &Currency::USD).unwrap();
        let values = [
            json!(ID), json!(word), serde_json::to_value(&sent).unwrap(), json!("USD"), json!("r-1"),
        ];
        let mut record = Value::Null;
        for (place, value) in places.iter().zip(values) {
            put(&mut record, place, value);
        }
        // `Value` makes floats of decimals, so the amount is written as text for text.
        let digits = serde_json::to_string(&sent).unwrap();
        put(&mut record, &places[2], json!("AMOUNT"));
        let body = record.to_string().replace("\"AMOUNT\"", &digits);
        let read = ShowPayment::new(ID.parse().unwrap())
            .read(&api, &Response::new(body.as_bytes()))
            .unwrap_or_else(|error| panic!("{error} {body}"));
        prop_assert!(read.status().is_paid());
        prop_assert_eq!(read.amount(), amount);
        prop_assert_eq!(read.reference(), Some("r-1"));
        prop_assert_eq!(read.extras().count(), 0);
    }
}

/// Writes a value at a place.
fn put(record: &mut Value, place: &str, value: Value) {
    let mut at = record;
    for name in place.split('/').skip(1) {
        if !at.is_object() {
            *at = json!({});
        }
        at = at
            .as_object_mut()
            .unwrap()
            .entry(name)
            .or_insert(Value::Null);
    }
    *at = value;
}
