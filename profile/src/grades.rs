//! How sure each leaf of a profile is.

use std::collections::BTreeMap;

use sanspay_core::profile::{Grade, LEAVES, Leaf, Leaves};

use crate::tree::{Is, Node};

/// A grade with what it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graded {
    /// How sure the leaf is.
    pub grade: Grade,
    /// Where it was read, where that is said.
    pub evidence: Option<String>,
}

/// The grades that a file gives to leaves and groups of leaves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Grades(BTreeMap<String, Graded>);

impl Grades {
    /// Reads the table; `problem` takes place, key and reason of what is wrong.
    pub(crate) fn read(
        entries: Vec<(String, Node)>,
        mut problem: impl FnMut(usize, String, &str),
    ) -> Self {
        let mut grades = BTreeMap::new();
        for (name, node) in entries {
            let group = format!("{name}.");
            let key = format!("grades.{name}");
            if !LEAVES
                .iter()
                .any(|leaf| leaf.path() == name || leaf.path().starts_with(&group))
            {
                problem(
                    node.at,
                    key,
                    "grades nothing: it names no leaf and no group of leaves",
                );
                continue;
            }
            match graded(node.is) {
                Some(found) => drop(grades.insert(name, found)),
                None => problem(
                    node.at,
                    key,
                    "must be assumed, collection or documented, or a table with such a `grade` and \
                     an `evidence`",
                ),
            }
        }
        Self(grades)
    }

    /// The grade of a leaf. What is said and not graded is assumed; what is not said is as sure as
    /// the default.
    pub(crate) fn of(&self, path: &str, leaves: &Leaves) -> Graded {
        let mut name = path;
        loop {
            if let Some(graded) = self.0.get(name) {
                return graded.clone();
            }
            match name.rsplit_once('.') {
                Some((group, _)) => name = group,
                None => break,
            }
        }
        let said = leaves.said().any(|(said, _)| said == path);
        let default = LEAVES.iter().find(|leaf| leaf.path() == path);
        let grade = default
            .filter(|_| !said)
            .map_or(Grade::Assumed, Leaf::grade);
        Graded {
            grade,
            evidence: None,
        }
    }
}

fn graded(is: Is) -> Option<Graded> {
    match is {
        Is::Text(name) => Some(Graded {
            grade: grade(&name)?,
            evidence: None,
        }),
        Is::Table(entries) => {
            let (mut found, mut evidence) = (None, None);
            for (name, node) in entries {
                match (name.as_str(), node.is) {
                    ("grade", Is::Text(name)) => found = grade(&name),
                    ("evidence", Is::Text(text)) => evidence = Some(text),
                    _ => return None,
                }
            }
            Some(Graded {
                grade: found?,
                evidence,
            })
        }
        _ => None,
    }
}

fn grade(name: &str) -> Option<Grade> {
    match name {
        "assumed" => Some(Grade::Assumed),
        "collection" => Some(Grade::Collection),
        "documented" => Some(Grade::Documented),
        _ => None,
    }
}
