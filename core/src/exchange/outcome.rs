//! What one attempt came to: a value, or a failure that the retry decision understands.

use std::time::SystemTime;

use http::Response;

use super::retry::Failure;
use super::session::Session;
use crate::endpoint::Endpoint;
use crate::error::{CertificateValidity, Error, ErrorKind, Meaning, retry_after};
use crate::transport::TransportError;
use crate::wire::Reply;

/// An attempt that did not succeed.
pub(super) struct Failed {
    pub(super) error: Error,
    pub(super) failure: Failure,
    pub(super) may_be_executed: bool,
}

/// Reads the outcome of one attempt with the endpoint's own parser.
pub(super) fn judge<E: Endpoint + ?Sized>(
    endpoint: &E,
    session: &Session,
    now: SystemTime,
    outcome: Result<Response<Vec<u8>>, TransportError>,
) -> Result<E::Output, Failed> {
    let response = match outcome {
        Ok(response) => response,
        Err(lost) => return Err(transport_failed(endpoint.operation(), now, lost)),
    };
    let reply = Reply::new(endpoint.operation(), session.api(), &response);
    let most = session.settings().max_body;
    let parsed = if reply.body().len() > most {
        let detail = format!("the answer is longer than {most} bytes");
        Err(reply.error(ErrorKind::TooLarge, detail))
    } else {
        endpoint.parse(reply)
    };
    parsed.map_err(|error| {
        let retry_after = retry_after(reply.headers(), now);
        let sent = response.extensions().get::<CertificateValidity>().copied();
        Failed {
            error: error
                .with_retry_after(retry_after)
                .given_certificate(sent, now),
            failure: Failure::Status(reply.status(), retry_after),
            may_be_executed: !Meaning::of(reply.status()).refused,
        }
    })
}

/// How far the request came decides whether it may have been executed; what the error is decides
/// kind and advice.
fn transport_failed(operation: &str, now: SystemTime, lost: TransportError) -> Failed {
    let may_be_executed = lost.may_have_been_sent();
    if let Some(problem) = lost.tls_problem() {
        let error = Error::of_tls(operation.to_owned(), problem);
        return Failed {
            error: error
                .given_certificate(lost.client_certificate(), now)
                .with_source(lost.into_source()),
            failure: Failure::Tls,
            may_be_executed,
        };
    }
    let (kind, detail, failure) = if may_be_executed {
        let detail = "the request may have been sent and no complete answer came";
        (ErrorKind::Lost, detail, Failure::Lost)
    } else {
        (
            ErrorKind::NotSent,
            "no connection was made",
            Failure::NotSent,
        )
    };
    let error = Error::new(kind, operation.to_owned(), detail).with_source(lost.into_source());
    Failed {
        error,
        failure,
        may_be_executed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::Step;
    use crate::partner::NewPayout;
    use crate::{Currency, NotSent, SessionBuilder, TlsProblem};
    use http::StatusCode;
    use std::collections::BTreeMap;
    use std::time::Duration;

    const NOW: Duration = Duration::from_secs(1_800_000_000);

    /// Drives a payout whose every request meets the same outcome; what it ends with, and how
    /// many requests there were.
    fn payout(outcome: impl Fn() -> Result<Response<Vec<u8>>, TransportError>) -> (Error, usize) {
        let builder = SessionBuilder::new(0).base_url("https://h.example");
        let session = builder.credentials("id", "secret").build().unwrap();
        let amount = "1.00".parse().unwrap();
        let to = BTreeMap::from([("iban", "DE89")]);
        let mut exchange = session.exchange(NewPayout::new("p-1", amount, Currency::EUR, &to));
        let now = SystemTime::UNIX_EPOCH + NOW;
        for sent in 0.. {
            match exchange.poll(now) {
                Step::Send(_) => exchange.reply(now, outcome()),
                step @ (Step::Store(_) | Step::Wait(_)) => panic!("{step:?}"),
                Step::Done(result) => return (result.unwrap_err(), sent),
            }
        }
        unreachable!()
    }

    fn page(title: &str) -> Response<Vec<u8>> {
        let body = format!("<html><head><title>{title}</title></head></html>");
        let mut response = Response::new(body.into_bytes());
        *response.status_mut() = StatusCode::BAD_REQUEST;
        response
    }

    fn expired() -> CertificateValidity {
        let not_after = SystemTime::UNIX_EPOCH + NOW - Duration::from_secs(1);
        CertificateValidity {
            not_before: SystemTime::UNIX_EPOCH,
            not_after,
        }
    }

    /// An attacker without keys can put five bytes of his own in place of the encrypted answer to
    /// an executed payout, and a server's alert can come after the execution.
    #[test]
    fn a_tls_failure_after_the_handshake_may_have_been_executed() {
        for problem in [
            TlsProblem::TlsToPlainHttp,
            TlsProblem::ClientCertificateRejected,
        ] {
            let asked = std::cell::Cell::new(0);
            let (error, sent) = payout(|| {
                asked.set(asked.get() + 1);
                match asked.get() {
                    1 => Ok(Response::new(br#"{"access_token":"t"}"#.to_vec())),
                    _ => Err(TransportError::maybe_sent("x").with_tls_problem(problem)),
                }
            });
            assert_eq!(
                (error.kind(), sent),
                (ErrorKind::Tls, 2),
                "token and payout"
            );
            assert!(error.outcome_unknown() && error.unknown().is_some());
            assert!(!error.safe_to_retry() && !error.is_transient());
            let text = error.to_string();
            assert!(text.contains("it may have been executed"), "{text}");
            assert!(text.ends_with(problem.advice()), "{text}");
            assert!(!text.contains("nothing was executed"), "{text}");
        }
    }

    #[test]
    fn a_failed_handshake_is_never_tried_again_and_nothing_was_executed() {
        let problem = TlsProblem::ServerWrongName;
        let (error, sent) = payout(|| {
            Err(TransportError::not_sent(NotSent::proven(), "x").with_tls_problem(problem))
        });
        assert_eq!((error.kind(), sent), (ErrorKind::Tls, 1));
        assert_eq!(error.tls(), Some(TlsProblem::ServerWrongName));
        assert!(!error.outcome_unknown() && !error.is_transient());
        assert!(
            error
                .to_string()
                .ends_with(TlsProblem::ServerWrongName.advice())
        );
        assert!(std::error::Error::source(&error).is_some());
    }

    #[test]
    fn a_page_of_nginx_is_the_same_error_and_keeps_the_answer() {
        let (error, sent) = payout(|| Ok(page("400 No required SSL certificate was sent")));
        assert_eq!((error.kind(), sent), (ErrorKind::Tls, 1));
        assert_eq!(error.tls(), Some(TlsProblem::ClientCertificateMissing));
        assert_eq!(error.status(), Some(StatusCode::BAD_REQUEST));
        assert!(error.body().is_some());
        let (error, _) = payout(|| Ok(page("400 Bad Request")));
        assert_eq!((error.kind(), error.tls()), (ErrorKind::Refused, None));
    }

    #[test]
    fn a_refused_certificate_that_has_expired_is_called_expired() {
        let told = Some(TlsProblem::ClientCertificateExpired);
        let (error, _) = payout(|| {
            let mut response = page("400 The SSL certificate error");
            response.extensions_mut().insert(expired());
            Ok(response)
        });
        assert_eq!(error.tls(), told);
        let (error, _) = payout(|| {
            let refused = TransportError::not_sent(NotSent::proven(), "x");
            let refused = refused.with_tls_problem(TlsProblem::ClientCertificateRejected);
            Err(refused.with_client_certificate(Some(expired())))
        });
        assert_eq!(error.tls(), told);
        assert!(
            error
                .to_string()
                .contains("the client certificate has expired")
        );
    }
}
