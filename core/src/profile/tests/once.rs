//! Reading in one pass says what reading step by step says, whatever comes.

use super::*;
use crate::json::Object;

/// JSON that may stand where something else was.
const OTHERS: [&str; 12] = [
    "null",
    "[]",
    "[1]",
    "[{}]",
    "{}",
    "\"x\"",
    "7",
    "1.5",
    "true",
    "[1,2]",
    "{\"uuid\":1}",
    "\"\\ud83d\"",
];

fn told(read: Result<Object<'_>, serde_json::Error>) -> Option<Vec<(String, String)>> {
    let fields = read.ok()?.into_fields().into_iter();
    Some(
        fields
            .map(|(name, json)| (name.into_owned(), json.to_owned()))
            .collect(),
    )
}

/// Puts something else in the place of one value, or before it under the same name.
fn altered(json: &str, at: usize, other: &str, twice: bool) -> String {
    let colons: Vec<usize> = json.match_indices(':').map(|(at, _)| at).collect();
    let Some(colon) = colons.get(at % colons.len().max(1)) else {
        return json.to_owned();
    };
    let (before, after) = json.split_at(colon + 1);
    if twice {
        let name = before
            .trim_end_matches(':')
            .rsplit('"')
            .nth(1)
            .unwrap_or("x");
        return format!("{before}{other},\"{name}\":{after}");
    }
    let mut values = serde_json::Deserializer::from_str(after).into_iter::<serde::de::IgnoredAny>();
    let _ = values.next();
    format!(
        "{before}{other}{}",
        after.get(values.byte_offset()..).unwrap_or_default()
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn one_pass_reads_what_step_by_step_reads(
        at in 0usize..40, other in 0usize..OTHERS.len(), twice: bool, cut in 0usize..600, wrapped: bool,
    ) {
        let zephyr = Profile::new(zephyr()).unwrap();
        let record = zephyr_record();
        let bodies = [
            (zephyr, json!({"note": 1, "result": {"more": 2, "transaction": record}})),
            (Profile::default(), json!({"data": {"id": ID, "status": "paid", "data": {"id": 1}}})),
            (Profile::default(), json!({"id": ID, "x": {"id": 2}, "data": {"id": ID}})),
        ];
        for (profile, body) in bodies {
            let body = body.to_string();
            let mut json = altered(&body, at, OTHERS[other], twice);
            if wrapped {
                json.truncate(cut);
            }
            let tables = profile.tables();
            let once = told(tables.record.read_text(&json));
            let steps = told(Object::read(&json).and_then(|object| tables.record.read(object)));
            prop_assert_eq!(once, steps, "{}", json);
        }
    }
}
