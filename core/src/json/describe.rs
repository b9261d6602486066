//! Describes why JSON was not understood without repeating any of its values.

use std::borrow::Cow;

/// Describes why JSON was not understood, and where, without any of its values.
///
/// The texts of `serde_json` quote the offending value, which may be a token or customer data.
/// Use this for the errors of an [`Endpoint`](crate::Endpoint) of your own.
///
/// ```
/// let error = serde_json::from_str::<u32>("\"secret\"").unwrap_err();
/// assert_eq!(sanspay_core::describe_json_error(&error), "expected u32 (line 1, column 8)");
/// ```
pub fn describe_json_error(error: &serde_json::Error) -> String {
    let full = error.to_string();
    let position = format!(" (line {}, column {})", error.line(), error.column());
    let text = full
        .rsplit_once(" at line ")
        .map_or(full.as_str(), |(text, _)| text);
    let names_only = text.starts_with("missing field `") || text.starts_with("duplicate field `");
    let what: Cow<'_, str> = if names_only || !error.is_data() {
        text.into()
    } else if let Some((_, expected)) = text.rsplit_once(", expected ") {
        format!("expected {expected}").into()
    } else {
        "a value of the wrong form".into()
    };
    // What is said of the fields of an object as a whole has no place.
    if error.line() == 0 {
        return what.into_owned();
    }
    format!("{what}{position}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[allow(dead_code)]
        id: u32,
        #[allow(dead_code)]
        choice: Option<Choice>,
    }

    #[derive(Debug, Deserialize)]
    enum Choice {
        A,
    }

    #[test]
    fn says_what_and_where_and_never_the_value() {
        let cases = [
            ("{\"id\":\"sk_live\"}", "expected u32 (line 1, column 15)"),
            ("{}", "missing field `id` (line 1, column 2)"),
            (
                "{\"id\":1,\"id\":2}",
                "duplicate field `id` (line 1, column 12)",
            ),
            (
                "{\"id\":1",
                "EOF while parsing an object (line 1, column 7)",
            ),
            (
                "{\"id\":1,\"sk_live\":2}",
                "expected `id` or `choice` (line 1, column 17)",
            ),
            (
                "{\"id\":1,\"choice\":\"sk_live, expected \"}",
                "expected `A` (line 1, column 37)",
            ),
        ];
        for (text, told) in cases {
            let error = serde_json::from_str::<Sample>(text).unwrap_err();
            assert_eq!(describe_json_error(&error), told);
        }
        let unplaced: serde_json::Error = serde::de::Error::missing_field("id");
        assert_eq!(describe_json_error(&unplaced), "missing field `id`");
        let Choice::A = serde_json::from_str("\"A\"").unwrap();
    }
}
