//! Reads certificates and private keys from PEM, and says what is wrong with it.

#[cfg(feature = "encrypted-keys")]
mod encrypted;
mod sections;

use rustls::pki_types::{
    CertificateDer, PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer,
};
use sanspay_core::Secret;

use crate::reason::Reason;
pub(crate) use sections::is_pkcs12;
use sections::{Section, sections};

const TRUSTED: Reason = Reason::new(
    "holds a TRUSTED CERTIFICATE, which only OpenSSL reads",
    "convert it with `openssl x509 -in FILE -out NEW`",
);

const PKCS7: Reason = Reason::new(
    "holds PKCS#7 in place of certificates",
    "convert it with `openssl pkcs7 -in FILE -print_certs -out NEW`",
);

const ENCRYPTED: Reason = Reason::new(
    "is encrypted with a password",
    "give the password with `key_password` (feature `encrypted-keys`), or decrypt it with \
        `openssl pkey -in FILE -out NEW`",
);

/// A key in the form of RFC 1421, which no library here opens.
const ENCRYPTED_BY_HEADER: Reason = Reason::new(
    "is encrypted with a password in an old form that is not supported",
    "convert it with `openssl pkcs8 -topk8 -in FILE -out NEW`, which asks for the password",
);

/// Every certificate in the PEM, in order, at least one.
pub(crate) fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Reason> {
    let mut found = Vec::new();
    for section in sections(pem)? {
        match section.label.as_str() {
            "CERTIFICATE" | "X509 CERTIFICATE" | "X.509 CERTIFICATE" => {
                found.push(CertificateDer::from(section.der()?.to_vec()));
            }
            "TRUSTED CERTIFICATE" => return Err(TRUSTED),
            "PKCS7" | "CMS" => return Err(PKCS7),
            _ => {}
        }
    }
    if found.is_empty() {
        return Err("holds no certificate: it needs a section BEGIN CERTIFICATE".into());
    }
    Ok(found)
}

/// Every private key in the PEM, in PKCS#8, PKCS#1 or SEC1, at least one. The password is that of
/// keys that are encrypted.
pub(crate) fn private_keys(
    pem: &[u8],
    password: Option<&Secret>,
) -> Result<Vec<PrivateKeyDer<'static>>, Reason> {
    let mut found = Vec::new();
    for section in sections(pem)? {
        if let Some(key) = private_key(&section, password)? {
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
fn private_key(
    section: &Section,
    password: Option<&Secret>,
) -> Result<Option<PrivateKeyDer<'static>>, Reason> {
    if !section.label.ends_with("PRIVATE KEY") {
        return Ok(None);
    }
    if section.is_encrypted_by_header() {
        return Err(ENCRYPTED_BY_HEADER);
    }
    let key = match section.label.as_str() {
        "PRIVATE KEY" => PrivatePkcs8KeyDer::from(section.der()?.to_vec()).into(),
        "RSA PRIVATE KEY" => PrivatePkcs1KeyDer::from(section.der()?.to_vec()).into(),
        "EC PRIVATE KEY" => PrivateSec1KeyDer::from(section.der()?.to_vec()).into(),
        "ENCRYPTED PRIVATE KEY" => decrypt(&section.der()?, password.ok_or(ENCRYPTED)?)?,
        _ => {
            return Err(Reason::new(
                "holds a private key in a form that TLS does not take",
                "convert it with `openssl pkcs8 -topk8 -nocrypt -in FILE -out NEW`, or one of \
                    OpenSSH with `ssh-keygen -p -m PKCS8 -f FILE`",
            ));
        }
    };
    Ok(Some(key))
}

#[cfg(feature = "encrypted-keys")]
use encrypted::decrypt;

/// Nobody can give a password without the feature.
#[cfg(not(feature = "encrypted-keys"))]
fn decrypt(_: &[u8], _: &Secret) -> Result<PrivateKeyDer<'static>, Reason> {
    Err(ENCRYPTED)
}
