//! Where the partner API is: the root that every request stays below.

use std::fmt;

use http::uri::{Authority, PathAndQuery, Scheme, Uri};

use crate::error::{Error, Problems};
use crate::host::is_loopback;

/// The root of the partner API, such as `https://api.example.com` or
/// `https://gateway.example.com/qiaopay`.
///
/// There is no default: it differs per environment (grade D).
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl {
    pub(crate) scheme: Scheme,
    pub(crate) authority: Authority,
    pub(crate) path: String,
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
    /// would send secrets unencrypted.
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
        problems.require(
            port_of(&authority, 0).is_some(),
            "base_url",
            "must have a port from 1 to 65535, or none",
        );
        problems.require(
            stays(path.path()),
            "base_url",
            "must not hold . or .. as a part of its path, nor a backslash",
        );
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

    /// The host, without its port; an IPv6 address stands in brackets.
    pub(crate) fn host(&self) -> &str {
        self.authority.host()
    }
}

/// The port, or the default where there is none; `None` where it is no port: `http` takes any
/// digits, and clients then take the default one.
fn port_of(authority: &Authority, default: u16) -> Option<u16> {
    let rest = authority.as_str().rsplit(']').next()?;
    if rest.contains(':') {
        return authority.port_u16().filter(|port| *port > 0);
    }
    Some(default)
}

/// Whether a path stays where it is: clients collapse `.` and `..`, encoded or not, and take a
/// backslash for a slash.
pub(crate) fn stays(target: &str) -> bool {
    let path = target.split('?').next().unwrap_or(target);
    if !path.contains(['%', '\\']) {
        return !path.split('/').any(|part| part == "." || part == "..");
    }
    let decoded = path.to_ascii_lowercase().replace("%2e", ".");
    let decoded = decoded.replace("%2f", "/").replace("%5c", "\\");
    !decoded.contains('\\') && !decoded.split('/').any(|part| part == "." || part == "..")
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

#[cfg(test)]
mod tests {
    use super::*;

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
            "https://h:99999",
            "https://h:65536/v1",
            "https://h:0",
            "https://h:",
            "https://[::1]:70000",
            "https://h/a/../b",
            "https://h/%2e%2e/",
            "https://h/a/.",
            "https://h/a\\b",
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
            "https://h:65535/v1.0/..a",
            "https://[::1]/x",
        ] {
            assert!(BaseUrl::new(url).is_ok(), "{url}");
        }
        assert!(BaseUrl::with_plain_http("http://h").is_ok());
    }
}
