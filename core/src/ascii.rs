//! What is ASCII that can be seen.

/// Whether every byte is a visible ASCII character, so no space and no control character.
///
/// All bytes are looked at, bad ones or not, because the compiler can then take 16 at a time: one
/// after the other, a token's characters took as long as all the rest of reading its answer.
pub(crate) fn is_visible(bytes: &[u8]) -> bool {
    let bad = |byte: &u8| u8::from(!byte.is_ascii_graphic());
    bytes.iter().fold(0, |any, byte| any | bad(byte)) == 0
}
