//! The checks that need no network.
