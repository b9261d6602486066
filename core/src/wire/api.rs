//! How the partner API is spelled: routes and header names, and the requests built from them.

use std::sync::Arc;
use std::time::Duration;

use http::uri::{self, Uri};
use http::{HeaderName, Method, Request, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::admin::AdminWire;
use super::base_url::{BaseUrl, stays};
use super::drift::DriftLog;
use super::query::Query;
use crate::error::{Error, Problems};
use crate::profile::{LeafValue, Profile};

const ROUTE_FORM: &str =
    "must be a path that begins with /, without . or .. as a part and without a backslash";

const USER_AGENT: &str = concat!("sanspay/", env!("CARGO_PKG_VERSION"));

/// Everything about the wire form that the vendor's document names without spelling it out
/// (grade A unless marked). Change a field to follow your environment, or take all of it from the
/// provider's [`profile`](Wire::profile), whose leaves have the same defaults.
///
/// ```
/// use sanspay_core::Wire;
/// let mut wire = Wire::default();
/// wire.payouts = "/v2/payouts".into();
/// assert_eq!(wire.token, "/partner/auth/token");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Wire {
    /// Exchange of `key_id` and `key_secret` for a token (grade D).
    pub token: String,
    /// Create a payment.
    pub payments: String,
    /// List payments and payouts.
    pub list: String,
    /// Request a payout.
    pub payouts: String,
    /// Show one record: `{uuid}` stands for its id.
    pub payment: String,
    /// The header that carries the idempotency key of a payment or payout.
    pub idempotency_key_header: HeaderName,
    /// The header in which the server names the request.
    pub request_id_header: HeaderName,
    /// How long after its last sending a request may still arrive at the server. Before that, a
    /// record that is not listed is still unknown and not absent. It is measured by the clock that
    /// you pass to the lookup: one that leaps ahead makes it short, so keep references unique at
    /// the provider as well.
    pub settle: Duration,
    /// The operator's side of a checkout installation (grade V).
    pub admin: AdminWire,
    /// Where the fields stand, in which words and forms. `Wire::from` a profile sets the routes,
    /// the headers and [`settle`](Wire::settle) as well.
    pub profile: Profile,
}

/// The spelling that a profile says; the rest is as assumed.
impl From<Profile> for Wire {
    fn from(profile: Profile) -> Self {
        let leaves = profile.leaves();
        let text = |path| match leaves.get(path) {
            LeafValue::Text(text) => Some(text),
            _ => None,
        };
        let mut wire = Self::default();
        for (route, path) in [
            (&mut wire.token, "token.route"),
            (&mut wire.payments, "create_payment.route"),
            (&mut wire.list, "list.route"),
            (&mut wire.payouts, "request_payout.route"),
            (&mut wire.payment, "show.route"),
        ] {
            if let Some(text) = text(path) {
                *route = text;
            }
        }
        for (header, path) in [
            (&mut wire.idempotency_key_header, "headers.idempotency_key"),
            (&mut wire.request_id_header, "headers.request_id"),
        ] {
            if let Some(name) = text(path).and_then(|text| text.to_lowercase().try_into().ok()) {
                *header = name;
            }
        }
        if let LeafValue::Number(seconds) = leaves.get("settle_seconds") {
            wire.settle = Duration::from_secs(seconds);
        }
        Self { profile, ..wire }
    }
}

impl Default for Wire {
    fn default() -> Self {
        Self {
            token: "/partner/auth/token".into(),
            payments: "/partner/payments".into(),
            list: "/partner/payments".into(),
            payouts: "/partner/payouts".into(),
            payment: "/partner/payments/{uuid}".into(),
            idempotency_key_header: HeaderName::from_static("idempotency-key"),
            request_id_header: HeaderName::from_static("x-request-id"),
            settle: Duration::from_secs(60),
            admin: AdminWire::default(),
            profile: Profile::default(),
        }
    }
}

/// The partner API as one environment offers it: its base URL and its spelling.
///
/// Every [`Endpoint`](crate::Endpoint) builds its request from this and from nothing else.
#[derive(Debug, Clone)]
pub struct Api {
    base: BaseUrl,
    wire: Wire,
    drift: Option<Arc<DriftLog>>,
}

impl Api {
    /// The API below `base`, spelled as assumed by default.
    pub fn new(base: BaseUrl) -> Self {
        Self {
            base,
            wire: Wire::default(),
            drift: None,
        }
    }

    /// Replaces the spelling.
    #[must_use]
    pub fn with_wire(mut self, wire: Wire) -> Self {
        self.wire = wire;
        self
    }

    /// The base URL.
    pub fn base(&self) -> &BaseUrl {
        &self.base
    }

    /// The spelling.
    pub fn wire(&self) -> &Wire {
        &self.wire
    }

    /// The same, counting what comes otherwise than the profile says.
    pub(crate) fn counting(mut self) -> Self {
        self.drift = Some(Arc::default());
        self
    }

    /// The counts, where there are any.
    pub(crate) fn drift(&self) -> Option<&DriftLog> {
        self.drift.as_deref()
    }

    /// A request for `route` below the base URL with the query given as pairs, which are
    /// percent-encoded here. `Accept` and, with a body, `Content-Type` are set.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when the route does not begin with `/`
    /// or is no valid path.
    pub fn request(
        &self,
        operation: &str,
        method: Method,
        route: &str,
        query: &[(&str, &str)],
        json: Option<Vec<u8>>,
    ) -> Result<Request<Vec<u8>>, Error> {
        let mut target = self.target(route.len());
        target.push_str(route);
        if !query.is_empty() {
            let mut with_query = Query::new(Some(&target));
            for (name, value) in query {
                with_query.pair(name, value);
            }
            target = with_query.finish();
        }
        self.request_to(operation, method, target, json)
    }

    /// The path of the base URL, to which a route of `length` bytes can be added without another
    /// allocation.
    pub(crate) fn target(&self, length: usize) -> String {
        let mut target = String::with_capacity(self.base.path.len() + length);
        target.push_str(&self.base.path);
        target
    }

    /// A request for a path and query on the base URL's origin, taken as it is.
    pub(crate) fn request_to(
        &self,
        operation: &str,
        method: Method,
        target: String,
        json: Option<Vec<u8>>,
    ) -> Result<Request<Vec<u8>>, Error> {
        let invalid = || {
            let mut problems = Problems::new();
            problems.add("route", ROUTE_FORM);
            problems.into_error(operation.to_owned())
        };
        if !is_route(&target) {
            return Err(invalid());
        }
        let mut parts = uri::Parts::default();
        parts.scheme = Some(self.base.scheme.clone());
        parts.authority = Some(self.base.authority.clone());
        parts.path_and_query = Some(target.try_into().map_err(|_| invalid())?);
        let uri = Uri::from_parts(parts).map_err(|_| invalid())?;
        let mut request = Request::new(Vec::new());
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        let json_type = http::HeaderValue::from_static("application/json");
        headers.insert(header::ACCEPT, json_type.clone());
        headers.insert(
            header::USER_AGENT,
            http::HeaderValue::from_static(USER_AGENT),
        );
        if let Some(body) = json {
            headers.insert(header::CONTENT_TYPE, json_type);
            *request.body_mut() = body;
        }
        Ok(request)
    }
}

/// Whether it is a path, with a query or without, that stays on its origin and below it.
pub(crate) fn is_route(target: &str) -> bool {
    target.starts_with('/')
        && !target.starts_with("//")
        && target.bytes().all(|byte| byte.is_ascii_graphic())
        && !target.contains('#')
        && stays(target)
}

/// What is encoded in a path segment. Dots too: clients collapse `..`, even when it is encoded in
/// part.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'~');

/// Encodes one path segment, so that an id can never change the path.
///
/// ```
/// assert_eq!(sanspay_core::path_segment("a/../b c"), "a%2F%2E%2E%2Fb%20c");
/// ```
pub fn path_segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(base: &str) -> Api {
        Api::new(BaseUrl::new(base).unwrap())
    }

    #[test]
    fn routes_join_below_the_base_path_and_queries_are_encoded() {
        let request = api("https://h.example:8443/v1/")
            .request(
                "list",
                Method::GET,
                "/partner/payments",
                &[("reference", "a&b=c d'é*~")],
                None,
            )
            .unwrap();
        assert_eq!(
            request.uri().to_string(),
            "https://h.example:8443/v1/partner/payments?reference=a%26b%3Dc+d%27%C3%A9%2A%7E"
        );
        assert_eq!(request.headers()[header::ACCEPT], "application/json");
        assert!(!request.headers().contains_key(header::CONTENT_TYPE));
    }

    #[test]
    fn a_route_with_a_query_of_its_own_keeps_every_filter() {
        let filters = [("type", "payout"), ("reference", "p-1")];
        let request = api("https://h.example");
        let request = request.request("list", Method::GET, "/list?scope=all", &filters, None);
        let query = request.unwrap().uri().query().map(str::to_owned);
        assert_eq!(
            query.as_deref(),
            Some("scope=all&type=payout&reference=p-1")
        );
    }

    #[test]
    fn routes_cannot_leave_the_origin() {
        for route in [
            "",
            "x",
            "@evil.example/",
            "//evil.example/x",
            "/a b",
            "/\u{e9}",
            "/..",
            "/.",
            "/a/../b",
            "/a/./b",
            "/%2e%2e/b",
            "/a/%2E%2e",
            "/.%2e/b",
            "/a%2f..%2fb",
            "/a\\b",
            "/a/%5c..%5cb",
            "/..?x=1",
        ] {
            let error = api("https://h.example").request("raw", Method::GET, route, &[], None);
            assert!(error.is_err_and(|e| e.operation() == "raw"), "{route}");
        }
    }

    /// The default routes and names are written here and in the table of leaves.
    #[test]
    fn the_default_is_the_same_as_that_of_a_profile() {
        assert_eq!(Wire::from(Profile::default()), Wire::default());
    }
}
