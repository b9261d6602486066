//! Finds the certificate that a private key belongs to, and the order in which a chain is sent.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::ParsedCertificate;
use rustls::sign::{CertifiedKey, SigningKey};
use rustls::{Error, InconsistentKeys};
use sanspay_core::Secret;

use crate::certificate::Certificate;
use crate::pem;
use crate::reason::Reason;
use crate::source::Source;

/// Certificates and keys, in the order of their file.
#[cfg(feature = "pkcs12")]
pub(crate) type Identity = (Vec<CertificateDer<'static>>, Vec<PrivateKeyDer<'static>>);

/// What the client introduces itself with.
#[derive(Debug, Clone)]
pub(crate) enum ClientSource {
    Pem {
        chain: Source,
        key: Source,
    },
    #[cfg(feature = "pkcs12")]
    Pkcs12 {
        source: Source,
        password: Secret,
    },
}

/// The certificates, and the keys; no keys where they are in the file of the certificates and that
/// is not read.
type Parts = (
    Result<Vec<CertificateDer<'static>>, Reason>,
    Option<Result<Vec<PrivateKeyDer<'static>>, Reason>>,
);

impl ClientSource {
    /// Reads it; the password is that of a key in PEM.
    pub(crate) fn read(&self, password: Option<&Secret>) -> Parts {
        match self {
            Self::Pem { chain, key } => {
                let chain = chain.read();
                let is_pkcs12 = chain.as_ref().is_ok_and(|bytes| pem::is_pkcs12(bytes));
                let chain = chain.and_then(|pem| pem::certificates(&pem));
                if is_pkcs12 {
                    return (chain, None);
                }
                let keys = key.read().and_then(|pem| pem::private_keys(&pem, password));
                (chain, Some(keys))
            }
            #[cfg(feature = "pkcs12")]
            Self::Pkcs12 { source, password } => {
                let bytes = source.read();
                match bytes.and_then(|bytes| crate::pkcs12::open(&bytes, password)) {
                    Ok((chain, keys)) => (Ok(chain), Some(Ok(keys))),
                    Err(reason) => (Err(reason), None),
                }
            }
        }
    }
}

/// Why a chain and a key are no identity of a client.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// A certificate of the chain is damaged.
    Certificate,
    /// The client's own certificate is of X.509 version 1 or 2.
    Version(u8),
    /// The key is damaged, or of a kind that the provider of cryptography does not know.
    Key,
    /// The key belongs to none of the certificates.
    KeyMismatch,
}

/// The certificate that one of the keys belongs to, followed by its issuers, with that key. Bundles
/// are written in either order, and TLS wants the client's own certificate first (RFC 5246, 7.4.2).
pub(crate) fn pair(
    chain: Vec<CertificateDer<'static>>,
    keys: Vec<PrivateKeyDer<'static>>,
    provider: &CryptoProvider,
) -> Result<CertifiedKey, Misfit> {
    if chain.iter().any(is_damaged) {
        return Err(Misfit::Certificate);
    }
    let keys: Result<Vec<_>, Error> = keys
        .into_iter()
        .map(|key| provider.key_provider.load_private_key(key))
        .collect();
    for key in keys.map_err(|_| Misfit::Key)? {
        let Some(leaf) = chain.iter().position(|der| belongs(der, &key)) else {
            continue;
        };
        let client = CertifiedKey::new(ordered(chain, leaf), key);
        return match client.keys_match() {
            Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(client),
            Err(_) => Err(refused_leaf(&client)),
        };
    }
    Err(Misfit::KeyMismatch)
}

/// Whether neither rustls nor the reader makes anything of it; rustls reads version 3 alone.
fn is_damaged(der: &CertificateDer<'static>) -> bool {
    ParsedCertificate::try_from(der).is_err() && Certificate::from_der(der).is_none()
}

fn belongs(der: &CertificateDer<'static>, key: &Arc<dyn SigningKey>) -> bool {
    let alone = CertifiedKey::new(vec![der.clone()], key.clone());
    match alone.keys_match() {
        // A key that cannot tell is taken for that of the first certificate.
        Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown)) => true,
        Err(Error::InconsistentKeys(_)) => false,
        // rustls does not read the certificate, so the key is compared without it.
        Err(_) => {
            let certified = Certificate::from_der(der).and_then(|read| read.public_key());
            let own = key.public_key();
            certified.is_some_and(|certified| own.is_some_and(|own| *certified == *own))
        }
    }
}

/// Why rustls does not read the client's own certificate.
fn refused_leaf(client: &CertifiedKey) -> Misfit {
    let leaf = client.cert.first().and_then(Certificate::from_der);
    match leaf.map(|leaf| leaf.version()) {
        Some(version @ 1..=2) => Misfit::Version(version),
        _ => Misfit::Certificate,
    }
}

/// The certificate at `leaf`, its issuer, the issuer's issuer and so on; then the others as they
/// stood, because what was given is sent.
fn ordered(mut others: Vec<CertificateDer<'static>>, leaf: usize) -> Vec<CertificateDer<'static>> {
    let mut chain = vec![others.remove(leaf)];
    while let Some(last) = chain.last().and_then(Certificate::from_der) {
        let next = others.iter().position(|der: &CertificateDer<'static>| {
            Certificate::from_der(der).is_some_and(|issuer| last.is_issued_by(&issuer))
        });
        let Some(next) = next.filter(|_| !last.is_self_issued()) else {
            break;
        };
        chain.push(others.remove(next));
    }
    chain.append(&mut others);
    chain
}
