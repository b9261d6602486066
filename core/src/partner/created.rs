//! The answer to a request that creates something, compared with what was asked for.

use http::Response;

use super::envelope::one_record;
use super::expected::{Expected, Mismatch};
use super::record::Record;
use crate::answer::received_error;
use crate::api::Api;
use crate::error::{Error, ErrorKind};

/// The record that was created. One that contradicts the request is an error that keeps it: the
/// money may have moved, and nobody knows which.
pub(super) fn created_record(
    operation: &str,
    asked: &Expected,
    api: &Api,
    response: &Response<&[u8]>,
) -> Result<Record, Error> {
    let record = one_record(operation, &|_| true, api, response)?;
    match Mismatch::of(&record, asked.contradictions(&record)) {
        None => Ok(record),
        Some(mismatch) => {
            let detail = "the answer is not what was asked for";
            let error = received_error(ErrorKind::Mismatch, operation, detail, api, response);
            Err(error.with_mismatch(mismatch))
        }
    }
}
