//! Opens PKCS#12 (RFC 7292), in which chain and key come in one file.

use p12_keystore::Pkcs12Archive;
use p12_keystore::error::Error;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use sanspay_core::Secret;

use crate::pem::is_pkcs12;

/// Chain and keys. Wrong passwords show as a wrong checksum.
pub(crate) fn open(
    bytes: &[u8],
    password: &Secret,
) -> Result<(Vec<CertificateDer<'static>>, Vec<PrivateKeyDer<'static>>), String> {
    if !is_pkcs12(bytes) {
        return Err("is no PKCS#12: give PEM with `client_certificate`".into());
    }
    let archive = Pkcs12Archive::from_pkcs12(bytes, password.expose()).map_err(reason)?;
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

fn reason(error: Error) -> &'static str {
    match error {
        Error::MacError(_) => "is PKCS#12, and the password does not open it",
        // Files without a checksum fail when they are decrypted.
        Error::Pkcs5Error(_) | Error::UnpadError => {
            "is PKCS#12 that cannot be decrypted: the password is wrong, or the file is damaged"
        }
        Error::UnsupportedEncryptionScheme
        | Error::UnsupportedMacAlgorithm
        | Error::UnsupportedContentType
        | Error::UnsupportedCertificateType => {
            "is PKCS#12 in a form that is not supported: convert it with \
                `openssl pkcs12 -in FILE -nodes -out NEW`"
        }
        _ => {
            "is PKCS#12 that is damaged, or of a form that is not supported: try to convert it \
                with `openssl pkcs12 -in FILE -nodes -out NEW`"
        }
    }
}
