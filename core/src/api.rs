//! Where the partner API is and how it is spelled: base URL, routes and header names.

use std::fmt;
use std::time::Duration;

use http::uri::{self, PathAndQuery, Scheme, Uri};
use http::{HeaderName, Method, Request, header};

use crate::ascii::is_visible;
use crate::error::{Error, Problems};
use crate::query::{Query, escape};

const USER_AGENT: &str = concat!("sanspay/", env!("CARGO_PKG_VERSION"));

/// Everything about the wire form that the vendor's document names without spelling it out
/// (grade A unless marked), in one place. Change a field to follow your environment; nothing
/// else in the SDK spells these out.
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
        }
    }
}

/// The root of the partner API, such as `https://api.example.com` or
/// `https://gateway.example.com/qiaopay`.
///
/// There is no default: it differs per environment (grade D).
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl {
    scheme: Scheme,
    authority: http::uri::Authority,
    path: String,
}

impl BaseUrl {
    /// An `https` URL, or an `http` one on a loopback address.
    ///
    /// ```
    /// use sanspay_core::BaseUrl;
    /// assert!(BaseUrl::new("https://api.example.com/v1/").is_ok());
    /// assert!(BaseUrl::new("http://127.0.0.1:8080").is_ok());
    /// assert!(BaseUrl::new("http://api.example.com").is_err());
    /// ```
    ///
    /// # Errors
    /// When it is no absolute `http(s)` URL, has user information, a query or a fragment, or
    /// would send secrets in the clear.
    pub fn new(url: &str) -> Result<Self, Error> {
        Self::read(url, false)
    }

    /// Like [`new`](BaseUrl::new), and accepts plain `http` to any host: for a network that you
    /// trust, such as the platform's own development set-up without TLS.
    ///
    /// # Errors
    /// Those of [`new`](BaseUrl::new) but the last.
    pub fn with_plain_http(url: &str) -> Result<Self, Error> {
        Self::read(url, true)
    }

    fn read(url: &str, plain_http: bool) -> Result<Self, Error> {
        let mut problems = Problems::new();
        let parsed = url.parse::<Uri>().ok().and_then(|uri| {
            let parts = uri.into_parts();
            let path = parts
                .path_and_query
                .unwrap_or_else(|| PathAndQuery::from_static("/"));
            Some((parts.scheme?, parts.authority?, path))
        });
        let Some((scheme, authority, path)) = parsed else {
            problems.add(
                "base_url",
                "must be an absolute URL such as https://api.example.com",
            );
            return Err(problems.into_error("configure"));
        };
        let https = scheme == Scheme::HTTPS;
        problems.require(
            https || scheme == Scheme::HTTP,
            "base_url",
            "must be http or https",
        );
        problems.require(
            !authority.as_str().contains('@'),
            "base_url",
            "must not hold a user or password",
        );
        problems.require(!authority.host().is_empty(), "base_url", "must name a host");
        let bare = path.query().is_none() && !url.contains('#');
        problems.require(bare, "base_url", "must not have a query or a fragment");
        problems.require(
            https || plain_http || is_loopback(authority.host()),
            "base_url",
            "must be https, because secrets travel on it (see BaseUrl::with_plain_http)",
        );
        if !problems.is_empty() {
            return Err(problems.into_error("configure"));
        }
        let path = path.path().trim_end_matches('/').to_owned();
        Ok(Self {
            scheme,
            authority,
            path,
        })
    }

    /// Whether `uri` has the same scheme, host and port.
    pub(crate) fn same_origin(&self, uri: &Uri) -> bool {
        let default = if self.scheme == Scheme::HTTPS {
            443
        } else {
            80
        };
        let port = |authority: &http::uri::Authority| authority.port_u16().unwrap_or(default);
        uri.scheme() == Some(&self.scheme)
            && uri.authority().is_some_and(|authority| {
                authority.host().eq_ignore_ascii_case(self.authority.host())
                    && port(authority) == port(&self.authority)
                    && !authority.as_str().contains('@')
            })
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || bare
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority, self.path)
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BaseUrl({self})")
    }
}

/// The partner API as one environment offers it: its base URL and its spelling.
///
/// Every [`Endpoint`](crate::Endpoint) builds its request from this and from nothing else.
#[derive(Debug, Clone)]
pub struct Api {
    base: BaseUrl,
    wire: Wire,
}

impl Api {
    /// The API below `base`, spelled as assumed by default.
    pub fn new(base: BaseUrl) -> Self {
        Self {
            base,
            wire: Wire::default(),
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
            let mut with_query = Query::new(Some(&target), query);
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
            problems.add("route", "must be a path that begins with /");
            problems.into_error(operation.to_owned())
        };
        let plain = is_visible(target.as_bytes()) && !target.contains('#');
        if !target.starts_with('/') || target.starts_with("//") || !plain {
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

/// Encodes one path segment, so that an id can never change the path.
///
/// ```
/// assert_eq!(sanspay_core::path_segment("a/../b c"), "a%2F%2E%2E%2Fb%20c");
/// ```
pub fn path_segment(text: &str) -> String {
    // Dots too: clients collapse `..`, even when it is encoded in part.
    escape(text, |byte| {
        byte.is_ascii_alphanumeric() || b"-_~".contains(&byte)
    })
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
    fn routes_cannot_leave_the_origin() {
        for route in [
            "",
            "x",
            "@evil.example/",
            "//evil.example/x",
            "/a b",
            "/\u{e9}",
        ] {
            let error = api("https://h.example").request("raw", Method::GET, route, &[], None);
            assert!(error.is_err_and(|e| e.operation() == "raw"), "{route}");
        }
    }

    #[test]
    fn base_urls_with_secrets_or_doubts_are_refused() {
        let wrong = [
            "",
            "api.example.com",
            "/x",
            "ftp://h",
            "https://user:pw@h",
            "https://h?x=1",
            "https://h/#f",
            "http://h",
            "http://127.0.0.1.evil.example",
            "http://localhost.evil.example",
        ];
        for url in wrong {
            let error = BaseUrl::new(url).unwrap_err();
            assert_eq!(error.kind(), crate::ErrorKind::Invalid, "{url}");
            assert!(!error.to_string().contains("pw"));
        }
        for url in [
            "https://h",
            "http://localhost:1",
            "http://[::1]:1",
            "http://127.1.2.3",
        ] {
            assert!(BaseUrl::new(url).is_ok(), "{url}");
        }
        assert!(BaseUrl::with_plain_http("http://h").is_ok());
    }

    #[test]
    fn same_origin_compares_scheme_host_and_port() {
        let base = BaseUrl::new("https://h.example/x").unwrap();
        let same = |url: &str| base.same_origin(&url.parse().unwrap());
        assert!(same("https://H.example:443/y?z") && same("https://h.example"));
        assert!(
            !same("http://h.example")
                && !same("https://h.example:444")
                && !same("https://i.example")
        );
        assert!(!same("https://u@h.example") && !same("/relative"));
    }
}
