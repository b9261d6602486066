//! Percent-decoding of a form, strictly, into room that is already there.

use super::refusal::Refusal;

/// A text while it is written.
pub(super) struct Text<'a> {
    room: &'a mut [u8],
    end: usize,
}

impl<'a> Text<'a> {
    pub(super) fn new(room: &'a mut [u8]) -> Self {
        Self { room, end: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.end
    }

    pub(super) fn truncate(&mut self, end: usize) {
        self.end = self.end.min(end);
    }

    /// What was written from that place on.
    pub(super) fn since(&self, begin: usize) -> &[u8] {
        self.room.get(begin..self.end).unwrap_or_default()
    }

    pub(super) fn finish(self) -> &'a [u8] {
        self.room.get(..self.end).unwrap_or_default()
    }

    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        let end = self.end + bytes.len();
        let place = self.room.get_mut(self.end..end);
        place.ok_or(Refusal::TooLarge)?.copy_from_slice(bytes);
        self.end = end;
        Ok(())
    }

    /// Adds a name or value decoded, and says whether an `&` was escaped in it.
    ///
    /// `+` is a space, and every `%` must begin a byte; a lenient reader and a strict one must not
    /// see different values. Bytes that mean themselves are taken whole, or 16 at a time.
    pub(super) fn decode(&mut self, raw: &[u8]) -> Result<bool, Refusal> {
        if all_plain(raw) {
            self.push(raw)?;
            return Ok(false);
        }
        let mut and = false;
        let mut rest = raw;
        while !rest.is_empty() {
            if let Some((sixteen, after)) = rest.split_first_chunk()
                && are_plain(sixteen)
            {
                self.push(sixteen)?;
                rest = after;
                continue;
            }
            let stop = rest.len().saturating_sub(16);
            while rest.len() > stop
                && let Some((byte, after)) = rest.split_first()
            {
                rest = after;
                let byte = match byte {
                    b'+' => b' ',
                    b'%' => {
                        let byte = escaped(&mut rest)?;
                        and |= byte == b'&';
                        byte
                    }
                    other => *other,
                };
                *self.room.get_mut(self.end).ok_or(Refusal::TooLarge)? = byte;
                self.end += 1;
            }
        }
        Ok(and)
    }
}

/// The byte whose two digits come next.
fn escaped(rest: &mut &[u8]) -> Result<u8, Refusal> {
    let (digits, after) = rest.split_first_chunk::<2>().ok_or(Refusal::Malformed)?;
    let mut byte = [0];
    hex::decode_to_slice(&digits[..], &mut byte).map_err(|_| Refusal::Malformed)?;
    *rest = after;
    Ok(byte[0])
}

/// Whether every byte means itself.
fn all_plain(bytes: &[u8]) -> bool {
    let Some(last) = bytes.last_chunk() else {
        return !bytes.iter().any(|byte| matches!(byte, b'%' | b'+'));
    };
    // The last 16 overlap with those before.
    let (sixteens, _) = bytes.as_chunks();
    sixteens.iter().all(are_plain) && are_plain(last)
}

/// Without an early end, so that the compiler takes all 16 at once.
fn are_plain(bytes: &[u8; 16]) -> bool {
    bytes.iter().fold(0, |any, byte| {
        any | u8::from(*byte == b'%') | u8::from(*byte == b'+')
    }) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Byte by byte, as one would write it in a minute.
    fn naive(raw: &[u8]) -> Option<Vec<u8>> {
        let mut decoded = Vec::new();
        let mut bytes = raw.iter().copied();
        while let Some(byte) = bytes.next() {
            decoded.push(match byte {
                b'+' => b' ',
                b'%' => {
                    let mut digit = || char::from(bytes.next()?).to_digit(16);
                    u8::try_from(digit()? * 16 + digit()?).ok()?
                }
                other => other,
            });
        }
        Some(decoded)
    }

    proptest! {
        #[test]
        fn every_text_is_decoded_as_byte_by_byte(
            parts in prop::collection::vec("[a-z +=&]{0,20}|%[0-9a-fA-F]{2}|%26|%|é", 0..12),
        ) {
            let raw = parts.concat();
            let mut room = vec![0; raw.len()];
            let mut text = Text::new(&mut room);
            match (text.decode(raw.as_bytes()), naive(raw.as_bytes())) {
                (Ok(and), Some(decoded)) => {
                    prop_assert_eq!(text.since(0), &*decoded);
                    prop_assert_eq!(and, raw.contains("%26"));
                }
                (refused, None) => prop_assert_eq!(refused, Err(Refusal::Malformed)),
                (other, decoded) => prop_assert!(false, "{other:?} {decoded:?}"),
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_too_large() {
        for raw in ["abcd", "%61bcd", "abcdefghijklmnopqrstu+"] {
            let mut room = [0; 3];
            assert_eq!(
                Text::new(&mut room).decode(raw.as_bytes()),
                Err(Refusal::TooLarge)
            );
        }
    }
}
