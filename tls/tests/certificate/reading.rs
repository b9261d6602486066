//! What is read of a certificate.

use std::time::Duration;

use sanspay_core::CertificateValidity;
use sanspay_tls::Certificate;
use sanspay_tls::rustls::pki_types::CertificateDer;

/// The last second of a certificate's time belongs to it.
pub(crate) const LAST_SECOND: Duration = Duration::from_millis(999);

/// Version, validity, subject, issuer and whether a client may use it.
pub(crate) type Read = (u8, CertificateValidity, String, String, bool);

/// `None` where it is no certificate.
pub(crate) fn try_read(der: &[u8]) -> Option<Read> {
    let read = Certificate::from_der(&CertificateDer::from(der))?;
    assert_eq!(read.der().as_ref(), der);
    Some((
        read.version(),
        read.validity(),
        read.subject(),
        read.issuer(),
        read.allows_client_auth(),
    ))
}

pub(crate) fn read(der: &[u8]) -> Read {
    try_read(der).unwrap()
}
