//! JSON as people write it into collections: with variables, comments and commas too many.

use std::borrow::Cow;
use std::sync::LazyLock;

use jsonc_parser::{JsonValue, ParseOptions, parse_to_value};
use regex::{Captures, Regex};

/// Texts and comments, which stay, and variables outside of them, which become texts.
static HOLES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?x) "(?:\\.|[^"\\])*"  |  //[^\n]*  |  /\*[\s\S]*?\*/
          |  (?P<hole> \{\{[^{}"\n]*\}\} | <[a-z][a-z\ -]*> )"#,
    )
    .ok()
});

/// The strict JSON that a text means; every number keeps its digits. `None` where it is none.
pub(crate) fn strict(text: &str) -> Option<String> {
    let text = text.trim_start_matches('\u{feff}');
    if serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() {
        return Some(text.to_owned());
    }
    let filled = fill(text);
    let value = parse_to_value(&filled, &ParseOptions::default()).ok()??;
    let mut strict = String::with_capacity(filled.len());
    write(value, &mut strict)?;
    Some(strict)
}

/// Puts quotes around variables that stand bare.
fn fill(text: &str) -> Cow<'_, str> {
    let Some(holes) = HOLES.as_ref() else {
        return Cow::Borrowed(text);
    };
    holes.replace_all(text, |found: &Captures<'_>| match found.name("hole") {
        Some(hole) => quoted(hole.as_str()),
        None => found[0].to_owned(),
    })
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn write(value: JsonValue<'_>, json: &mut String) -> Option<()> {
    match value {
        JsonValue::Null => json.push_str("null"),
        JsonValue::Boolean(said) => json.push_str(if said { "true" } else { "false" }),
        JsonValue::Number(digits) => {
            // It reads numbers of JavaScript as well.
            serde_json::from_str::<serde_json::Number>(digits).ok()?;
            json.push_str(digits);
        }
        JsonValue::String(text) => json.push_str(&quoted(&text)),
        JsonValue::Array(items) => {
            json.push('[');
            for (index, item) in items.into_iter().enumerate() {
                if index > 0 {
                    json.push(',');
                }
                write(item, json)?;
            }
            json.push(']');
        }
        JsonValue::Object(fields) => {
            json.push('{');
            for (index, (name, value)) in fields.into_iter().enumerate() {
                if index > 0 {
                    json.push(',');
                }
                json.push_str(&quoted(&name));
                json.push(':');
                write(value, json)?;
            }
            json.push('}');
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_people_write_into_collections_is_read() {
        for (text, json) in [
            ("\u{feff}{\"a\": 1}", "{\"a\": 1}"),
            (
                r#"{"a": {{amount}}, "b": "{{b}}"}"#,
                r#"{"a":"{{amount}}","b":"{{b}}"}"#,
            ),
            ("{\"a\": <number>}", r#"{"a":"<number>"}"#),
            (
                "{\"a\": 10.00, // ten\n /* and */ \"b\": [1,],}",
                r#"{"a":10.00,"b":[1]}"#,
            ),
        ] {
            assert_eq!(strict(text).as_deref(), Some(json), "{text}");
        }
        for none in ["", "{", "not json", "{\"a\": 0x10}"] {
            assert_eq!(strict(none), None, "{none}");
        }
    }

    proptest! {
        #[test]
        fn strict_json_stays_as_it_is(text in "\\{\"[a-z{}]{0,9}\": ?(\"[a-z{}/<>]{0,9}\"|[1-9][0-9]{0,5}(\\.[0-9]{1,4})?|null)\\}") {
            prop_assert_eq!(strict(&text), Some(text));
        }

        #[test]
        fn no_text_breaks_the_reader(text in "[\\PC\\n\"{}/*<>,:]{0,60}") {
            if let Some(json) = strict(&text) {
                prop_assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "{}", json);
            }
        }
    }
}
