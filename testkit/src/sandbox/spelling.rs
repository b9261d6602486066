//! Between the assumed form and the provider's own.

use http::{Request, Response};

use super::Sandbox;

impl Sandbox {
    /// The request as the assumed form spells it, which is that of traces, rules and
    /// [`seen`](Sandbox::seen). It is the same where the provider speaks no profile of its own.
    pub fn in_assumed_form(&self, request: &Request<Vec<u8>>) -> Request<Vec<u8>> {
        match &self.dialect {
            Some(dialect) => dialect.request_in(request),
            None => request.clone(),
        }
    }

    /// An answer to a request, both in the assumed form, as this provider spells it.
    pub fn in_own_form(
        &self,
        request: &Request<Vec<u8>>,
        response: Response<Vec<u8>>,
    ) -> Response<Vec<u8>> {
        match &self.dialect {
            Some(dialect) => dialect.answer_out(request, response),
            None => response,
        }
    }

    /// The body of a webhook of the assumed form as this provider spells it.
    pub fn webhook_in_own_form(&self, body: &[u8]) -> Vec<u8> {
        match &self.dialect {
            Some(dialect) => dialect.webhook_out(body),
            None => body.to_vec(),
        }
    }
}
