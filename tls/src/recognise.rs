//! Finds what is wrong with TLS in the error of a client library.

use std::error::Error;
use std::io;

use rustls::{AlertDescription, CertificateError, InconsistentKeys, InvalidMessage};
use rustls::{Error as Tls, PeerIncompatible};
use sanspay_core::TlsProblem;

/// What is wrong with TLS, looked for in an error and in everything that caused it; `None` where
/// TLS is not to blame. It names a cause and decides nothing: whether the request was sent depends
/// on when the error came. For transports of your own over rustls: hand it to
/// [`TransportError::with_tls_problem`](sanspay_core::TransportError::with_tls_problem).
///
/// ```
/// use sanspay_tls::{TlsProblem, problem_of, rustls};
/// let refused = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
/// let error = std::io::Error::other(refused);
/// assert_eq!(problem_of(&error), Some(TlsProblem::ServerNotTrusted));
/// ```
pub fn problem_of(error: &(dyn Error + 'static)) -> Option<TlsProblem> {
    if let Some(tls) = error.downcast_ref::<Tls>() {
        return of_rustls(tls);
    }
    // `source` of an IO error leaves out the very error that it holds.
    let held = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    match held {
        Some(held) => problem_of(held),
        None => problem_of(error.source()?),
    }
}

fn of_rustls(error: &Tls) -> Option<TlsProblem> {
    use TlsProblem as P;
    match error {
        Tls::InvalidCertificate(certificate) => Some(of_server_certificate(certificate)),
        Tls::AlertReceived(alert) => of_alert(*alert),
        // The first bytes of an answer in plain HTTP are no kind of record.
        Tls::InvalidMessage(InvalidMessage::InvalidContentType) => Some(P::TlsToPlainHttp),
        Tls::PeerIncompatible(
            PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
            | PeerIncompatible::ServerDoesNotSupportTls12Or13,
        ) => Some(P::VersionRefused),
        Tls::PeerIncompatible(_) => Some(P::HandshakeRefused),
        Tls::InconsistentKeys(InconsistentKeys::KeyMismatch) => Some(P::ClientKeyMismatch),
        _ => None,
    }
}

fn of_server_certificate(error: &CertificateError) -> TlsProblem {
    use CertificateError as C;
    use TlsProblem as P;
    match error {
        C::Expired | C::ExpiredContext { .. } => P::ServerExpired,
        C::NotValidYet | C::NotValidYetContext { .. } => P::ServerNotYetValid,
        C::NotValidForName | C::NotValidForNameContext { .. } => P::ServerWrongName,
        C::InvalidPurpose | C::InvalidPurposeContext { .. } => P::ServerUnfit,
        C::Other(other) => match other.0.downcast_ref() {
            Some(webpki::Error::CaUsedAsEndEntity | webpki::Error::UnsupportedCertVersion) => {
                P::ServerUnfit
            }
            _ => P::ServerNotTrusted,
        },
        _ => P::ServerNotTrusted,
    }
}

/// What a server says when it ends the handshake (RFC 8446, 6.2).
fn of_alert(alert: AlertDescription) -> Option<TlsProblem> {
    use AlertDescription as A;
    use TlsProblem as P;
    match alert {
        A::CertificateRequired | A::NoCertificate => Some(P::ClientCertificateMissing),
        A::BadCertificate
        | A::UnsupportedCertificate
        | A::CertificateRevoked
        | A::CertificateUnknown
        | A::UnknownCA
        | A::AccessDenied => Some(P::ClientCertificateRejected),
        A::CertificateExpired => Some(P::ClientCertificateExpired),
        // The signature by which a client proves that it has the key was wrong.
        A::DecryptError => Some(P::ClientKeyMismatch),
        A::ProtocolVersion => Some(P::VersionRefused),
        A::HandshakeFailure
        | A::InsufficientSecurity
        | A::UnrecognisedName
        | A::NoApplicationProtocol => Some(P::HandshakeRefused),
        _ => None,
    }
}
