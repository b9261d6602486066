//! Reads certificates and private keys from PEM, and says what is wrong with it.

mod sections;

use std::fmt;
use std::fs;
use std::path::PathBuf;

use rustls::pki_types::{
    CertificateDer, PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer,
};
use zeroize::Zeroizing;

pub(crate) use sections::is_pkcs12;
use sections::{Section, sections};

/// What to do with a key in the old encrypted form, which no library here opens.
const CONVERT_OLD: &str =
    "convert it with `openssl pkcs8 -topk8 -in FILE -out NEW`, which asks for the password";

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

/// Every certificate in the PEM, in order, at least one.
pub(crate) fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let mut found = Vec::new();
    for section in sections(pem)? {
        match section.label.as_str() {
            "CERTIFICATE" | "X509 CERTIFICATE" | "X.509 CERTIFICATE" => {
                found.push(CertificateDer::from(section.der()?.to_vec()));
            }
            "TRUSTED CERTIFICATE" => {
                return Err(
                    "holds a TRUSTED CERTIFICATE, which only OpenSSL reads: convert it \
                    with `openssl x509 -in FILE -out NEW`"
                        .into(),
                );
            }
            "PKCS7" | "CMS" => {
                return Err("holds PKCS#7 in place of certificates: convert it with \
                    `openssl pkcs7 -in FILE -print_certs -out NEW`"
                    .into());
            }
            _ => {}
        }
    }
    if found.is_empty() {
        return Err("holds no certificate: it needs a section BEGIN CERTIFICATE".into());
    }
    Ok(found)
}

/// Every private key in the PEM, in PKCS#8, PKCS#1 or SEC1, at least one.
pub(crate) fn private_keys(pem: &[u8]) -> Result<Vec<PrivateKeyDer<'static>>, String> {
    let mut found = Vec::new();
    for section in sections(pem)? {
        if let Some(key) = private_key(&section)? {
            found.push(key);
        }
    }
    if found.is_empty() {
        return Err(
            "holds no private key: it needs a section BEGIN PRIVATE KEY, or that of RSA or EC"
                .into(),
        );
    }
    Ok(found)
}

/// The key in a section; `None` where it holds something else.
fn private_key(section: &Section) -> Result<Option<PrivateKeyDer<'static>>, String> {
    if !section.label.ends_with("PRIVATE KEY") {
        return Ok(None);
    }
    if section.is_encrypted_by_header() {
        return Err(format!(
            "is encrypted in an old form that is not supported: {CONVERT_OLD}"
        ));
    }
    let key = match section.label.as_str() {
        "PRIVATE KEY" => PrivatePkcs8KeyDer::from(section.der()?.to_vec()).into(),
        "RSA PRIVATE KEY" => PrivatePkcs1KeyDer::from(section.der()?.to_vec()).into(),
        "EC PRIVATE KEY" => PrivateSec1KeyDer::from(section.der()?.to_vec()).into(),
        "ENCRYPTED PRIVATE KEY" => {
            return Err(
                "is encrypted with a password: decrypt it first, as with `openssl pkey`".into(),
            );
        }
        other => {
            return Err(format!(
                "holds a key of the kind {other}, which TLS does not take: convert it to PKCS#8"
            ));
        }
    };
    Ok(Some(key))
}
