//! What matters of a certificate to those who connect with it.

use std::fmt;
use std::time::SystemTime;

use rustls::pki_types::CertificateDer;
use sanspay_core::CertificateValidity;
use sha1::{Digest, Sha1};

use crate::pem;
use crate::x509::Fields;

/// An X.509 certificate that could be read.
#[derive(Clone)]
pub struct Certificate {
    der: CertificateDer<'static>,
    fields: Fields,
}

impl Certificate {
    /// Every certificate in the PEM, in order.
    ///
    /// # Errors
    /// A reason without the PEM's content: there is none, or one of them cannot be read.
    pub fn from_pem(pem: &[u8]) -> Result<Vec<Self>, String> {
        let ders = pem::certificates(pem)?;
        let read = ders.into_iter().map(|der| Self::from_der(&der));
        read.collect::<Option<_>>()
            .ok_or_else(|| "holds a certificate that is damaged".into())
    }

    /// A certificate from its DER; `None` if it is none.
    pub fn from_der(der: &CertificateDer<'_>) -> Option<Self> {
        let fields = Fields::read(der)?;
        let der = der.clone().into_owned();
        Some(Self { der, fields })
    }

    /// The certificate as it is sent.
    pub fn der(&self) -> &CertificateDer<'static> {
        &self.der
    }

    /// The X.509 version, 1 to 3. TLS libraries accept client certificates of version 3 only.
    pub fn version(&self) -> u8 {
        self.fields.version
    }

    /// From when to when it is valid.
    pub fn validity(&self) -> CertificateValidity {
        self.fields.validity
    }

    /// How long it is still valid, such as `12 days`.
    pub fn days_left(&self, now: SystemTime) -> String {
        days(self.validity().not_after, now)
    }

    /// Whom it is for, such as `CN=partner-1`.
    pub fn subject(&self) -> String {
        self.fields.subject.clone()
    }

    /// Who issued it.
    pub fn issuer(&self) -> String {
        self.fields.issuer.clone()
    }

    /// Whether it may be used by a client of TLS: its extended key usage, where it has one, must
    /// name it, and its key usage, where it has one, must allow signatures.
    pub fn allows_client_auth(&self) -> bool {
        self.fields.allows_client_auth
    }

    /// The fingerprint as NGINX forwards it in `X-SSL-Client-Fingerprint` (grade D for the header,
    /// NGINX's `$ssl_client_fingerprint` for the form): SHA-1 of the DER, 40 lowercase hex digits.
    pub fn fingerprint(&self) -> String {
        hex::encode(Sha1::digest(&self.der))
    }
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
