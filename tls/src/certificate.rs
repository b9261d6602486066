//! What matters of a certificate to those who connect with it.

use std::fmt;
use std::time::{Duration, SystemTime};

use rustls::pki_types::CertificateDer;
use sanspay_core::CertificateValidity;
use sha1::{Digest, Sha1};
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::oid::db::rfc5280::{
    ANY_EXTENDED_KEY_USAGE, ID_KP_CLIENT_AUTH, ID_KP_SERVER_AUTH,
};
use x509_cert::der::{Decode, Encode};
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage};
use x509_cert::time::Time;

use crate::pem;

/// The last second of a certificate's time belongs to it.
const LAST_SECOND: Duration = Duration::from_millis(999);

/// An X.509 certificate that could be read.
#[derive(Clone)]
pub struct Certificate {
    der: CertificateDer<'static>,
    read: x509_cert::Certificate,
}

impl Certificate {
    /// Every certificate in the PEM, in order.
    ///
    /// # Errors
    /// A reason without the PEM's content: there is none, or one of them cannot be read.
    pub fn from_pem(pem: &[u8]) -> Result<Vec<Self>, String> {
        let ders = pem::certificates(pem).map_err(|reason| reason.to_string())?;
        let read = ders.into_iter().map(|der| Self::from_der(&der));
        read.collect::<Option<_>>()
            .ok_or_else(|| "holds a certificate that cannot be read".into())
    }

    /// A certificate from its DER; `None` where it cannot be read.
    pub fn from_der(der: &CertificateDer<'_>) -> Option<Self> {
        let read = x509_cert::Certificate::from_der(der).ok()?;
        let der = der.clone().into_owned();
        Some(Self { der, read })
    }

    /// The certificate as it is sent.
    pub fn der(&self) -> &CertificateDer<'static> {
        &self.der
    }

    /// The X.509 version, 1 to 3. TLS libraries accept client certificates of version 3 only.
    pub fn version(&self) -> u8 {
        self.read.tbs_certificate().version() as u8 + 1
    }

    /// From when to when it is valid.
    pub fn validity(&self) -> CertificateValidity {
        let validity = self.read.tbs_certificate().validity();
        CertificateValidity {
            not_before: system_time(validity.not_before),
            not_after: system_time(validity.not_after) + LAST_SECOND,
        }
    }

    /// How long it is still valid, such as `12 days`.
    pub fn days_left(&self, now: SystemTime) -> String {
        days(self.validity().not_after, now)
    }

    /// Its subject, such as `CN=partner-1` (RFC 4514).
    pub fn subject(&self) -> String {
        self.read.tbs_certificate().subject().to_string()
    }

    /// Who issued it.
    pub fn issuer(&self) -> String {
        self.read.tbs_certificate().issuer().to_string()
    }

    /// Whether it may be used by a client of TLS: its extended key usage, where it has one, must
    /// name it, and its key usage, where it has one, must allow signatures.
    pub fn allows_client_auth(&self) -> bool {
        self.allows(ID_KP_CLIENT_AUTH)
    }

    /// Whether it may be used by a server of TLS, by the same rule.
    pub fn allows_server_auth(&self) -> bool {
        self.allows(ID_KP_SERVER_AUTH)
    }

    /// Whether it says that it is a CA's (basic constraints, RFC 5280, 4.2.1.9).
    pub fn is_ca(&self) -> bool {
        let found = self
            .read
            .tbs_certificate()
            .get_extension::<BasicConstraints>();
        matches!(found, Ok(Some((_, constraints))) if constraints.ca)
    }

    /// Whether its subject is its issuer, as with a root CA's certificate.
    pub fn is_self_issued(&self) -> bool {
        self.is_issued_by(self)
    }

    /// Whether it names the subject of `other` as its issuer. No signature is checked.
    pub(crate) fn is_issued_by(&self, other: &Self) -> bool {
        self.read.tbs_certificate().issuer() == other.read.tbs_certificate().subject()
    }

    /// The public key with its algorithm (`SubjectPublicKeyInfo`) as DER.
    pub(crate) fn public_key(&self) -> Option<Vec<u8>> {
        let key = self.read.tbs_certificate().subject_public_key_info();
        key.to_der().ok()
    }

    /// An extension that is damaged, or there twice, allows nothing.
    fn allows(&self, purpose: ObjectIdentifier) -> bool {
        let tbs = self.read.tbs_certificate();
        let named = tbs.get_extension::<ExtendedKeyUsage>().is_ok_and(|found| {
            let allowing = [purpose, ANY_EXTENDED_KEY_USAGE];
            found.is_none_or(|(_, named)| named.0.iter().any(|oid| allowing.contains(oid)))
        });
        let signs = tbs
            .get_extension::<KeyUsage>()
            .is_ok_and(|found| found.is_none_or(|(_, usage)| usage.digital_signature()));
        named && signs
    }

    /// The fingerprint as NGINX forwards it in `X-SSL-Client-Fingerprint` (grade D for the header,
    /// NGINX's `$ssl_client_fingerprint` for the form): SHA-1 of the DER, 40 lowercase hex digits.
    pub fn fingerprint(&self) -> String {
        hex::encode(Sha1::digest(&self.der))
    }
}

fn system_time(time: Time) -> SystemTime {
    SystemTime::UNIX_EPOCH + time.to_unix_duration()
}

/// The whole days from one time to a later one.
pub(crate) fn days(later: SystemTime, earlier: SystemTime) -> String {
    let days = later.duration_since(earlier).unwrap_or_default().as_secs() / 86_400;
    match days {
        0 => "less than a day".into(),
        1 => "1 day".into(),
        days => format!("{days} days"),
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("subject", &self.subject())
            .field("fingerprint", &self.fingerprint())
            .finish_non_exhaustive()
    }
}
