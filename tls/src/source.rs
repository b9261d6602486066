//! Where certificates and keys come from: memory or a file.

use std::fmt;
use std::fs;
use std::path::PathBuf;

use zeroize::Zeroizing;

use crate::reason::Reason;

/// Bytes, or a file with them. They may hold a key, so they are wiped when dropped.
#[derive(Clone)]
pub(crate) enum Source {
    Bytes(Zeroizing<Vec<u8>>),
    File(PathBuf),
}

impl Source {
    pub(crate) fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Bytes(Zeroizing::new(bytes.into()))
    }

    /// The bytes; a reason reads on after the field's name.
    pub(crate) fn read(&self) -> Result<Zeroizing<Vec<u8>>, Reason> {
        match self {
            Self::Bytes(bytes) => Ok(bytes.clone()),
            Self::File(path) => fs::read(path)
                .map(Zeroizing::new)
                .map_err(|error| format!("cannot be read from its file: {}", error.kind()).into()),
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Source(redacted)")
    }
}
