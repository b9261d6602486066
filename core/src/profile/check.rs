//! Which value a leaf may have.

use http::HeaderName;
use jsonptr::Pointer;

use super::leaf::{LeafKind, LeafValue};
use crate::money::Currency;
use crate::wire::is_route;

/// The most names of one place, and the most values of one leaf.
const MOST_NAMES: usize = 6;
const MOST_VALUES: usize = 16;

/// What the value has to be, where it is not that.
pub(super) fn form(kind: LeafKind, value: &LeafValue) -> Result<(), String> {
    if is_fine(kind, value) {
        return Ok(());
    }
    Err(match kind {
        LeafKind::Route => "a path that begins with / and stays below it".into(),
        LeafKind::Name => "the name of a header".into(),
        LeafKind::NameOrNo => "the name of a parameter, or false".into(),
        LeafKind::Place => "a place such as /money/amount".into(),
        LeafKind::PlaceOrNo => "a place such as /money/amount, or false".into(),
        LeafKind::Places => "a place such as /data, or a list of them".into(),
        LeafKind::Words => "a word, or a list of words".into(),
        LeafKind::Choice(known) => format!("one of {}", known.join(", ")),
        LeafKind::Number => "a whole number".into(),
        LeafKind::Decimals => {
            "currencies with their decimals, such as { ISK = 2 }, or false".into()
        }
        LeafKind::Constants => {
            "places with constants, such as { \"/capture\" = true }, or false".into()
        }
    })
}

fn is_fine(kind: LeafKind, value: &LeafValue) -> bool {
    use LeafKind as Kind;
    match value {
        LeafValue::No => matches!(
            kind,
            Kind::NameOrNo | Kind::PlaceOrNo | Kind::Decimals | Kind::Constants
        ),
        LeafValue::Text(text) => match kind {
            Kind::Route => is_route(text),
            Kind::Name => HeaderName::try_from(text).is_ok(),
            Kind::NameOrNo => is_parameter(text),
            Kind::Place | Kind::PlaceOrNo | Kind::Places => is_place(text),
            Kind::Words => is_word(text),
            Kind::Choice(known) => known.contains(&text.as_str()),
            _ => false,
        },
        LeafValue::Texts(texts) => match kind {
            Kind::Places => some(texts, |text| is_place(text)),
            Kind::Words => some(texts, |text| is_word(text)),
            _ => false,
        },
        LeafValue::Number(_) => kind == Kind::Number,
        LeafValue::Table(table) => match kind {
            Kind::Decimals => some(table, is_decimals),
            Kind::Constants => some(table, is_constant),
            _ => false,
        },
    }
}

fn some<T>(values: &[T], fine: impl Fn(&T) -> bool) -> bool {
    (1..=MOST_VALUES).contains(&values.len()) && values.iter().all(fine)
}

/// Such as `reference` or `filter[reference]`: it is encoded where it is sent.
fn is_parameter(text: &str) -> bool {
    !text.is_empty() && text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_place(text: &str) -> bool {
    Pointer::parse(text).is_ok_and(|pointer| pointer.count() <= MOST_NAMES)
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.len() <= 64 && !text.chars().any(char::is_control)
}

fn is_decimals((code, decimals): &(String, String)) -> bool {
    let number: Result<u8, _> = decimals.parse();
    Currency::new(code).is_ok() && number.is_ok_and(|number| number <= 8)
}

fn is_constant((place, json): &(String, String)) -> bool {
    let scalar: Result<serde_json::Value, _> = serde_json::from_str(json);
    !place.is_empty()
        && is_place(place)
        && scalar.is_ok_and(|value| !value.is_array() && !value.is_object())
}
