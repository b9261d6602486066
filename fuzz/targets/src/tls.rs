//! PEM and certificates.

use std::time::{Duration, SystemTime};

use sanspay_tls::doctor::Doctor;
use sanspay_tls::rustls::pki_types::CertificateDer;
use sanspay_tls::{Certificate, TlsConfig};

use crate::{assert_line, assert_silent};

/// What must hold of a certificate that was read, whoever made it.
fn assert_read(certificate: &Certificate) {
    assert!((1..=3).contains(&certificate.version()));
    let fingerprint = certificate.fingerprint();
    assert!(fingerprint.len() == 40 && fingerprint.bytes().all(|b| b.is_ascii_hexdigit()));
    assert_line(&format!("{certificate:?}"));
    assert!(!certificate.days_left(SystemTime::UNIX_EPOCH).is_empty());
    let again = Certificate::from_der(certificate.der()).unwrap();
    assert_eq!(again.subject(), certificate.subject());
    assert_eq!(again.issuer(), certificate.issuer());
    assert_eq!(again.validity(), certificate.validity());
}

/// The DER of a certificate.
pub fn certificate(data: &[u8]) {
    let read = Certificate::from_der(&CertificateDer::from(data));
    read.iter().for_each(assert_read);
}

/// A file that is given as certificate, as key and as CA, and as the key of a good certificate.
pub fn pem(data: &[u8]) {
    const CHAIN: &[u8] = include_bytes!("../../../tls/fixtures/ec.pem");
    match Certificate::from_pem(data) {
        Ok(found) => {
            assert!(!found.is_empty());
            found.iter().for_each(assert_read);
        }
        Err(reason) => assert_silent(&reason),
    }
    for (chain, key) in [(data, data), (CHAIN, data)] {
        let builder = TlsConfig::builder().webpki_roots(false).ca(data);
        let built = builder.client_certificate(chain, key).build();
        if let Err(error) = built {
            assert!(!error.problems().is_empty());
            assert_silent(&format!("{error} {error:?}"));
        }
    }
    let setup = Doctor::new("https://api.example.com").client_certificate(data, data);
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let diagnosis = setup.ca(data).offline(now);
    for check in diagnosis.checks() {
        assert_line(&format!("{} {:?}", check.told(), check.advice()));
    }
    assert!(!diagnosis.sentence().is_empty());
}
