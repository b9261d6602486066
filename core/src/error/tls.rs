//! What went wrong with TLS, in terms that say whose certificate or setting is to blame.

use std::fmt;
use std::time::SystemTime;

use http::StatusCode;

use super::ErrorBody;

/// What is wrong with TLS or a certificate. It decides the advice, and nothing of it is retried,
/// because the next attempt would meet the same certificates. Whether the request was executed
/// all the same depends on when the problem came, see
/// [`Error::outcome_unknown`](crate::Error::outcome_unknown).
///
/// It is recognised in what a client library reports and in the pages of an NGINX front (mutual
/// TLS at NGINX is grade D; the wording of its pages was seen on NGINX 1.22).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TlsProblem {
    /// The front demands a client certificate and none was sent.
    ClientCertificateMissing,
    /// The front does not accept the client certificate. NGINX answers an expired one in the same
    /// words; where the transport knows the certificate's dates they are told apart.
    ClientCertificateRejected,
    /// The client certificate has expired.
    ClientCertificateExpired,
    /// The client certificate is not valid yet, or a clock is wrong.
    ClientCertificateNotYetValid,
    /// The private key does not belong to the client certificate.
    ClientKeyMismatch,
    /// The server's certificate was not issued by a CA that is trusted here.
    ServerNotTrusted,
    /// The server's certificate is not one that a server may show: it is a CA's own, or for other
    /// uses. To trust another CA does not help.
    ServerUnfit,
    /// The server's certificate is for another name than that of the base URL.
    ServerWrongName,
    /// The server's certificate has expired.
    ServerExpired,
    /// The server's certificate is not valid yet, or a clock is wrong.
    ServerNotYetValid,
    /// The server and this client have no TLS version in common.
    VersionRefused,
    /// The server ended the handshake for another reason, such as no cipher in common.
    HandshakeRefused,
    /// Plain HTTP was spoken to a TLS port.
    PlainHttpToTls,
    /// TLS was spoken to a port of plain HTTP.
    TlsToPlainHttp,
}

impl TlsProblem {
    /// What an NGINX front says about TLS in its own pages, which come with status 400.
    pub(crate) fn in_answer(status: StatusCode, body: &ErrorBody) -> Option<Self> {
        let ErrorBody::NotJson { title: Some(title) } = body else {
            return None;
        };
        if status != StatusCode::BAD_REQUEST {
            return None;
        }
        match title.as_str() {
            "400 No required SSL certificate was sent" => Some(Self::ClientCertificateMissing),
            "400 The SSL certificate error" => Some(Self::ClientCertificateRejected),
            "400 The plain HTTP request was sent to HTTPS port" => Some(Self::PlainHttpToTls),
            _ => None,
        }
    }

    /// What the dates of the client certificate that was sent make of it: a front that refuses a
    /// certificate seldom says that its time is to blame, or which end of it.
    #[must_use]
    pub fn given(self, sent: CertificateValidity, now: SystemTime) -> Self {
        match self {
            Self::ClientCertificateRejected
            | Self::ClientCertificateExpired
            | Self::ClientCertificateNotYetValid => {
                if now > sent.not_after {
                    Self::ClientCertificateExpired
                } else if now < sent.not_before {
                    Self::ClientCertificateNotYetValid
                } else {
                    self
                }
            }
            other => other,
        }
    }

    /// What to do about it, in one sentence.
    pub fn advice(self) -> &'static str {
        match self {
            Self::ClientCertificateMissing => {
                "give the client the certificate and key that the provider issued"
            }
            Self::ClientCertificateRejected => {
                "use a client certificate that the provider's CA issued for this environment, with its chain"
            }
            Self::ClientCertificateExpired => {
                "get a new client certificate from the provider and reload it"
            }
            Self::ClientCertificateNotYetValid => {
                "check this machine's clock, or wait until the client certificate becomes valid"
            }
            Self::ClientKeyMismatch => {
                "use the private key with which the client certificate was requested"
            }
            Self::ServerNotTrusted => {
                "trust the CA that issued the server's certificate, if the provider gave it to you"
            }
            Self::ServerUnfit => {
                "ask the provider to issue the server a certificate of its own for server authentication: to trust another CA does not help"
            }
            Self::ServerWrongName => {
                "use the host name that the server's certificate is for in the base URL"
            }
            Self::ServerExpired => {
                "check this machine's clock, then ask the provider to renew the server's certificate"
            }
            Self::ServerNotYetValid => {
                "check this machine's clock, then ask the provider about the server's certificate"
            }
            Self::VersionRefused => {
                "allow a TLS version that the server speaks; this client speaks 1.2 and 1.3"
            }
            Self::HandshakeRefused => {
                "ask the provider which client certificates, ciphers and names the server accepts"
            }
            Self::PlainHttpToTls => "write https instead of http in the base URL",
            Self::TlsToPlainHttp => {
                "use the server's TLS port, or http in the base URL on a network that you trust"
            }
        }
    }
}

/// What happened.
impl fmt::Display for TlsProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ClientCertificateMissing => "the server demands a client certificate",
            Self::ClientCertificateRejected => "the server refused the client certificate",
            Self::ClientCertificateExpired => "the client certificate has expired",
            Self::ClientCertificateNotYetValid => "the client certificate is not valid yet",
            Self::ClientKeyMismatch => "the private key does not belong to the client certificate",
            Self::ServerNotTrusted => "the server's certificate is not trusted",
            Self::ServerUnfit => "the server's certificate is a CA's own, or not for servers",
            Self::ServerWrongName => "the server's certificate is for another name",
            Self::ServerExpired => "the server's certificate has expired",
            Self::ServerNotYetValid => "the server's certificate is not valid yet",
            Self::VersionRefused => "the server speaks no TLS version that is accepted here",
            Self::HandshakeRefused => "the TLS handshake was refused",
            Self::PlainHttpToTls => "plain HTTP was spoken to a TLS port",
            Self::TlsToPlainHttp => "TLS was spoken to a plain HTTP port",
        })
    }
}

/// From when to when a certificate is valid, both ends included.
///
/// A transport that knows the dates of the client certificate it sends puts them into the
/// extensions of an answer with status 400, so that a front that refuses the certificate without
/// saying why can be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CertificateValidity {
    /// The first point in time.
    pub not_before: SystemTime,
    /// The last point in time.
    pub not_after: SystemTime,
}

#[cfg(test)]
mod tests {
    use super::*;
    use TlsProblem as P;
    use std::time::Duration;

    #[test]
    fn only_a_400_with_nginx_own_title_is_a_page_about_tls() {
        let page = |title: &str| ErrorBody::NotJson {
            title: Some(title.into()),
        };
        let rejected = page("400 The SSL certificate error");
        let found = |status, body: &ErrorBody| P::in_answer(status, body);
        assert_eq!(
            found(StatusCode::BAD_REQUEST, &rejected),
            Some(P::ClientCertificateRejected)
        );
        assert_eq!(found(StatusCode::BAD_GATEWAY, &rejected), None);
        assert_eq!(
            found(StatusCode::BAD_REQUEST, &page("400 Bad Request")),
            None
        );
        assert_eq!(found(StatusCode::BAD_REQUEST, &ErrorBody::Empty), None);
    }

    #[test]
    fn a_refusal_is_explained_by_the_dates_of_what_was_sent() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let sent = CertificateValidity {
            not_before: at(100),
            not_after: at(200),
        };
        let rejected = P::ClientCertificateRejected;
        assert_eq!(
            rejected.given(sent, at(99)),
            P::ClientCertificateNotYetValid
        );
        assert_eq!(rejected.given(sent, at(100)), rejected);
        assert_eq!(rejected.given(sent, at(200)), rejected);
        assert_eq!(rejected.given(sent, at(201)), P::ClientCertificateExpired);
        assert_eq!(
            P::ClientCertificateExpired.given(sent, at(150)),
            P::ClientCertificateExpired
        );
        assert_eq!(P::ServerExpired.given(sent, at(201)), P::ServerExpired);
        assert_eq!(
            P::ClientCertificateMissing.given(sent, at(201)),
            P::ClientCertificateMissing
        );
    }
}
