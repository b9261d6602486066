//! What a profile says, as the provider's side needs it: places to write at, words to write.

use jsonptr::{Pointer, PointerBuf, assign::Assign, delete::Delete};
use sanspay_core::profile::{LeafValue, Leaves};
use serde_json::Value;

/// The leaves by the form in which they are needed.
#[derive(Clone)]
pub(super) struct Said(pub(super) Leaves);

impl Said {
    pub(super) fn text(&self, leaf: &str) -> Option<String> {
        match self.0.get(leaf) {
            LeafValue::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn texts(&self, leaf: &str) -> Vec<String> {
        match self.0.get(leaf) {
            LeafValue::Text(text) => vec![text],
            LeafValue::Texts(texts) => texts,
            _ => Vec::new(),
        }
    }

    pub(super) fn table(&self, leaf: &str) -> Vec<(String, String)> {
        match self.0.get(leaf) {
            LeafValue::Table(table) => table,
            _ => Vec::new(),
        }
    }

    pub(super) fn place(&self, leaf: &str) -> Option<PointerBuf> {
        PointerBuf::parse(self.text(leaf)?).ok()
    }

    /// The last of the places that the leaf names.
    pub(super) fn last_place(&self, leaf: &str) -> PointerBuf {
        let last = self.texts(leaf).pop();
        let place = last.and_then(|place| PointerBuf::parse(place).ok());
        place.unwrap_or_default()
    }

    /// The provider's word for ours; where it has several, one that follows from `choice`.
    pub(super) fn theirs(&self, group: &str, ours: &str, choice: usize) -> String {
        let words = self.texts(&format!("{group}.{ours}"));
        let word = words.get(choice % words.len().max(1));
        word.map_or(ours, String::as_str).to_owned()
    }

    /// Our word for the provider's.
    pub(super) fn ours<'a>(&self, group: &str, known: &[&'a str], theirs: &str) -> Option<&'a str> {
        let mut known = known.iter();
        let ours = known.find(|ours| {
            let words = self.texts(&format!("{group}.{ours}"));
            words.iter().any(|word| word == theirs)
        });
        ours.copied()
    }
}

/// Writes a value at a place, with the objects around it.
pub(super) fn put(json: &mut Value, place: &Pointer, value: Value) {
    if place.is_root() {
        *json = value;
        return;
    }
    if !json.is_object() {
        *json = Value::Object(serde_json::Map::new());
    }
    // A profile has no place inside of another, so there is nothing in the way.
    let _ = json.assign(place, value);
}

/// Takes the value from a place, and the objects around it that are empty then.
pub(super) fn take(json: &mut Value, place: &Pointer) -> Option<Value> {
    let value = json.delete(place)?;
    let mut around = place.parent();
    while let Some(parent) = around.filter(|parent| !parent.is_root()) {
        let is_empty = json.pointer(parent.as_str()).is_some_and(|value| {
            value.as_object().is_some_and(serde_json::Map::is_empty)
                || value.as_array().is_some_and(Vec::is_empty)
        });
        if is_empty {
            json.delete(parent);
        }
        around = parent.parent();
    }
    Some(value)
}
