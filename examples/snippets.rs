//! The snippets of the README and of the documents, compiled and run as they stand.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

#[cfg(doctest)]
#[doc = include_str!("../docs/TRANSPORT.md")]
mod transport {}
