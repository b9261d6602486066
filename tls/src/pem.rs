//! Reads PEM, and says in words of its owner what is wrong with it.

use std::fmt;
use std::fs;
use std::path::PathBuf;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

/// PEM as bytes, or a file with it. It may hold a key, so it is wiped when dropped.
#[derive(Clone)]
pub(crate) enum Pem {
    Bytes(Zeroizing<Vec<u8>>),
    File(PathBuf),
}

impl Pem {
    pub(crate) fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Bytes(Zeroizing::new(bytes.into()))
    }

    /// The bytes; a reason reads on after the field's name.
    pub(crate) fn read(&self) -> Result<Zeroizing<Vec<u8>>, String> {
        match self {
            Self::Bytes(bytes) => Ok(bytes.clone()),
            Self::File(path) => fs::read(path)
                .map(Zeroizing::new)
                .map_err(|error| format!("cannot be read from its file: {}", error.kind())),
        }
    }
}

impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pem(redacted)")
    }
}

/// Every certificate in the PEM, at least one.
pub(crate) fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(found) if found.is_empty() => {
            Err("holds no certificate: it needs a section BEGIN CERTIFICATE".into())
        }
        Ok(found) => Ok(found),
        Err(_) => Err("is damaged PEM".into()),
    }
}

/// The private key in the PEM, in PKCS#8, PKCS#1 or SEC1.
pub(crate) fn private_key(pem: &[u8]) -> Result<PrivateKeyDer<'static>, String> {
    if is_encrypted(pem) {
        return Err("is encrypted: decrypt it first, as with `openssl pkey`".into());
    }
    match PrivateKeyDer::from_pem_slice(pem) {
        Ok(key) => Ok(key),
        Err(rustls::pki_types::pem::Error::NoItemsFound) => Err(
            "holds no private key: it needs a section BEGIN PRIVATE KEY, or that of RSA or EC"
                .into(),
        ),
        Err(_) => Err("is damaged PEM".into()),
    }
}

/// PKCS#8 says it in the label, the older forms in a header (RFC 1421).
fn is_encrypted(pem: &[u8]) -> bool {
    let has = |text: &[u8]| pem.windows(text.len()).any(|window| window == text);
    has(b"BEGIN ENCRYPTED PRIVATE KEY") || has(b"Proc-Type: 4,ENCRYPTED")
}
