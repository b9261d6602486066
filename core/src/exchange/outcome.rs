//! What one attempt came to: a value, or a failure that the retry decision understands.

use std::time::SystemTime;

use http::{Response, StatusCode};

use super::retry::Failure;
use super::session::Session;
use crate::answer;
use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind};
use crate::transport::TransportError;

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
    let api = session.api();
    let response = match outcome {
        Ok(response) => response,
        Err(lost) => return Err(transport_failed(endpoint.operation(), lost)),
    };
    let (parts, body) = response.into_parts();
    let response = Response::from_parts(parts, body.as_slice());
    let status = response.status();
    let parsed = if body.len() > session.settings().max_body {
        let detail = format!(
            "the answer is longer than {} bytes",
            session.settings().max_body
        );
        let operation = endpoint.operation();
        Err(answer::received_error(
            ErrorKind::TooLarge,
            operation,
            detail,
            api,
            &response,
        ))
    } else {
        endpoint.parse(api, &response)
    };
    parsed.map_err(|error| {
        let retry_after = answer::retry_after(response.headers(), now);
        Failed {
            error: error.with_retry_after(retry_after),
            failure: Failure::Status(status, retry_after),
            // Only a refusal says that nothing was executed; 408 comes from proxies too.
            may_be_executed: !status.is_client_error() || status == StatusCode::REQUEST_TIMEOUT,
        }
    })
}

fn transport_failed(operation: &str, lost: TransportError) -> Failed {
    let may_be_executed = lost.may_have_been_sent();
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
