//! What is wrong with a cassette, and where: the file's name and the place in it.

use std::fmt;

use sanspay_core::describe_json_error;
use sanspay_core::printable;

/// A cassette that cannot be read. `Display` names file and place and never quotes what stands
/// there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CassetteError {
    file: String,
    place: Place,
    detail: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// Counted from 1, as editors do.
    Position {
        line: usize,
        column: usize,
    },
    Pointer(String),
}

impl CassetteError {
    pub(super) fn syntax(file: &str, error: &serde_json::Error) -> Self {
        let told = describe_json_error(error);
        let detail = told.rsplit_once(" (line ").map_or(&*told, |(what, _)| what);
        let place = Place::Position {
            line: error.line(),
            column: error.column(),
        };
        Self {
            file: file.to_owned(),
            place,
            detail: detail.to_owned(),
        }
    }

    pub(super) fn at(file: &str, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            place: Place::Pointer(pointer.into()),
            detail: detail.into(),
        }
    }

    /// The name that the caller gave to the file.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Line and column, counted from 1, where the text itself is broken.
    pub fn position(&self) -> Option<(usize, usize)> {
        match self.place {
            Place::Position { line, column } => Some((line, column)),
            Place::Pointer(_) => None,
        }
    }

    /// The JSON pointer (RFC 6901), where the text is JSON and its content is wrong.
    pub fn pointer(&self) -> Option<&str> {
        match &self.place {
            Place::Pointer(pointer) => Some(pointer),
            Place::Position { .. } => None,
        }
    }
}

impl fmt::Display for CassetteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            place,
            detail,
        } = self;
        match place {
            Place::Position { line, column } => write!(f, "{file}:{line}:{column}: {detail}"),
            Place::Pointer(pointer) => write!(f, "{file}, {}: {detail}", printable(pointer)),
        }
    }
}

impl std::error::Error for CassetteError {}

/// A cassette that was not written, because a told secret would have been in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeakError {
    interaction: Option<usize>,
}

impl LeakError {
    pub(super) fn new(interaction: Option<usize>) -> Self {
        Self { interaction }
    }

    /// The interaction that holds it, counted from 0; `None` where the cassette's name does.
    pub fn interaction(&self) -> Option<usize> {
        self.interaction
    }
}

impl fmt::Display for LeakError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not written, because a told secret is still found in ")?;
        match self.interaction {
            Some(index) => write!(
                f,
                "/interactions/{index}; it is part of the protocol's own words, or of a name that \
                 is kept"
            ),
            None => f.write_str("the name; choose another"),
        }
    }
}

impl std::error::Error for LeakError {}
