//! The values that are hidden, and what they are hidden behind.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::super::{moment, token};
use super::view::{self, View};
use super::{DEPTH, names};

/// What is shorter is hidden in its field and not wherever else these characters stand.
const TELLING_LENGTH: usize = 6;

/// What is shorter than that is hidden elsewhere only where it stands alone, down to this length.
const ALONE_LENGTH: usize = 4;

/// A learned secret of this length or more must not be found in the output in any form.
const CHECKED_LENGTH: usize = 8;

/// Where a value is hidden besides its own field.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Everywhere, and the output is searched for it.
    Secret,
    /// Everywhere where it tells something.
    Person,
    /// Everywhere if it is long.
    Field,
}

struct Hidden {
    placeholder: String,
    /// Whether it is hidden wherever it stands alone, and not only in its field.
    alone: bool,
}

#[derive(Default)]
pub(super) struct Known {
    /// What the user told.
    told: BTreeSet<String>,
    hidden: BTreeMap<String, Hidden>,
    /// How many placeholders each label has.
    counts: BTreeMap<String, usize>,
    /// What is searched for in texts, and what takes its place.
    needles: Vec<(String, String)>,
    /// What must not be in the output, with its label.
    checked: Vec<(String, Vec<String>)>,
}

impl Known {
    pub(super) fn new<'a>(told: impl Iterator<Item = &'a str>) -> Self {
        let mut known = Self {
            told: told.map(str::to_owned).collect(),
            ..Self::default()
        };
        for secret in known.told.clone() {
            known.hide("secret", &secret, Reach::Secret, 0);
        }
        known
    }

    /// The placeholder of a value, which is the same from now on.
    pub(super) fn hide(&mut self, name: &str, value: &str, reach: Reach, shift: i64) -> String {
        if let Some(known) = self.hidden.get(value) {
            return known.placeholder.clone();
        }
        let label = token::label(names::parts(name).next_back().unwrap_or(name));
        let number = self.counts.entry(label.clone()).or_default();
        *number += 1;
        let placeholder = token::placeholder(&label, *number, moment::expiry(value, shift));
        self.note(value, &label, &placeholder, reach);
        placeholder
    }

    fn note(&mut self, value: &str, label: &str, placeholder: &str, reach: Reach) {
        let told = self.told.contains(value);
        let telling = names::is_telling(value);
        let long = value.len() >= TELLING_LENGTH;
        if told || (telling && long) {
            let mut forms = vec![value.to_owned()];
            forms.extend(view::disguises(value));
            let needles = forms
                .iter()
                .map(|form| (form.clone(), placeholder.to_owned()));
            self.needles.extend(needles);
            if told || (reach == Reach::Secret && value.len() >= CHECKED_LENGTH) {
                self.checked.push((label.to_owned(), forms));
            }
        }
        let short = value.len() >= ALONE_LENGTH && reach != Reach::Field;
        let hidden = Hidden {
            placeholder: placeholder.to_owned(),
            alone: told || (telling && (long || short)),
        };
        self.hidden.insert(value.to_owned(), hidden);
    }

    /// Hides what a value of a broken text may stand for as well: how it was escaped there is
    /// anybody's guess.
    pub(super) fn note_readings(&mut self, raw: &str, placeholder: &str) {
        if !token::is_placeholder(placeholder) {
            return;
        }
        for view in view::views(raw, DEPTH) {
            if !self.hidden.contains_key(view.text()) {
                self.note(view.text(), "", placeholder, Reach::Person);
            }
        }
    }

    /// The placeholder of a text that is nothing but a hidden value.
    pub(super) fn alone(&self, text: &str) -> Option<&str> {
        let hidden = self.hidden.get(text).filter(|hidden| hidden.alone)?;
        Some(&hidden.placeholder)
    }

    /// Where hidden values stand in the text of the view, with what takes their place.
    pub(super) fn find_in(&self, view: &View) -> Vec<(Range<usize>, String)> {
        let mut found = Vec::new();
        for (needle, placeholder) in &self.needles {
            for (at, _) in view.text().match_indices(needle.as_str()) {
                let range = view.original(&(at..at + needle.len()));
                found.extend(range.map(|range| (range, placeholder.clone())));
            }
        }
        found
    }

    /// The label of a secret that is found in the text, in whatever form.
    pub(super) fn leak(&self, text: &str) -> Option<&str> {
        let mut texts = vec![text.to_owned()];
        // Encodings inside of base64 inside of encodings, and so on.
        for _ in 0..3 {
            let decoded: Vec<_> = texts
                .iter()
                .flat_map(|text| view::views(text, DEPTH))
                .collect();
            for view in &decoded {
                let is_found = |form: &String| view.text().contains(form.as_str());
                let mut checked = self.checked.iter();
                if let Some((label, _)) = checked.find(|(_, forms)| forms.iter().any(is_found)) {
                    return Some(label);
                }
            }
            let runs = decoded
                .iter()
                .filter_map(|view| view::decoded_runs(view.text()));
            texts = runs.collect();
        }
        None
    }
}
