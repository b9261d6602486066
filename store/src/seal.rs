//! The key that seals what databases, their logs and their backups must not show.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, Generate, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use sanspay_core::exchange::Seal;
use sanspay_core::{Error, ErrorKind};
use zeroize::Zeroizing;

const NONCE: usize = 24;

/// A key that seals the [shared token](sanspay_core::exchange::SharedToken): XChaCha20-Poly1305 with
/// a random nonce for each one. All machines that share a token need the same key.
///
/// ```
/// use sanspay_core::exchange::SharedToken;
/// use sanspay_store::SealingKey;
///
/// // Made by `openssl rand -base64 32`, and kept where `key_secret` is.
/// let key = SealingKey::from_base64("c2l4dGVlbiBieXRlcyBhbmQgc2l4dGVlbiBtb3JlISE=")?;
/// let token = SharedToken::new("qiaopay-live", key)?;
/// # Ok::<(), sanspay_core::Error>(())
/// ```
pub struct SealingKey(XChaCha20Poly1305);

impl SealingKey {
    /// The key of these bytes, which must be random.
    pub fn new(key: &[u8; 32]) -> Self {
        Self(XChaCha20Poly1305::new(key.into()))
    }

    /// The key of 32 random bytes in base64, as `openssl rand -base64 32` prints them.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] where it is not base64, or not of 32 bytes. The text is not shown.
    pub fn from_base64(text: &str) -> Result<Self, Error> {
        let bytes = STANDARD.decode(text.trim_ascii()).map(Zeroizing::new).ok();
        let key = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok());
        let Some(key) = key.map(Zeroizing::new) else {
            let detail = "the sealing key must be 32 bytes in base64: openssl rand -base64 32";
            return Err(Error::new(ErrorKind::Invalid, "configure", detail));
        };
        Ok(Self::new(&key))
    }
}

impl Seal for SealingKey {
    fn seal(&self, plain: &[u8], context: &[u8]) -> Vec<u8> {
        let nonce = XNonce::generate();
        let payload = Payload {
            msg: plain,
            aad: context,
        };
        let mut sealed = nonce.to_vec();
        // It fails for texts of 256 GiB alone; an empty one opens for nobody.
        match self.0.encrypt(&nonce, payload) {
            Ok(text) => sealed.extend(text),
            Err(_) => sealed.clear(),
        }
        sealed
    }

    fn open(&self, sealed: &[u8], context: &[u8]) -> Option<Vec<u8>> {
        let (nonce, text) = sealed.split_at_checked(NONCE)?;
        let payload = Payload {
            msg: text,
            aad: context,
        };
        let nonce = XNonce::try_from(nonce).ok()?;
        self.0.decrypt(&nonce, payload).ok()
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey(redacted)")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, clippy::unwrap_used)]

    use super::*;

    fn key(byte: u8) -> SealingKey {
        SealingKey::new(&[byte; 32])
    }

    #[test]
    fn it_opens_for_its_key_and_context_alone() {
        let sealed = key(1).seal(b"a token", b"here");
        assert_eq!(
            key(1).open(&sealed, b"here").as_deref(),
            Some(&b"a token"[..])
        );
        assert_eq!(key(2).open(&sealed, b"here"), None);
        assert_eq!(key(1).open(&sealed, b"there"), None);
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(key(1).open(&changed, b"here"), None, "byte {at}");
            assert_eq!(key(1).open(&sealed[..at], b"here"), None, "cut at {at}");
        }
    }

    #[test]
    fn the_same_text_is_never_sealed_alike() {
        assert_ne!(key(1).seal(b"a token", b""), key(1).seal(b"a token", b""));
    }

    #[test]
    fn a_wrong_key_is_refused_and_not_shown() {
        for text in [
            "",
            "PlantedKey",
            "c2hvcnQ=",
            "c2l4dGVlbiBieXRlcyBhbmQgc2l4dGVlbiBtb3JlISEh",
        ] {
            let error = SealingKey::from_base64(text).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("PlantedKey"));
        }
        assert_eq!(format!("{:?}", key(7)), "SealingKey(redacted)");
    }
}
