//! Opens PKCS#12 (RFC 7292), in which chain and key come in one file.

use p12_keystore::Pkcs12Archive;
use p12_keystore::error::Error;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use sanspay_core::Secret;

use crate::client::Identity;
use crate::pem::is_pkcs12;
use crate::reason::Reason;

/// Chain and keys. A wrong password shows as a wrong checksum.
pub(crate) fn open(bytes: &[u8], password: &Secret) -> Result<Identity, Reason> {
    if !is_pkcs12(bytes) {
        return Err(Reason::new(
            "is no PKCS#12",
            "give PEM with `client_certificate`",
        ));
    }
    let archive =
        Pkcs12Archive::from_pkcs12(bytes, password.expose()).map_err(|error| reason(&error))?;
    if archive.certs.is_empty() {
        return Err("is PKCS#12 without a certificate".into());
    }
    if archive.keys.is_empty() {
        return Err("is PKCS#12 without a private key".into());
    }
    let chain = archive.certs.iter();
    let chain = chain.map(|bag| CertificateDer::from(bag.cert.as_der().to_vec()));
    let keys = archive.keys.iter();
    let keys = keys.map(|bag| PrivatePkcs8KeyDer::from(bag.key.as_der().to_vec()).into());
    Ok((chain.collect(), keys.collect()))
}

fn reason(error: &Error) -> Reason {
    const PASSWORD: &str = "give the password with which the file was made";
    const CONVERT: &str = "convert it with `openssl pkcs12 -in FILE -nodes -out NEW`";
    match error {
        Error::MacError(_) => {
            Reason::new("is PKCS#12, and the password does not open it", PASSWORD)
        }
        // Files without a checksum fail when they are decrypted.
        Error::Pkcs5Error(_) | Error::UnpadError => Reason::new(
            "is PKCS#12 that cannot be decrypted, because the password is wrong or it is damaged",
            PASSWORD,
        ),
        Error::UnsupportedEncryptionScheme
        | Error::UnsupportedMacAlgorithm
        | Error::UnsupportedContentType
        | Error::UnsupportedCertificateType => {
            Reason::new("is PKCS#12 in a form that is not supported", CONVERT)
        }
        _ => Reason::new(
            "is PKCS#12 that is damaged, or in a form that is not supported",
            CONVERT,
        ),
    }
}
