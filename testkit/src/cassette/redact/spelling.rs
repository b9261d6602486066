//! What a profile adds to the list of what is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use md5::{Digest, Md5};
use sanspay_core::Wire;
use sanspay_core::profile::{LEAVES, Leaf, LeafKind, LeafValue, Profile};

use super::kept_values::{self, Form};

/// The names, words and routes of a provider that spells the API in its own way.
#[derive(Clone, Default)]
pub(super) struct Spelling {
    pub(super) forms: BTreeMap<String, Form>,
    pub(super) words: BTreeSet<String>,
    pub(super) segments: BTreeSet<String>,
    /// The fingerprint of the profile.
    pub(super) profile: Option<String>,
}

impl Spelling {
    pub(super) fn of(wire: &Wire) -> Self {
        let leaves = wire.profile.leaves();
        let mut spelling = Self {
            profile: fingerprint(&wire.profile),
            ..Self::default()
        };
        let unix = leaves.get("time.form") != LeafValue::Text("rfc3339".into());
        for leaf in LEAVES {
            match (leaf.kind(), leaves.get(leaf.path())) {
                (LeafKind::Words, LeafValue::Text(word)) => drop(spelling.words.insert(word)),
                (LeafKind::Words, LeafValue::Texts(words)) => spelling.words.extend(words),
                (LeafKind::Route, LeafValue::Text(route)) => {
                    let parts = route.split('/').filter(|part| !part.contains('{'));
                    spelling.segments.extend(parts.map(str::to_owned));
                }
                (_, LeafValue::Text(text)) => spelling.names(leaf, &text, unix),
                (_, LeafValue::Texts(texts)) => {
                    for text in texts {
                        spelling.names(leaf, &text, unix);
                    }
                }
                (LeafKind::Constants, LeafValue::Table(constants)) => {
                    for (place, _) in constants {
                        spelling.names(leaf, &place, unix);
                    }
                }
                _ => {}
            }
        }
        spelling
    }

    /// The names in a place, or the name of a parameter: the last one has the form of the field.
    fn names(&mut self, leaf: &Leaf, text: &str, unix: bool) {
        if matches!(leaf.kind(), LeafKind::Choice(_) | LeafKind::Name) {
            return;
        }
        let names = text
            .split('/')
            .map(|name| name.replace("~1", "/").replace("~0", "~"));
        let mut names: Vec<String> = names
            .filter(|name| !name.is_empty() && name != "0")
            .collect();
        if let Some(last) = names.pop() {
            let form = match form_of(leaf) {
                Form::Time if unix => Form::UnixTime,
                form => form,
            };
            self.forms.insert(last, form);
        }
        for around in names {
            self.forms.entry(around).or_insert(Form::Hidden);
        }
    }
}

/// The form of the field that the leaf is about, by the name that it has in the default.
fn form_of(leaf: &Leaf) -> Form {
    let field = leaf.path().rsplit('.').next().unwrap_or_default();
    let known = match leaf.path() {
        "page.more" => "has_more",
        "page.current" | "page.last" | "page.number" => "page",
        "page.size" => "per_page",
        "page.next_link" => "next",
        _ => field,
    };
    kept_values::form(known).unwrap_or(Form::Hidden)
}

/// What tells one profile from another; `None` for what is assumed.
pub(in super::super) fn fingerprint(profile: &Profile) -> Option<String> {
    let mut said = String::new();
    for (path, value) in profile.leaves().said() {
        // Writing to a String cannot fail.
        let _ = writeln!(said, "{path} {value:?}");
    }
    (!said.is_empty()).then(|| hex::encode(Md5::digest(said.as_bytes())))
}
