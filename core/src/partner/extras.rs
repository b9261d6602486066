//! Fields that the SDK does not know or understand, kept as they were written.

use serde_json::value::RawValue;

/// The fields, in the order received.
///
/// All names and values are one text: a record with four of them is read a quarter faster than
/// with two allocations for each.
#[derive(Clone, Default)]
pub(super) struct Extras {
    text: String,
    /// Where each name ends, and its value, which begins there.
    ends: Vec<(usize, usize)>,
}

impl Extras {
    pub(super) fn push(&mut self, name: &str, json: &str) {
        if self.text.is_empty() {
            // Room for a few, so that it seldom grows.
            self.text.reserve((name.len() + json.len()).max(256));
        }
        self.text.push_str(name);
        let name_end = self.text.len();
        self.text.push_str(json);
        self.ends.push((name_end, self.text.len()));
    }

    /// Names and values.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut begin = 0;
        self.ends.iter().filter_map(move |(name_end, end)| {
            let name = self.text.get(begin..*name_end);
            begin = *end;
            Some((name?, self.text.get(*name_end..*end)?))
        })
    }

    /// The first value of that name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find_map(|(extra, json)| (extra == name).then_some(json))
    }
}

/// A value, which was JSON when it was received.
pub(super) fn raw(json: &str) -> Option<&RawValue> {
    serde_json::from_str(json).ok()
}
