//! Which requests a sandbox on a socket answers, and where it delivers.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use http::uri::Authority;
use http::{HeaderMap, Method, Request, Response, StatusCode, header};

use super::{SandboxConfig, answer};
use sanspay_core::printable;

/// What keeps web pages and other machines away from a sandbox on a socket.
///
/// A page that a developer visits can send requests to the developer's own machine, and a name
/// that its owner turns to `127.0.0.1` makes the page and the sandbox one site (DNS rebinding). So
/// the sandbox answers
///
/// * requests for a loopback host, for the address that it was bound to, or for one of
///   [`SandboxConfig::hosts`];
/// * requests that no page of another origin makes, but for its navigation: a merchant's page sends
///   the payer to the checkout that way, and cannot read what is answered or post anything.
///
/// It delivers webhooks and notifications to loopback addresses and to
/// [`SandboxConfig::receivers`] only, because a `notify_url` is whatever somebody signed with the
/// published key.
///
/// A server asks it before it asks the sandbox; in memory there is nobody to keep away.
///
/// ```
/// use std::net::Ipv4Addr;
/// use http::Request;
/// use sanspay_testkit::sandbox::{Guard, SandboxConfig};
///
/// let guard = Guard::new(&SandboxConfig::default(), Ipv4Addr::LOCALHOST.into());
/// let post = |origin: &str| {
///     let request = Request::post("/sandbox/tokens/revoke").header("host", "127.0.0.1:8080");
///     request.header("origin", origin).body(())
/// };
/// assert!(guard.admit(&post("http://127.0.0.1:8080")?).is_ok());
/// let barred = guard.admit(&post("https://evil.example")?).unwrap_err();
/// assert_eq!(barred.status(), 403);
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Guard {
    bound: IpAddr,
    hosts: Vec<String>,
    receivers: Vec<String>,
}

impl Guard {
    /// For a sandbox that listens on the address `bound`.
    pub fn new(config: &SandboxConfig, bound: IpAddr) -> Self {
        Self {
            bound,
            hosts: config.hosts.clone(),
            receivers: config.receivers.clone(),
        }
    }

    /// Whether a request may be answered.
    ///
    /// # Errors
    /// When it is for another host, or a page of another origin makes it.
    pub fn admit<B>(&self, request: &Request<B>) -> Result<(), Barred> {
        let host = host_of(request).ok_or(Barred(Reason::NoHost))?;
        if !self.is_ours(host.host()) {
            return Err(Barred(Reason::Host(host.host().to_owned())));
        }
        if is_foreign(request.headers(), &host) && !is_navigation(request) {
            return Err(Barred(Reason::Page));
        }
        Ok(())
    }

    /// Those of the addresses that the host of a URL resolved to which a message may be delivered
    /// to. Connect to no other.
    ///
    /// # Errors
    /// When there are only others: no loopback address, and neither they nor the host are listed.
    pub fn receivers(
        &self,
        host: &str,
        resolved: impl IntoIterator<Item = SocketAddr>,
    ) -> Result<Vec<SocketAddr>, Barred> {
        let (mut allowed, mut refused) = (Vec::new(), None);
        for to in resolved {
            if self.may_receive(host, to.ip().to_canonical()) {
                allowed.push(to);
            } else {
                refused = Some(to.ip());
            }
        }
        match refused {
            Some(ip) if allowed.is_empty() => Err(Barred(Reason::Receiver(host.to_owned(), ip))),
            _ => Ok(allowed),
        }
    }

    fn may_receive(&self, host: &str, ip: IpAddr) -> bool {
        ip.is_loopback()
            || self.receivers.iter().any(|listed: &String| {
                listed.eq_ignore_ascii_case(host) || address(listed) == Some(ip)
            })
    }

    fn is_ours(&self, host: &str) -> bool {
        is_local_name(host)
            || address(host).is_some_and(|ip| ip.to_canonical().is_loopback() || ip == self.bound)
            || self
                .hosts
                .iter()
                .any(|listed: &String| listed.eq_ignore_ascii_case(host))
    }
}

/// Whether the host is `localhost` or a name below it.
fn is_local_name(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost")
}

/// The address that the host of a URL is, where it is no name.
fn address(host: &str) -> Option<IpAddr> {
    let inner = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    inner.unwrap_or(host).parse().ok()
}

/// The host that the request is for: one and the same, wherever it is named.
fn host_of<B>(request: &Request<B>) -> Option<Authority> {
    let mut named = request.headers().get_all(header::HOST).iter();
    let host: Authority = named.next()?.to_str().ok()?.parse().ok()?;
    let target = request.uri().authority();
    let same = named.next().is_none() && target.is_none_or(|target| *target == host);
    (same && !host.as_str().contains('@')).then_some(host)
}

/// Whether a page of another origin makes the request. `Sec-Fetch-Site` is the browser's own word;
/// without it, `Origin` has to name this host.
fn is_foreign(headers: &HeaderMap, host: &Authority) -> bool {
    let site = headers.get("sec-fetch-site");
    if site.is_some_and(|site| site == "same-origin" || site == "none") {
        // A page without referrer posts its own forms with `Origin: null`.
        let mut origins = headers.get_all(header::ORIGIN).iter();
        return !origins.all(|origin| origin == "null" || names(origin, host));
    }
    site.is_some()
        || !headers
            .get_all(header::ORIGIN)
            .iter()
            .all(|origin: &_| names(origin, host))
}

fn names(origin: &http::HeaderValue, host: &Authority) -> bool {
    let text = origin.to_str().unwrap_or_default();
    text.split_once("://")
        .is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host.as_str()))
}

/// Whether the browser goes there, and does not only load something into another page.
fn is_navigation<B>(request: &Request<B>) -> bool {
    let says = |name, word| {
        let mut values = request.headers().get_all(name).iter();
        values.all(|value| value == word)
    };
    matches!(*request.method(), Method::GET | Method::HEAD)
        && !request.headers().contains_key(header::ORIGIN)
        && says("sec-fetch-mode", "navigate")
        && says("sec-fetch-dest", "document")
}

/// Why a request is not answered or a message not delivered, and how to allow it.
#[derive(Clone, PartialEq, Eq)]
pub struct Barred(Reason);

#[derive(Clone, PartialEq, Eq)]
enum Reason {
    NoHost,
    Host(String),
    Page,
    Receiver(String, IpAddr),
}

impl Barred {
    /// The status to answer with.
    pub fn status(&self) -> StatusCode {
        match self.0 {
            Reason::NoHost => StatusCode::BAD_REQUEST,
            Reason::Host(_) => StatusCode::MISDIRECTED_REQUEST,
            Reason::Page | Reason::Receiver(..) => StatusCode::FORBIDDEN,
        }
    }

    /// The answer to a request, in the partner API's error form.
    pub fn response(&self) -> Response<Vec<u8>> {
        let code = match self.0 {
            Reason::NoHost | Reason::Host(_) => "host_refused",
            Reason::Page => "page_refused",
            Reason::Receiver(..) => "receiver_refused",
        };
        answer::error(self.status(), code, &self.to_string())
    }
}

impl fmt::Display for Barred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Reason::NoHost => f.write_str("the request must name one host: send one `Host` header"),
            Reason::Host(host) => write!(
                f,
                "`{}` is no host of this server, and a page may hide behind it: ask for localhost, \
                 or list it in `hosts` of the configuration",
                printable(host)
            ),
            Reason::Page => f.write_str(
                "a page of another origin made this request, and may only lead here: send it \
                 without a browser, or from a page of this server",
            ),
            Reason::Receiver(host, to) => write!(
                f,
                "nothing is delivered to `{}` at {to}, which is not this machine: list the host or \
                 the address in `receivers` of the configuration",
                printable(host)
            ),
        }
    }
}

impl fmt::Debug for Barred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Barred({self})")
    }
}

impl std::error::Error for Barred {}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;
