//! What a person has answered.

use std::collections::BTreeMap;
use std::fmt;

use sanspay_core::profile::{Leaf, LeafValue};

use crate::matching::Kind;

/// The answers to questions: operations by the name of a request, leaves by their value.
///
/// ```
/// let answers = sanspay_adopt::Answers::from_toml(r#"
///     operations = { show = "Charges / Show" }
///     money = { form = "minor-integer" }
///     status = { created = "PENDING", paid = "SETTLED", failed = ["DECLINED"], expired = "LAPSED" }
/// "#)?;
/// # let _ = answers;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers {
    operations: BTreeMap<Kind, String>,
    leaves: BTreeMap<String, LeafValue>,
}

/// The text holds no answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoAnswers(String);

impl fmt::Display for NoAnswers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "these are no answers: {}", self.0)
    }
}

impl std::error::Error for NoAnswers {}

impl Answers {
    /// Nothing is answered.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads answers in the form of a profile, with a table `operations` beside.
    ///
    /// # Errors
    /// The first entry that is no answer.
    pub fn from_toml(text: &str) -> Result<Self, NoAnswers> {
        let table: toml::Table = text
            .parse()
            .map_err(|error: toml::de::Error| NoAnswers(error.message().to_owned()))?;
        let mut answers = Self::new();
        for (name, value) in table {
            match value {
                toml::Value::Table(operations) if name == "operations" => {
                    for (kind, operation) in operations {
                        answers.choose(&kind, &operation)?;
                    }
                }
                value => answers.take(&name, value)?,
            }
        }
        Ok(answers)
    }

    fn choose(&mut self, kind: &str, operation: &toml::Value) -> Result<(), NoAnswers> {
        let known = Kind::ALL.into_iter().find(|known| known.name() == kind);
        let no = || {
            NoAnswers(format!(
                "operations.{kind} is no operation with a request's name"
            ))
        };
        let operation = operation.as_str().ok_or_else(no)?;
        self.operations
            .insert(known.ok_or_else(no)?, operation.to_owned());
        Ok(())
    }

    fn take(&mut self, path: &str, value: toml::Value) -> Result<(), NoAnswers> {
        let known = Leaf::of(path);
        match value {
            toml::Value::Table(inner) if known.is_none() => {
                for (name, value) in inner {
                    self.take(&format!("{path}.{name}"), value)?;
                }
                Ok(())
            }
            value => {
                let no = || NoAnswers(format!("{path} is no leaf of a profile with such a value"));
                let leaf = known.ok_or_else(no)?;
                let value = leaf_value(&value).ok_or_else(no)?;
                self.leaves.insert(leaf.path().to_owned(), value);
                Ok(())
            }
        }
    }

    /// Says a leaf.
    #[must_use]
    pub fn leaf_is(mut self, path: &str, value: LeafValue) -> Self {
        self.leaves.insert(path.to_owned(), value);
        self
    }

    /// Says which request an operation is.
    #[must_use]
    pub fn operation_is(mut self, kind: Kind, request: &str) -> Self {
        self.operations.insert(kind, request.to_owned());
        self
    }

    pub(crate) fn operation_of(&self, kind: Kind) -> Option<&str> {
        self.operations.get(&kind).map(String::as_str)
    }

    pub(crate) fn leaf(&self, path: &str) -> Option<&LeafValue> {
        self.leaves.get(path)
    }

    pub(crate) fn leaves(&self) -> impl Iterator<Item = (&str, &LeafValue)> {
        self.leaves
            .iter()
            .map(|(path, value)| (path.as_str(), value))
    }

    pub(crate) fn texts(&self, path: &str) -> Vec<String> {
        match self.leaf(path) {
            Some(LeafValue::Text(text)) => vec![text.clone()],
            Some(LeafValue::Texts(texts)) => texts.clone(),
            _ => Vec::new(),
        }
    }
}

fn leaf_value(value: &toml::Value) -> Option<LeafValue> {
    Some(match value {
        toml::Value::Boolean(false) => LeafValue::No,
        toml::Value::String(text) => LeafValue::Text(text.clone()),
        toml::Value::Integer(number) => LeafValue::Number(u64::try_from(*number).ok()?),
        toml::Value::Array(items) => {
            let texts = items.iter().map(|item| item.as_str().map(str::to_owned));
            LeafValue::Texts(texts.collect::<Option<_>>()?)
        }
        toml::Value::Table(table) => {
            let entries = table.iter().map(|(name, value)| {
                let json = match value {
                    toml::Value::String(text) => serde_json::Value::from(text.as_str()).to_string(),
                    value => value.to_string(),
                };
                (name.clone(), json)
            });
            LeafValue::Table(entries.collect())
        }
        _ => return None,
    })
}
