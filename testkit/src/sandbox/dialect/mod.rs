//! The provider's own spelling, at the sandbox's edge: what comes is put into the assumed form, and
//! what goes is put out of it.
//!
//! It reads the same profile as the client and shares none of its code, so that a misreading on
//! either side shows.

mod answer;
mod forms;
mod leaves;
mod page;
mod request;
#[cfg(test)]
mod tests;

use http::{Method, Request, Response};
use sanspay_core::Wire;

use self::leaves::Said;

/// How a provider spells what the sandbox says in the assumed form.
#[derive(Clone)]
pub(super) struct Dialect {
    said: Said,
    wire: Wire,
    assumed: Wire,
}

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Route {
    Token,
    /// A payment or a payout: the name of its leaves.
    Create(&'static str),
    List,
    Show,
}

impl Dialect {
    /// The dialect of a spelling; `None` for what is assumed.
    pub(super) fn of(wire: &Wire) -> Option<Self> {
        let leaves = wire.profile.leaves();
        leaves.said().next()?;
        Some(Self {
            said: Said(leaves.clone()),
            wire: wire.clone(),
            assumed: Wire::default(),
        })
    }

    /// The request in the assumed form. One that this provider does not know leads nowhere there.
    pub(super) fn request_in(&self, request: &Request<Vec<u8>>) -> Request<Vec<u8>> {
        self.request(route(&self.wire, request), request)
    }

    /// The answer to a request of the assumed form in the provider's form.
    pub(super) fn answer_out(
        &self,
        request: &Request<Vec<u8>>,
        response: Response<Vec<u8>>,
    ) -> Response<Vec<u8>> {
        let path = request.uri().path();
        match route(&self.assumed, request) {
            Some(route) => self.answer(route, response),
            None if path.starts_with("/partner/") || path == request::NOWHERE => {
                self.refusal(response)
            }
            None => response,
        }
    }

    /// The body of a webhook in the provider's form.
    pub(super) fn webhook_out(&self, body: &[u8]) -> Vec<u8> {
        self.webhook(body)
    }
}

/// What the request is for, by the routes of that spelling.
fn route(wire: &Wire, request: &Request<Vec<u8>>) -> Option<Route> {
    let path = request.uri().path();
    let is_get = request.method() == Method::GET;
    if path == wire.token {
        Some(Route::Token)
    } else if path == wire.list && (is_get || (path != wire.payments && path != wire.payouts)) {
        Some(Route::List)
    } else if path == wire.payments && !is_get {
        Some(Route::Create("create_payment"))
    } else if path == wire.payouts && !is_get {
        Some(Route::Create("request_payout"))
    } else {
        let (before, after) = wire.payment.split_once("{uuid}")?;
        let id = path.strip_prefix(before)?.strip_suffix(after)?;
        (!id.is_empty() && !id.contains('/')).then_some(Route::Show)
    }
}
