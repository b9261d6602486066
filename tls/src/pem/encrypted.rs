//! Opens private keys in PKCS#8 that are encrypted with a password (RFC 5958, 3; RFC 8018, 6.2).

use pkcs8::pkcs5;
use pkcs8::{EncryptedPrivateKeyInfoRef, Error, PrivateKeyInfoRef};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use sanspay_core::Secret;

use crate::reason::Reason;

const UNSUPPORTED: Reason = Reason::new(
    "is encrypted in a form that is not supported",
    "encrypt it anew with `openssl pkcs8 -topk8 -in FILE -out NEW`, or decrypt it with \
        `openssl pkey -in FILE -out NEW`",
);

const WRONG_PASSWORD: Reason = Reason::new(
    "is encrypted, and the password does not open it",
    "give the password with which the key was encrypted",
);

/// The key that the password opens.
pub(super) fn decrypt(der: &[u8], password: &Secret) -> Result<PrivateKeyDer<'static>, Reason> {
    let encrypted = EncryptedPrivateKeyInfoRef::try_from(der).map_err(|_| UNSUPPORTED)?;
    let opened = encrypted
        .decrypt(password.expose())
        .map_err(|error| match error {
            Error::EncryptedPrivateKey(
                pkcs5::Error::UnsupportedAlgorithm { .. } | pkcs5::Error::NoPbes1CryptSupport,
            ) => UNSUPPORTED,
            _ => WRONG_PASSWORD,
        })?;
    // A wrong password may leave bytes that are padded well.
    PrivateKeyInfoRef::try_from(opened.as_bytes()).map_err(|_| WRONG_PASSWORD)?;
    Ok(PrivatePkcs8KeyDer::from(opened.as_bytes().to_vec()).into())
}
