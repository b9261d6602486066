//! What the installation's answers have in common.

use http::{Response, StatusCode};

use crate::answer::success;
use crate::api::Api;
use crate::error::Error;

/// The body of a success.
///
/// The server says its status in a header of the name `status` (grade V). Where PHP runs as a part
/// of Apache that header does not become the status, and a refusal arrives as a 200 with no body.
pub(super) fn accepted<'a>(
    operation: &str,
    api: &Api,
    response: &Response<&'a [u8]>,
) -> Result<&'a [u8], Error> {
    let body = success(operation, api, response)?;
    let said = response.headers().get("status");
    let said = said.and_then(|value| StatusCode::from_bytes(value.as_bytes().get(..3)?).ok());
    if let Some(status) = said.filter(|status| !status.is_success()) {
        let mut meant = Response::new(*response.body());
        *meant.status_mut() = status;
        *meant.headers_mut() = response.headers().clone();
        return success(operation, api, &meant);
    }
    Ok(body)
}
