//! What is ASCII that can be seen.

/// Whether every byte is a visible ASCII character, so no space and no control character.
pub(crate) fn is_visible(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_graphic)
}
