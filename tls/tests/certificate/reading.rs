//! What both libraries read.

use std::time::{Duration, SystemTime};

use sanspay_core::CertificateValidity;
use sanspay_tls::Certificate;
use sanspay_tls::rustls::pki_types::CertificateDer;
use x509_cert::der::{Decode, ErrorKind, oid::ObjectIdentifier};
use x509_cert::ext::pkix::{ExtendedKeyUsage, KeyUsage};
use x509_cert::time::Time;

/// The last second of a certificate's time belongs to it.
pub(crate) const LAST_SECOND: Duration = Duration::from_millis(999);

/// Everything that is read, in the order of `Certificate`'s methods.
pub(crate) type Read = (u8, CertificateValidity, String, String, bool);

pub(crate) fn ours(der: &[u8]) -> Option<Read> {
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

pub(crate) fn theirs(der: &[u8]) -> Option<Read> {
    let read = x509_cert::Certificate::from_der(der).ok()?;
    let tbs = read.tbs_certificate();
    let time = |time: Time| SystemTime::UNIX_EPOCH + time.to_unix_duration();
    let validity = CertificateValidity {
        not_before: time(tbs.validity().not_before),
        not_after: time(tbs.validity().not_after) + LAST_SECOND,
    };
    let named = tbs.get_extension::<ExtendedKeyUsage>().map(|found| {
        let purposes = ["1.3.6.1.5.5.7.3.2", "2.5.29.37.0"].map(ObjectIdentifier::new_unwrap);
        found.is_none_or(|(_, named)| purposes.iter().any(|purpose| named.0.contains(purpose)))
    });
    let signs = tbs
        .get_extension::<KeyUsage>()
        .map(|found| found.is_none_or(|(_, usage)| usage.digital_signature()));
    Some((
        tbs.version() as u8 + 1,
        validity,
        tbs.subject().to_string(),
        tbs.issuer().to_string(),
        named.unwrap_or(false) && signs.unwrap_or(false),
    ))
}

/// Whether x509-cert reads every purpose; it knows no object identifier from 2.40 on.
pub(crate) fn purposes_are_read(der: &[u8]) -> bool {
    let read = x509_cert::Certificate::from_der(der).unwrap();
    let purposes = read.tbs_certificate().get_extension::<ExtendedKeyUsage>();
    // The tag, a length, and 2.40 or more, which is written as 120 or more.
    let may_be_there = der.windows(3).any(|w| w[0] == 6 && w[2] >= 120);
    !(may_be_there && purposes.is_err_and(|error| error.kind() == ErrorKind::OidMalformed))
}

/// What both read of it, which is the same.
pub(crate) fn read(der: &[u8]) -> Read {
    let read = ours(der).unwrap();
    assert_eq!(Some(&read), theirs(der).as_ref());
    read
}
