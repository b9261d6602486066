//! What was printed, and the search for secrets in it.

use std::any::type_name;
use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::{Debug, Display, Write as _};
use std::path::Path;

/// What is longer is no line for a log.
const LONGEST_LINE: usize = 8_000;

/// What was printed, by whom.
#[derive(Default)]
pub(crate) struct Shown {
    texts: Vec<(String, String)>,
    /// What each form shows by itself, and whether it may be of any length.
    lines: Vec<(String, String, bool)>,
    types: BTreeSet<String>,
}

impl Shown {
    /// Prints the Debug of a value in both of its forms.
    pub(crate) fn debug<T: Debug + ?Sized>(&mut self, value: &T) {
        let name = type_name::<T>();
        let name = name.split('<').next().unwrap_or(name).to_owned();
        self.texts
            .push((name.clone(), format!("{value:?} {value:#?}")));
        self.text(&name, &format!("{value:?}"));
        self.types.insert(name);
    }

    /// Prints Debug and Display of a value.
    pub(crate) fn both<T: Debug + Display + ?Sized>(&mut self, value: &T) {
        self.debug(value);
        let name = format!("Display of {}", type_name::<T>());
        self.text(&name, &value.to_string());
        self.texts.push((name, format!("{value} {value:#}")));
    }

    /// Prints an error and all of its sources.
    pub(crate) fn error<E: Error>(&mut self, error: &E) {
        self.both(error);
        let mut source = error.source();
        while let Some(error) = source {
            let text = format!("{error} {error:#} {error:?} {error:#?}");
            self.texts
                .push((format!("source of {}", type_name::<E>()), text));
            source = error.source();
        }
    }

    /// Takes a text as it is printed.
    pub(crate) fn text(&mut self, name: &str, text: &str) {
        self.lines.push((name.to_owned(), text.to_owned(), false));
    }

    /// Takes a text that has no bound by design.
    pub(crate) fn whole(&mut self, name: &str, text: &str) {
        self.lines.push((name.to_owned(), text.to_owned(), true));
    }

    /// Every text that is more than one line of visible characters, or longer than such a line.
    pub(crate) fn raw(&self) -> BTreeSet<String> {
        let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        let draws = |text: &str| text.chars().any(|c| c.is_control() || turns(c));
        let begin = |text: &str| text.chars().take(120).collect::<String>();
        let lines = self
            .lines
            .iter()
            .filter(|(_, text, any)| draws(text) || (!any && text.chars().count() > LONGEST_LINE));
        lines
            .map(|(name, text, _)| format!("{name}: {:?}", begin(text)))
            .collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.texts.len()
    }

    /// The types of which something was printed, with the paths of their modules.
    pub(crate) fn types(&self) -> &BTreeSet<String> {
        &self.types
    }
}

/// What must not be printed.
#[derive(Default)]
pub(crate) struct Secrets(BTreeSet<String>);

impl Secrets {
    pub(crate) fn add(&mut self, secret: &str) {
        assert!(secret.len() >= 8, "too short to be told from other text");
        self.0.insert(secret.to_owned());
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Every place where a secret was printed, in any of the forms in which it may appear.
    pub(crate) fn leaks(&self, shown: &Shown) -> Vec<String> {
        let forms: Vec<(&str, String)> = self
            .0
            .iter()
            .flat_map(|secret| forms(secret).into_iter().map(move |form| (&**secret, form)))
            .collect();
        let mut leaks = Vec::new();
        for (name, text) in &shown.texts {
            let lower = text.to_lowercase();
            // Pretty-printed bytes stand on lines of their own.
            let packed = lower.split_whitespace().collect::<Vec<_>>().join(" ");
            let found = forms
                .iter()
                .find(|(_, form)| lower.contains(form) || packed.contains(form));
            if let Some((secret, form)) = found {
                let begin: String = text.chars().take(300).collect();
                leaks.push(format!("{name} shows {secret} as {form}: {begin}"));
            }
        }
        leaks
    }
}

/// A text as itself, as a list of bytes, in hex, and in Base64 at each of the three offsets; all
/// in lower case.
fn forms(secret: &str) -> Vec<String> {
    let bytes: Vec<String> = secret.bytes().map(|b| b.to_string()).collect();
    let mut hex = String::new();
    for b in secret.bytes() {
        write!(hex, "{b:02x}").unwrap();
    }
    let mut forms = vec![secret.to_lowercase(), bytes.join(", "), hex];
    for offset in 0..3 {
        // Only the groups of three bytes that lie wholly in the secret.
        let inner = &secret.as_bytes()[offset..];
        let whole = &inner[..inner.len() / 3 * 3];
        forms.push(base64(whole).to_lowercase());
    }
    forms
}

/// Base64 of whole groups of three bytes.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    bytes
        .chunks_exact(3)
        .flat_map(|group: &[u8]| {
            let bits = group
                .iter()
                .fold(0, |bits, b| (bits << 8) | usize::from(*b));
            [18, 12, 6, 0].map(|shift| char::from(LETTERS[(bits >> shift) & 63]))
        })
        .collect()
}

/// Every public struct and enum in the source of the core, with the path of its module.
pub(crate) fn public_types() -> BTreeSet<String> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../core/src"));
    let mut found = BTreeSet::new();
    let mut open = vec![root.to_path_buf()];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).unwrap();
            open.extend(entries.map(|entry| entry.unwrap().path()));
            continue;
        }
        let file = path.strip_prefix(root).unwrap().to_str().unwrap();
        let Some(file) = file
            .strip_suffix(".rs")
            .filter(|file| !file.contains("tests"))
        else {
            continue;
        };
        let module = file.trim_end_matches("/mod").replace('/', "::");
        let source = std::fs::read_to_string(&path).unwrap();
        let names = types_in(&source);
        found.extend(names.map(|name| format!("sanspay_core::{module}::{name}")));
    }
    found
}

/// The types that a source declares, by themselves or through `open_enum!`.
fn types_in(source: &str) -> impl Iterator<Item = &str> {
    let mut in_open_enum = false;
    source.lines().filter_map(move |line| {
        in_open_enum = line == "open_enum! {" || (in_open_enum && line != "}");
        let words = ["pub struct ", "pub enum "];
        let declared = words.iter().find_map(|word| line.strip_prefix(word));
        let listed = line
            .strip_prefix("    ")
            .filter(|_| in_open_enum)
            .and_then(|line| line.strip_suffix(" {"));
        let rest = declared.or(listed)?;
        let end = rest.find(|c: char| !c.is_alphanumeric());
        rest.get(..end.unwrap_or(rest.len()))
    })
}
