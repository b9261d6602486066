//! What the installation's answers have in common.

use http::StatusCode;

use crate::error::Error;
use crate::wire::Reply;

/// The body of a success.
///
/// The server says its status in a header of the name `status` (grade V). Where PHP runs as a part
/// of Apache that header does not become the status, and a refusal arrives as a 200 with no body.
pub(super) fn accepted(reply: Reply<'_>) -> Result<&[u8], Error> {
    let body = reply.success()?;
    let said = reply.headers().get("status");
    let said = said.and_then(|value| StatusCode::from_bytes(value.as_bytes().get(..3)?).ok());
    said.map_or(Ok(body), |status| reply.with_status(status).success())
}
