//! From a file to a profile.

use std::collections::BTreeMap;

use sanspay_core::profile::{LEAVES, Leaf, LeafKind, LeafValue, Leaves, Profile};

use crate::grades::{Graded, Grades};
use crate::problem::{Problem, Problems};
use crate::tree::{self, Is, Node};

/// The form of the file that is read.
const FORMAT: u64 = 1;

/// The default that a profile may name as what it stands on.
const BASE: &str = "qiaopay-assumed@1";

/// A profile as a file says it: the spelling, its name, and how sure each leaf is.
#[derive(Debug, Clone)]
pub struct ProfileFile {
    name: String,
    source: BTreeMap<String, String>,
    grades: Grades,
    profile: Profile,
}

impl ProfileFile {
    /// What the provider is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it comes from, as the file says it: such as a collection, its hash, its date.
    pub fn source(&self) -> impl Iterator<Item = (&str, &str)> {
        self.source
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// The spelling, for [`Wire::from`](sanspay_core::Wire).
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// How sure a leaf is; the longest name in `[grades]` counts.
    pub fn grade(&self, leaf: &Leaf) -> Graded {
        self.grades.of(leaf.path(), self.profile.leaves())
    }
}

/// Reads a profile from TOML 1.1.
///
/// # Errors
/// Every problem at once, each with line and column.
pub fn from_toml(text: &str) -> Result<ProfileFile, Problems> {
    let (root, errors) = tree::toml(text);
    let mut reader = Reader::new(text);
    for (at, message) in errors {
        reader.problem(at, String::new(), &message);
    }
    reader.file(root)
}

/// Reads a profile from JSON. Problems of what is said have no place but their name.
///
/// # Errors
/// Every problem at once.
pub fn from_json(text: &str) -> Result<ProfileFile, Problems> {
    match serde_json::from_str(text) {
        Ok(value) => Reader::new("").file(tree::json(value)),
        Err(error) => Err(Problems(vec![Problem {
            line: error.line().max(1),
            column: error.column().max(1),
            path: String::new(),
            reason: format!("is no JSON: {error}"),
        }])),
    }
}

struct Reader<'t> {
    text: &'t str,
    leaves: Leaves,
    places: BTreeMap<String, usize>,
    problems: Vec<Problem>,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            leaves: Leaves::new(),
            places: BTreeMap::new(),
            problems: Vec::new(),
        }
    }

    fn problem(&mut self, at: usize, path: String, reason: &str) {
        let before = self.text.get(..at).unwrap_or("");
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        self.problems.push(Problem {
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or("").chars().count() + 1,
            path,
            reason: reason.to_owned(),
        });
    }

    fn file(mut self, root: Node) -> Result<ProfileFile, Problems> {
        let Is::Table(entries) = root.is else {
            self.problem(root.at, String::new(), "is no table of names");
            return Err(Problems(self.problems));
        };
        let (mut format, mut name, mut source) = (None, None, BTreeMap::new());
        let mut grades = Grades::default();
        for (key, node) in entries {
            match (key.as_str(), node.is) {
                ("format", Is::Number(number)) => format = Some(number),
                ("name", Is::Text(text)) if !text.is_empty() => name = Some(text),
                ("based_on", Is::Text(base)) if base == BASE => {}
                ("based_on", _) => {
                    self.problem(
                        node.at,
                        key,
                        &format!("must be \"{BASE}\", the only default"),
                    );
                }
                ("source", Is::Table(entries)) => {
                    for (name, node) in entries {
                        match node.is {
                            Is::Text(text) => drop(source.insert(name, text)),
                            _ => self.problem(node.at, format!("source.{name}"), "must be a text"),
                        }
                    }
                }
                ("grades", Is::Table(entries)) => {
                    grades = Grades::read(entries, |at, path, why| self.problem(at, path, why));
                }
                (_, is) => self.leaf(key, Node { at: node.at, is }),
            }
        }
        if format != Some(FORMAT) {
            self.problem(
                0,
                "format".into(),
                "must be 1: the form of profile that is read here",
            );
        }
        if name.is_none() {
            self.problem(
                0,
                "name".into(),
                "must be said: what the provider is called",
            );
        }
        self.finish(name, source, grades)
    }

    /// A leaf, or a table of leaves.
    fn leaf(&mut self, path: String, node: Node) {
        let group = format!("{path}.");
        match (Leaf::of(&path), node.is) {
            (None, Is::Table(entries)) if is_group(&group) => {
                for (name, node) in entries {
                    self.leaf(format!("{group}{name}"), node);
                }
            }
            (leaf, is) => {
                let value = value(leaf.map(Leaf::kind), is);
                let said = match value {
                    Some(value) => self.leaves.set(&path, value),
                    // Whatever is asked for, a value of no form is not it.
                    None => self.leaves.set(&path, LeafValue::Texts(Vec::new())),
                };
                match said {
                    Ok(()) => drop(self.places.insert(path, node.at)),
                    Err(refused) => self.problem(node.at, path, &refused.to_string()),
                }
            }
        }
    }

    fn finish(
        mut self,
        name: Option<String>,
        source: BTreeMap<String, String>,
        grades: Grades,
    ) -> Result<ProfileFile, Problems> {
        let leaves = std::mem::take(&mut self.leaves);
        if leaves.said().next().is_none() {
            let path = "money.form".to_owned();
            self.problem(0, path, "must be said, also where all else is as assumed");
        }
        let error = match (Profile::new(leaves), name) {
            (Ok(profile), Some(name)) if self.problems.is_empty() => {
                return Ok(ProfileFile {
                    name,
                    source,
                    grades,
                    profile,
                });
            }
            (profile, _) => profile.err(),
        };
        for problem in error.iter().flat_map(sanspay_core::Error::problems) {
            let at = self.places.get(problem.field()).copied().unwrap_or(0);
            self.problem(at, problem.field().to_owned(), problem.reason());
        }
        self.problems
            .sort_by_key(|problem| (problem.line, problem.column));
        Err(Problems(self.problems))
    }
}

fn is_group(group: &str) -> bool {
    LEAVES.iter().any(|leaf| leaf.path().starts_with(group))
}

/// The value of a leaf; `None` where it is nothing that any leaf can have.
fn value(kind: Option<LeafKind>, is: Is) -> Option<LeafValue> {
    Some(match is {
        Is::Bool(false) => LeafValue::No,
        Is::Number(number) => LeafValue::Number(number),
        Is::Text(text) => LeafValue::Text(text),
        Is::List(items) => LeafValue::Texts(items.into_iter().map(text).collect::<Option<_>>()?),
        Is::Table(entries) => {
            let entries = entries.into_iter();
            let entries = entries.map(|(name, node)| Some((name, scalar(kind, node.is)?)));
            LeafValue::Table(entries.collect::<Option<_>>()?)
        }
        Is::Bool(true) | Is::Other => return None,
    })
}

fn text(node: Node) -> Option<String> {
    match node.is {
        Is::Text(text) => Some(text),
        _ => None,
    }
}

/// A constant as JSON, or a number of decimals.
fn scalar(kind: Option<LeafKind>, is: Is) -> Option<String> {
    match is {
        Is::Number(number) => Some(number.to_string()),
        Is::Bool(said) => Some(said.to_string()),
        Is::Text(text) if kind == Some(LeafKind::Constants) => serde_json::to_string(&text).ok(),
        _ => None,
    }
}
