//! What a handshake tells of the server and its certificate.

use std::io;
use std::time::SystemTime;

use rustls::pki_types::CertificateDer;
use rustls::{CertificateError, ClientConnection, ProtocolVersion};
use sanspay_core::{Diagnosis, printable};

use crate::certificate::Certificate;
use crate::recognise::problem_of;

/// What is known after a handshake that succeeded.
#[derive(Debug, Clone)]
pub struct Handshake {
    version: Option<ProtocolVersion>,
    certificate: Option<CertificateDer<'static>>,
}

impl Handshake {
    /// That of a connection.
    pub fn of(connection: &ClientConnection) -> Self {
        let certificates = connection.peer_certificates();
        Self {
            version: connection.protocol_version(),
            certificate: certificates.and_then(<[_]>::first).cloned(),
        }
    }

    pub(super) fn note(&self, now: SystemTime, diagnosis: &mut Diagnosis) {
        let version = match self.version {
            Some(ProtocolVersion::TLSv1_3) => "version 1.3",
            Some(ProtocolVersion::TLSv1_2) => "version 1.2",
            _ => "another version",
        };
        diagnosis.good("TLS", version);
        let leaf = self.certificate.as_ref().and_then(Certificate::from_der);
        if let Some(leaf) = leaf {
            let left = leaf.days_left(now);
            let told = format!("trusted, {}, {left} left", printable(&leaf.subject()));
            diagnosis.good("server certificate", told);
        }
    }
}

/// Notes why a handshake failed.
pub(super) fn note_failure(error: &io::Error, diagnosis: &mut Diagnosis) {
    const NAME: &str = "TLS and server certificate";
    if let Some(problem) = problem_of(error) {
        let told = unfit(error).map_or_else(|| problem.to_string(), str::to_owned);
        diagnosis.bad(NAME, told, problem.advice());
    } else {
        let told = format!("the handshake failed: {}", printable(&error.to_string()));
        let advice = "check whether a proxy or firewall stands in the way of TLS";
        diagnosis.bad(NAME, told, advice);
    }
}

/// What exactly makes a certificate unfit for a server.
fn unfit(error: &io::Error) -> Option<&'static str> {
    let rustls::Error::InvalidCertificate(error) = error.get_ref()?.downcast_ref()? else {
        return None;
    };
    match error {
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => Some(
            "the server's certificate is not for servers: its extended key usage names other uses",
        ),
        CertificateError::Other(other) => match other.0.downcast_ref()? {
            webpki::Error::CaUsedAsEndEntity => Some(
                "the server shows a CA's own certificate, self-signed perhaps, in place of a server's",
            ),
            webpki::Error::UnsupportedCertVersion => {
                Some("the server's certificate is not X.509 version 3")
            }
            _ => None,
        },
        _ => None,
    }
}
